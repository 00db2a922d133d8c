"""Tasks & Events: a user's to-dos and the tasks he writes for himself, by day, on his own clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.days import begins, day_of, days_from, monday_of
from sequencing.own_tasks import OwnTask
from sequencing.people import User
from sequencing.todos import A_DAY
from starter import own_tasks as acts
from starter.door import Door, acting_user
from store import own_tasks, settings, todos
from store.own_tasks import Filter

MOST = 500
"""To-dos, and own tasks, that one view looks at; `cut` says when there are more."""
SHOWN = 20
"""Lines of a day that stands beside others, and of what is overdue beside any; a view of its own shows all."""
COUNTED = 100
"""So far each kind of what is overdue is counted beside other days."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a day: a to-do or an own task. `at` None: any time that day."""

    day: date
    at: time | None
    todo: todos.Line | None = None
    task: OwnTask | None = None
    contact: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it stays only to be seen."""
        return self.task is not None and self.task.done_at is not None


@dataclass(frozen=True, slots=True)
class Lines:
    """Entries in the order of the clock, those without a time first. `more`: how many are not among them, as it is
    said: "12", "80+"; empty: none.
    """

    entries: list[Entry]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """Days in order, on the clock of `zone`. `late`: what should have been done before these days, where today is one
    of them; without any day all that should have been done before today.
    """

    zone: str
    today: date
    days: dict[date, Lines]
    late: Lines
    cut: bool


async def agenda(door: Door, by: str, first: date | None, number: int) -> Agenda:
    """So many days of who acts, from that day; None: today, or for more days this week's Monday. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        zone, today = await _clock(tx, door, user)
        days = days_from(first or (today if number == 1 else monday_of(today)), number)
        found = await _places(tx, user, zone, days[0], days[-1], MOST)
        late = await _places(tx, user, zone, None, days[0] - A_DAY, COUNTED) if today in days else []
        most = 2 * MOST if number == 1 else SHOWN
        lots = [_Lot([one for one in found if one.day == day], most) for day in days]
        *told, of_late = await _lines(tx, user, [*lots, _Lot(late, SHOWN, COUNTED)])
    return Agenda(zone, today, dict(zip(days, told, strict=True)), of_late, MOST in _numbers(found))


async def overdue(door: Door, by: str) -> Agenda:
    """All that should have been done before today. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        zone, today = await _clock(tx, door, user)
        found = await _places(tx, user, zone, None, today - A_DAY, MOST)
        (told,) = await _lines(tx, user, [_Lot(found, 2 * MOST)])
    return Agenda(zone, today, {}, told, MOST in _numbers(found))


async def _clock(tx: AsyncSession, door: Door, user: User) -> tuple[str, date]:
    """The user's zone, and what day it is there."""
    zone = user.time_zone or (await settings.current(tx)).calendar.zone
    return zone, day_of(door.now(), zone)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a to-do or an own task stands, before anything else of it is read."""

    day: date
    at: time | None
    id: str
    is_own: bool
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class _Lot:
    """Places of which the first so many are shown; there may be more where one kind reaches `counted`."""

    places: list[_Place]
    most: int
    counted: int = MOST

    @property
    def shown(self) -> list[_Place]:
        """What is still to be done before what is done, then in the order of the clock."""
        return sorted(sorted(self.places, key=lambda one: one.is_done)[: self.most], key=_by_the_clock)

    @property
    def rest(self) -> str:
        """How many are not shown, as `Lines.more` says it."""
        rest = len(self.places) - self.most
        return f"{rest}{'+' if self.counted in _numbers(self.places) else ''}" if rest > 0 else ""


async def _places(tx: AsyncSession, user: User, zone: str, first: date | None, last: date, most: int) -> list[_Place]:
    """What falls due in those days, up to so many of each kind; without a first one what is still to be done."""
    since = begins(first, zone) if first else None
    due = todos.Filter(user.id, due=(since, begins(last + A_DAY, zone)), limit=most)
    own = Filter(user.id, first, last, open_only=first is None, limit=most)
    given = [(one.due_at.astimezone(ZoneInfo(zone)), one.id) for one in await todos.places(tx, due)]
    places = [_Place(at.date(), at.time(), number, is_own=False) for at, number in given]
    for one in await own_tasks.places(tx, own):
        places.append(_Place(one.day, one.at, one.id, is_own=True, is_done=one.done_at is not None))
    return sorted(places, key=_by_the_clock)


def _by_the_clock(one: _Place | Entry) -> tuple[date, time]:
    return one.day, one.at or time.min


def _numbers(places: Sequence[_Place]) -> list[int]:
    """Of each kind."""
    own = sum(one.is_own for one in places)
    return [len(places) - own, own]


async def _lines(tx: AsyncSession, user: User, lots: Sequence[_Lot]) -> list[Lines]:
    """Of each lot what is shown, in two statements."""
    shown = [lot.shown for lot in lots]
    entries = await _entries(tx, user, [one for some in shown for one in some])
    return [
        Lines([entries[one.id] for one in some if one.id in entries], lot.rest)
        for some, lot in zip(shown, lots, strict=True)
    ]


async def _entries(tx: AsyncSession, user: User, places: Sequence[_Place]) -> dict[str, Entry]:
    """What stands there, by id; what has gone since is missing."""
    given = [one.id for one in places if not one.is_own]
    own = [one.id for one in places if one.is_own]
    todo = {one.todo.id: one for one in await todos.lines_of(tx, user.id, given)} if given else {}
    task = {one.task.id: one for one in await acts.some(tx, user, own)} if own else {}
    found: dict[str, Entry] = {}
    for one in places:
        if line := todo.get(one.id):
            found[one.id] = Entry(one.day, one.at, todo=line, contact=line.contact)
        elif mine := task.get(one.id):
            found[one.id] = Entry(one.day, one.at, task=mine.task, contact=mine.contact)
    return found
