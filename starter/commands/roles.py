"""`sequencing roles …`: what users may do."""

from dataclasses import asdict
from typing import Annotated

import typer

from sequencing.errors import quoted
from sequencing.people import Level
from starter import roles as acts
from starter.commands.shell import As, Json, act, read, show

app = typer.Typer(no_args_is_help=True, help="What users may do: the highest of a user's roles counts.")
Role = Annotated[str, typer.Argument(help="The role's name, or the word of a level.", metavar="ROLE")]
Email = Annotated[str, typer.Argument(help="The user's email.", metavar="EMAIL")]


@app.command("list")
def list_(by: As = "", as_json: Json = False) -> None:
    """The roles there are."""
    show([asdict(role) for role in read(lambda door: acts.listed(door, by))], as_json)


@app.command()
def add(name: str, level: Level, by: As = "") -> None:
    """Make a role that grants a level on sequences."""
    act(lambda door: acts.add_role(door, name, level, by))
    print(f"Role {quoted(name)} added.")


@app.command()
def change(role: Role, level: Level, by: As = "") -> None:
    """Let a role grant another level, to everybody who has it."""
    act(lambda door: acts.change_role(door, role, level, by))
    print(f"Role {quoted(role)} grants {level.value!r} now.")


@app.command()
def give(role: Role, email: Email, by: As = "") -> None:
    """Give a user a role."""
    act(lambda door: acts.give_role(door, role, email, by))
    print(f"{email} has the role {quoted(role)} now.")


@app.command()
def take(role: Role, email: Email, by: As = "") -> None:
    """Take a role from a user."""
    act(lambda door: acts.take_role(door, role, email, by))
    print(f"{email} does not have the role {quoted(role)} any more.")
