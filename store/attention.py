"""Enrollments that wait for a person although no to-do says so."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.happenings import What
from sequencing.people import User
from store.columns import says
from store.enrollments import waiting_for
from store.lives import value
from store.people_tables import ContactRow
from store.tables import EnrollmentRow, EventRow, SequenceRow

PLACE = (EnrollmentRow.since, EnrollmentRow.id)


@dataclass(frozen=True, slots=True)
class Line:
    """One of them, with its names; `since` is its place in the list."""

    enrollment: Enrollment
    contact: str
    sequence: str
    since: datetime


async def lines(
    tx: AsyncSession, user: User, limit: int = 1000, after: tuple[datetime, str] | None = None
) -> list[Line]:
    """Those that wait for this user, the longest waiting first; those behind (since, id) `after`. Two statements."""
    parts = [_first(one, after).limit(limit).subquery() for one in await waiting_for(tx, user)]
    some = union_all(*(select(part.c.id) for part in parts))
    rows = select(EnrollmentRow, ContactRow.first_name, ContactRow.last_name, SequenceRow.name)
    rows = rows.join(ContactRow, ContactRow.id == EnrollmentRow.contact_id)
    rows = rows.join(SequenceRow, SequenceRow.id == EnrollmentRow.sequence_id).where(EnrollmentRow.id.in_(some))
    found = (await tx.execute(rows.order_by(*PLACE).limit(limit))).all()
    return [
        Line(value(row), f"{first} {last}".strip(), name, row.since or row.enrolled_at)
        for row, first, last, name in found
    ]


async def missing(tx: AsyncSession, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The merge fields without a value at which those enrollments paused last, in one statement."""
    if not ids:
        return {}
    last = select(func.max(EventRow.id)).where(EventRow.enrollment_id.in_(ids), says(EventRow.what, What.blocked))
    rows = select(EventRow.enrollment_id, EventRow.details).where(
        EventRow.id.in_(last.group_by(EventRow.enrollment_id))
    )
    found = {one: details.get("missing") for one, details in await tx.execute(rows)}
    return {one: tuple(names.split(", ")) for one, names in found.items() if names}


def _first(waiting: ColumnElement[bool], after: tuple[datetime, str] | None) -> Select[str]:
    """The ids in order, as an index has them."""
    rows = select(EnrollmentRow.id).where(waiting)
    if after is not None:
        since, last = after
        behind = or_(EnrollmentRow.since > since, EnrollmentRow.id > last)
        rows = rows.where(EnrollmentRow.since >= since, behind)
    return rows.order_by(*PLACE)
