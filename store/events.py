"""The timeline of all enrollments, for those who follow it: in the order of commits, nothing left out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from sequencing.people import Level, User
from store import clusters
from store.people_tables import ContactRow
from store.sequences import shown_to
from store.sights import seen_by
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


PAGES = 2
"""So many times what is asked for one look goes through at most, seen by the user or not."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found, and the place to go on from: behind all that it went through. `more`: there is more."""

    events: list[Event]
    reached: Cursor
    more: bool


async def after(tx: AsyncSession, user: User, cursor: Cursor, limit: int) -> Look:
    """The events the user may see behind that place; of those he may not see too many are not gone through at once.

    PostgreSQL gives ids before commit, so a smaller one may appear later. Hence the order is that of transactions,
    and what a transaction that still runs could precede is not shown yet.
    """
    place = _place(tx)
    through = limit if user.level is Level.manage else PAGES * limit
    passed = (await tx.execute(_behind(tx, cursor).limit(through))).all()
    if not passed:
        return Look([], cursor, more=False)
    end = passed[-1].written_in or 0, passed[-1].id
    rows = select(EventRow, EnrollmentRow, RemovalRow)
    rows = rows.outerjoin(EnrollmentRow, EnrollmentRow.id == EventRow.enrollment_id)
    rows = rows.outerjoin(RemovalRow, RemovalRow.enrollment_id == EventRow.enrollment_id)
    rows = rows.where(_is_behind(tx, cursor), ~_is_behind(tx, end), _shown(user)).order_by(*place).limit(limit)
    found = [_value(event, enrollment or removal) for event, enrollment, removal in await tx.execute(rows)]
    if len(found) == limit:
        return Look(found, found[-1].cursor, more=True)
    return Look(found, end, more=len(passed) == through)


def _behind(tx: AsyncSession, cursor: Cursor) -> Select[int | None, int]:
    """The places behind that one, in order, as far as no running transaction can precede them."""
    rows = select(EventRow.written_in, EventRow.id).where(_is_behind(tx, cursor))
    if _counts_transactions(tx):
        rows = rows.where(EventRow.written_in < clusters.settled())
    return rows.order_by(*_place(tx))


def _is_behind(tx: AsyncSession, cursor: Cursor) -> ColumnElement[bool]:
    if _counts_transactions(tx):
        return tuple_(EventRow.written_in, EventRow.id) > tuple_(*cursor)
    return EventRow.id > cursor[1]


def _place(tx: AsyncSession) -> list[InstrumentedAttribute[Any]]:
    return [EventRow.written_in, EventRow.id] if _counts_transactions(tx) else [EventRow.id]


def _counts_transactions(tx: AsyncSession) -> bool:
    return tx.get_bind().dialect.name == "postgresql"


def _shown(user: User) -> ColumnElement[bool]:
    """Of an enrollment he sees, or the line of a removed one that he saw or removed."""
    if user.level is Level.manage:
        return EventRow.id.is_not(None)
    owner = select(ContactRow.owner_id).where(ContactRow.id == RemovalRow.contact_id)
    mine = owner.correlate(RemovalRow).scalar_subquery() == user.id
    shown = RemovalRow.sequence_id.in_(select(SequenceRow.id).where(shown_to(user)))
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
