"""CSV files that people bring: each line is checked by itself, and what is wrong is said with line and column."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sequencing.errors import Refused, quoted
from sequencing.wording import check_line, check_name

LONGEST_CELL = 200
LONGEST_ID = 120
WHOLE_CELL = re.compile(r'(?:"(?:[^"]|"")*+"|(?!")[^,\r\n]*+),')
IN_OUR_WORDS = {
    "unexpected end of data": "a quotation mark is never closed",
    "',' expected after '\"'": "after a closing quotation mark only a comma may follow",
}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is refused: where and why."""

    number: int
    column: int
    what: str

    @property
    def sentence(self) -> str:
        """For the reader."""
        return f"Line {self.number}, column {self.column}: {self.what}."


@dataclass(frozen=True, slots=True)
class Line:
    """One checked line; columns that the file has not are empty cells."""

    number: int
    cells: dict[str, str]
    header: tuple[str, ...]

    def bad(self, column: str, what: str) -> BadLine:
        """Why this line is refused after all."""
        place = self.header.index(column) + 1 if column in self.header else 1
        return BadLine(self.number, place, f"{column}: {what.rstrip('.')}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Which columns a file may have, each with the check of a cell, and which it must have.

    `guarded`: we write such files ourselves, and their cells come as `guarded` writes them.
    """

    columns: Mapping[str, Callable[[str], object]]
    required: tuple[str, ...]
    longest: int = LONGEST_CELL
    guarded: bool = False


class BadLines(Refused):
    """Lines were refused, and nothing was imported. `lines` are all of them."""

    def __init__(self, lines: Sequence[BadLine]) -> None:
        rest = len(lines) - 1
        more = f" {rest:,} more line{'s are' if rest > 1 else ' is'} refused." if rest else ""
        super().__init__("invalid_csv", f"{lines[0].sentence}{more} Nothing was imported.")
        self.lines = tuple(lines)


FORMULA = re.compile(r"[=+\-@\t\r]")
"""What a cell begins with that a spreadsheet takes for a formula, or passes over to find one."""


def guarded(cell: str) -> str:
    """The cell behind an apostrophe where a spreadsheet would calculate with it; `unguarded` gives the cell again."""
    return f"'{cell}" if FORMULA.match(cell) or _is_guarded(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before it was guarded; what was not is left as it is."""
    return cell[1:] if _is_guarded(cell) else cell


def _is_guarded(cell: str) -> bool:
    return cell[:1] == "'" and (cell[1:2] == "'" or FORMULA.match(cell[1:]) is not None)


def check_id(what: str, text: str) -> None:
    """Raises Refused unless it can be an external id."""
    check_name(what, text, LONGEST_ID)


def read_lines(text: str, sheet: Sheet) -> Iterator[Line | BadLine]:
    """Every line, checked. Raises BadLines where the header is wrong or a record cannot be told from the next."""
    written = list(io.StringIO(text, newline=""))
    reader = csv.reader(written, strict=True)
    began = 1
    try:
        header = tuple(name.strip() for name in next(reader, []))
        _check_header(header, sheet)
        seen: dict[str, int] = {}
        began = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                yield _once(_line(began, header, row, sheet), seen)
            began = reader.line_num + 1
    except csv.Error as error:
        column = _broken_column("".join(written[began - 1 :]))
        raise BadLines([BadLine(began, column, IN_OUR_WORDS.get(str(error), str(error)))]) from None


def _broken_column(record: str) -> int:
    """In which of its cells a record cannot be read."""
    column, at = 1, 0
    while (cell := WHOLE_CELL.match(record, at)) and len(cell[0]) <= csv.field_size_limit():
        column, at = column + 1, cell.end()
    return column


def _check_header(header: tuple[str, ...], sheet: Sheet) -> None:
    for column, name in enumerate(header, 1):
        if name not in sheet.columns:
            known = ", ".join(one for one in sheet.columns if not one[-1].isdecimal())
            raise _header(column, f"unknown column {quoted(name)}; known are {known}")
        if name in header[: column - 1]:
            raise _header(column, f"the column {quoted(name)} appears twice")
    for name in sheet.required:
        if name not in header:
            raise _header(len(header) + 1, f"the column {quoted(name)} is missing")


def _line(number: int, header: tuple[str, ...], row: list[str], sheet: Sheet) -> Line | BadLine:
    if len(row) != len(header):
        column = min(len(row), len(header)) + 1
        return BadLine(number, column, f"{len(row)} cells, where the header has {len(header)}")
    read = [unguarded(cell.strip()) if sheet.guarded else cell.strip() for cell in row]
    cells = dict.fromkeys(sheet.columns, "") | dict(zip(header, read, strict=True))
    line = Line(number, cells, header)
    for name in header:
        try:
            check_line("it", cells[name], sheet.longest)
            sheet.columns[name](cells[name])
        except Refused as refusal:
            return line.bad(name, refusal.sentence)
    return line


def _once(line: Line | BadLine, seen: dict[str, int]) -> Line | BadLine:
    """An external id stands in one line only."""
    external_id = "" if isinstance(line, BadLine) else line.cells.get("external_id", "")
    if isinstance(line, BadLine) or not external_id:
        return line
    if external_id in seen:
        return line.bad("external_id", f"{quoted(external_id)} stands in line {seen[external_id]} already")
    seen[external_id] = line.number
    return line


def _header(column: int, what: str) -> BadLines:
    return BadLines([BadLine(1, column, what)])
