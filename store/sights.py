"""What a user sees of all enrollments, read no further than a page: one ordered query for each sequence that he sees,
one for his own ties, merged as they come. Why so: docs/decisions/0024.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    exists,
    false,
    literal_column,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.people import Level, User
from sequencing.todos import Outcome
from store.columns import says
from store.sequences import shown_to
from store.tables import EnrollmentRow, SequenceRow
from store.tie_tables import TieRow

Ids = Select[Any] | CompoundSelect[Any]
MERGED = 100
"""Sequences whose lists are merged. Who sees more of them goes through all enrollments, and passes over the others."""


@dataclass(frozen=True, slots=True)
class Page:
    """The first so many behind a place, of those of one status or outcome; None does not narrow."""

    after: str | int
    limit: int
    status: Status | None = None
    outcome: Outcome | None = None


def seen_by(user: User) -> ColumnElement[bool]:
    """The condition under which a user sees an enrollment: he started it, owns its contact, has its to-do, or sees
    its sequence.

    His tie is looked up for each one: read beforehand, as PostgreSQL would do without that offset, they are all he has.
    """
    if user.level is Level.manage:
        return EnrollmentRow.id.is_not(None)
    if not user.level.reaches(Level.view):
        return false()
    tie = select(TieRow.user_id).where(TieRow.user_id == user.id, TieRow.enrollment_id == EnrollmentRow.id)
    shown = EnrollmentRow.sequence_id.in_(select(SequenceRow.id).where(shown_to(user)))
    return or_(shown, exists(tie.offset(0).correlate(EnrollmentRow)))


async def few_sequences(tx: AsyncSession, user: User) -> list[int] | None:
    """The sequences that he sees, where their lists are better merged than all enrollments gone through."""
    if user.level is Level.manage or not user.level.reaches(Level.view):
        return None
    found = list(await tx.scalars(select(SequenceRow.id).where(shown_to(user)).limit(MERGED + 1)))
    return found if len(found) <= MERGED else None


def enrollments(tx: AsyncSession, user: User, sequences: Sequence[int], page: Page) -> Ids:
    """The ids of those enrollments, in order."""
    ways = [_on(EnrollmentRow, EnrollmentRow.id, page).where(EnrollmentRow.sequence_id == one) for one in sequences]
    ties = _on(TieRow, TieRow.enrollment_id, page).where(TieRow.user_id == user.id)
    return merged(tx, [*ways, ties], page.limit)


def contacts(tx: AsyncSession, user: User, sequences: Sequence[int], page: Page) -> Ids:
    """The ids of the contacts of those enrollments, in order, each once."""
    ways = [
        _on(EnrollmentRow, EnrollmentRow.contact_id, page).where(EnrollmentRow.sequence_id == one) for one in sequences
    ]
    ties = _on(TieRow, TieRow.contact_id, page).where(TieRow.user_id == user.id)
    return merged(tx, [way.distinct() for way in (*ways, ties)], page.limit)


def merged(tx: AsyncSession, ways: Sequence[Select[Any]], limit: int, *, newest_first: bool = False) -> Ids:
    """The first so many of what those queries of one column find, in order, each once. None is read further than that.

    SQLite merges what is united in order; PostgreSQL where each query says by itself that it is, and how far.
    """
    first: ColumnElement[int] = literal_column("1")
    order = first.desc() if newest_first else first
    if tx.get_bind().dialect.name == "sqlite":
        return union(*ways).order_by(order).limit(limit)
    some = union_all(*(way.order_by(order).limit(limit) for way in ways)).subquery()
    return select(*some.c).distinct().order_by(order).limit(limit)


def _on(table: Any, place: Any, page: Page) -> Select[Any]:
    rows = select(place.label("place")).where(place > page.after)
    if page.status is not None:
        rows = rows.where(says(table.status, page.status))
    return rows if page.outcome is None else rows.where(says(table.outcome, page.outcome))
