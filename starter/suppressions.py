"""Whom nobody may write to, and who may be written to again; taking in and giving out all of it as CSV."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, quoted
from sequencing.lines import BadLine, BadLines, Line, read_lines
from sequencing.suppression_lines import LINES_PER_IMPORT, SHEET, since, written
from sequencing.suppressions import REASON_LENGTH, check_suppressible, is_domain, plain
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import suppressions, users
from store.holds import close_gate
from store.suppressions import Lift, Suppression, Wanted
from store.tables import SuppressionRow

IMPORTED = "imported"
"""The reason of a line that says none."""
AT_ONCE = 1000
LARGEST_CSV = 20_000_000


async def suppress(door: Door, target: str, reason: str, by: str) -> bool:
    """Lets nobody write to an address, a number or a domain (`@example.org`); False when it was so already.

    Raises Refused.
    """
    check_suppressible(target)
    check_name("The reason", reason, REASON_LENGTH)
    async with door.database.writing() as tx:
        asked = permitted(tx, by, "suppress_domain") if is_domain(target) else permitted(tx, by, "suppress")
        user = await asked
        return await suppressions.add(tx, target, reason, user.id, door.now())


async def lift(door: Door, target: str, by: str) -> bool:
    """Takes away what stands about the target itself, and keeps who did; False when nothing stood. Raises Refused."""
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "lift_suppression")
        return await suppressions.lift(tx, target, user.id, door.now())


async def lifts(door: Door, by: str, *, target: str = "", after: int = 0, limit: int = AT_ONCE) -> list[Lift]:
    """What was lifted, newest first, by whom. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_suppressions")
        return await suppressions.lifts(tx, target=target, after=after, limit=limit)


async def covering(door: Door, target: str, by: str) -> list[Suppression]:
    """Everything by which the target is suppressed: itself, its fingerprint, its domain. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_suppressions")
        return await suppressions.covering(tx, target)


async def listed(door: Door, wanted: Wanted, by: str) -> list[Suppression]:
    """The suppressions that are wanted. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_suppressions")
        return await suppressions.listed(tx, wanted)


async def exported(door: Door, by: str) -> AsyncIterator[str]:
    """Everything as CSV, oldest first, some lines at a time; imported, it is the same again. Raises Refused."""
    last = 0
    while found := await _behind(door, last, by):
        yield written([row[1:] for row in found], header=not last)
        last = found[-1].id
    if not last:
        yield written([], header=True)


async def _behind(door: Door, last: int, by: str) -> list[Row[int, str, str, datetime, str]]:
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_suppressions")
        return await suppressions.after(tx, last, AT_ONCE)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many suppressions came, were updated, and stood there so already; and the lines that were refused."""

    created: int
    updated: int
    unchanged: int
    refused: tuple[BadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of a target, where it says it."""

    target: str
    reason: str
    since: datetime | None
    by: int | None
    has_by: bool

    def differs(self, row: SuppressionRow) -> bool:
        """Whether another thing stands there."""
        same_since = self.since is None or self.since == row.since
        same_by = not self.has_by or self.by == row.by
        return not (same_since and same_by and self.reason in ("", row.reason))


async def import_suppressions(door: Door, text: str, by: str, *, skip_bad_lines: bool = False) -> Imported:
    """Takes in a CSV file: what is known is updated, not doubled. Raises BadLines, and nothing was taken in.

    With `skip_bad_lines` the good lines are taken in, and the answer names the refused ones.
    """
    async with door.database.reading() as tx:
        await permitted(tx, by, "import_suppressions")
    lines, bad = await asyncio.to_thread(_read, text)
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "import_suppressions")
        said = await _said(tx, lines, bad)
        refused = tuple(sorted(bad, key=lambda line: (line.number, line.column)))
        if refused and not skip_bad_lines:
            raise BadLines(refused)
        return replace(await _keep(tx, said, user.id, door.now()), refused=refused)


def _read(text: str) -> tuple[list[Line], list[BadLine]]:
    """The lines that can be taken for themselves, and the others. Raises BadLines, Refused(`limit_reached`)."""
    good: list[Line] = []
    bad: list[BadLine] = []
    seen: dict[str, int] = {}
    for line in read_lines(text, SHEET):
        if isinstance(line, BadLine):
            bad.append(line)
        elif before := seen.get(plain(line.cells["target"])):
            bad.append(line.bad("target", f"{quoted(line.cells['target'])} stands in line {before} already"))
        else:
            seen[plain(line.cells["target"])] = line.number
            good.append(line)
        if len(good) + len(bad) > LINES_PER_IMPORT:
            raise Refused("limit_reached", f"At most {LINES_PER_IMPORT:,} lines can be imported at once; split it.")
    return good, bad


async def _said(tx: AsyncSession, lines: list[Line], bad: list[BadLine]) -> list[Said]:
    ids = {user.email: user.id for user in await users.everybody(tx)}
    said: list[Said] = []
    for line in lines:
        who = line.cells["by"].lower()
        if who and who not in ids:
            bad.append(line.bad("by", f"there is no user {quoted(who)}"))
            continue
        target, reason = plain(line.cells["target"]), line.cells["reason"]
        said.append(Said(target, reason, since(line), ids.get(who), has_by="by" in line.header))
    return said


async def _keep(tx: AsyncSession, said: list[Said], by: int, now: datetime) -> Imported:
    """What a line does not say stays as it is; of a new one it is: imported, now, by who imports."""
    await close_gate(tx)
    known = await suppressions.known(tx, [one.target for one in said])
    created = updated = 0
    for one in said:
        row = known.get(one.target)
        if row is None:
            who = one.by if one.has_by else by
            await suppressions.put(tx, one.target, one.reason or IMPORTED, who, one.since or now)
            created += 1
        elif one.differs(row):
            who = one.by if one.has_by else row.by
            await suppressions.put(tx, one.target, one.reason or row.reason, who, one.since or row.since)
            updated += 1
    await suppressions.name_leaving(tx, [one.target for one in said if one.target not in known], by, now)
    return Imported(created, updated, len(said) - created - updated)
