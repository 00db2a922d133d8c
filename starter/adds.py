"""Adding contacts, however they are chosen: names, a search, an opportunity, a stage; many in the background."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.adds import AddStatus, Answer, in_sum, left_out, told_later
from sequencing.enrollments import Status
from sequencing.errors import Refused
from sequencing.limits import ADDED_AT_ONCE
from sequencing.people import User
from sequencing.permissions import Tie, check, not_found
from starter.door import Door, Reached, acting_user
from starter.enrollments import batches, check_number, enroll_all, may_add
from starter.hearing import hearing
from store import adds, enrolling, selections, settings, ties
from store.add_tables import BulkAddLineRow, BulkAddRow
from store.adds import AnsweredLine
from store.enrolling import Add, Wanted
from store.selections import Selection

NAMING = ("external_id", "id", "email")
"""The columns by which a list may name contacts; the first it has is read."""


EVERYBODY = Selection()


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom somebody adds: those he names, an int being an id alone, those he chose by id, those a selection finds."""

    names: Sequence[str | int] = ()
    chosen: Sequence[int] = ()
    selection: Selection = EVERYBODY


@dataclass(frozen=True, slots=True)
class Forecast:
    """What adding would do: to each contact, and in a few sentences."""

    answers: list[Answer]
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class AddStanding:
    """Where a large add stands: `answered` of `total`, and how many of each answer."""

    id: str
    sequence: str
    status: AddStatus
    total: int
    answered: int
    enrolled: int
    refused: dict[str, int]
    created_at: datetime
    ended_at: datetime | None
    sequence_id: int

    @property
    def sentences(self) -> list[str]:
        """For the reader."""
        return [f"{self.enrolled} of {self.total} enrolled.", *left_out(Counter(self.refused))]


async def foresee(door: Door, sequence: str, whom: Whom, by: str, opportunity_id: int | None = None) -> Forecast:
    """What adding them would do. Raises Refused."""
    async with door.database.reading() as tx:
        user, add, wanted = await meant(tx, sequence, whom, by, opportunity_id)
        answers = [one for some in batches(wanted) for one in await enrolling.foresee(tx, add, user, some)]
        asked = await enrolling.terms(tx, add.sequence_id)
        notices = (await hearing(tx, door.now(), user.time_zone)).notices
    return Forecast(answers, [*in_sum(answers, asked, dry_run=True), *notices])


@dataclass(frozen=True, slots=True)
class AddDone:
    """What became of an add: an answer for each, or the id of the large add that goes on in the background.

    `notices` say whether replies will pause whoever was added.
    """

    answers: list[Answer]
    add_id: str | None = None
    notices: tuple[str, ...] = ()


async def add(door: Door, sequence: str, whom: Whom, by: str, opportunity_id: int | None = None) -> AddDone:
    """Adds them at once, or in the background where they are many. Raises Refused."""
    async with door.database.reading() as tx:
        user, add, wanted = await meant(tx, sequence, whom, by, opportunity_id)
        notices = tuple((await hearing(tx, door.now(), user.time_zone)).notices)
    if len(wanted) > ADDED_AT_ONCE:
        return AddDone([], await _begin(door, sequence, wanted, by, add.opportunity_id), notices)
    return AddDone(await enroll_all(door, sequence, wanted, by, add.opportunity_id), notices=notices)


async def begin_add(door: Door, sequence: str, whom: Whom, by: str, opportunity_id: int | None = None) -> str:
    """Has them added in the background; answers the add's id. Raises Refused."""
    async with door.database.reading() as tx:
        _, add, wanted = await meant(tx, sequence, whom, by, opportunity_id)
    if not wanted:
        raise Refused("nobody", "That finds no contacts.")
    return await _begin(door, sequence, wanted, by, add.opportunity_id)


async def meant(
    tx: AsyncSession, sequence: str, whom: Whom, by: str, opportunity_id: int | None
) -> tuple[User, Add, list[Wanted]]:
    """Who adds to what, and whom, each contact that was chosen once. Raises Refused.

    Nothing is looked for before the user may add: what a search finds, or not, would give it away.
    """
    selection = whom.selection
    user, add = await may_add(tx, sequence, len(whom.names) + len(whom.chosen), by, opportunity_id)
    wanted = [Wanted.of(name) for name in whom.names] + [Wanted(str(one), one) for one in dict.fromkeys(whom.chosen)]
    if selection.is_empty:
        return user, add, wanted
    most = (await settings.current(tx)).limits.contacts_per_add
    wanted += [Wanted(str(one), one) for one in await selections.find(tx, user, selection, most + 1)]
    await check_number(tx, len(wanted))
    return user, replace(add, opportunity_id=await _regarding(tx, selection, opportunity_id)), wanted


async def _regarding(tx: AsyncSession, selection: Selection, opportunity_id: int | None) -> int | None:
    """The candidates of an opportunity are added with regard to it."""
    if opportunity_id is not None or not selection.opportunity:
        return opportunity_id
    return await selections.opportunity(tx, selection.opportunity)


async def _begin(door: Door, sequence: str, wanted: list[Wanted], by: str, opportunity_id: int | None) -> str:
    async with door.database.writing() as tx:
        _, add = await may_add(tx, sequence, len(wanted), by, opportunity_id)
        add_id = door.new_id()
        await adds.create(tx, add_id, add, wanted, door.now())
        await door.made(tx, add_id)
    await start_add(door, add_id)
    return add_id


async def start_add(door: Door, add_id: str) -> bool:
    """Starts its run and remembers that; what fails here is the sweep's."""
    if await door.runs.start_add(add_id) is not Reached.yes:
        return False
    async with door.database.writing() as tx:
        await adds.started(tx, add_id)
    return True


async def show_add(door: Door, add_id: str, by: str) -> AddStanding:
    """Where it stands. Raises Refused."""
    async with door.database.reading() as tx:
        row, name, _ = await _seen(tx, add_id, by, "see")
        codes = await adds.codes(tx, add_id)
    answered = row.enrolled + row.refused
    return AddStanding(
        row.id,
        name,
        row.status,
        row.total,
        answered,
        row.enrolled,
        dict(codes),
        row.created_at,
        row.ended_at,
        row.sequence_id,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One contact of an add as it was named, and its answer.

    `contact` is what he is called now, where exactly one was meant; `status` where whom it enrolled stands now.
    """

    position: int
    named: str
    code: str
    sentence: str | None
    contact_id: int | None = None
    contact: str | None = None
    enrollment_id: str | None = None
    status: Status | None = None


async def lines(
    door: Door, add_id: str, by: str, *, refused_only: bool, after: int = -1, limit: int = 1000
) -> list[Line]:
    """The answered lines behind that position, in order. Raises Refused."""
    async with door.database.reading() as tx:
        await _seen(tx, add_id, by, "see")
        found = await adds.lines(tx, add_id, refused_only=refused_only, after=after, limit=limit)
    return [_line(one) for one in found]


def _line(one: AnsweredLine) -> Line:
    """Without the enrollment where it was removed meanwhile."""
    row, there = one.row, one.row.enrollment_id if one.status else None
    who = row.contact_id, one.contact
    return Line(row.position, row.named, row.code or "", _sentence(row), *who, there, one.status)


def _sentence(line: BulkAddLineRow) -> str | None:
    """Of a refusal it is made anew: what was said then may have named the person, or a sequence not shown to all."""
    return line.sentence if line.enrollment_id else told_later(line.code or "", line.named)


async def listed(door: Door, by: str, *, before: str = "") -> list[tuple[BulkAddRow, str]]:
    """The adds the user sees, newest first, each with its sequence's name, a hundred before the one named."""
    async with door.database.reading() as tx:
        return await adds.listed(tx, await acting_user(tx, by), before=before)


async def cancel_add(door: Door, add_id: str, by: str) -> bool:
    """Leaves the rest un-added; what is enrolled stays. False when it had ended already. Raises Refused."""
    async with door.database.writing() as tx:
        _, _, user = await _seen(tx, add_id, by, "cancel")
        return await adds.cancel(tx, add_id, user.id, door.now())


async def _seen(tx: AsyncSession, add_id: str, by: str, act: str) -> tuple[BulkAddRow, str, User]:
    user, found = await acting_user(tx, by), await adds.get(tx, add_id)
    if found is None:
        raise not_found()
    row, sequence = found
    shown = (await ties.to_sequence(tx, user, sequence)).seen
    check(user, act, Tie(own=row.by == user.id, seen=shown))
    return row, sequence.name, user


def read_list(text: str) -> list[str]:
    """The contacts of a list: one a line, or a CSV whose header names `external_id`, `id` or `email`.

    Raises Refused(`invalid_csv`) with the line.
    """
    lines = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines()
    header = [name.strip().lower() for name in _cells(lines[:1])[0]] if lines else []
    column = next((header.index(name) for name in NAMING if name in header), None)
    if column is None and len(header) < 2:
        return [line.strip() for line in lines if line.strip()]
    if column is None:
        raise Refused("invalid_csv", f"Line 1: a list of several columns needs one named {', '.join(NAMING)}.")
    rows = _cells(lines[1:])
    short = next((number for number, row in enumerate(rows, 2) if row and len(row) <= column), None)
    if short is not None:
        raise Refused("invalid_csv", f"Line {short}: it has no column {header[column]!r}.")
    return [row[column].strip() for row in rows if row and row[column].strip()]


def _cells(lines: list[str]) -> list[list[str]]:
    try:
        return list(csv.reader(lines, strict=True))
    except csv.Error:
        raise Refused("invalid_csv", "The list cannot be read: look at its quotation marks.") from None
