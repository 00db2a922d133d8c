"""Companies: adding, changing, taking in a list of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.lines import BadLine, BadLines, Line, Sheet, check_id, read_lines
from sequencing.people import Company
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import companies, contact_imports, users

NAME_LENGTH = 200
SHEET = Sheet(
    columns={
        "external_id": lambda cell: check_id("it", cell),
        "name": lambda cell: check_name("it", cell, NAME_LENGTH),
        "owner": lambda cell: None,
    },
    required=("external_id", "name"),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many companies came and how many were updated."""

    created: int
    updated: int


async def add(door: Door, name: str, by: str, *, external_id: str | None = None, owner: str | None = None) -> int:
    """A new company; its number. Raises Refused."""
    check_name("The name", name, NAME_LENGTH)
    if external_id is not None:
        check_id("The external id", external_id)
    async with door.database.writing() as tx:
        await permitted(tx, by, "companies")
        number = await companies.add(tx, name.strip(), external_id, await _owner(tx, owner))
        if number is not None:
            await door.made(tx, number)
    if number is None:
        raise Refused("company_exists", f"There is a company with the external id {quoted(str(external_id))} already.")
    return number


async def known_or_new(door: Door, name: str, by: str) -> None:
    """Makes a company of that name, unless a company is meant by it. Raises Refused."""
    async with door.database.reading() as tx:
        try:
            await companies.find(tx, name)
        except Refused as refused:
            if refused.code != "unknown_company":
                raise
        else:
            return
    await add(door, name, by)


async def listed(
    door: Door, by: str, *, text: str = "", after: int = 0, limit: int = 100
) -> list[tuple[Company, str | None]]:
    """Those with that text in their name, by number from `after` on, each with its owner's email. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see")
        return await _with_owners(tx, await companies.listed(tx, text=text, after=after, limit=limit))


async def show(door: Door, number: int, by: str) -> tuple[Company, str | None]:
    """The company of that number, with its owner's email. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see")
        return (await _with_owners(tx, [await companies.get(tx, number)]))[0]


async def _with_owners(tx: AsyncSession, found: list[Company]) -> list[tuple[Company, str | None]]:
    owners = await users.some(tx, {one.owner_id for one in found if one.owner_id is not None})
    return [(one, owners[one.owner_id].email if one.owner_id is not None else None) for one in found]


async def change(
    door: Door,
    company: str | int,
    by: str,
    *,
    name: str | None = None,
    external_id: str | None = None,
    owner: str | None = None,
) -> None:
    """Changes what is given; an empty owner or external id takes it away. A number is one of ours.

    Raises Refused, Unchanged.
    """
    if name is not None:
        check_name("The name", name, NAME_LENGTH)
    if external_id:
        check_id("The external id", external_id)
    async with door.database.writing() as tx:
        await permitted(tx, by, "companies")
        await contact_imports.alone(tx)
        before = await (companies.get(tx, company) if isinstance(company, int) else companies.find(tx, company))
        after = before if name is None else replace(before, name=name.strip())
        after = after if external_id is None else replace(after, external_id=external_id or None)
        after = after if owner is None else replace(after, owner_id=await _owner(tx, owner))
        if after == before:
            raise Unchanged("unchanged", "The company says so already; nothing was changed.")
        await companies.change(tx, after)


async def import_companies(door: Door, text: str, by: str) -> Imported:
    """Takes in a CSV file, all lines or none; known external ids are updated. Raises BadLines."""
    read = list(read_lines(text, SHEET))
    bad = [line for line in read if isinstance(line, BadLine)]
    lines = [line for line in read if isinstance(line, Line)]
    async with door.database.writing() as tx:
        await permitted(tx, by, "companies")
        await contact_imports.alone(tx)
        owners = {user.email: user.id for user in await users.everybody(tx)}
        bad += [unknown for line in lines if (unknown := unknown_owner(line, owners)) is not None]
        if bad:
            raise BadLines(bad)
        updated = sum([await _keep(tx, line, owners) for line in lines])
    return Imported(len(lines) - updated, updated)


def unknown_owner(line: Line, owners: Mapping[str, int]) -> BadLine | None:
    """Whom the line names as owner and nobody knows."""
    owner = line.cells["owner"]
    if not owner or owner.lower() in owners:
        return None
    return line.bad("owner", f"there is no user {quoted(owner)}; `sequencing users list` shows who there is")


async def _keep(tx: AsyncSession, line: Line, owners: Mapping[str, int]) -> bool:
    """Whether the company was known."""
    cells = line.cells
    owner_id = owners.get(cells["owner"].lower())
    if await companies.add(tx, cells["name"], cells["external_id"], owner_id) is not None:
        return False
    known = await companies.of_external_id(tx, cells["external_id"])
    owner_id = owner_id if "owner" in line.header else known.owner_id
    await companies.change(tx, Company(known.id, cells["name"], owner_id, known.external_id))
    return True


async def _owner(tx: AsyncSession, email: str | None) -> int | None:
    return (await users.by_email(tx, email)).id if email else None
