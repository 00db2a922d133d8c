"""Erasing a contact: everything that names him goes, the fingerprints of his addresses and numbers stay."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import Contact
from store import suppressions
from store.add_tables import BulkAddLineRow
from store.holds import close_gate
from store.mail_tables import MailRow
from store.people_tables import AnswerRow, ContactRow, EmailAddressRow, ErasureRow, PhoneNumberRow
from store.tables import EnrollmentRow, MessageRow, MessageState, RemovalRow, TodoRow
from store.task_tables import OwnTaskRow
from store.text_tables import IncomingTextRow

NAMELESS = "(erased)"


@dataclass(frozen=True, slots=True)
class Traces:
    """What he can be found by. `shared` are those of his addresses and numbers that another contact has too."""

    targets: frozenset[str]
    shared: frozenset[str]
    message_ids: frozenset[str]
    wording: frozenset[tuple[str, str]]


async def enrollment_ids(tx: AsyncSession, contact_id: int) -> list[str]:
    """His enrollments, ended ones too."""
    rows = select(EnrollmentRow.id).where(EnrollmentRow.contact_id == contact_id)
    return list(await tx.scalars(rows.order_by(EnrollmentRow.id)))


async def lock(tx: AsyncSession, contact_id: int) -> bool:
    """Keeps others from enrolling him meanwhile; False when there is no such contact.

    Not from naming him in a row of their own: who does so may hold the enrollment that is locked next.
    """
    row = select(ContactRow.id).where(ContactRow.id == contact_id).with_for_update(key_share=True)
    return await tx.scalar(row) is not None


async def lock_what_goes(tx: AsyncSession, contact_id: int) -> None:
    """Waits for whatever else it has to wait for, before anything is deleted: for whoever closes the gate and gives
    contacts another owner, and for whoever hands on his to-dos. Those wait for who has deleted (decision 0024).
    """
    await close_gate(tx)
    await tx.execute(select(TodoRow.id).where(TodoRow.contact_id == contact_id).order_by(TodoRow.id).with_for_update())


async def is_being_sent(tx: AsyncSession, contact_id: int, since: datetime) -> bool:
    """Whether a message to him, claimed after that instant, may be on the wire."""
    on_the_wire = MessageRow.state == MessageState.handing_over, MessageRow.claimed_at > since
    return bool(await tx.scalar(select(exists().where(MessageRow.contact_id == contact_id, *on_the_wire))))


async def traces(tx: AsyncSession, contact_id: int) -> Traces:
    """What he can be found by, outside the tables too."""
    held = {
        *await tx.scalars(select(EmailAddressRow.address).where(EmailAddressRow.contact_id == contact_id)),
        *await tx.scalars(select(PhoneNumberRow.number).where(PhoneNumberRow.contact_id == contact_id)),
        *await tx.scalars(select(IncomingTextRow.sender).where(IncomingTextRow.contact_id == contact_id)),
    }
    columns = select(MessageRow.recipient, MessageRow.body, MessageRow.message_id)
    sent = (await tx.execute(columns.where(MessageRow.contact_id == contact_id))).all()
    targets = frozenset(held | {row.recipient.lower() for row in sent})
    return Traces(
        targets=targets,
        shared=frozenset(await _of_others(tx, contact_id, targets)),
        message_ids=frozenset(row.message_id for row in sent),
        wording=frozenset((row.recipient, row.body) for row in sent),
    )


async def _of_others(tx: AsyncSession, contact_id: int, targets: Collection[str]) -> set[str]:
    addresses = select(EmailAddressRow.address).where(
        EmailAddressRow.address.in_(targets), EmailAddressRow.contact_id != contact_id
    )
    numbers = select(PhoneNumberRow.number).where(
        PhoneNumberRow.number.in_(targets), PhoneNumberRow.contact_id != contact_id
    )
    return {*await tx.scalars(addresses), *await tx.scalars(numbers)}


async def erase(
    tx: AsyncSession, contact: Contact, gone: Traces, removed: Collection[str], by: int, at: datetime
) -> None:
    """Deletes everything that names him. His enrollments are removed before, and `removed` has their ids."""
    await _delete_mails(tx, contact, gone)
    await tx.execute(delete(MessageRow).where(MessageRow.contact_id == contact.id))
    await tx.execute(delete(TodoRow).where(TodoRow.contact_id == contact.id))
    await tx.execute(delete(OwnTaskRow).where(OwnTaskRow.contact_id == contact.id))
    await tx.execute(update(RemovalRow).where(RemovalRow.contact_id == contact.id).values(contact_id=None))
    await _blank_adds(tx, contact, gone, removed)
    await _delete_answers(tx, contact, gone)
    await tx.execute(delete(ContactRow).where(ContactRow.id == contact.id))
    for target in sorted(gone.targets):
        await suppressions.erase(tx, target, by, at)
    tx.add(ErasureRow(contact_id=contact.id, by=by, at=at))
    await tx.flush()


async def _delete_mails(tx: AsyncSession, contact: Contact, gone: Traces) -> None:
    """His mails, and those he wrote that are kept for others; a mail of his that others have too loses its words."""
    same = select(MailRow.key).where(MailRow.contact_id == contact.id)
    await tx.execute(update(MailRow).where(MailRow.key.in_(same)).values(subject="", text="", why=NAMELESS))
    by_him = MailRow.sender.in_(gone.targets - gone.shared)
    await tx.execute(delete(MailRow).where(or_(MailRow.contact_id == contact.id, by_him)))


async def _blank_adds(tx: AsyncSession, contact: Contact, gone: Traces, removed: Collection[str]) -> None:
    """The lines of adds in which he was named, or meant by an address he had then, keep their answer's code.

    Lines that were refused before sentences were made anew still have them, with names of anybody: all of them go.
    """
    names = {str(contact.id), *gone.targets} | ({contact.external_id.lower()} if contact.external_id else set())
    named = func.lower(func.trim(BulkAddLineRow.named)).in_(names)
    mine = or_(named, BulkAddLineRow.enrollment_id.in_(removed), BulkAddLineRow.contact_id == contact.id)
    await tx.execute(update(BulkAddLineRow).where(mine).values(named=NAMELESS, sentence=None, contact_id=None))
    refused = BulkAddLineRow.sentence.is_not(None), BulkAddLineRow.enrollment_id.is_(None)
    await tx.execute(update(BulkAddLineRow).where(*refused).values(sentence=None))


async def _delete_answers(tx: AsyncSession, contact: Contact, gone: Traces) -> None:
    """What a service was answered about him; repeated, it is answered with the status alone."""
    words = [contact.name, *sorted(gone.targets)]
    quoting = [func.lower(AnswerRow.body).contains(word.lower(), autoescape=True) for word in words if word]
    await tx.execute(update(AnswerRow).where(or_(*quoting)).values(body=None))


async def erased_before(tx: AsyncSession, name: str) -> bool:
    """Whether what is meant by that id, address or number was erased."""
    if name.isascii() and name.isdecimal() and len(name) < 10:
        return bool(await tx.scalar(select(exists().where(ErasureRow.contact_id == int(name)))))
    return bool(await suppressions.erased_among(tx, [name]))
