"""Messages: the claim that lets one leave, its two marks, and the record of what left.

    (nothing) → claimed → handing_over → sent | not_sent | unknown → sent

What was seen (a copy of it, or an answer, came in by the journal) left, whatever an attempt says: it ends as sent.
`attempt` names who holds a claim, so that an overtaken attempt cannot move it: every step asks "did I change one row?".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import UpdateBase, bindparam, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.people import User
from sequencing.tracking import reference_of
from store.database import upsert
from store.holds import stand_in_line
from store.sequences import shown_to
from store.tables import Channel, MessageRow, MessageState, SequenceRow

MESSAGES = MessageRow.metadata.tables[MessageRow.__tablename__]
THE_STEPS = (
    MESSAGES.c.enrollment_id == bindparam("of"),
    MESSAGES.c.step == bindparam("at_step"),
    MESSAGES.c.copy == bindparam("nth"),
)
SENDERS = (
    select(MESSAGES.c.sender_id)
    .where(
        MESSAGES.c.enrollment_id == bindparam("of"),
        MESSAGES.c.channel == Channel.email,
        MESSAGES.c.sent_by_rule == bindparam("rule"),
        MESSAGES.c.state.in_((MessageState.sent, MessageState.handing_over, MessageState.unknown)),
    )
    .order_by(MESSAGES.c.step, MESSAGES.c.copy)
)
OF_STEP = select(MESSAGES.c.state, MESSAGES.c.attempt, MESSAGES.c.seen_at).where(*THE_STEPS)
MOVE = (
    update(MESSAGES)
    .where(*THE_STEPS, MESSAGES.c.attempt == bindparam("by"), MESSAGES.c.state.in_(bindparam("marks", expanding=True)))
    .values(
        state=bindparam("to"),
        sent_at=bindparam("at"),
        provider_id=func.coalesce(bindparam("name"), MESSAGES.c.provider_id),
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """How far a message is, which attempt brought it there, and when it was seen."""

    state: MessageState
    attempt: str
    seen_at: datetime | None = None

    @property
    def left(self) -> bool:
        """Whether it certainly left."""
        return self.state is MessageState.sent or self.seen_at is not None


async def of_step(tx: AsyncSession, enrollment: Enrollment) -> Claim | None:
    """The claim on the enrollment's current step and copy, if there ever was one."""
    found = (await tx.execute(OF_STEP, _of_step(enrollment))).first()
    return None if found is None else Claim(*found)


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
    rule: str | None = None,
    segments: int | None = None,
) -> None:
    """Takes the claim: a new one, or one under which nothing was transmitted. The caller holds the enrollment's row."""
    about = {"sequence_id": enrollment.sequence_id, "contact_id": enrollment.contact_id}
    values = {
        "channel": channel,
        "state": MessageState.claimed,
        "attempt": attempt,
        "sender_id": sender_id,
        "sent_by_rule": rule,
        "recipient": recipient,
        "subject": subject,
        "body": body,
        "message_id": message_id,
        "segments": segments,
        "provider_id": None,
        "reference": reference_of(message_id) if channel is Channel.email else None,
        "claimed_at": at,
        "sent_at": None,
    }
    of = {"enrollment_id": enrollment.id, "step": enrollment.step, "copy": enrollment.copy}
    taken = upsert(tx, MessageRow).values(**of, **about, **values)
    begun = MessageRow.state.in_((MessageState.claimed, MessageState.not_sent))
    taken = taken.on_conflict_do_update(index_elements=list(of), set_=values, where=begun)
    assert await _changed_one(tx, taken), "a message that left, or may have left, is never claimed again"


async def senders(tx: AsyncSession, enrollment: Enrollment, rule: str) -> list[int]:
    """Who sent the emails that have left, or may have, by that owner rule; the first email's sender comes first."""
    return list(await tx.scalars(SENDERS, {"of": enrollment.id, "rule": rule}))


async def hand_over(tx: AsyncSession, enrollment: Enrollment, attempt: str) -> bool:
    """Sets the second mark; False when the claim is not this attempt's any more, so nothing may be transmitted."""
    return await _move(tx, enrollment, attempt, (MessageState.claimed,), MessageState.handing_over)


async def release(tx: AsyncSession, enrollment: Enrollment, attempt: str) -> bool:
    """Gives the claim back: the message was certainly not taken."""
    return await _end(tx, enrollment, attempt, (MessageState.claimed, MessageState.handing_over), MessageState.not_sent)


async def lose(tx: AsyncSession, enrollment: Enrollment, attempt: str) -> bool:
    """Nobody knows whether it arrived."""
    return await _end(tx, enrollment, attempt, (MessageState.handing_over,), MessageState.unknown)


async def arrive(tx: AsyncSession, enrollment: Enrollment, attempt: str, at: datetime, name: str | None = None) -> bool:
    """It left. A late answer settles what had been given up as unknown: sent wins. `name`: the provider's for it."""
    marks = (MessageState.handing_over, MessageState.unknown)
    return await _end(tx, enrollment, attempt, marks, MessageState.sent, sent_at=at, name=name)


async def leave_if_seen(tx: AsyncSession, enrollment: Enrollment, attempt: str) -> bool:
    """Records that it left, if it was seen, whatever became of the attempt."""
    mine = (MessageRow.enrollment_id == enrollment.id, MessageRow.step == enrollment.step)
    seen = (*mine, MessageRow.copy == enrollment.copy, MessageRow.attempt == attempt, MessageRow.seen_at.is_not(None))
    await stand_in_line(tx)
    return await _changed_one(
        tx, update(MessageRow).where(*seen).values(state=MessageState.sent, sent_at=MessageRow.seen_at)
    )


async def see(tx: AsyncSession, message: int, at: datetime, *, leaving: bool) -> MessageState | None:
    """Remembers that a copy of it, or an answer to it, came in; its state before, None if that was known.

    `leaving`: an attempt is still at it, and records its end. Otherwise it is recorded here. The caller holds the
    enrollment's row.
    """
    state = await tx.scalar(select(MessageRow.state).where(MessageRow.id == message))
    if state in (None, MessageState.sent):
        return None
    seen: dict[str, Any] = {"seen_at": func.coalesce(MessageRow.seen_at, at)}
    if not leaving:
        seen |= {"state": MessageState.sent, "sent_at": at}
    await tx.execute(update(MessageRow).where(MessageRow.id == message).values(**seen))
    return state


async def settle_left(tx: AsyncSession, enrollment: Enrollment, at: datetime) -> None:
    """A person says that it left."""
    of = (MessageRow.enrollment_id == enrollment.id, MessageRow.step == enrollment.step)
    unknown = (*of, MessageRow.copy == enrollment.copy, MessageRow.state == MessageState.unknown)
    await tx.execute(update(MessageRow).where(*unknown).values(state=MessageState.sent, sent_at=at))


async def of_enrollment(tx: AsyncSession, enrollment_id: str) -> list[MessageRow]:
    """Every message of the enrollment, whatever became of it, oldest first."""
    rows = select(MessageRow).where(MessageRow.enrollment_id == enrollment_id)
    return list(await tx.scalars(rows.order_by(MessageRow.step, MessageRow.copy)))


async def seen_by(tx: AsyncSession, user: User) -> set[str | tuple[str, str]]:
    """The Message-IDs, and the (recipient, body), of messages in sequences a user sees, or that left in his name."""
    shown = select(SequenceRow.id).where(shown_to(user))
    rows = select(MessageRow.message_id, MessageRow.recipient, MessageRow.body)
    rows = rows.where(MessageRow.sequence_id.in_(shown) | (MessageRow.sender_id == user.id))
    return {sign for one, recipient, body in await tx.execute(rows) for sign in (one, (recipient, body))}


async def thread(tx: AsyncSession, enrollment: Enrollment) -> list[tuple[str, str]]:
    """(Message-ID, subject) of the emails this enrollment has sent, oldest first."""
    sent = select(MessageRow.message_id, MessageRow.subject).where(
        MessageRow.enrollment_id == enrollment.id,
        MessageRow.channel == Channel.email,
        MessageRow.state == MessageState.sent,
    )
    return [(row.message_id, row.subject) for row in await tx.execute(sent.order_by(MessageRow.step, MessageRow.copy))]


async def _end(
    tx: AsyncSession,
    enrollment: Enrollment,
    attempt: str,
    marks: tuple[MessageState, ...],
    to: MessageState,
    sent_at: datetime | None = None,
    name: str | None = None,
) -> bool:
    """A claim ends as it began, behind the gate: whoever has closed that knows exactly which messages are leaving."""
    await stand_in_line(tx)
    return await _move(tx, enrollment, attempt, marks, to, sent_at, name)


async def _move(
    tx: AsyncSession,
    enrollment: Enrollment,
    attempt: str,
    marks: tuple[MessageState, ...],
    to: MessageState,
    sent_at: datetime | None = None,
    name: str | None = None,
) -> bool:
    mine = {**_of_step(enrollment), "by": attempt, "marks": marks, "to": to, "at": sent_at, "name": name}
    return await _changed_one(tx, MOVE, mine)


def _of_step(enrollment: Enrollment) -> dict[str, Any]:
    return {"of": enrollment.id, "at_step": enrollment.step, "nth": enrollment.copy}


async def _changed_one(tx: AsyncSession, statement: UpdateBase, values: dict[str, Any] | None = None) -> bool:
    changed = await tx.execute(statement, values)
    assert isinstance(changed, CursorResult)
    return changed.rowcount == 1
