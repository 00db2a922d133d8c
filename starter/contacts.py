"""Importing contacts from CSV: all lines or none, or the good ones; those that are known are updated, not doubled."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.contact_lines import (
    ADDRESSES,
    LINES_PER_IMPORT,
    NUMBERS,
    SHEET,
    YES,
    addresses,
    meant,
    numbers,
    unidentified,
)
from sequencing.errors import Refused
from sequencing.lines import BadLine, BadLines, Line, read_lines
from sequencing.people import ContactKind
from starter import zones
from starter.companies import unknown_owner
from starter.door import Door, permitted
from store import contact_imports, contact_words, contacts, suppressions, users
from store.holds import close_gate
from store.people_tables import EmailAddressRow, PhoneNumberRow

LARGEST_CSV = 20_000_000
TELL_EVERY = 500
ERASED = "belonged to a contact who was erased; it stays suppressed, and nothing is sent to it"

Tell = Callable[[int], None]
"""Hears how many lines have been read."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many contacts came and were updated; the lines that were refused, and what is to be known of the others."""

    created: int
    updated: int
    refused: tuple[BadLine, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A good line, the contact it is about (None: a new one), and who owns him and where he works."""

    line: Line
    contact_id: int | None
    owner_id: int | None
    company_id: int | None

    def columns(self, every: bool) -> dict[str, Any]:
        """What is written into the contact's row: what the file has columns for, or everything for a new contact."""
        cells, header = self.line.cells, self.line.header
        values: dict[str, Any] = {
            "external_id": cells["external_id"] or None,
            "first_name": cells["first_name"],
            "last_name": cells["last_name"],
            "kind": ContactKind(cells["kind"] or ContactKind.candidate),
            "title": cells["title"],
            "time_zone": cells["time_zone"] or None,
            "do_not_contact": YES[cells["do_not_contact"].lower()],
        }
        told = values if every else {name: value for name, value in values.items() if name in header}
        told |= {"owner_id": self.owner_id} if every or "owner" in header else {}
        in_header = "company" in header or "company_external_id" in header
        return told | ({"company_id": self.company_id} if every or in_header else {})


@dataclass(frozen=True, slots=True)
class ForeseenLine:
    """A good line: whom it brings, and the contact it would update (None: a new one) with what he is called now."""

    number: int
    name: str
    contact_id: int | None
    known_as: str | None


@dataclass(frozen=True, slots=True)
class ForeseenImport:
    """What an import would do, line by line, and which lines it would refuse."""

    lines: tuple[ForeseenLine, ...]
    refused: tuple[BadLine, ...]

    @property
    def updated(self) -> int:
        """How many contacts are known."""
        return sum(line.contact_id is not None for line in self.lines)

    @property
    def created(self) -> int:
        """How many would come."""
        return len(self.lines) - self.updated


async def foresee_import(door: Door, text: str, by: str) -> ForeseenImport:
    """What importing that file would do; nothing is written. Raises BadLines where its header is wrong."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "import_contacts")
        lines, bad = await asyncio.to_thread(_read, text, None)
        good = await _identify(tx, lines, bad, await _owners(tx))
        names = await contacts.names(tx, [one for _, one in good if one is not None])
    foreseen = [
        ForeseenLine(line.number, _name(line), of, None if of is None else names.get(of, "?")) for line, of in good
    ]
    return ForeseenImport(tuple(foreseen), _in_order(bad))


def _name(line: Line) -> str:
    return f"{line.cells['first_name']} {line.cells['last_name']}".strip()


def _in_order(bad: list[BadLine]) -> tuple[BadLine, ...]:
    return tuple(sorted(bad, key=lambda line: (line.number, line.column)))


async def import_contacts(
    door: Door, text: str, by: str, *, skip_bad_lines: bool = False, tell: Tell | None = None
) -> Imported:
    """Takes in a CSV file. Raises BadLines with every refused line, and nothing was taken in.

    With `skip_bad_lines` the good lines are taken in, and the answer names the refused ones.
    """
    async with door.database.reading() as tx:
        await permitted(tx, by, "import_contacts")
    lines, bad = await asyncio.to_thread(_read, text, tell)
    async with door.database.writing() as tx:
        await permitted(tx, by, "import_contacts")
        await contact_imports.alone(tx)
        owners = await _owners(tx)
        good = await _identify(tx, lines, bad, owners)
        refused = _in_order(bad)
        if refused and not skip_bad_lines:
            raise BadLines(refused)
        taken = await _taken(tx, good, owners)
        if updated := [one.contact_id for one in taken if one.contact_id is not None]:
            await contact_imports.lock(tx, updated)
            await close_gate(tx)
        await _keep(tx, taken)
        remarks = await _remarks(tx, taken)
    if updated and "time_zone" in taken[0].line.header:
        await zones.follow(door, updated)
    return Imported(len(taken) - len(updated), len(updated), refused, remarks)


def _read(text: str, tell: Tell | None) -> tuple[list[Line], list[BadLine]]:
    """The lines that can be taken for themselves, and the others. Raises BadLines, Refused(`limit_reached`)."""
    lines: list[Line] = []
    bad: list[BadLine] = []
    for line in read_lines(text, SHEET):
        wrong = line if isinstance(line, BadLine) else unidentified(line)
        if wrong is not None:
            bad.append(wrong)
        elif isinstance(line, Line):
            lines.append(line)
        read = len(lines) + len(bad)
        if read > LINES_PER_IMPORT:
            raise Refused(
                "limit_reached", f"At most {LINES_PER_IMPORT:,} lines can be imported at once; split the file."
            )
        if tell is not None and read % TELL_EVERY == 0:
            tell(read)
    return lines, bad


async def _owners(tx: AsyncSession) -> dict[str, int]:
    return {user.email: user.id for user in await users.everybody(tx)}


async def _identify(
    tx: AsyncSession, lines: list[Line], bad: list[BadLine], owners: Mapping[str, int]
) -> list[tuple[Line, int | None]]:
    """The lines, each with the contact it means (None: a new one); those that mean nobody who is there, or somebody
    twice, are put to the bad.
    """
    by_external_id = await contact_imports.by_external_id(tx, {line.cells["external_id"] for line in lines} - {""})
    by_address = await contact_imports.by_address(tx, {address for line in lines for _, address in addresses(line)})
    seen: dict[object, int] = {}
    good: list[tuple[Line, int | None]] = []
    for line in lines:
        contact_id = meant(line, by_external_id, by_address)
        wrong = contact_id if isinstance(contact_id, BadLine) else None
        wrong = wrong or unknown_owner(line, owners) or _twice(line, contact_id, seen)
        if wrong is not None:
            bad.append(wrong)
        elif not isinstance(contact_id, BadLine):
            good.append((line, contact_id))
    return good


async def _taken(tx: AsyncSession, good: list[tuple[Line, int | None]], owners: Mapping[str, int]) -> list[Taken]:
    """The same with their owners and companies; those companies that are new are made."""
    companies = await _companies(tx, [line for line, _ in good])
    return [
        Taken(line, contact_id, owners.get(line.cells["owner"].lower()), companies.get(_company_key(line) or ""))
        for line, contact_id in good
    ]


def _twice(line: Line, contact_id: object, seen: dict[object, int]) -> BadLine | None:
    """Two lines about one contact: found by id and by address, or new without an external id and with one address."""
    new = [] if line.cells["external_id"] else [address for _, address in addresses(line)]
    keys = new if contact_id is None else [contact_id]
    before = next((seen[key] for key in keys if key in seen), None)
    if before is not None:
        return line.bad("external_id", f"the contact of this line stands in line {before} already")
    seen.update(dict.fromkeys(keys, line.number))
    return None


def _company_key(line: Line) -> str | None:
    name, external_id = line.cells["company"], line.cells["company_external_id"]
    return f"id:{external_id}" if external_id else f"name:{name}" if name else None


async def _companies(tx: AsyncSession, lines: list[Line]) -> dict[str, int]:
    """Ids of the companies that are named, those that are new included."""
    wanted = {key: line for line in reversed(lines) if (key := _company_key(line)) is not None}
    ids = {line.cells["company_external_id"] for line in wanted.values()} - {""}
    names = {line.cells["company"] for line in wanted.values() if not line.cells["company_external_id"]}
    known = await contact_imports.companies(tx, ids, names)
    new = [_company(line) for key, line in wanted.items() if key not in known]
    await contact_imports.add_companies(tx, new)
    return await contact_imports.companies(tx, ids, names) if new else known


def _company(line: Line) -> dict[str, Any]:
    external_id = line.cells["company_external_id"] or None
    return {"external_id": external_id, "name": line.cells["company"] or external_id}


async def _keep(tx: AsyncSession, taken: list[Taken]) -> None:
    known = {one.contact_id: one for one in taken if one.contact_id is not None}
    new = [one for one in taken if one.contact_id is None]
    changed = _changed(known)
    owners = {of: row.pop("owner_id") for of, row in changed.items() if "owner_id" in row}
    await contact_imports.change(tx, changed)
    ids = await contact_imports.create(tx, [one.columns(every=True) for one in new])
    lines = {**{of: one.line for of, one in known.items()}, **dict(zip(ids, (one.line for one in new), strict=True))}
    if not lines:
        return
    header = next(iter(lines.values())).header
    emails = [{"contact_id": of, "type": k, "address": a} for of, line in lines.items() for k, a in addresses(line)]
    phones = [{"contact_id": of, "type": k, "number": n} for of, line in lines.items() for k, n in numbers(line)]
    await contact_imports.replace(tx, EmailAddressRow, _types(ADDRESSES, header), known, emails)
    await contact_imports.replace(tx, PhoneNumberRow, _types(NUMBERS, header), known, phones)
    await contact_words.renew(tx, lines)
    await contact_imports.hand_on(tx, owners)


def _changed(known: Mapping[int, Taken]) -> dict[int, dict[str, Any]]:
    """An empty cell empties; only an external id is never taken away by a line that was found by its address."""
    rows = {of: one.columns(every=False) for of, one in known.items()}
    for row in rows.values():
        if row.get("external_id", "") is None:
            del row["external_id"]
    return rows


def _types(columns: Mapping[str, Any], header: tuple[str, ...]) -> list[Any]:
    return list(dict.fromkeys(kind for name, kind in columns.items() if name in header))


async def _remarks(tx: AsyncSession, taken: list[Taken]) -> tuple[str, ...]:
    """Which addresses and numbers nobody will write to, because their owner was erased."""
    columns = [*ADDRESSES, *NUMBERS]
    said = [(one.line, name) for one in taken for name in columns if one.line.cells[name]]
    erased = await suppressions.erased_among(tx, {line.cells[name] for line, name in said})
    return tuple(f"Line {line.number}: {name} {ERASED}." for line, name in said if line.cells[name] in erased)
