"""`sequencing companies …`: where contacts work."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sequencing.people import Company
from starter import companies as acts
from starter.commands.shell import As, Json, act, read, show
from starter.door import Door, permitted
from starter.sequences import read_text
from store import companies, users

app = typer.Typer(no_args_is_help=True, help="Where contacts work.")
Which = Annotated[str, typer.Argument(help="The company's id, external id or name.", metavar="COMPANY")]
Owner = Annotated[str | None, typer.Option(help="The owner's email; empty for none.")]
ExternalId = Annotated[str | None, typer.Option(help="What another system calls it; empty for nothing.")]


@app.command("add")
def add_company(name: str, external_id: ExternalId = None, owner: Owner = None, by: As = "") -> None:
    """Add a company."""
    number = act(lambda door: acts.add(door, name, by, external_id=external_id, owner=owner))
    print(f"Company {number} added.")


@app.command("change")
def change_company(
    company: Which,
    name: Annotated[str | None, typer.Option()] = None,
    external_id: ExternalId = None,
    owner: Owner = None,
    by: As = "",
) -> None:
    """Change what is named; the rest stays."""
    act(lambda door: acts.change(door, company, by, name=name, external_id=external_id, owner=owner))
    print("Company changed.")


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A CSV file: external_id, name, owner.")], by: As = "") -> None:
    """Take in a CSV file: all lines or none; known external ids are updated."""
    done = act(lambda door: acts.import_companies(door, read_text(file), by))
    print(f"{done.created} companies imported, {done.updated} updated.")


@app.command("list")
def list_companies(
    search: Annotated[str, typer.Argument(help="What words of the name begin with.", metavar="[TEXT]")] = "",
    after: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Go on after this company's number.")] = 0,
    by: As = "",
    as_json: Json = False,
) -> None:
    """The companies."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "see")
            found = await companies.listed(tx, text=search, after=after)
            owners = await users.some(tx, {one.owner_id for one in found if one.owner_id})
            return [_row(one, {user.id: user.email for user in owners.values()}) for one in found]

    show(read(look), as_json, "No companies.")


@app.command("show")
def show_company(company: Which, by: As = "", as_json: Json = False) -> None:
    """One company."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "see")
            one = await companies.find(tx, company)
            owner = await users.get(tx, one.owner_id) if one.owner_id else None
            return [_row(one, {owner.id: owner.email} if owner else {})]

    show(read(look), as_json)


def _row(one: Company, owners: dict[int, str]) -> dict[str, Any]:
    owner = owners.get(one.owner_id) if one.owner_id else None
    return {"id": one.id, "external_id": one.external_id, "name": one.name, "owner": owner}
