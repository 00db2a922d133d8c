"""Many emails of one sender: in order, within cap and gap, and nobody asks twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

import worker
from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import QUEUES, Why
from sequencing.people import Level
from sequencing.settings import Limits, SettingsChange
from sequencing.timing import next_day
from settings import Settings
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from starter.settings import change_settings
from store import settings, users
from store.database import Database
from store.tables import MessageRow
from tests.house import ADA, EMAIL, HEADER, RITA, TASK, House
from tests.patience import PATIENCE

TIMERS, ACTIVITIES = EventType.EVENT_TYPE_TIMER_STARTED, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED


async def test_emails_due_together_leave_in_order_within_the_gap_and_nobody_asks_twice(
    sqlite: Database, client: Client, tmp_path: Path
) -> None:
    """They fall due while no worker is there, and then all ask at once."""
    async with House.open(sqlite, client, tmp_path / "outbox", working=False) as house:
        await _contacts(house, 12)
        await _limit(house, gap_seconds=1)
        async with _working(house):
            follow_ups = await _enroll(house, [TASK, {**EMAIL, "delay": "5 seconds"}], range(6))
            for one in random.sample(follow_ups, 6):
                await house.sequencer.resolve((await house.todo(one)).id, "none", by=RITA)
                await house.place(one, "waiting", 2)
        first_ones = await _enroll(house, [EMAIL], random.sample(range(6, 12), 6))
        await asyncio.sleep(5)

        async with _working(house):
            for one in [*follow_ups, *first_ones]:
                await house.place(one, "finished")

            counts = [await _count(house, one) for one in first_ones]

        left = await _left(house)
        expected = [*await _in_order(house, follow_ups), *await _in_order(house, first_ones)]
    assert [one for one, _ in left] == expected
    assert all(later - earlier >= timedelta(seconds=1) for (_, earlier), (_, later) in pairwise(left))
    assert all(count[TIMERS] <= 2 for count in counts)
    assert all(count[ACTIVITIES] <= 2 for count in counts)
    assert any(count[ACTIVITIES] == 2 for count in counts), "some stood in the queue"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("many", "senders"), [(12, 2), pytest.param(500, 10, marks=pytest.mark.soak)])
async def test_those_released_leave_in_order_within_cap_and_gap(house: House, many: int, senders: int) -> None:
    await _contacts(house, many, await _owners(house, senders))
    await _limit(house, gap_seconds=1, emails_a_day=max(many // senders, 4))
    await house.sequencer.hold(None, by=ADA)
    waiting = await _enroll(house, [{**EMAIL, "owner": "contact_owner"}], random.sample(range(many), many))
    for one in waiting:
        await house.until(one, lambda row: row is not None and row.why is Why.held, within=300)
    claimed_while_held = await _left(house)

    await house.sequencer.release(None, by=ADA)

    for one in waiting:
        await house.until(one, lambda row: row is not None and row.place == "finished", within=300)
    assert claimed_while_held == []
    by_sender = await _left_by_sender(house)
    assert sum(map(len, by_sender.values())) == many
    assert all([one for one, _ in left] == sorted(one for one, _ in left) for left in by_sender.values())
    gaps = [later - earlier for left in by_sender.values() for (_, earlier), (_, later) in pairwise(left)]
    assert min(gaps) >= timedelta(seconds=1)


async def test_beyond_the_cap_of_a_day_they_wait_for_the_next_and_a_person_is_not_held(house: House) -> None:
    await _contacts(house, 6)
    await _limit(house, emails_a_day=3)

    many = await _enroll(house, [EMAIL], range(6))
    waiting = [await house.until(one, lambda row: row is not None and row.why is not Why.delay) for one in many]
    letter = await house.enroll("ann", {**EMAIL, "action": "manual_email"})
    await house.sequencer.send((await house.todo(letter)).id, by=RITA)
    await house.place(letter, "finished")

    stopped = [row for row in waiting if row.why in QUEUES]
    async with house.database.reading() as tx:
        calendar = (await settings.current(tx)).calendar
    tomorrow = next_day(datetime.now(UTC), calendar)
    assert len(await _left(house)) == 4
    assert [(row.why, row.due_at) for row in stopped] == [(Why.daily_cap, tomorrow)] * 3


async def test_when_the_cap_is_raised_those_who_waited_for_tomorrow_leave_today(house: House) -> None:
    await _contacts(house, 6)
    await _limit(house, emails_a_day=3)
    many = await _enroll(house, [EMAIL], range(6))
    for one in many:
        await house.until(one, lambda row: row is not None and row.why is not Why.delay)

    await change_settings(house.door, SettingsChange(limits={"emails_a_day": 5}), ADA)

    rows: list[Enrollment] = []
    async with asyncio.timeout(PATIENCE):
        while [row.status for row in rows].count(Status.finished) < 5:
            await asyncio.sleep(0.1)
            rows = [row for row in [await house.row(one) for one in many] if row is not None]
    assert [row.why for row in rows if row.status is Status.active] == [Why.daily_cap]


async def test_a_message_that_queues_adds_one_timer_and_one_activity(house: House) -> None:
    await _limit(house, gap_seconds=8)

    first, second = await house.enroll("ann", EMAIL), await house.enroll("ben", EMAIL)
    counts = []
    for one in (first, second):
        await house.place(one, "finished")
        counts.append(await _count(house, one))

    alone, queued = sorted(counts, key=lambda count: count.total())
    assert (queued[TIMERS] - alone[TIMERS], queued[ACTIVITIES] - alone[ACTIVITIES]) == (1, 1)
    assert queued.total() - alone.total() == 11


def _working(house: House) -> Worker:
    """A worker for it."""
    return worker.build(house.client, Settings(task_queue=house.door.runs.task_queue, grace_seconds=1), house.world)


async def _limit(house: House, **limits: int) -> None:
    async with house.database.writing() as tx:
        now = await settings.current(tx)
        free = Limits(**{"emails_a_day": 100_000, "gap_seconds": 0, **limits})
        await settings.change(tx, replace(now, limits=free), None, datetime.now(UTC))


async def _contacts(house: House, many: int, owners: Sequence[str] = ("",)) -> None:
    lines = [f"c{n},Cay{n},Cass,,,{owners[n % len(owners)]},c{n}@example.com,," for n in range(many)]
    await import_contacts(house.door, "\n".join([HEADER, *lines]), RITA)


async def _owners(house: House, many: int) -> list[str]:
    emails = [f"sender{n}@example.org" for n in range(many)]
    async with house.database.writing() as tx:
        for email in emails:
            await users.add(tx, email, "Somebody Sending", Level.use, "+4930900009")
    return emails


async def _enroll(house: House, steps: list[dict[str, Any]], numbers: Any) -> list[str]:
    sequence = await house.sequence(*steps)
    answers = await house.sequencer.enroll(sequence, [f"c{n}" for n in numbers], by=RITA)
    return [one.enrollment_id or "" for one in answers if isinstance(one, Enrolled)]


async def _left(house: House) -> list[tuple[str, datetime]]:
    """(enrollment, when it was claimed), in the order of the claims."""
    async with house.database.reading() as tx:
        rows = await tx.execute(select(MessageRow.enrollment_id, MessageRow.claimed_at).order_by(MessageRow.claimed_at))
        return [(row.enrollment_id, row.claimed_at) for row in rows]


async def _left_by_sender(house: House) -> dict[int, list[tuple[str, datetime]]]:
    found: dict[int, list[tuple[str, datetime]]] = {}
    async with house.database.reading() as tx:
        for row in await tx.scalars(select(MessageRow).order_by(MessageRow.claimed_at)):
            found.setdefault(row.sender_id, []).append((row.enrollment_id, row.claimed_at))
    return found


async def _in_order(house: House, many: list[str]) -> list[str]:
    """By the instant at which their delay was over."""
    rows = [row for row in [await house.row(one) for one in many] if row is not None]
    return [row.id for row in sorted(rows, key=lambda row: (row.previous_end, row.id))]


async def _count(house: House, one: str) -> Counter[int]:
    run = await house.run(one)
    await run.result()
    history = await run.fetch_history()
    return Counter(event.event_type for event in history.events)
