"""`sequencing templates …`: wording of emails."""

from pathlib import Path
from typing import Annotated

import typer

from sequencing.people import AddressType
from starter.commands.shell import As, act
from starter.sequences import create_template, read_letter

app = typer.Typer(no_args_is_help=True, help="Wording of emails.")


@app.command("add")
def add_template(
    name: str,
    file: Annotated[Path, typer.Argument(help="First line: Subject: …; then the body.")],
    address_type: Annotated[AddressType, typer.Option()] = AddressType.any,
    by: As = "",
) -> None:
    """Add an email template."""
    act(lambda door: create_template(door, name, *read_letter(file), address_type, by))
    print(f"Template {name!r} added.")
