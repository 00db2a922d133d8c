"""Finding contacts: lists that are narrowed, a page at a time, and what one contact has been in."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.people import ContactKind, Level, User
from sequencing.todos import Outcome
from store import contact_words, sights
from store.columns import says, says_not
from store.people_tables import CandidacyRow, CompanyRow, ContactRow, ContactWordRow
from store.sequences import sees, shown_to
from store.sights import seen_by
from store.tables import EnrollmentRow, RemovalRow, SequenceRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contacts a list shows; None does not narrow.

    `status` and `outcome` are those in the sequence, or in any; `in_any`: has been in any sequence, or in none.
    `company_text` is a part of the company's name. `opportunity_id`, `stage_id`: where he stands in a workflow.
    """

    kind: ContactKind | None = None
    owner_id: int | None = None
    company_id: int | None = None
    text: str = ""
    sequence_id: int | None = None
    status: Status | None = None
    in_any: bool | None = None
    outcome: Outcome | None = None
    company_text: str = ""
    opportunity_id: int | None = None
    stage_id: int | None = None
    after: int = 0
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Been:
    """A sequence the contact is or was in. Of a removed one nothing but the line is left."""

    sequence: str
    enrollment_id: str
    status: Status
    reason: str | None
    step: int | None
    since: datetime
    sequence_id: int = 0


async def ids(tx: AsyncSession, user: User, wanted: Wanted) -> list[int]:
    """Ids of the contacts, in the order of the words that a text found, else of the ids; `after` is the last one seen.

    What the user does not see of sequences narrows nothing for him. At most three statements.
    """
    if _of_enrollments(wanted) and not wanted.text:
        return list(await tx.scalars(await _in_sequences(tx, user, wanted)))
    if wanted.text:
        rows = await _by_text(tx, user, wanted)
    else:
        rows = _all_others(user, wanted, ContactRow.id > wanted.after)
    return list(await tx.scalars(rows.limit(wanted.limit)))


async def some_ids(tx: AsyncSession, user: User, wanted: Wanted, limit: int) -> list[int]:
    """So many of them at most, by number."""
    if wanted.text or _of_enrollments(wanted):
        return sorted(await ids(tx, user, replace(wanted, after=0, limit=limit)))
    rows = select(ContactRow.id).where(*_plainly(wanted), *_without_data(user, wanted))
    return sorted(await tx.scalars(rows.limit(limit)))  # sorted there, a plan could be found that reads everybody


async def _by_text(tx: AsyncSession, user: User, wanted: Wanted) -> Select[Any]:
    rows = contact_words.in_order(await contact_words.look_up(tx, wanted.text, wanted.after))
    if plainly := _plainly(wanted):
        rows = rows.join(ContactRow, ContactRow.id == ContactWordRow.contact_id).where(*plainly)
    if _of_enrollments(wanted):
        inside = await _fitting(tx, user, wanted)
        rows = rows.where(exists().where(EnrollmentRow.contact_id == ContactWordRow.contact_id, *inside))
    if wanted.in_any is False:
        rows = rows.where(~exists().where(EnrollmentRow.contact_id == ContactWordRow.contact_id, seen_by(user)))
    return rows


def _of_enrollments(wanted: Wanted) -> bool:
    """Whether only contacts with an enrollment are wanted."""
    return (wanted.sequence_id, wanted.status, wanted.outcome) != (None, None, None) or wanted.in_any is True


async def _in_sequences(tx: AsyncSession, user: User, wanted: Wanted) -> sights.Ids:
    """Enrollments in the order of their contacts, each contact once: an index has them so."""
    if wanted.sequence_id is None and wanted.in_any is not False and not _plainly(wanted):
        sequences = await sights.few_sequences(tx, user)
        if sequences is not None:
            page = sights.Page(wanted.after, wanted.limit, wanted.status, wanted.outcome)
            return sights.contacts(tx, user, sequences, page)
    rows = select(EnrollmentRow.contact_id).where(*await _fitting(tx, user, wanted))
    if plainly := _plainly(wanted):
        rows = rows.join(ContactRow, ContactRow.id == EnrollmentRow.contact_id).where(*plainly)
    if wanted.in_any is False:
        rows = rows.where(false())
    rows = rows.where(EnrollmentRow.contact_id > wanted.after).distinct()
    return rows.order_by(EnrollmentRow.contact_id).limit(wanted.limit)


def _all_others(user: User, wanted: Wanted, behind: ColumnElement[bool]) -> Select[Any]:
    rows = select(ContactRow.id).where(behind, *_plainly(wanted), *_without_data(user, wanted))
    return rows.order_by(ContactRow.id)


def _without_data(user: User, wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.in_any is None:
        return []
    return [~exists().where(EnrollmentRow.contact_id == ContactRow.id, seen_by(user))]


async def _fitting(tx: AsyncSession, user: User, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The enrollments that are meant, and seen. Who sees a sequence sees all that are in it."""
    fits = []
    if wanted.sequence_id is not None:
        fits.append(EnrollmentRow.sequence_id == wanted.sequence_id)
    if wanted.status is not None:
        fits.append(says(EnrollmentRow.status, wanted.status))
    if wanted.outcome is not None:
        fits.append(says(EnrollmentRow.outcome, wanted.outcome))
    if wanted.sequence_id is None or not await sees(tx, user, wanted.sequence_id):
        fits.append(seen_by(user))
    return fits


def _plainly(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What regards no sequence."""
    fits = []
    if wanted.kind is not None:
        fits.append(is_kind(wanted.kind))
    if wanted.owner_id is not None:
        fits.append(ContactRow.owner_id == wanted.owner_id)
    if wanted.company_id is not None:
        fits.append(ContactRow.company_id == wanted.company_id)
    if wanted.company_text:
        named = CompanyRow.name.icontains(wanted.company_text, autoescape=True)
        fits.append(ContactRow.company_id.in_(select(CompanyRow.id).where(named)))
    if (wanted.opportunity_id, wanted.stage_id) != (None, None):
        fits.append(ContactRow.id.in_(_candidates(wanted)))
    return fits


def _candidates(wanted: Wanted) -> Select[Any]:
    rows = select(CandidacyRow.contact_id)
    if wanted.opportunity_id is not None:
        rows = rows.where(CandidacyRow.opportunity_id == wanted.opportunity_id)
    return rows if wanted.stage_id is None else rows.where(CandidacyRow.stage_id == wanted.stage_id)


async def been_in(tx: AsyncSession, user: User, contact_id: int) -> list[Been]:
    """All sequences the contact is or was in, as far as the user sees them, in the order in which they began."""
    mine = EnrollmentRow.contact_id == contact_id
    rows = list(await tx.scalars(select(EnrollmentRow).where(mine, seen_by(user))))
    named = select(SequenceRow.id, SequenceRow.name).where(SequenceRow.id.in_({row.sequence_id for row in rows}))
    names = dict((await tx.execute(named)).all())
    been = [
        Been(
            names[row.sequence_id],
            row.id,
            row.status,
            row.outcome or row.reason,
            row.step,
            row.enrolled_at,
            row.sequence_id,
        )
        for row in rows
    ]
    gone = select(RemovalRow, SequenceRow.name).join(SequenceRow, SequenceRow.id == RemovalRow.sequence_id)
    shown = shown_to(user) if user.level.reaches(Level.view) else SequenceRow.id.is_(None)
    left = await tx.execute(gone.where(RemovalRow.contact_id == contact_id, shown))
    been += [
        Been(name, row.enrollment_id, Status.removed, None, None, row.removed_at, row.sequence_id) for row, name in left
    ]
    return sorted(been, key=lambda one: one.enrollment_id)


def is_kind(kind: ContactKind) -> ColumnElement[bool]:
    """The condition that a contact is of that kind. Who is both is a candidate, and a client."""
    opposite = {ContactKind.candidate: ContactKind.client, ContactKind.client: ContactKind.candidate}
    if kind is ContactKind.both:
        return says(ContactRow.kind, kind)
    return says_not(ContactRow.kind, opposite[kind])
