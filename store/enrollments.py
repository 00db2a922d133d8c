"""Enrollments: being born, being started, being looked at."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, false, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import What
from sequencing.people import Level, User
from store.database import upsert
from store.lives import COLUMNS, value
from store.people_tables import ContactRow, UserRow
from store.sequences import shown_to
from store.tables import EnrollmentRow, EventRow, RemovalRow, SequenceRow, TodoRow

OPEN = (Status.active, Status.paused)


async def be_born(tx: AsyncSession, enrollment: Enrollment) -> bool:
    """Writes a new enrollment; False when the contact is in that sequence already (the index decides, not a look)."""
    born = upsert(tx, EnrollmentRow).values({name: getattr(enrollment, name) for name in COLUMNS})
    row = await tx.scalar(born.on_conflict_do_nothing().returning(EnrollmentRow.id))
    if row is None:
        return False
    await tx.execute(
        insert(EventRow).values(
            enrollment_id=enrollment.id,
            at=enrollment.enrolled_at,
            what=What.enrolled,
            by=enrollment.enrolled_by,
            step=1,
            status=Status.active,
            details={},
        )
    )
    return True


async def get(tx: AsyncSession, enrollment_id: str) -> Enrollment | None:
    """The enrollment as it stands, unlocked."""
    row = await tx.get(EnrollmentRow, enrollment_id, populate_existing=True)
    return None if row is None else value(row)


async def open_in(tx: AsyncSession, contact_id: int, sequence_id: int) -> bool:
    """Whether the contact is active or paused in that sequence."""
    both = EnrollmentRow.contact_id == contact_id, EnrollmentRow.sequence_id == sequence_id
    return bool(await tx.scalar(select(exists().where(*both, EnrollmentRow.status.in_(OPEN)))))


async def open_elsewhere(tx: AsyncSession, contact_id: int, sequence_id: int) -> list[int]:
    """The other sequences in which the contact is active or paused."""
    elsewhere = select(EnrollmentRow.sequence_id).where(
        EnrollmentRow.contact_id == contact_id,
        EnrollmentRow.status.in_(OPEN),
        EnrollmentRow.sequence_id != sequence_id,
    )
    return list(await tx.scalars(elsewhere))


async def was_in_it_before(tx: AsyncSession, contact_id: int, sequence_id: int) -> bool:
    """Whether the contact was in that sequence at any time, removed ones included."""
    both = EnrollmentRow.contact_id == contact_id, EnrollmentRow.sequence_id == sequence_id
    gone = RemovalRow.contact_id == contact_id, RemovalRow.sequence_id == sequence_id
    seen = select(or_(exists().where(*both), exists().where(*gone)))
    return bool(await tx.scalar(seen))


async def started(tx: AsyncSession, enrollment_id: str, run: int) -> None:
    """Remembers that Temporal has that run."""
    row = update(EnrollmentRow).where(EnrollmentRow.id == enrollment_id, EnrollmentRow.run == run)
    await tx.execute(row.values(started_run=run))


async def unstarted(tx: AsyncSession, before: datetime, limit: int) -> list[str]:
    """Open enrollments whose run Temporal was not seen to have, standing so since before that instant."""
    rows = select(EnrollmentRow.id).where(
        EnrollmentRow.started_run < EnrollmentRow.run, EnrollmentRow.status.in_(OPEN), EnrollmentRow.since < before
    )
    return list(await tx.scalars(rows.order_by(EnrollmentRow.enrolled_at).limit(limit)))


async def is_started(tx: AsyncSession, enrollment_id: str) -> bool:
    """Whether Temporal was seen to have its present run."""
    flags = select(EnrollmentRow.started_run == EnrollmentRow.run).where(EnrollmentRow.id == enrollment_id)
    return bool(await tx.scalar(flags))


async def open_ids(tx: AsyncSession, after: str = "", limit: int = 500) -> list[str]:
    """Ids of the active and paused ones, a page at a time."""
    rows = select(EnrollmentRow.id).where(EnrollmentRow.status.in_(OPEN), EnrollmentRow.id > after)
    return list(await tx.scalars(rows.order_by(EnrollmentRow.id).limit(limit)))


async def timeline(tx: AsyncSession, enrollment_id: str) -> list[EventRow]:
    """What has happened to it, oldest first."""
    return list(await tx.scalars(select(EventRow).where(EventRow.enrollment_id == enrollment_id).order_by(EventRow.id)))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which enrollments a list shows; None does not narrow."""

    sequence_id: int | None = None
    contact_id: int | None = None
    status: Status | None = None
    after: str = ""
    limit: int = 1000


async def listed(tx: AsyncSession, user: User, wanted: Filter) -> list[Enrollment]:
    """The enrollments the user sees, in the order in which they began."""
    rows = select(EnrollmentRow).where(EnrollmentRow.id > wanted.after, seen_by(user))
    if wanted.sequence_id is not None:
        rows = rows.where(EnrollmentRow.sequence_id == wanted.sequence_id)
    if wanted.contact_id is not None:
        rows = rows.where(EnrollmentRow.contact_id == wanted.contact_id)
    if wanted.status is not None:
        rows = rows.where(EnrollmentRow.status == wanted.status)
    return [value(row) for row in await tx.scalars(rows.order_by(EnrollmentRow.id).limit(wanted.limit))]


async def attention(tx: AsyncSession, user: User, limit: int = 1000) -> list[Enrollment]:
    """Enrollments that wait for this user although no to-do says so: paused, or waiting for what never comes."""
    stuck = and_(
        EnrollmentRow.status == Status.active, EnrollmentRow.state == StepState.waiting, EnrollmentRow.due_at.is_(None)
    )
    waits = or_(EnrollmentRow.status == Status.paused, stuck)
    rows = select(EnrollmentRow).where(waits, responsible() == user.id)
    return [value(row) for row in await tx.scalars(rows.order_by(EnrollmentRow.since).limit(limit))]


def responsible() -> ColumnElement[int]:
    """The one user who sees to it: who enrolled, else the contact's owner, else an admin; active ones who may act."""
    able = UserRow.active, UserRow.level.in_([level for level in Level if level.reaches(Level.use)])
    owner = select(ContactRow.owner_id).where(ContactRow.id == EnrollmentRow.contact_id).scalar_subquery()
    admins = select(UserRow.id).where(UserRow.level == Level.manage, UserRow.active)
    admin = admins.order_by(UserRow.id).limit(1).scalar_subquery()
    return case(
        (
            exists().where(UserRow.id == EnrollmentRow.enrolled_by, *able).correlate(EnrollmentRow),
            EnrollmentRow.enrolled_by,
        ),
        (exists().where(UserRow.id == owner, *able).correlate(EnrollmentRow), owner),
        else_=admin,
    )


def seen_by(user: User) -> ColumnElement[bool]:
    """The condition under which a user sees an enrollment: he started it, owns its contact, has its to-do, or sees
    its sequence.
    """
    if user.level is Level.manage:
        return EnrollmentRow.id.is_not(None)
    if not user.level.reaches(Level.view):
        return false()
    mine = exists().where(ContactRow.id == EnrollmentRow.contact_id, ContactRow.owner_id == user.id)
    shown = exists().where(SequenceRow.id == EnrollmentRow.sequence_id, shown_to(user))
    given = exists().where(TodoRow.enrollment_id == EnrollmentRow.id, TodoRow.assignee_id == user.id)
    return or_(EnrollmentRow.enrolled_by == user.id, mine, shown, given)
