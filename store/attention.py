"""Enrollments that wait for a person although no to-do says so."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.people import User
from store.enrollments import waits_for
from store.lives import value
from store.people_tables import ContactRow
from store.tables import EnrollmentRow, SequenceRow


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
    """Those that wait for this user, the longest waiting first; those behind (since, id) `after`. One statement."""
    since = func.coalesce(EnrollmentRow.since, EnrollmentRow.enrolled_at, type_=EnrollmentRow.since.type)
    page = select(EnrollmentRow.id, since.label("from")).where(waits_for(user))
    if after is not None:
        page = page.where(or_(since > after[0], and_(since == after[0], EnrollmentRow.id > after[1])))
    of = page.order_by(since, EnrollmentRow.id).limit(limit).subquery()  # names are joined to no more than a page
    rows = select(EnrollmentRow, ContactRow.first_name, ContactRow.last_name, SequenceRow.name, of.c["from"])
    rows = rows.join(of, of.c.id == EnrollmentRow.id).join(ContactRow, ContactRow.id == EnrollmentRow.contact_id)
    rows = rows.join(SequenceRow, SequenceRow.id == EnrollmentRow.sequence_id)
    found = (await tx.execute(rows.order_by(of.c["from"], EnrollmentRow.id))).all()
    return [Line(value(row[0]), f"{row[1]} {row[2]}".strip(), row[3], row[4]) for row in found]
