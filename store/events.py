"""The timeline of all enrollments, for those who follow it: in the order of commits, nothing left out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, cast, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import Level, User
from store.enrollments import seen_by
from store.people_tables import ContactRow
from store.sequences import shown_to
from store.tables import EnrollmentRow, EventRow, RemovalRow, SequenceRow

Cursor = tuple[int, int]
"""(transaction that wrote it, id); SQLite, which has one writer at a time, has no numbers of transactions: 0."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline, with what it belongs to."""

    cursor: Cursor
    enrollment_id: str
    sequence_id: int | None
    contact_id: int | None
    at: datetime
    what: str
    by: int | None
    step: int
    status: str
    code: str | None
    details: dict[str, Any]


async def after(tx: AsyncSession, user: User, cursor: Cursor, limit: int) -> list[Event]:
    """The events the user may see behind that place.

    PostgreSQL gives ids before commit, so a smaller one may appear later. Hence the order is that of transactions,
    and what a transaction that still runs could precede is not shown yet.
    """
    rows = select(EventRow, EnrollmentRow, RemovalRow)
    rows = rows.outerjoin(EnrollmentRow, EnrollmentRow.id == EventRow.enrollment_id)
    rows = rows.outerjoin(RemovalRow, RemovalRow.enrollment_id == EventRow.enrollment_id)
    if tx.get_bind().dialect.name == "postgresql":
        settled = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
        rows = rows.where(EventRow.written_in < settled, tuple_(EventRow.written_in, EventRow.id) > tuple_(*cursor))
        rows = rows.order_by(EventRow.written_in, EventRow.id)
    else:
        rows = rows.where(EventRow.id > cursor[1]).order_by(EventRow.id)
    found = await tx.execute(rows.where(_shown(user)).limit(limit))
    return [_value(event, enrollment or removal) for event, enrollment, removal in found]


def _shown(user: User) -> ColumnElement[bool]:
    """Of an enrollment he sees, or the line of a removed one that he saw or removed."""
    if user.level is Level.manage:
        return EventRow.id.is_not(None)
    mine = exists().where(ContactRow.id == RemovalRow.contact_id, ContactRow.owner_id == user.id)
    shown = exists().where(SequenceRow.id == RemovalRow.sequence_id, shown_to(user))
    seen = EnrollmentRow.id.is_not(None) & seen_by(user)
    if not user.level.reaches(Level.view):
        return seen
    return or_(seen, RemovalRow.removed_by == user.id, mine, shown)


def _value(event: EventRow, of: EnrollmentRow | RemovalRow | None) -> Event:
    return Event(
        cursor=(event.written_in or 0, event.id),
        enrollment_id=event.enrollment_id,
        sequence_id=of.sequence_id if of else None,
        contact_id=of.contact_id if of else None,
        at=event.at,
        what=event.what,
        by=event.by,
        step=event.step,
        status=event.status,
        code=event.code,
        details=event.details,
    )
