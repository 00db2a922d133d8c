"""The command line: `sequencing …`. Each command is an act at the door; see `starter/commands/`."""

from importlib import import_module
from types import ModuleType

import typer

COMMANDS = {
    "up": ("running", "up_"),
    "worker": ("running", "worker"),
    "web": ("running", "web"),
    "journal": ("running", "journal"),
    "setup": ("running", "setup"),
    "reconcile": ("running", "reconcile_"),
    "outbox": ("running", "outbox"),
    "simulate": ("simulating", "simulate"),
    "enroll": ("enrollments", "enroll"),
    "attention": ("todos", "attention"),
    "report": ("reports", "report"),
}
"""Where each is: the module in `starter/commands/`, and the function."""

GROUPS = (
    "adds",
    "enrollments",
    "todos",
    "tasks",
    "contacts",
    "companies",
    "opportunities",
    "stages",
    "sequences",
    "templates",
    "users",
    "roles",
    "passwords",
    "tokens",
    "suppressions",
    "settings",
)
"""Each is a module in `starter/commands/`."""


def command_line(first: str = "") -> typer.Typer:
    """All commands; when the first word names one or a group, only that: a command should not wait for all imports."""
    app = typer.Typer(
        name="sequencing",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Sequences of emails, calls, texts and tasks; every enrollment is a durable Temporal workflow.",
    )
    app.callback()(_keep_its_name)
    everything = first not in (*COMMANDS, *GROUPS)
    for name, (module, function) in COMMANDS.items():
        if everything or name == first:
            app.command(name)(getattr(_module(module), function))
    for name in GROUPS:
        if everything or name == first:
            app.add_typer(_module(name).app, name=name)
    return app


def _module(name: str) -> ModuleType:
    return import_module(f"starter.commands.{name}")


def _keep_its_name() -> None:
    """Without this, Typer would make a single command the whole program."""
