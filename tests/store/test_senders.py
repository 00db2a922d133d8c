"""A sender's queue in the database: who comes before whom, and how much room there is."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from sequencing.enrollments import Enrollment
from sequencing.happenings import Why
from sequencing.queues import Sender
from sequencing.sequences import Pace
from starter.enrollments import Enrolled
from store import senders
from store.tables import EnrollmentRow, SenderRow
from tests.house import ADA, EMAIL, RITA, TASK, House

pytestmark = pytest.mark.usefixtures("alone")

NOW = datetime(2030, 1, 7, 9, tzinfo=UTC)
TODAY, MINUTE = NOW.date(), timedelta(minutes=1)
PACE, FREE = Pace(3, MINUTE), Pace(3, timedelta(0))


async def due(house: House, contact: str, step: int = 1, at: datetime = NOW, **more: object) -> Enrollment:
    """One whose email at that step fell due at that instant; `more` are columns of its row."""
    sequence = await house.sequence(*[TASK] * (step - 1), EMAIL)
    (answer,) = await house.sequencer.enroll(sequence, [contact], by=RITA)
    assert isinstance(answer, Enrolled)
    async with house.database.writing() as tx:
        here = update(EnrollmentRow).where(EnrollmentRow.id == answer.enrollment_id)
        await tx.execute(here.values(step=step, ready_at=at, due_at=at, why=Why.delay, **more))
    found = await house.row(answer.enrollment_id or "")
    assert found is not None
    return found


async def queued(house: House, contact: str, slot: datetime, step: int = 1, at: datetime = NOW) -> Enrollment:
    """One that fell due and has a slot in Rita's queue."""
    one = await due(house, contact, step, at)
    async with house.database.writing() as tx:
        here = update(EnrollmentRow).where(EnrollmentRow.id == one.id)
        await tx.execute(here.values(due_at=slot, why=Why.sender_gap, queued_for=one.enrolled_by))
    return replace(one, due_at=slot, why=Why.sender_gap, queued_for=one.enrolled_by)


async def ahead(house: House, one: Enrollment, now: datetime = NOW) -> tuple[int, int, int, int]:
    """How many come before it: with a slot, with one that has come; of how many fallen due how many."""
    async with house.database.reading() as tx:
        found = await senders.line(tx, one.enrolled_by, one, now, TODAY)
    return found.ahead, found.ahead_now, found.together, found.ahead_of_those


async def test_follow_ups_come_before_first_emails_and_each_by_the_instant_it_fell_due(alone: House) -> None:
    early, late = await due(alone, "ann", at=NOW - MINUTE), await due(alone, "ben")
    follow_up = await due(alone, "dot", step=2)

    assert await ahead(alone, follow_up) == (0, 0, 2, 0)
    assert await ahead(alone, early) == (0, 0, 2, 1)
    assert await ahead(alone, late) == (0, 0, 2, 2)


async def test_whoever_has_a_slot_counts_until_a_minute_after_it(alone: House) -> None:
    await queued(alone, "ann", NOW + MINUTE, at=NOW - MINUTE)
    one = await due(alone, "ben")

    assert await ahead(alone, one) == (1, 0, 0, 0)
    assert await ahead(alone, one, NOW + MINUTE) == (1, 1, 0, 0)
    assert await ahead(alone, one, NOW + 3 * MINUTE) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "gone", [{"status": "paused"}, {"status": "canceled"}, {"status": "finished"}, {"state": "sending"}]
)
async def test_a_pause_or_an_end_gives_the_slot_up(alone: House, gone: dict[str, str]) -> None:
    other, one = await queued(alone, "ann", NOW + MINUTE, at=NOW - MINUTE), await due(alone, "ben")
    async with alone.database.writing() as tx:
        await tx.execute(update(EnrollmentRow).where(EnrollmentRow.id == other.id).values(**gone))

    assert await ahead(alone, one) == (0, 0, 0, 0)


async def test_who_is_not_due_or_somebody_elses_does_not_count(alone: House) -> None:
    await due(alone, "ann", at=NOW + MINUTE)
    other, one = await due(alone, "dot"), await due(alone, "pia")
    async with alone.database.writing() as tx:
        await tx.execute(update(EnrollmentRow).where(EnrollmentRow.id == other.id).values(enrolled_by=1))

    assert await ahead(alone, one) == (0, 0, 0, 0)


async def test_who_is_held_counts_once_nothing_holds_it_any_more(alone: House) -> None:
    held, one = await due(alone, "ann"), await due(alone, "pia")
    async with alone.database.writing() as tx:
        here = update(EnrollmentRow).where(EnrollmentRow.id == held.id)
        await tx.execute(here.values(due_at=None, why=Why.held))
    await alone.sequencer.hold(None, by=ADA)
    while_held = await ahead(alone, one)

    await alone.sequencer.release(None, by=ADA)

    assert (while_held, await ahead(alone, one)) == ((0, 0, 0, 0), (0, 0, 1, 1))


async def test_cap_and_gap_leave_room_or_none(alone: House) -> None:
    async def take(at: datetime) -> bool:
        async with alone.database.writing() as tx:
            return await senders.take(tx, 2, at, at.date(), PACE, at)

    taken = [await take(NOW + n * MINUTE / 2) for n in range(8)]
    next_day = await take(NOW + timedelta(days=1))

    assert taken == [True, False, True, False, True, False, False, False]
    assert next_day


async def test_of_many_at_once_as_many_leave_as_there_is_room_for(alone: House) -> None:
    async def take(pace: Pace, sender: int) -> bool:
        async with alone.database.writing() as tx:
            return await senders.take(tx, sender, NOW, TODAY, pace, NOW)

    with_gap = await asyncio.gather(*(take(PACE, 1) for _ in range(20)))
    without = await asyncio.gather(*(take(FREE, 2) for _ in range(20)))

    assert (with_gap.count(True), without.count(True)) == (1, 3)


async def test_what_a_person_sends_counts_and_is_never_held(alone: House) -> None:
    async with alone.database.writing() as tx:
        for _ in range(5):
            await senders.count(tx, 2, TODAY)
        taken = await senders.take(tx, 2, NOW, TODAY, PACE, NOW)

    assert not taken


async def test_what_did_not_leave_is_given_back(alone: House) -> None:
    async with alone.database.writing() as tx:
        for _ in range(3):
            await senders.take(tx, 2, NOW, TODAY, FREE, NOW)
        full = await senders.take(tx, 2, NOW, TODAY, FREE, NOW)
        await senders.give_back(tx, 2, TODAY)
        again = await senders.take(tx, 2, NOW, TODAY, FREE, NOW)

    assert (full, again) == (False, True)


async def test_a_sender_is_found_as_he_was_left(alone: House) -> None:
    one = await due(alone, "ann")
    async with alone.database.writing() as tx:
        row = {"user_id": one.enrolled_by, "day": TODAY, "left_that_day": 2, "last_at": NOW}
        await tx.execute(insert(SenderRow).values(**row))
        await senders.begin(tx, one.enrolled_by, NOW + MINUTE, TODAY)
        found = await senders.line(tx, one.enrolled_by, one, NOW, TODAY)

    assert found.sender == Sender(TODAY, 2, NOW, NOW + MINUTE)
