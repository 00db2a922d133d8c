"""Senders: how many emails have left for each user today, and who stands in his queue.

In a queue stand those who wait for a slot. Those who have fallen due, or were held until now, and have not come to ask
yet count as well, as if each were sent by whom its step's owner rule names: so the order holds in whatever order they
ask.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, Tuple, and_, case, func, or_, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import QUEUES, Why
from sequencing.queues import Sender
from sequencing.sequences import Action, OwnerRule, Pace
from store.columns import says
from store.database import upsert
from store.holds import is_anyhow_held
from store.people_tables import CompanyRow, ContactRow
from store.tables import EnrollmentRow, SenderRow, StepRow

ROW = EnrollmentRow
OVERDUE = timedelta(minutes=1)
"""Who has not used his slot for so long does not hold up the others."""
WAITING = and_(says(ROW.status, Status.active), says(ROW.state, StepState.waiting))
FOLLOW_UPS_FIRST = tuple_(case((ROW.step == 1, 1), else_=0), ROW.ready_at, ROW.id)


@dataclass(frozen=True, slots=True)
class Line:
    """A sender and his queue as one enrollment finds it: how many come before it, by the order of the queue.

    `ahead` have a slot, `ahead_now` of them one that has come; `together` have fallen due and not asked yet,
    `ahead_of_those` of them come before it.
    """

    sender: Sender
    ahead: int
    ahead_now: int
    together: int
    ahead_of_those: int


async def line(tx: AsyncSession, sender_id: int, enrollment: Enrollment, now: datetime, today: date) -> Line:
    """The queue of that sender, as that enrollment finds it."""
    before = FOLLOW_UPS_FIRST < _place_of(enrollment)  # noqa: SIM300 - the first is the column
    standing = and_(_standing(sender_id), before, ROW.due_at > now - OVERDUE)
    has_come = func.sum(case((ROW.due_at <= now, 1), else_=0))
    queued = select(func.count().label("many"), func.coalesce(has_come, 0).label("now")).where(standing).subquery()
    due = _unasked(sender_id, before, ROW.due_at <= now, ROW.id != enrollment.id).subquery()
    let_go = _unasked(sender_id, before, says(ROW.why, Why.held), ROW.ready_at <= now, ~is_anyhow_held()).subquery()
    found = select(
        SenderRow,
        queued.c.many,
        queued.c.now,
        due.c.many + let_go.c.many,
        due.c.before + let_go.c.before,
    )
    all_counts = queued.join(due, true()).join(let_go, true())
    found = found.select_from(all_counts.outerjoin(SenderRow, SenderRow.user_id == sender_id))
    row, *counts = (await tx.execute(found.execution_options(populate_existing=True))).one()
    return Line(_sender(row, today), *counts)


async def begin(tx: AsyncSession, sender_id: int, first: datetime, today: date) -> None:
    """The queue begins with that slot."""
    new = upsert(tx, SenderRow).values(user_id=sender_id, day=today, left_that_day=0, next_at=first)
    await tx.execute(new.on_conflict_do_update(index_elements=["user_id"], set_={"next_at": first}))


async def take(tx: AsyncSession, sender_id: int, now: datetime, today: date, pace: Pace, slot: datetime) -> bool:
    """Uses that slot for an automatic email, and holds up all others of this sender until the transaction has ended.

    False where cap or gap leave no room: somebody else was faster.
    """
    room = or_(SenderRow.day != today, SenderRow.left_that_day < pace.a_day)
    if pace.gap:
        room = and_(room, or_(SenderRow.last_at.is_(None), SenderRow.last_at <= now - pace.gap))
    return await _count(tx, sender_id, today, {"last_at": now, "next_at": slot + pace.apart}, room)


async def count(tx: AsyncSession, sender_id: int, today: date) -> None:
    """An email that a person sends counts, and asks nobody."""
    await _count(tx, sender_id, today, {}, true())


async def give_back(tx: AsyncSession, sender_id: int, day: date) -> None:
    """One that was counted that day did not leave."""
    counted = SenderRow.user_id == sender_id, SenderRow.day == day, SenderRow.left_that_day > 0
    await tx.execute(update(SenderRow).where(*counted).values(left_that_day=SenderRow.left_that_day - 1))


async def _count(
    tx: AsyncSession, sender_id: int, today: date, marks: dict[str, datetime], room: ColumnElement[bool]
) -> bool:
    one = upsert(tx, SenderRow).values(user_id=sender_id, day=today, left_that_day=1, **marks)
    left = case((SenderRow.day == today, SenderRow.left_that_day + 1), else_=1)
    one = one.on_conflict_do_update(
        index_elements=["user_id"], set_={"day": today, "left_that_day": left, **marks}, where=room
    )
    return await tx.scalar(one.returning(SenderRow.user_id)) is not None


def _place_of(enrollment: Enrollment) -> Tuple:
    return tuple_(int(enrollment.step == 1), enrollment.ready_at, enrollment.id)


def _standing(sender_id: int) -> ColumnElement[bool]:
    return and_(WAITING, ROW.queued_for == sender_id, says(ROW.why, *sorted(QUEUES)))


def _unasked(sender_id: int, before: ColumnElement[bool], *which: ColumnElement[bool]) -> Select[tuple[int, int]]:
    named = case(
        (StepRow.owner == OwnerRule.user, StepRow.user_id),
        (StepRow.owner == OwnerRule.contact_owner, ContactRow.owner_id),
        (StepRow.owner == OwnerRule.company_owner, CompanyRow.owner_id),
        else_=ROW.enrolled_by,
    )
    return (
        select(func.count().label("many"), func.coalesce(func.sum(case((before, 1), else_=0)), 0).label("before"))
        .select_from(ROW)
        .join(StepRow, and_(StepRow.sequence_id == ROW.sequence_id, StepRow.position == ROW.step))
        .join(ContactRow, ContactRow.id == ROW.contact_id)
        .outerjoin(CompanyRow, CompanyRow.id == ContactRow.company_id)
        .where(WAITING, *which, ROW.asked_by.is_(None), or_(ROW.why.is_(None), ROW.why.not_in(QUEUES)))
        .where(StepRow.action == Action.automatic_email, named == sender_id)
    )


def _sender(row: SenderRow | None, today: date) -> Sender:
    return Sender(today) if row is None else Sender(row.day, row.left_that_day, row.last_at, row.next_at)
