"""Messages as their links know them, and what was done with those links: bounded, whoever fetches them how often."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.happenings import What
from sequencing.tracking import Sign, Use
from store.database import upsert
from store.tables import EventRow, LinkUseRow, MessageRow, MessageState

COUNTED = 100
"""What was fetched so often is not counted any more, and costs no write."""
MAIL = select(
    MessageRow.id,
    MessageRow.enrollment_id,
    MessageRow.contact_id,
    MessageRow.step,
    MessageRow.copy,
    MessageRow.recipient,
    MessageRow.sent_at,
    MessageRow.claimed_at,
).where(MessageRow.reference == bindparam("reference"), MessageRow.state != MessageState.not_sent)
TOLD = {Use.view: What.viewed, Use.click: What.clicked}


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that left, or may have left. `left_at`: when, or when it was about to."""

    id: int
    enrollment_id: str
    contact_id: int
    step: int
    copy: int
    recipient: str
    left_at: datetime


async def mail(tx: AsyncSession, reference: str) -> Mail | None:
    """The message with that left half of its Message-ID; None where it is gone, or never left."""
    row = (await tx.execute(MAIL, {"reference": reference})).first()
    return None if row is None else Mail(*row[:6], row.sent_at or row.claimed_at)


async def uses(tx: AsyncSession, message_id: int, kind: Use) -> list[LinkUseRow]:
    """What is written down of a message, of one kind."""
    of = LinkUseRow.message_id == message_id, LinkUseRow.kind == kind
    return list(await tx.scalars(select(LinkUseRow).where(*of)))


async def is_counted(tx: AsyncSession, message_id: int, kind: Use, position: int, sign: Sign) -> bool:
    """Whether so many of the same are written down that one more would tell nothing."""
    of = _of(message_id, kind, position, sign)
    return bool(await tx.scalar(select(exists().where(*of, LinkUseRow.times >= COUNTED))))


async def write_down(tx: AsyncSession, message_id: int, kind: Use, position: int, sign: Sign, at: datetime) -> None:
    """One more of the same. The caller holds the enrollment's row."""
    await _put(tx, message_id, kind, position, sign, at, at, 1)


async def take_for_machine(tx: AsyncSession, row: LinkUseRow, sign: Sign) -> None:
    """What was taken for a person's was a machine's after all."""
    await tx.execute(delete(LinkUseRow).where(*_of(row.message_id, row.kind, row.position, row.sign)))
    await _put(tx, row.message_id, row.kind, row.position, sign, row.first_at, row.last_at, row.times)


async def untell(tx: AsyncSession, mail: Mail, kind: Use, since: datetime) -> None:
    """Takes the line off the timeline that said it of a person, if it was put there after that instant."""
    lines = EventRow.enrollment_id == mail.enrollment_id, EventRow.what == TOLD[kind], EventRow.step == mail.step
    await tx.execute(delete(EventRow).where(*lines, EventRow.at >= since))


async def has_said(tx: AsyncSession, enrollment_id: str, what: What) -> bool:
    """Whether the timeline has such a line."""
    return bool(await tx.scalar(select(exists().where(EventRow.enrollment_id == enrollment_id, EventRow.what == what))))


async def forget(tx: AsyncSession, enrollment_ids: Collection[str]) -> None:
    """Deletes what is written down of those enrollments' messages."""
    of = select(MessageRow.id).where(MessageRow.enrollment_id.in_(enrollment_ids))
    await tx.execute(delete(LinkUseRow).where(LinkUseRow.message_id.in_(of)))


async def _put(
    tx: AsyncSession, message_id: int, kind: Use, position: int, sign: Sign, first: datetime, last: datetime, times: int
) -> None:
    key = {"message_id": message_id, "kind": kind, "position": position, "sign": sign}
    values = {"machine": sign.is_machine, "first_at": first, "last_at": last, "times": times}
    new = upsert(tx, LinkUseRow).values(**key, **values)
    more = {"last_at": last, "times": LinkUseRow.times + times}
    await tx.execute(new.on_conflict_do_update(index_elements=list(key), set_=more))


def _of(message_id: int, kind: Use, position: int, sign: Sign) -> tuple[ColumnElement[bool], ...]:
    return (
        LinkUseRow.message_id == message_id,
        LinkUseRow.kind == kind,
        LinkUseRow.position == position,
        LinkUseRow.sign == sign,
    )
