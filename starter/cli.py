"""The command line: `sequencing …`. Each command is an act at the door; see `starter/commands/`."""

import typer

from starter.commands import (
    adds,
    companies,
    contacts,
    enrollments,
    opportunities,
    passwords,
    roles,
    running,
    sequences,
    settings,
    stages,
    suppressions,
    templates,
    todos,
    tokens,
    users,
)

app = typer.Typer(
    name="sequencing",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sequences of emails, calls, texts and tasks; every enrollment is a durable Temporal workflow.",
)
app.command("up")(running.up_)
app.command("worker")(running.worker)
app.command("web")(running.web)
app.command("setup")(running.setup)
app.command("reconcile")(running.reconcile_)
app.command("outbox")(running.outbox)
app.command("enroll")(enrollments.enroll)
app.command("attention")(todos.attention)
app.add_typer(adds.app, name="adds")
app.add_typer(enrollments.app, name="enrollments")
app.add_typer(todos.app, name="todos")
app.add_typer(contacts.app, name="contacts")
app.add_typer(companies.app, name="companies")
app.add_typer(opportunities.app, name="opportunities")
app.add_typer(stages.app, name="stages")
app.add_typer(sequences.app, name="sequences")
app.add_typer(templates.app, name="templates")
app.add_typer(users.app, name="users")
app.add_typer(roles.app, name="roles")
app.add_typer(passwords.app, name="passwords")
app.add_typer(tokens.app, name="tokens")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(settings.app, name="settings")
