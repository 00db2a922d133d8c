"""What a provider of texts tells us: whose a text is, what became of it, and texts that came in."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.happenings import Reason
from sequencing.replies import Ours
from sequencing.suppressions import plain
from sequencing.text_words import TextKind
from sequencing.texts import STOP_REASON, Delivery, Reference
from store import suppressions
from store.database import upsert
from store.people_tables import PhoneNumberRow
from store.tables import Channel, MessageRow, MessageState, SuppressionRow
from store.text_tables import IncomingTextRow, TextDayRow, TextReceiptRow

OURS = (
    MessageRow.id,
    MessageRow.enrollment_id,
    MessageRow.contact_id,
    MessageRow.step,
    MessageRow.copy,
    MessageRow.recipient,
)


async def ours(tx: AsyncSession, reference: Reference | None, name: str) -> Ours | None:
    """The text of ours that the provider speaks of: by our reference, else by the provider's name for it."""
    which = MessageRow.provider_id == name
    if reference is not None:
        claim = (MessageRow.enrollment_id == reference.enrollment_id, MessageRow.step == reference.step)
        which = (MessageRow.copy == reference.copy) & claim[0] & claim[1]
    rows = select(*OURS).where(MessageRow.channel == Channel.text, which)
    found = (await tx.execute(rows.order_by(MessageRow.id.desc()).limit(1))).first()
    return None if found is None else Ours(*found)


async def call(tx: AsyncSession, message: int, name: str) -> None:
    """Keeps what the provider calls it."""
    await tx.execute(update(MessageRow).where(MessageRow.id == message).values(provider_id=name))


async def receive(tx: AsyncSession, message: int, delivery: Delivery, code: str, at: datetime) -> bool:
    """Keeps what became of a text; False where the provider has said so before."""
    row = upsert(tx, TextReceiptRow).values(message_id=message, delivery=delivery, code=code, at=at)
    return await tx.scalar(row.on_conflict_do_nothing().returning(TextReceiptRow.message_id)) is not None


async def receipts(tx: AsyncSession, messages: Collection[int]) -> Mapping[int, TextReceiptRow]:
    """The latest word about each of those messages."""
    rows = select(TextReceiptRow).where(TextReceiptRow.message_id.in_(messages)).order_by(TextReceiptRow.at)
    return {row.message_id: row for row in await tx.scalars(rows)} if messages else {}


async def holders(tx: AsyncSession, number: str) -> list[int]:
    """The contacts who have that number; where nobody has it now, those to whom we have written there."""
    has = select(PhoneNumberRow.contact_id).where(PhoneNumberRow.number == number).distinct()
    found = list(await tx.scalars(has.order_by(PhoneNumberRow.contact_id)))
    if found:
        return found
    wrote = select(MessageRow.contact_id).where(MessageRow.recipient == number, MessageRow.channel == Channel.text)
    return list(await tx.scalars(wrote.distinct().order_by(MessageRow.contact_id)))


async def answered(tx: AsyncSession, contacts: Collection[int], number: str) -> list[str]:
    """For each of those contacts the enrollment whose text to that number left last."""
    left = MessageRow.state.in_((MessageState.sent, MessageState.unknown, MessageState.handing_over))
    rows = select(MessageRow.contact_id, MessageRow.enrollment_id).where(
        MessageRow.contact_id.in_(contacts), MessageRow.recipient == number, MessageRow.channel == Channel.text, left
    )
    return list({row.contact_id: row.enrollment_id for row in await tx.execute(rows.order_by(MessageRow.id))}.values())


async def keep(
    tx: AsyncSession, name: str, kind: TextKind, sender: str, body: str, numbers: Mapping[int, str], at: datetime
) -> dict[int, str]:
    """Keeps a text for each contact for whom it was not kept before; the numbers it has now, by contact."""
    kept: dict[int, str] = {}
    for contact, number in numbers.items():
        row = upsert(tx, IncomingTextRow).values(
            id=number, provider_id=name, contact_id=contact, kind=kind, sender=sender, body=body, at=at
        )
        if await tx.scalar(row.on_conflict_do_nothing().returning(IncomingTextRow.id)) is not None:
            kept[contact] = number
    return kept


async def some(tx: AsyncSession, numbers: Collection[str]) -> dict[str, IncomingTextRow]:
    """The texts of those numbers that are kept."""
    if not numbers:
        return {}
    return {row.id: row for row in await tx.scalars(select(IncomingTextRow).where(IncomingTextRow.id.in_(numbers)))}


async def stop(tx: AsyncSession, number: str, at: datetime) -> None:
    """STOP: nobody texts there. It outweighs a bounce, which says less and which somebody may lift; what a person
    forbade stays as it is, for START must not lift that.
    """
    if await suppressions.add(tx, number, STOP_REASON, None, at):
        return
    bounced = SuppressionRow.reason == Reason.bounced, SuppressionRow.by.is_(None)
    its = update(SuppressionRow).where(SuppressionRow.target == plain(number), *bounced)
    await tx.execute(its.values(reason=STOP_REASON, since=at))


async def lift_stop(tx: AsyncSession, number: str, at: datetime) -> None:
    """START: takes back the suppression that a STOP made, and no other."""
    await suppressions.lift(tx, number, None, at, reason=STOP_REASON)


async def count(tx: AsyncSession, at: datetime, which: str) -> None:
    """One more text of the day: `kept` or `others`."""
    row = upsert(tx, TextDayRow).values(day=at.date(), **{which: 1})
    more = {which: getattr(TextDayRow, which) + 1}
    await tx.execute(row.on_conflict_do_update(index_elements=["day"], set_=more))


async def counted(tx: AsyncSession, at: datetime) -> tuple[int, int]:
    """How many texts came in on that day: from our contacts, and from others."""
    row = await tx.get(TextDayRow, at.date(), populate_existing=True)
    return (row.kept, row.others) if row else (0, 0)
