"""Enrollments: being born, being started, being looked at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import What, Why
from sequencing.people import Level, User
from sequencing.sequences import Action
from sequencing.todos import Outcome
from store import sights
from store.columns import says, unindexed
from store.lives import ROWS, value
from store.looks import once
from store.people_tables import ContactRow, UserRow
from store.sequences import sees
from store.sights import seen_by
from store.tables import EnrollmentRow, EventRow, NewsRow, RemovalRow, StepRow

AT_ONCE = 1000
OPEN = (Status.active, Status.paused)


async def get(tx: AsyncSession, enrollment_id: str) -> Enrollment | None:
    """The enrollment as it stands, unlocked."""
    row = await tx.get(EnrollmentRow, enrollment_id, populate_existing=True)
    return None if row is None else value(row)


async def ever_in(tx: AsyncSession, sequence_id: int) -> bool:
    """Whether any contact was added to that sequence at any time, removed ones included."""
    now, gone = EnrollmentRow.sequence_id == sequence_id, RemovalRow.sequence_id == sequence_id
    return bool(await tx.scalar(select(or_(exists().where(now), exists().where(gone)))))


async def waiting_at(tx: AsyncSession, sequence_id: int, steps: Collection[int]) -> list[Enrollment]:
    """Those whose delay before one of these steps runs, or is over and they wait for the window."""
    rows = select(EnrollmentRow).where(
        EnrollmentRow.sequence_id == sequence_id,
        says(EnrollmentRow.status, Status.active),
        says(EnrollmentRow.state, StepState.waiting),
        EnrollmentRow.step.in_(steps),
        EnrollmentRow.asked_by.is_(None),
        EnrollmentRow.failing_since.is_(None),
        EnrollmentRow.bypassed.is_(False),
        EnrollmentRow.why.is_distinct_from(Why.held),
    )
    return [value(row) for row in await tx.scalars(rows)]


async def started(tx: AsyncSession, enrollment_id: str, run: int) -> None:
    """Remembers that Temporal has that run."""
    row = update(EnrollmentRow).where(EnrollmentRow.id == enrollment_id, EnrollmentRow.run == run)
    await tx.execute(row.values(started_run=run))


async def all_started(tx: AsyncSession, ids: Sequence[str]) -> None:
    """Remembers that Temporal has the first run of each."""
    rows = update(EnrollmentRow).where(EnrollmentRow.id.in_(ids), EnrollmentRow.run == 1)
    await tx.execute(rows.values(started_run=1))


async def unstarted(tx: AsyncSession, before: datetime, limit: int) -> list[str]:
    """Open enrollments whose run Temporal was not seen to have, standing so since before that instant."""
    rows = select(EnrollmentRow.id).where(
        EnrollmentRow.started_run < EnrollmentRow.run,
        unindexed(EnrollmentRow.status).in_(OPEN),
        EnrollmentRow.since < before,
    )
    return list(await tx.scalars(rows.order_by(EnrollmentRow.enrolled_at).limit(limit)))


async def is_started(tx: AsyncSession, enrollment_id: str) -> bool:
    """Whether Temporal was seen to have its present run."""
    flags = select(EnrollmentRow.started_run == EnrollmentRow.run).where(EnrollmentRow.id == enrollment_id)
    return bool(await tx.scalar(flags))


async def open_ids(tx: AsyncSession, after: str = "", limit: int = 500) -> list[str]:
    """Ids of the active and paused ones, a page at a time."""
    rows = select(EnrollmentRow.id).where(says(EnrollmentRow.status, *OPEN), EnrollmentRow.id > after)
    return list(await tx.scalars(rows.order_by(EnrollmentRow.id).limit(limit)))


async def open_in(tx: AsyncSession, sequence_id: int, contact_id: int) -> Enrollment | None:
    """The contact's running enrollment in that sequence, if there is one."""
    his = EnrollmentRow.sequence_id == sequence_id, EnrollmentRow.contact_id == contact_id
    row = await tx.scalar(select(EnrollmentRow).where(*his, EnrollmentRow.status.in_((Status.active, Status.paused))))
    return None if row is None else await get(tx, row.id)


async def timeline(tx: AsyncSession, enrollment_id: str) -> list[EventRow]:
    """What has happened to it, oldest first."""
    return list(await tx.scalars(select(EventRow).where(EventRow.enrollment_id == enrollment_id).order_by(EventRow.id)))


async def waiting_for_a_text(tx: AsyncSession, contacts: Collection[int]) -> list[str]:
    """The enrollments of those contacts whose next step is a text."""
    at_a_text = exists().where(
        StepRow.sequence_id == EnrollmentRow.sequence_id,
        StepRow.position == EnrollmentRow.step,
        StepRow.action == Action.text,
    )
    waiting = EnrollmentRow.status == Status.active, EnrollmentRow.state == StepState.waiting
    listed, found = sorted(contacts), list[str]()
    for start in range(0, len(listed), AT_ONCE):
        some = EnrollmentRow.contact_id.in_(listed[start : start + AT_ONCE])
        found += await tx.scalars(select(EnrollmentRow.id).where(some, *waiting, at_a_text))
    return found


async def open_of(tx: AsyncSession, contacts: Collection[int]) -> list[str]:
    """The active and paused enrollments of those contacts."""
    rows = select(EnrollmentRow.id).where(EnrollmentRow.contact_id.in_(contacts), EnrollmentRow.status.in_(OPEN))
    return list(await tx.scalars(rows))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which enrollments a list shows; None does not narrow."""

    sequence_id: int | None = None
    contact_id: int | None = None
    status: Status | None = None
    after: str = ""
    limit: int = 1000
    outcome: Outcome | None = None


async def listed(tx: AsyncSession, user: User, wanted: Filter) -> list[Enrollment]:
    """The enrollments the user sees, in the order in which they began. Two statements at most."""
    some = await _page(tx, user, wanted)
    rows = ROWS.where(EnrollmentRow.id.in_(some)).order_by(EnrollmentRow.id)
    return [Enrollment(*row) for row in await tx.execute(rows)]


async def _page(tx: AsyncSession, user: User, wanted: Filter) -> sights.Ids:
    """Their ids, by themselves, so that an index answers without the rows."""
    if (wanted.sequence_id, wanted.contact_id) == (None, None):
        sequences = await sights.few_sequences(tx, user)
        if sequences is not None:
            of = sights.Page(wanted.after, wanted.limit, wanted.status, wanted.outcome)
            return sights.enrollments(tx, user, sequences, of)
    page = select(EnrollmentRow.id).where(EnrollmentRow.id > wanted.after)
    if wanted.sequence_id is not None:
        page = page.where(EnrollmentRow.sequence_id == wanted.sequence_id)
    if wanted.contact_id is not None:
        page = page.where(EnrollmentRow.contact_id == wanted.contact_id)
    if wanted.status is not None:
        page = page.where(says(EnrollmentRow.status, wanted.status))
    if wanted.outcome is not None:
        page = page.where(says(EnrollmentRow.outcome, wanted.outcome))
    if wanted.sequence_id is None or not await sees(tx, user, wanted.sequence_id):
        page = page.where(seen_by(user))
    return page.order_by(EnrollmentRow.id).limit(wanted.limit)


async def some(tx: AsyncSession, user: User, ids: Collection[str]) -> list[Enrollment]:
    """Those of these that the user sees, in the order in which they began."""
    rows = ROWS.where(EnrollmentRow.id.in_(ids), seen_by(user)).order_by(EnrollmentRow.id)
    return [Enrollment(*row) for row in await tx.execute(rows)]


async def waiting_for(tx: AsyncSession, user: User) -> list[ColumnElement[bool]]:
    """The conditions, of which never two are true, that an enrollment waits for this user although no to-do says so:
    paused, or waiting for what never comes; and that nothing was recorded about it that its run has only to take in.

    Each has an index in the order in which they wait: of what he enrolled himself, and of what those left who are gone.
    """
    return waits_for(user.id, await gone(tx, user) or None)


async def gone(tx: AsyncSession, user: User) -> list[int]:
    """The others who may not act: what they enrolled waits for somebody else."""
    return await once(tx, ("gone", user.id), lambda tx: _gone(tx, user))


async def _gone(tx: AsyncSession, user: User) -> list[int]:
    return list(await tx.scalars(GONE, {"reader": user.id}))


def waits_for(user_id: Any, gone: Any) -> list[ColumnElement[bool]]:
    """The same conditions of values, or of parameters: a user, and those who are gone; None: nobody is."""
    paused = says(EnrollmentRow.status, Status.paused)
    stuck = and_(
        says(EnrollmentRow.status, Status.active),
        says(EnrollmentRow.state, StepState.waiting),
        EnrollmentRow.due_at.is_(None),
        EnrollmentRow.why.is_distinct_from(Why.held),
    )
    mended = exists().where(
        NewsRow.enrollment_id == EnrollmentRow.id, NewsRow.code.is_(None), says(NewsRow.what, *MENDING)
    )
    own = EnrollmentRow.enrolled_by == user_id
    left = [EnrollmentRow.enrolled_by.in_(gone)] if gone is not None else []
    his = responsible() == user_id, not_(mended.correlate(EnrollmentRow))
    return [and_(whose, waits, *his) for whose in (own, *left) for waits in (paused, stuck)]


MENDING = (What.resume, What.settle, What.conclude, What.cancel, What.remove)
ABLE = UserRow.active, says(UserRow.level, *(level for level in Level if level.reaches(Level.use)))
GONE = select(UserRow.id).where(UserRow.id != bindparam("reader"), not_(and_(*ABLE)))


@cache
def responsible() -> ColumnElement[int]:
    """The one user who sees to it: who enrolled, else the contact's owner, else an admin; active ones who may act."""
    his = ContactRow.id == EnrollmentRow.contact_id
    owner = select(ContactRow.owner_id).where(his).correlate(EnrollmentRow).scalar_subquery()
    admins = select(UserRow.id).where(UserRow.level == Level.manage, UserRow.active)
    admin = admins.order_by(UserRow.id).limit(1).scalar_subquery()
    return case(
        (
            exists().where(UserRow.id == EnrollmentRow.enrolled_by, *ABLE).correlate(EnrollmentRow),
            EnrollmentRow.enrolled_by,
        ),
        (exists().where(UserRow.id == owner, *ABLE).correlate(EnrollmentRow), owner),
        else_=admin,
    )
