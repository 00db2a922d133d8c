"""Thousands due at one sender, over weeks of virtual time: in order, within cap and gap, and none asks twice."""

import asyncio
import time as clock
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.emails import EmailActivities
from activities.news import NewsActivities
from activities.silence import Silence
from activities.todos import TodoActivities
from sequencing.decisions import Do
from sequencing.settings import Limits
from sequencing.timing import Calendar, Frame, day_of, is_open
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from store import settings, users
from store.database import Database
from store.tables import EnrollmentRow, MessageRow, SenderRow
from tests.conductor import Conductor
from tests.house import EMAIL, HEADER, RITA, TASK, House
from workflows.enrollments import EnrollmentWorkflow

TIMERS, ACTIVITIES = EventType.EVENT_TYPE_TIMER_STARTED, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
GAP = timedelta(minutes=1)
NEXT_MORNING = {**EMAIL, "delay": "12 hours"}
"""Over at night, however long enrolling took: all are due at the next opening."""
HOURS = 36_000
"""Seconds that an activity may take: it also waits for its turn."""
STILL = 180
"""Seconds without any run's turn after which one is lost."""


def opening_soon() -> Calendar:
    """Nine to five on every day, in a zone in which it is about seven now."""
    ahead = 7 - datetime.now(UTC).hour
    ahead += 24 if ahead < -12 else 0
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    return Calendar(zone, ((Frame(time(9), time(17)),),) * 7)


@asynccontextmanager
async def conducted(
    database: Database, engine: WorkflowEnvironment, folder: Path, many: int
) -> AsyncIterator[tuple[House, Conductor]]:
    """A house in virtual time whose emails, of so many runs, act in the order of their clocks.

    Skipping time makes every run a second or more late, so much is waited on the spot.
    """
    async with House.open(database, engine.client, folder / "outbox", working=False) as house:
        house.door.runs.act_within = HOURS
        inside, runs = replace(house.world, record_within=timedelta(seconds=30)), house.door.runs
        conductor = Conductor(many, Do.send_email)
        worker = Worker(
            engine.client,
            task_queue=runs.task_queue,
            workflows=[EnrollmentWorkflow],
            activities=[
                NewsActivities(inside).take_note,
                EmailActivities(inside).send_email,
                TodoActivities(inside).open_todo,
            ],
            interceptors=[conductor, Silence()],
            max_concurrent_activities=many + 100,
            max_cached_workflows=many + 100,
        )
        async with worker:
            yield house, conductor


async def _settle(house: House, calendar: Calendar, cap: int) -> None:
    """Their sender has written so much himself on the day on which they ask that no room is left until the next.

    Meanwhile the runs' clocks go on, as long as it takes until thousands have asked: no slot comes too soon for that.
    """
    await house.settle_on(calendar)
    async with house.database.writing() as tx:
        sender = await users.by_email(tx, RITA)
        day = day_of(datetime.now(UTC), calendar) + timedelta(days=1)
        tx.add(SenderRow(user_id=sender.id, day=day, left_that_day=cap))
    async with house.database.writing() as tx:
        now = await settings.current(tx)
        limits = Limits(emails_a_day=cap, gap_seconds=int(GAP.total_seconds()))
        await settings.change(tx, replace(now, limits=limits), None, datetime.now(UTC))


async def _contacts(house: House, many: int) -> None:
    lines = [f"c{n},Cay{n},Cass,,,,c{n}@example.com,," for n in range(many)]
    await import_contacts(house.door, "\n".join([HEADER, *lines]), RITA)


async def _enrolled(house: House, sequence: str, numbers: range) -> list[str]:
    answers = await house.sequencer.enroll(sequence, [f"c{n}" for n in numbers], by=RITA)
    return [one.enrollment_id or "" for one in answers if isinstance(one, Enrolled)]


async def _follow_ups(house: House, numbers: range) -> list[str]:
    """Contacts whose next step is an email that follows a task."""
    many = await _enrolled(house, await house.sequence(TASK, NEXT_MORNING), numbers)
    for one in many:
        await house.sequencer.resolve((await house.todo(one)).id, "none", by=RITA)
    return many


async def _ended(house: House, conductor: Conductor, many: list[str]) -> list[Counter[int]]:
    """How often what stands in the history of each, once all have ended."""
    turns = asyncio.Semaphore(16)

    async def one(enrollment: str) -> Counter[int]:
        async with turns:
            run = await house.run(enrollment)
            await run.result()
            return Counter(event.event_type for event in (await run.fetch_history()).events)

    moves, since = 0, clock.monotonic()
    while await _still_active(house):
        await asyncio.sleep(1)
        if moves != conductor.moves:
            moves, since = conductor.moves, clock.monotonic()
        if clock.monotonic() - since > STILL:
            pytest.fail(f"all wait for {await _stuck(house, conductor, many)}")
    return await asyncio.gather(*map(one, many))


async def _stuck(house: House, conductor: Conductor, many: list[str]) -> list[str]:
    """The first runs that do not come before their next act, as the engine describes them."""
    runs = [await house.run(one) for one in many]
    away = set(conductor.away(run.id for run in runs))
    described = [await run.describe() for run in runs if run.id in away][:5]
    return [str(one.raw_description) for one in described] + [f"{len(away)} in all"]


async def _still_active(house: House) -> bool:
    async with house.database.reading() as tx:
        return (await tx.scalar(select(EnrollmentRow.id).where(EnrollmentRow.status == "active").limit(1))) is not None


async def _left(house: House) -> list[tuple[str, datetime]]:
    """(enrollment, when it was claimed), in the order of the claims."""
    async with house.database.reading() as tx:
        rows = await tx.execute(select(MessageRow.enrollment_id, MessageRow.claimed_at).order_by(MessageRow.id))
        return [(row.enrollment_id, row.claimed_at) for row in rows]


async def _in_order(house: House, many: list[str]) -> list[str]:
    """By the instant at which their delay was over, which was the end of what came before."""
    rows = [row for row in [await house.row(one) for one in many] if row is not None]
    return [row.id for row in sorted(rows, key=lambda row: (row.previous_end, row.id))]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("many", "following", "cap"), [(50, 10, 20), pytest.param(5000, 500, 200, marks=pytest.mark.soak)]
)
async def test_all_due_at_one_sender_leave_in_order_within_cap_and_gap_and_none_asks_twice(
    sqlite: Database, engine: WorkflowEnvironment, tmp_path: Path, many: int, following: int, cap: int
) -> None:
    calendar, began = opening_soon(), clock.monotonic()
    async with conducted(sqlite, engine, tmp_path, many) as (house, conductor):
        await _contacts(house, many)
        await _settle(house, calendar, cap)
        follow_ups = await _follow_ups(house, range(following))
        first_ones = await _enrolled(house, await house.sequence(NEXT_MORNING), range(following, many))
        print(f"{many} enrolled after {clock.monotonic() - began:.0f} s")

        counts = await _ended(house, conductor, [*follow_ups, *first_ones])

        left = await _left(house)
        expected = [*await _in_order(house, follow_ups), *await _in_order(house, first_ones)]
    days = Counter(day_of(at, calendar) for _, at in left)
    gaps = [later - earlier for (_, earlier), (_, later) in pairwise(left)]
    print(f"{len(left)} left on {len(days)} days, the closest two {min(gaps)} apart; {clock.monotonic() - began:.0f} s")
    print("timers", Counter(count[TIMERS] for count in counts), "acts", Counter(count[ACTIVITIES] for count in counts))
    assert [one for one, _ in left] == expected
    assert min(gaps) >= GAP
    assert max(days.values()) <= cap
    assert all(is_open(at, calendar) for _, at in left)
    assert len(days) == -(-many // cap)
    assert max(count[TIMERS] for count in counts[following:]) <= 2
    assert max(count[ACTIVITIES] for count in counts[following:]) <= 2
    assert max(count[TIMERS] for count in counts[:following]) <= 3, "one for the task before"
    assert max(count[ACTIVITIES] for count in counts[:following]) <= 4, "two for the task and its result"
