"""Messages that wait for the mail server, and what it has said last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status, StepState
from sequencing.happenings import What, Why
from store.columns import says
from store.tables import EnrollmentRow, EventRow

SOON = timedelta(hours=1)
"""Whatever waits for the server is tried again within half an hour, or waits for the send window instead."""
ASKED_OF = 100
WAITING = (
    says(EnrollmentRow.status, Status.active),
    says(EnrollmentRow.state, StepState.waiting),
    says(EnrollmentRow.why, Why.mail_server_unreachable),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages wait, since when the first of them does, and the server's last answer to one of them."""

    messages: int
    since: datetime
    answer: str


async def waiting(tx: AsyncSession, now: datetime) -> Waiting | None:
    """Those that wait for the mail server; None where none does."""
    due = (*WAITING, EnrollmentRow.due_at < now + SOON)
    many, since = (await tx.execute(select(func.count(), func.min(EnrollmentRow.failing_since)).where(*due))).one()
    if not many:
        return None
    some = select(EnrollmentRow.id).where(*due).order_by(EnrollmentRow.due_at.desc()).limit(ASKED_OF)
    tried = select(EventRow.details).where(EventRow.enrollment_id.in_(some), EventRow.what == What.try_later)
    said = await tx.scalar(tried.order_by(EventRow.id.desc()).limit(1))
    return Waiting(many, since or now, str((said or {}).get("answer") or ""))
