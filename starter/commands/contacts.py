"""`sequencing contacts …`: the people sequences address."""

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select

from sequencing.people import AddressType
from starter.commands.shell import As, Json, act, show
from starter.contacts import import_contacts
from starter.door import Door, permitted
from starter.sequences import read_text
from store import contacts as contact_rows
from store.people_tables import ContactRow

app = typer.Typer(no_args_is_help=True, help="The people sequences address.")


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A CSV file.")], by: As = "") -> None:
    """Take in a CSV file: all lines or none; known external ids are updated."""
    done = act(lambda door: import_contacts(door, read_text(file), by))
    print(f"{done.created} contacts imported, {done.updated} updated.")


@app.command("list")
def list_contacts(by: As = "", as_json: Json = False) -> None:
    """The contacts."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "import_contacts")
            ids = list(await tx.scalars(select(ContactRow.id).order_by(ContactRow.id).limit(1000)))
            people = await contact_rows.some(tx, ids)
        listed = [people[one] for one in ids]
        return [
            {"id": one.id, "name": one.name, "kind": one.kind, "email": one.address(AddressType.any)} for one in listed
        ]

    show(act(look), as_json, "No contacts.")
