"""Replans: being begun, whom they still concern, being over."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status, StepState
from sequencing.happenings import Why
from sequencing.replans import Cause, Replan
from sequencing.todos import TodoStatus
from store.columns import says
from store.enrollments import OPEN
from store.holds import is_anyhow_held
from store.tables import EnrollmentRow, ReplanRow, SettingsRow, StepRow, TodoRow


async def begin(tx: AsyncSession, replan: Replan) -> None:
    """Writes down that there is something to plan anew."""
    about = {"cause": replan.cause, "sequence_id": replan.sequence_id, "by": replan.by, "at": replan.at}
    await tx.execute(insert(ReplanRow).values(id=replan.id, **about))


async def get(tx: AsyncSession, replan_id: str) -> Replan | None:
    """The replan, as long as it is not over."""
    row = await tx.scalar(select(ReplanRow).where(ReplanRow.id == replan_id, ReplanRow.ended_at.is_(None)))
    return None if row is None else _value(row)


async def open_ones(tx: AsyncSession, before: datetime) -> list[Replan]:
    """Those that were begun before that instant and are not over."""
    rows = select(ReplanRow).where(ReplanRow.ended_at.is_(None), ReplanRow.at < before).order_by(ReplanRow.id)
    return [_value(row) for row in await tx.scalars(rows)]


async def behind(tx: AsyncSession, replan: Replan, limit: int) -> list[str]:
    """Enrollments whose wait, or whose to-do, is from before the change, in the order in which they shall move.

    What a person asked for goes first, then follow-ups, then first messages; each by the instant it is due.
    """
    quiet = or_(EnrollmentRow.noted == EnrollmentRow.last_news, EnrollmentRow.status.not_in(OPEN))
    rows = select(EnrollmentRow.id).where(_concerned(replan), quiet)
    due = func.coalesce(EnrollmentRow.due_at, EnrollmentRow.ready_at)
    order = EnrollmentRow.asked_by.is_(None), EnrollmentRow.step == 1, due, EnrollmentRow.id
    return list(await tx.scalars(rows.order_by(*order).limit(limit)))


async def anybody_behind(tx: AsyncSession, replan: Replan) -> bool:
    """Whether it still concerns anybody, those included who were told and have not taken it in yet."""
    return bool(await tx.scalar(select(exists().where(_concerned(replan)))))


async def number_behind(tx: AsyncSession, replan: Replan) -> int:
    """How many it concerns now."""
    return await tx.scalar(select(func.count()).select_from(EnrollmentRow).where(_concerned(replan))) or 0


async def moved_one(tx: AsyncSession, replan: Replan) -> None:
    """Counts one more."""
    await tx.execute(update(ReplanRow).where(ReplanRow.id == replan.id).values(moved=ReplanRow.moved + 1))


async def moved(tx: AsyncSession, replan_id: str) -> int:
    """How many it has moved."""
    return await tx.scalar(select(ReplanRow.moved).where(ReplanRow.id == replan_id)) or 0


async def end(tx: AsyncSession, replan: Replan, at: datetime) -> None:
    """It is over."""
    await tx.execute(update(ReplanRow).where(ReplanRow.id == replan.id).values(ended_at=at))


def _concerned(replan: Replan) -> ColumnElement[bool]:
    return _told_before(replan) if replan.cause is Cause.instructions else _planned_before(replan)


def _told_before(replan: Replan) -> ColumnElement[bool]:
    """Whose to-do says what its step said before. What a person has typed, or has sent, is said by that person."""
    row, step = EnrollmentRow, StepRow
    older = exists().where(
        TodoRow.id == row.todo,
        TodoRow.status.in_((TodoStatus.open, TodoStatus.away)),
        TodoRow.edited.is_(False),
        step.sequence_id == row.sequence_id,
        step.position == TodoRow.step,
        step.wording_version > TodoRow.sequence_version,
    )
    changed = select(step.sequence_id).where(step.wording_version > 1)
    if replan.sequence_id is not None:
        changed = changed.where(step.sequence_id == replan.sequence_id)
    return and_(row.sequence_id.in_(changed), row.todo.is_not(None), row.asked_by.is_(None), older)


def _planned_before(replan: Replan) -> ColumnElement[bool]:
    row = EnrollmentRow
    waiting = and_(says(row.status, Status.active), says(row.state, StepState.waiting))
    if replan.sequence_id is not None:
        waiting = and_(waiting, row.sequence_id == replan.sequence_id)
    if replan.cause is Cause.release:
        return and_(waiting, says(row.why, Why.held), ~is_anyhow_held())
    by_itself = and_(waiting, row.asked_by.is_(None), row.why.is_distinct_from(Why.held))
    if replan.cause is Cause.calendar:
        newest = select(func.max(SettingsRow.calendar_version)).scalar_subquery()
        return and_(by_itself, row.calendar_version < newest)
    retimed = exists().where(
        StepRow.sequence_id == row.sequence_id,
        StepRow.position == row.step,
        StepRow.timing_version > row.sequence_version,
    )
    return and_(by_itself, row.failing_since.is_(None), row.bypassed.is_(False), retimed)


def _value(row: ReplanRow) -> Replan:
    return Replan(row.id, row.cause, row.sequence_id, row.by, row.at)
