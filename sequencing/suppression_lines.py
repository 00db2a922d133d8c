"""What a CSV file of suppressions may say; the file that is exported says the same."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from sequencing.errors import Refused, quoted
from sequencing.lines import Line, Sheet, guarded
from sequencing.suppressions import FINGERPRINT, REASON_LENGTH, check_suppressible
from sequencing.wording import check_line

HEADER = ("target", "reason", "since", "by")
LONGEST_TARGET = 320
LINES_PER_IMPORT = 100_000


def written(rows: Iterable[tuple[str, str, datetime, str]], *, header: bool) -> str:
    """Lines of (target, reason, since when, the user's email or nothing), as `SHEET` reads them again."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    if header:
        writer.writerow(HEADER)
    for target, reason, since, by in rows:
        writer.writerow([guarded(cell) for cell in (target, reason, since.astimezone(UTC).isoformat(), by)])
    return file.getvalue()


def since(line: Line) -> datetime | None:
    """Since when, if the line says so; a time without a zone is UTC."""
    cell = line.cells["since"]
    return _instant(cell) if cell else None


def _instant(cell: str) -> datetime:
    try:
        said = datetime.fromisoformat(cell)
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("invalid_instant", f"{quoted(cell)} is no instant like 2026-11-24T09:30:00+00:00.") from None


def _target(cell: str) -> None:
    """A fingerprint is what is left of an erased address, and stays what it is."""
    if not FINGERPRINT.fullmatch(cell):
        check_suppressible(cell)


def _reason(cell: str) -> None:
    check_line("it", cell, REASON_LENGTH)


SHEET = Sheet(
    columns={
        "target": _target,
        "reason": _reason,
        "since": lambda cell: _instant(cell) if cell else None,
        "by": lambda cell: None,
    },
    required=("target",),
    longest=LONGEST_TARGET,
    guarded=True,
)
