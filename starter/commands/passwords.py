"""`sequencing passwords …`: signing in at the pages."""

import sys
from typing import Annotated

import typer

from starter import keys
from starter.commands.shell import As, act

app = typer.Typer(no_args_is_help=True, help="Passwords, for signing in at the pages.")


@app.command("set")
def set_(email: Annotated[str, typer.Argument(help="Whose.")], by: As = "") -> None:
    """Give a user a password, asked for or read from standard input, and end his sessions."""
    password = typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    act(lambda door: keys.set_password(door, email, password, by))
    print(f"{email} has a new password.")


@app.callback()
def passwords() -> None:
    """Passwords, for signing in at the pages."""
