"""Finding contacts: lists that are narrowed, a page at a time, and what one contact has been in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.people import ContactKind, Level, User
from store.columns import says, says_not
from store.enrollments import seen_by
from store.people_tables import CompanyRow, ContactRow, EmailAddressRow, PhoneNumberRow
from store.sequences import shown_to
from store.tables import EnrollmentRow, RemovalRow, SequenceRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contacts a list shows; None does not narrow. `in_any`: has been in any sequence, or in none."""

    kind: ContactKind | None = None
    owner_id: int | None = None
    company_id: int | None = None
    text: str = ""
    sequence_id: int | None = None
    status: Status | None = None
    in_any: bool | None = None
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
    rows: Select[Any] = select(ContactRow.id).where(ContactRow.id > wanted.after)
    if wanted.kind is not None:
        rows = rows.where(is_kind(wanted.kind))
    if wanted.owner_id is not None:
        rows = rows.where(ContactRow.owner_id == wanted.owner_id)
    if wanted.company_id is not None:
        rows = rows.where(ContactRow.company_id == wanted.company_id)
    if wanted.text:
        rows = _with_text(rows, wanted.text)
    if wanted.sequence_id is not None or wanted.status is not None:
        rows = rows.where(_in_a_sequence(user, wanted))
    if wanted.in_any is not None:
        some = exists().where(EnrollmentRow.contact_id == ContactRow.id, seen_by(user))
        rows = rows.where(some if wanted.in_any else ~some)
    return list(await tx.scalars(rows.order_by(ContactRow.id).limit(wanted.limit)))


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
    return ContactRow.id.in_(select(EnrollmentRow.contact_id).where(*fits))
