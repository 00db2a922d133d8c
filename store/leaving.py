"""Messages that were already leaving when something was recorded that forbids them: their timelines say so.

Exact, because nothing of this can change before the caller commits: who records news holds the enrollment's row, and
who forbids many has closed the gate; a claim is taken, and ends, only by whoever holds the row and passes the gate.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Happening, What
from store.people_tables import EmailAddressRow, PhoneNumberRow
from store.tables import EnrollmentRow, EventRow, MessageRow, MessageState

CLAIMED = (MessageState.claimed, MessageState.handing_over)
"""The marks of a claim that has not ended."""
LEAVING = and_(
    MessageRow.enrollment_id == EnrollmentRow.id,
    MessageRow.step == EnrollmentRow.step,
    MessageRow.copy == EnrollmentRow.copy,
    MessageRow.state.in_(CLAIMED),
)
IS_SENDING = EnrollmentRow.status == Status.active, EnrollmentRow.state == StepState.sending
HOLD, SUPPRESSION = "hold", "suppression"
"""What forbids messages and is no news of an enrollment; of news its own word is said."""


async def tell_one(tx: AsyncSession, enrollment: Enrollment, happening: Happening, at: datetime) -> None:
    """The caller holds the enrollment's row and records this news of it."""
    if enrollment.state is StepState.sending and happening.what.stops:
        await _tell(tx, happening.what, happening.by, at, EnrollmentRow.id == enrollment.id)


async def tell_held(tx: AsyncSession, sequence_id: int | None, by: int, at: datetime) -> None:
    """The caller has closed the gate and holds that sequence (None: all sending)."""
    held = () if sequence_id is None else (EnrollmentRow.sequence_id == sequence_id,)
    await _tell(tx, HOLD, by, at, *held)


async def tell_suppressed(tx: AsyncSession, forms: Collection[str], by: int | None, at: datetime) -> None:
    """The caller has closed the gate and suppresses that address, number or domain (`@example.org`: it and all below).

    `forms` are the ways in which an address may be written.
    """
    of_domains = [MessageRow.recipient.endswith(end, autoescape=True) for form in forms for end in _ends(form)]
    await _tell(tx, SUPPRESSION, by, at, *([or_(*of_domains)] if of_domains else _to(forms)))


async def recipients(tx: AsyncSession) -> list[str]:
    """To whom messages are leaving. The caller has closed the gate."""
    rows = select(MessageRow.recipient).join(EnrollmentRow, LEAVING).where(*IS_SENDING)
    return list(await tx.scalars(rows.distinct().order_by(MessageRow.recipient)))


def _to(forms: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """To an address or number of a contact who has it; so the indexes are of use."""
    mail = select(EmailAddressRow.contact_id).where(EmailAddressRow.address.in_(forms))
    phone = select(PhoneNumberRow.contact_id).where(PhoneNumberRow.number.in_(forms))
    return EnrollmentRow.contact_id.in_(union(mail, phone)), MessageRow.recipient.in_(forms)


def _ends(form: str) -> tuple[str, ...]:
    """How the addresses of a domain end."""
    return (form, f".{form[1:]}") if form.startswith("@") else ()


async def _tell(tx: AsyncSession, because: str, by: int | None, at: datetime, *which: ColumnElement[bool]) -> None:
    """One line for each message that is leaving, in one statement."""
    line = {
        EventRow.enrollment_id: EnrollmentRow.id,
        EventRow.at: literal(at, EventRow.at.type),
        EventRow.what: literal(What.was_leaving, EventRow.what.type),
        EventRow.by: literal(by, EventRow.by.type),
        EventRow.step: EnrollmentRow.step,
        EventRow.status: EnrollmentRow.status,
        EventRow.details: literal({"because": because}, EventRow.details.type),
    }
    of = select(*line.values()).join(MessageRow, LEAVING)
    of = of.where(*IS_SENDING, *which)
    await tx.execute(insert(EventRow).from_select([column.key for column in line], of))
