"""Importing contacts from CSV: all lines or none, updating those that are known by their external id."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.addresses import check_email, check_number
from sequencing.errors import Refused, quoted
from sequencing.people import AddressType, ContactKind
from sequencing.timing import check_zone
from sequencing.wording import check_line, check_name
from starter.door import Door, permitted
from store import users
from store.people_tables import CompanyRow, ContactRow, EmailAddressRow, PhoneNumberRow

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
LONGEST_CELL = 200
LONGEST_ID = 120
CHECKS: Mapping[str, Callable[[str], object]] = {
    "mobile": check_number,
    "time_zone": check_zone,
    "work_email": check_email,
    "personal_email": check_email,
}
WHOLE_CELL = re.compile(r'(?:"(?:[^"]|"")*+"|(?!")[^,\r\n]*+),')
IN_OUR_WORDS = {
    "unexpected end of data": "a quotation mark is never closed",
    "',' expected after '\"'": "after a closing quotation mark only a comma may follow",
}


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
    header: tuple[str, ...]


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
    written = list(io.StringIO(text, newline=""))
    reader = csv.reader(written, strict=True)
    began = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        seen: dict[str, int] = {}
        began = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                line = _line(began, header, row)
                _check_once(line, seen)
                yield line
            began = reader.line_num + 1
    except csv.Error as error:
        column = _broken_column("".join(written[began - 1 :]))
        raise _bad(began, column, IN_OUR_WORDS.get(str(error), str(error))) from None


def _broken_column(record: str) -> int:
    """In which of its cells a record cannot be read."""
    column, at = 1, 0
    while (cell := WHOLE_CELL.match(record, at)) and len(cell[0]) <= csv.field_size_limit():
        column, at = column + 1, cell.end()
    return column


def _check_header(header: list[str]) -> None:
    for column, name in enumerate(header, 1):
        if name not in COLUMNS:
            raise _bad(1, column, f"unknown column {quoted(name)}; known are {', '.join(COLUMNS)}")
        if name in header[: column - 1]:
            raise _bad(1, column, f"the column {quoted(name)} appears twice")
    for name in REQUIRED:
        if name not in header:
            raise _bad(1, len(header) + 1, f"the column {quoted(name)} is missing")


def _line(number: int, header: list[str], row: list[str]) -> Line:
    if len(row) != len(header):
        raise _bad(number, min(len(row), len(header)) + 1, f"{len(row)} cells, where the header has {len(header)}")
    cells = dict.fromkeys(COLUMNS, "") | {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    line = Line(number, cells, tuple(header))
    for name in header:
        with _placed(line, name):
            _check_cell(name, cells[name])
    return line


@contextmanager
def _placed(line: Line, name: str) -> Iterator[None]:
    """Says of a refusal in which cell it is."""
    try:
        yield
    except Refused as refusal:
        raise _bad(line.number, line.header.index(name) + 1, f"{name}: {refusal.sentence.rstrip('.')}") from None


def _check_cell(name: str, cell: str) -> None:
    if name in REQUIRED:
        check_name("it", cell, LONGEST_ID if name == "external_id" else LONGEST_CELL)
    check_line("it", cell, LONGEST_CELL)
    if name == "kind" and cell and cell not in list(ContactKind):
        raise Refused("unknown_kind", f"{quoted(cell)} is none of {', '.join(ContactKind)}")
    if name == "do_not_contact" and cell.lower() not in YES:
        raise Refused("neither", f"{quoted(cell)} is neither yes nor no")
    if cell and name in CHECKS:
        CHECKS[name](cell)


def _check_once(line: Line, seen: dict[str, int]) -> None:
    external_id = line.cells["external_id"]
    if external_id in seen:
        with _placed(line, "external_id"):
            raise Refused("twice", f"{quoted(external_id)} stands in line {seen[external_id]} already")
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
    with _placed(line, "owner"):
        return (await users.by_email(tx, line.cells["owner"])).id


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


def _bad(line: int, column: int, what: str) -> Refused:
    return Refused("invalid_csv", f"Line {line}, column {column}: {what}. Nothing was imported.")
