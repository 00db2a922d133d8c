"""Importing contacts from CSV: all lines or none, updating those that are known by their external id."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused
from sequencing.people import AddressType, ContactKind
from sequencing.timing import check_zone
from starter.door import Door, permitted
from store import users
from store.tables import CompanyRow, ContactRow, EmailAddressRow, PhoneNumberRow

COLUMNS = (
    "external_id",
    "first_name",
    "last_name",
    "kind",
    "title",
    "company",
    "owner",
    "work_email",
    "personal_email",
    "mobile",
    "time_zone",
    "do_not_contact",
)
REQUIRED = ("external_id", "first_name")
YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
LONGEST_CELL = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """How many contacts came and how many were updated."""

    created: int
    updated: int


@dataclass(frozen=True, slots=True)
class Line:
    """One checked line."""

    number: int
    cells: dict[str, str]


async def import_contacts(door: Door, text: str, by: str) -> Imported:
    """Takes in a CSV file. Raises Refused(`invalid_csv`) with line and column; then nothing was taken in."""
    lines = list(read_csv(text))
    async with door.database.writing() as tx:
        await permitted(tx, by, "import_contacts")
        known = dict((await tx.execute(select(ContactRow.external_id, ContactRow.id))).all())
        for line in lines:
            await _keep(tx, line, known.get(line.cells["external_id"]))
    updated = sum(line.cells["external_id"] in known for line in lines)
    return Imported(len(lines) - updated, updated)


def read_csv(text: str) -> Iterator[Line]:
    """The checked lines. Raises Refused(`invalid_csv`)."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        seen: dict[str, int] = {}
        for row in reader:
            if any(cell.strip() for cell in row):
                line = _line(reader.line_num, header, row)
                _check_once(line, seen)
                yield line
    except csv.Error as error:
        raise _bad(reader.line_num, None, str(error)) from None


def _check_header(header: list[str]) -> None:
    for column, name in enumerate(header, 1):
        if name not in COLUMNS:
            raise _bad(1, column, f"unknown column {name[:40]!r}; known are {', '.join(COLUMNS)}")
    for name in REQUIRED:
        if name not in header:
            raise _bad(1, None, f"the column {name!r} is missing")
    if len(set(header)) != len(header):
        raise _bad(1, None, "a column appears twice")


def _line(number: int, header: list[str], row: list[str]) -> Line:
    if len(row) != len(header):
        raise _bad(number, min(len(row), len(header)) + 1, f"{len(row)} cells, where the header has {len(header)}")
    cells = dict.fromkeys(COLUMNS, "") | {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    for name in header:
        trouble = _trouble(name, cells)
        if trouble:
            raise _bad(number, header.index(name) + 1, f"{name}: {trouble}")
    return Line(number, cells)


def _trouble(name: str, cells: dict[str, str]) -> str | None:
    cell = cells[name]
    if name in REQUIRED and not cell:
        return "must not be empty"
    if len(cell) > LONGEST_CELL or not cell.isprintable():
        return f"more than {LONGEST_CELL} characters, or a control character"
    if name == "kind" and cell and cell not in list(ContactKind):
        return f"{cell!r} is none of {', '.join(ContactKind)}"
    if name == "do_not_contact" and cell.lower() not in YES:
        return f"{cell!r} is neither yes nor no"
    if name == "mobile" and cell and not E164.fullmatch(cell):
        return f"{cell!r} is no number in international form (+49301234567)"
    if name == "time_zone" and cell:
        return _refusal_of_zone(cell)
    return _refusal_of_address(cell) if name.endswith("_email") and cell else None


def _refusal_of_zone(cell: str) -> str | None:
    try:
        check_zone(cell)
    except Refused as refusal:
        return refusal.sentence
    return None


def _refusal_of_address(cell: str) -> str | None:
    try:
        validate_email(cell, check_deliverability=False)
    except EmailNotValidError:
        return f"{cell!r} is no email address"
    return None


def _check_once(line: Line, seen: dict[str, int]) -> None:
    external_id = line.cells["external_id"]
    if external_id in seen:
        raise _bad(line.number, None, f"external_id {external_id!r} stands in line {seen[external_id]} already")
    seen[external_id] = line.number


async def _keep(tx: AsyncSession, line: Line, contact_id: int | None) -> None:
    cells = line.cells
    row = await tx.get_one(ContactRow, contact_id) if contact_id else ContactRow(external_id=cells["external_id"])
    row.kind = ContactKind(cells["kind"] or ContactKind.candidate)
    row.first_name, row.last_name, row.title = cells["first_name"], cells["last_name"], cells["title"]
    row.time_zone = cells["time_zone"] or None
    row.do_not_contact = YES[cells["do_not_contact"].lower()]
    row.owner_id = await _owner(tx, line)
    row.company_id = await _company(tx, cells["company"])
    tx.add(row)
    await tx.flush()
    await tx.execute(delete(EmailAddressRow).where(EmailAddressRow.contact_id == row.id))
    await tx.execute(delete(PhoneNumberRow).where(PhoneNumberRow.contact_id == row.id))
    for kind in (AddressType.work, AddressType.personal):
        if address := cells[f"{kind.value}_email"].lower():
            tx.add(EmailAddressRow(contact_id=row.id, type=kind, address=address))
    if cells["mobile"]:
        tx.add(PhoneNumberRow(contact_id=row.id, type="mobile", number=cells["mobile"]))
    await tx.flush()


async def _owner(tx: AsyncSession, line: Line) -> int | None:
    if not line.cells["owner"]:
        return None
    try:
        return (await users.by_email(tx, line.cells["owner"])).id
    except Refused as refusal:
        raise _bad(line.number, None, f"owner: {refusal.sentence}") from None


async def _company(tx: AsyncSession, name: str) -> int | None:
    if not name:
        return None
    found = await tx.scalar(select(CompanyRow.id).where(CompanyRow.name == name).limit(1))
    if found is not None:
        return found
    row = CompanyRow(name=name)
    tx.add(row)
    await tx.flush()
    return row.id


def _bad(line: int, column: int | None, what: str) -> Refused:
    where = f"line {line}" if column is None else f"line {line}, column {column}"
    return Refused("invalid_csv", f"{where}: {what}. Nothing was imported.")
