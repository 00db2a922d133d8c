"""Messages that wait for the mail server, and what it has said last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status, StepState
from sequencing.happenings import What, Why
from store.columns import says
from store.tables import Channel, EnrollmentRow, EventRow, MessageRow

SOON = timedelta(hours=1)
"""Whatever waits for the server is tried again within half an hour, or waits for the send window instead."""
ASKED_OF = 100
WAITING = (
    says(EnrollmentRow.status, Status.active),
    says(EnrollmentRow.state, StepState.waiting),
    EnrollmentRow.failing_since.is_not(None),
    says(EnrollmentRow.why, Why.mail_server_unreachable, Why.send_window),
)
"""One whose next try lies outside the send window waits for its opening, and says so."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages wait, since when the first of them does, when the next one is tried, and the server's last
    answer to one of them; no answer where an email has left after that.
    """

    messages: int
    since: datetime
    again: datetime
    answer: str


async def waiting(tx: AsyncSession, now: datetime, opens: datetime | None = None) -> Waiting | None:
    """Those that wait for the mail server; None where none does. `opens`: when the send window does, where it is closed
    now: all that are due by then are looked at.
    """
    due = (*WAITING, EnrollmentRow.due_at <= max(now + SOON, opens or now))
    counts = func.count(), func.min(EnrollmentRow.failing_since), func.min(EnrollmentRow.due_at)
    many, since, again = (await tx.execute(select(*counts).where(*due))).one()
    if since is None or again is None:
        return None
    some = select(EnrollmentRow.id).where(*due).order_by(EnrollmentRow.due_at.desc()).limit(ASKED_OF)
    tried = select(EventRow.at, EventRow.details).where(
        EventRow.enrollment_id.in_(some), EventRow.what == What.try_later
    )
    last = (await tx.execute(tried.order_by(EventRow.id.desc()).limit(1))).one_or_none()
    if last is None or await _has_left_after(tx, last.at):
        return Waiting(many, since, again, "")
    return Waiting(many, since, again, str(last.details.get("answer") or ""))


async def _has_left_after(tx: AsyncSession, at: datetime) -> bool:
    """Whether the server has taken an email since."""
    later = exists().where(MessageRow.channel == Channel.email, MessageRow.sent_at > at)
    return bool(await tx.scalar(select(later)))
