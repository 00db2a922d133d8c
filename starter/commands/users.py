"""`sequencing users …`: who acts."""

from dataclasses import asdict
from typing import Annotated

import typer

from starter import users as acts
from starter.commands.shell import As, Json, act, read, show
from starter.users import UserChange

app = typer.Typer(no_args_is_help=True, help="Who acts.")
Email = Annotated[str, typer.Argument(help="The user's email.", metavar="EMAIL")]
Number = Annotated[str | None, typer.Option(help="Texts leave from it: +49301234567.")]
Zone = Annotated[str | None, typer.Option(help="Where he works: Europe/Berlin.")]


@app.command("list")
def list_users(by: As = "", as_json: Json = False) -> None:
    """Who there is."""
    found = read(lambda door: acts.listed(door, by))
    show([asdict(user) | {"roles": ", ".join(held)} for user, held in found], as_json)


@app.command("add")
def add_user(
    email: Email,
    name: str,
    roles: Annotated[list[str], typer.Argument(help="Names of roles, or words of levels.", metavar="ROLE…")],
    number: Number = None,
    zone: Zone = None,
    by: As = "",
) -> None:
    """Add a user with roles."""
    act(lambda door: acts.add_user(door, email, name, roles, number, by, zone))
    print(f"User {email} added.")


@app.command("change")
def change_user(
    email: Email,
    name: Annotated[str | None, typer.Option()] = None,
    sending_address: Annotated[str | None, typer.Option(help="Emails leave from it; empty takes it away.")] = None,
    number: Number = None,
    zone: Zone = None,
    by: As = "",
) -> None:
    """Change what is named; the rest stays."""
    act(lambda door: acts.change_user(door, email, UserChange(name, sending_address, number, zone), by))
    print(f"User {email} changed.")


@app.command("deactivate")
def deactivate_user(
    email: Email,
    heir: Annotated[str, typer.Option(help="Who takes over sequences, templates and open to-dos, by email.")],
    by: As = "",
) -> None:
    """Let a user act no more; the heir takes over."""
    act(lambda door: acts.deactivate_user(door, email, heir, by))
    print(f"User {email} is deactivated; {heir} took over.")


@app.command("activate")
def activate_user(email: Email, by: As = "") -> None:
    """Let a deactivated user act again; what was taken over stays where it is."""
    act(lambda door: acts.activate_user(door, email, by))
    print(f"User {email} is active again.")
