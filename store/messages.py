"""Messages: the claim that lets one leave, its two marks, and the record of what left.

    (nothing) → claimed → handing_over → sent | not_sent | unknown → sent

`attempt` names who holds a claim, so that an overtaken attempt cannot move it: every step asks "did I change one row?".
"""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from store.tables import Channel, MessageRow, MessageState


async def of_step(tx: AsyncSession, enrollment: Enrollment) -> MessageRow | None:
    """The claim on the enrollment's current step and copy, if there ever was one."""
    of = (
        MessageRow.enrollment_id == enrollment.id,
        MessageRow.step == enrollment.step,
        MessageRow.copy == enrollment.copy,
    )
    return await tx.scalar(select(MessageRow).where(*of).execution_options(populate_existing=True))


async def claim(
    tx: AsyncSession,
    enrollment: Enrollment,
    *,
    channel: Channel,
    attempt: str,
    sender_id: int,
    recipient: str,
    subject: str,
    body: str,
    message_id: str,
    at: datetime,
) -> None:
    """Takes the claim. The caller holds the enrollment's row and has seen that nobody else has it."""
    values = {
        "channel": channel,
        "state": MessageState.claimed,
        "attempt": attempt,
        "sender_id": sender_id,
        "recipient": recipient,
        "subject": subject,
        "body": body,
        "message_id": message_id,
        "claimed_at": at,
        "sent_at": None,
    }
    earlier = await of_step(tx, enrollment)
    if earlier is not None:
        await tx.execute(update(MessageRow).where(MessageRow.id == earlier.id).values(**values))
        return
    of = {"enrollment_id": enrollment.id, "step": enrollment.step, "copy": enrollment.copy}
    about = {"sequence_id": enrollment.sequence_id, "contact_id": enrollment.contact_id}
    await tx.execute(insert(MessageRow).values(**of, **about, **values))


async def hand_over(tx: AsyncSession, enrollment: Enrollment, attempt: str) -> bool:
    """Sets the second mark; False when the claim is not this attempt's any more, so nothing may be transmitted."""
    return await _move(tx, enrollment, attempt, (MessageState.claimed,), MessageState.handing_over)


async def release(tx: AsyncSession, enrollment: Enrollment, attempt: str) -> bool:
    """Gives the claim back: the message was certainly not taken."""
    return await _move(
        tx, enrollment, attempt, (MessageState.claimed, MessageState.handing_over), MessageState.not_sent
    )


async def lose(tx: AsyncSession, enrollment: Enrollment, attempt: str) -> bool:
    """Nobody knows whether it arrived."""
    return await _move(tx, enrollment, attempt, (MessageState.handing_over,), MessageState.unknown)


async def arrive(tx: AsyncSession, enrollment: Enrollment, attempt: str, at: datetime) -> bool:
    """It left. A late answer settles what had been given up as unknown: sent wins."""
    marks = (MessageState.handing_over, MessageState.unknown)
    return await _move(tx, enrollment, attempt, marks, MessageState.sent, sent_at=at)


async def settle_left(tx: AsyncSession, enrollment: Enrollment, at: datetime) -> None:
    """A person says that it left."""
    of = (MessageRow.enrollment_id == enrollment.id, MessageRow.step == enrollment.step)
    unknown = (*of, MessageRow.copy == enrollment.copy, MessageRow.state == MessageState.unknown)
    await tx.execute(update(MessageRow).where(*unknown).values(state=MessageState.sent, sent_at=at))


async def of_enrollment(tx: AsyncSession, enrollment_id: str) -> list[MessageRow]:
    """Every message of the enrollment, whatever became of it, oldest first."""
    rows = select(MessageRow).where(MessageRow.enrollment_id == enrollment_id)
    return list(await tx.scalars(rows.order_by(MessageRow.step, MessageRow.copy)))


async def thread(tx: AsyncSession, enrollment: Enrollment) -> list[tuple[str, str]]:
    """(Message-ID, subject) of the emails this enrollment has sent, oldest first."""
    sent = select(MessageRow.message_id, MessageRow.subject).where(
        MessageRow.enrollment_id == enrollment.id,
        MessageRow.channel == Channel.email,
        MessageRow.state == MessageState.sent,
    )
    return [(row.message_id, row.subject) for row in await tx.execute(sent.order_by(MessageRow.step, MessageRow.copy))]


async def _move(
    tx: AsyncSession,
    enrollment: Enrollment,
    attempt: str,
    marks: tuple[MessageState, ...],
    to: MessageState,
    sent_at: datetime | None = None,
) -> bool:
    mine = (
        MessageRow.enrollment_id == enrollment.id,
        MessageRow.step == enrollment.step,
        MessageRow.copy == enrollment.copy,
        MessageRow.attempt == attempt,
        MessageRow.state.in_(marks),
    )
    moved = await tx.execute(update(MessageRow).where(*mine).values(state=to, sent_at=sent_at))
    assert isinstance(moved, CursorResult)
    return moved.rowcount == 1
