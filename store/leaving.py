"""Messages that were already leaving when something was recorded that forbids them: their timelines say so.

Exact, because nothing of this can change before the caller commits: who records news holds the enrollment's row, and
who forbids many has closed the gate; a claim is taken, and ends, only by whoever holds the row and passes the gate.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, literal, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Happening, What
from store.people_tables import EmailAddressRow, PhoneNumberRow
from store.tables import EnrollmentRow, EventRow, MessageRow, MessageState

CLAIMED = (MessageState.claimed, MessageState.handing_over)
"""The marks of a claim that has not ended."""
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


async def tell_suppressed(tx: AsyncSession, target: str, by: int | None, at: datetime) -> None:
    """The caller has closed the gate and suppresses that address or number, in its plain form."""
    mail = select(EmailAddressRow.contact_id).where(EmailAddressRow.address == target)
    phone = select(PhoneNumberRow.contact_id).where(PhoneNumberRow.number == target)
    his = EnrollmentRow.contact_id.in_(union(mail, phone))
    await _tell(tx, SUPPRESSION, by, at, his, MessageRow.recipient == target)


async def _tell(tx: AsyncSession, because: str, by: int | None, at: datetime, *which: ColumnElement[bool]) -> None:
    """One line for each message that is leaving, in one statement."""
    leaving = and_(
        MessageRow.enrollment_id == EnrollmentRow.id,
        MessageRow.step == EnrollmentRow.step,
        MessageRow.copy == EnrollmentRow.copy,
        MessageRow.state.in_(CLAIMED),
    )
    line = {
        EventRow.enrollment_id: EnrollmentRow.id,
        EventRow.at: literal(at, EventRow.at.type),
        EventRow.what: literal(What.was_leaving, EventRow.what.type),
        EventRow.by: literal(by, EventRow.by.type),
        EventRow.step: EnrollmentRow.step,
        EventRow.status: EnrollmentRow.status,
        EventRow.details: literal({"because": because}, EventRow.details.type),
    }
    of = select(*line.values()).join(MessageRow, leaving)
    of = of.where(EnrollmentRow.status == Status.active, EnrollmentRow.state == StepState.sending, *which)
    await tx.execute(insert(EventRow).from_select([column.key for column in line], of))
