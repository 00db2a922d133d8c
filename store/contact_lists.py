"""Finding contacts: lists that are narrowed, a page at a time, and what one contact has been in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.people import ContactKind, Level, User
from sequencing.todos import Outcome
from store.columns import says, says_not
from store.enrollments import seen_by
from store.people_tables import CandidacyRow, CompanyRow, ContactRow, EmailAddressRow, PhoneNumberRow
from store.sequences import shown_to
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


async def ids(tx: AsyncSession, user: User, wanted: Wanted) -> list[int]:
    """Ids of the contacts, in order. What the user does not see of sequences narrows nothing for him."""
    rows = narrowed(user, wanted).where(ContactRow.id > wanted.after)
    return list(await tx.scalars(rows.order_by(ContactRow.id).limit(wanted.limit)))


def narrowed(user: User, wanted: Wanted) -> Select[Any]:
    """The ids of all contacts that are wanted, in no order."""
    rows: Select[Any] = select(ContactRow.id).where(*_plainly(wanted))
    if wanted.text:
        rows = _with_text(rows, wanted.text)
    if (wanted.sequence_id, wanted.status, wanted.outcome) != (None, None, None):
        rows = rows.where(_in_a_sequence(user, wanted))
    if wanted.in_any is not None:
        some = exists().where(EnrollmentRow.contact_id == ContactRow.id, seen_by(user))
        rows = rows.where(some if wanted.in_any else ~some)
    return rows


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
        Been(names[row.sequence_id], row.id, row.status, row.outcome or row.reason, row.step, row.enrolled_at)
        for row in rows
    ]
    gone = select(RemovalRow, SequenceRow.name).join(SequenceRow, SequenceRow.id == RemovalRow.sequence_id)
    shown = shown_to(user) if user.level.reaches(Level.view) else SequenceRow.id.is_(None)
    left = await tx.execute(gone.where(RemovalRow.contact_id == contact_id, shown))
    been += [Been(name, row.enrollment_id, Status.removed, None, None, row.removed_at) for row, name in left]
    return sorted(been, key=lambda one: one.enrollment_id)


def is_kind(kind: ContactKind) -> ColumnElement[bool]:
    """The condition that a contact is of that kind. Who is both is a candidate, and a client."""
    opposite = {ContactKind.candidate: ContactKind.client, ContactKind.client: ContactKind.candidate}
    if kind is ContactKind.both:
        return says(ContactRow.kind, kind)
    return says_not(ContactRow.kind, opposite[kind])


def _with_text(rows: Select[Any], text: str) -> Select[Any]:
    """Every word stands in the name, the company's name, an address or a number."""
    rows = rows.outerjoin(CompanyRow, CompanyRow.id == ContactRow.company_id)
    for word in text.split():
        rows = rows.where(_has(word))
    return rows


def _has(word: str) -> ColumnElement[bool]:
    address = EmailAddressRow.address.icontains(word, autoescape=True)
    number = PhoneNumberRow.number.contains(word, autoescape=True)
    return or_(
        ContactRow.first_name.icontains(word, autoescape=True),
        ContactRow.last_name.icontains(word, autoescape=True),
        CompanyRow.name.icontains(word, autoescape=True),
        exists().where(EmailAddressRow.contact_id == ContactRow.id, address),
        exists().where(PhoneNumberRow.contact_id == ContactRow.id, number),
    )


def _in_a_sequence(user: User, wanted: Wanted) -> ColumnElement[bool]:
    fits = [seen_by(user)]
    if wanted.sequence_id is not None:
        fits.append(EnrollmentRow.sequence_id == wanted.sequence_id)
    if wanted.status is not None:
        fits.append(says(EnrollmentRow.status, wanted.status))
    if wanted.outcome is not None:
        fits.append(says(EnrollmentRow.outcome, wanted.outcome))
    return ContactRow.id.in_(select(EnrollmentRow.contact_id).where(*fits))
