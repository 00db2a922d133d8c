"""Whose turn it is: who stays on the spot, and who takes a slot and comes again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from activities.queues import Soon, its_turn
from sequencing.happenings import Why
from sequencing.queues import AT_ITS_SLOT, PATIENCE
from sequencing.sequences import Pace
from sequencing.settings import Limits
from store import settings
from store.lives import Life
from store.tables import EnrollmentRow, SenderRow
from tests.house import EMAIL, House

NOW, RITA = datetime(2030, 1, 7, 9, tzinfo=UTC), 2
GAP, LATE = timedelta(minutes=1), timedelta(seconds=12)
ITS_SLOT = {"due_at": NOW, "why": Why.sender_gap, "queued_for": RITA}


async def comes(house: House, stay: timedelta, **row: Any) -> tuple[bool | Soon, datetime | None]:
    """What one is told that has fallen due while the next slot is a little off, and when it is due then.

    The email before it left late, a gap before that slot.
    """
    one = await house.enroll("ann", EMAIL)
    async with house.database.writing() as tx:
        now, paced = await settings.current(tx), Limits(gap_seconds=int(GAP.total_seconds()))
        await settings.change(tx, replace(now, limits=paced), None, NOW)
    async with house.database.writing() as tx:
        here = update(EnrollmentRow).where(EnrollmentRow.id == one)
        await tx.execute(here.values({"ready_at": NOW, "due_at": NOW, "why": Why.delay, **row}))
        left = {"user_id": RITA, "day": NOW.date(), "left_that_day": 1, "last_at": NOW + LATE - GAP}
        await tx.execute(insert(SenderRow).values(**left, next_at=NOW + LATE))
        life = await Life.lock(tx, one, NOW)
        assert life is not None
        turn = await its_turn(life, RITA, stay=stay)
        return turn, life.enrollment.due_at


async def test_who_comes_at_its_own_slot_stays_for_one_before_it_that_was_late(alone: House) -> None:
    assert await comes(alone, AT_ITS_SLOT, **ITS_SLOT) == (Soon(NOW + LATE), NOW)


async def test_who_may_stay_no_longer_takes_the_next_slot(alone: House) -> None:
    assert await comes(alone, PATIENCE, **ITS_SLOT) == (False, NOW + LATE)


async def test_who_has_no_slot_yet_stays_for_a_moment_at_most(alone: House) -> None:
    assert await comes(alone, AT_ITS_SLOT) == (False, NOW + LATE)


async def test_who_must_let_one_pass_counts_all_that_come_before_it_whether_their_slots_have_come_or_not(
    alone: House,
) -> None:
    before = {"ready_at": NOW - GAP, "why": Why.sender_gap, "queued_for": RITA}
    for contact, slot in (("ben", NOW), ("pia", NOW + 10 * GAP)):
        one = await alone.enroll(contact, EMAIL)
        async with alone.database.writing() as tx:
            here = update(EnrollmentRow).where(EnrollmentRow.id == one)
            await tx.execute(here.values(due_at=slot, **before))

    apart = Pace(1, GAP).apart
    assert await comes(alone, AT_ITS_SLOT, **ITS_SLOT) == (False, NOW + LATE + 2 * apart)
