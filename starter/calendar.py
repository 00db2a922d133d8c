"""Tasks & Events: a user's to-dos and the tasks he writes for himself, by day, on his own clock."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.days import begins, day_of, days_from, monday_of
from sequencing.own_tasks import OwnTask
from sequencing.people import User
from sequencing.todos import A_DAY
from starter.door import Door, acting_user
from starter.own_tasks import lines
from store import settings, todos
from store.own_tasks import Filter

MOST = 500
"""To-dos, and own tasks, that one view shows; `cut` says when there are more."""


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
class Agenda:
    """Days in order, on the clock of `zone`, each with its entries in the order of the clock, those without a time
    first. `late`: what should have been done before these days, where today is one of them.
    """

    zone: str
    today: date
    days: dict[date, list[Entry]]
    late: list[Entry]
    cut: bool


async def agenda(door: Door, by: str, first: date | None, number: int) -> Agenda:
    """So many days of who acts, from that day; None: today, or for more days this week's Monday. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        zone = user.time_zone or (await settings.current(tx)).calendar.zone
        today = day_of(door.now(), zone)
        days = days_from(first or (today if number == 1 else monday_of(today)), number)
        shown = await _entries(tx, user, zone, days[0], days[-1])
        late = await _entries(tx, user, zone, None, days[0] - A_DAY) if today in days else []
    by_day = {day: sorted((one for one in shown if one.day == day), key=_by_the_clock) for day in days}
    return Agenda(zone, today, by_day, sorted(late, key=_by_the_clock), MOST in _numbers(shown) + _numbers(late))


async def _entries(tx: AsyncSession, user: User, zone: str, first: date | None, last: date) -> list[Entry]:
    """What falls due in those days; without a first one what is still to be done."""
    since = begins(first, zone) if first else None
    due = todos.Filter(user.id, due=(since, begins(last + A_DAY, zone)), limit=MOST)
    own = await lines(tx, user, Filter(user.id, first, last, open_only=first is None, limit=MOST))
    given = [_given(one, zone) for one in await todos.lines(tx, due)]
    return given + [Entry(one.task.day, one.task.at, task=one.task, contact=one.contact) for one in own]


def _given(one: todos.Line, zone: str) -> Entry:
    due: datetime = one.todo.due_at.astimezone(ZoneInfo(zone))
    return Entry(due.date(), due.time(), todo=one, contact=one.contact)


def _by_the_clock(one: Entry) -> tuple[date, time]:
    return one.day, one.at or time.min


def _numbers(entries: list[Entry]) -> list[int]:
    given = sum(one.todo is not None for one in entries)
    return [given, len(entries) - given]
