"""Mail that came in: what is known of its ids and addresses, the mails that are kept, and what is merely counted."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.addresses import spellings
from sequencing.inbound import Inbound, our_ids
from sequencing.replies import LATELY, REPORTS, Known, Meaning, Ours, Reading, key_of
from store.database import upsert
from store.enrollments import OPEN
from store.mail_tables import JournalDayRow, MailRow
from store.people_tables import ContactRow, EmailAddressRow, UserRow
from store.tables import Channel, EnrollmentRow, MessageRow, MessageState, SettingsRow

OURS = (
    MessageRow.id,
    MessageRow.enrollment_id,
    MessageRow.contact_id,
    MessageRow.step,
    MessageRow.copy,
    MessageRow.recipient,
)


async def known_of(tx: AsyncSession, mail: Inbound, now: datetime) -> Known:
    """What the house knows of the mail."""
    named = our_ids(mail)
    own = mail.message_id.lower()
    ours = await _ours(tx, {own, *named})
    return Known(
        itself=ours.get(own),
        named=tuple(ours[one] for one in named if one in ours and one != own),
        lately=await _lately(tx, mail, now) if mail.kind in REPORTS else (),
        writers=await _having(tx, [mail.sender]),
        readers=await _having(tx, mail.recipients),
        by_user=await _is_a_users(tx, mail.sender),
        our_domains=await _our_domains(tx),
    )


async def _ours(tx: AsyncSession, ids: Collection[str]) -> dict[str, Ours]:
    wanted = [one for one in ids if one]
    if not wanted:
        return {}
    rows = select(MessageRow.message_id, *OURS).where(MessageRow.message_id.in_(wanted))
    found = await tx.execute(rows.where(MessageRow.channel == Channel.email))
    return {row[0]: Ours(*row[1:]) for row in found}


async def _lately(tx: AsyncSession, mail: Inbound, now: datetime) -> tuple[Ours, ...]:
    forms = _forms(report.recipient for report in mail.reports)
    if not forms:
        return ()
    sent = MessageRow.state == MessageState.sent, MessageRow.sent_at > now - LATELY
    rows = select(*OURS).where(MessageRow.recipient.in_(forms), MessageRow.channel == Channel.email, *sent)
    return tuple(Ours(*row) for row in await tx.execute(rows.order_by(MessageRow.sent_at.desc()).limit(10)))


async def _having(tx: AsyncSession, addresses: Sequence[str]) -> tuple[int, ...]:
    """The contacts who have one of the addresses."""
    forms = _forms(addresses)
    if not forms:
        return ()
    rows = select(EmailAddressRow.contact_id).where(EmailAddressRow.address.in_(forms)).distinct()
    return tuple(await tx.scalars(rows.order_by(EmailAddressRow.contact_id)))


async def _is_a_users(tx: AsyncSession, address: str) -> bool:
    forms = _forms([address])
    own = or_(func.lower(UserRow.sending_address).in_(forms), func.lower(UserRow.email).in_(forms))
    return bool(forms) and await tx.scalar(select(UserRow.id).where(own).limit(1)) is not None


async def _our_domains(tx: AsyncSession) -> tuple[str, ...]:
    addresses = await tx.scalars(select(UserRow.sending_address).where(UserRow.sending_address.is_not(None)))
    return tuple({address.rpartition("@")[2].lower() for address in addresses if address})


def _forms(addresses: Iterable[str]) -> list[str]:
    return sorted({form for one in addresses if one for form in spellings(one)})


async def concerned(tx: AsyncSession, reading: Reading) -> list[str]:
    """The enrollments that hear of it, and those whose message left by it, in the order in which they are locked."""
    left = [one.enrollment_id for one in reading.left]
    return sorted({*left, *await _hearing(tx, reading)})


async def _hearing(tx: AsyncSession, reading: Reading) -> list[str]:
    about = [reading.answers.enrollment_id] if reading.answers else []
    match reading.meaning:
        case Meaning.reply | Meaning.complaint:
            return [*about, *await _open(tx, reading, EnrollmentRow.id.is_not(None))] or await _latest(tx, reading)
        case Meaning.auto_reply if not about:
            return await _open(tx, reading, EnrollmentRow.id.is_not(None))
        case Meaning.bounce:
            to = MessageRow.recipient == reading.suppress, MessageRow.channel == Channel.email
            wrote = select(MessageRow.enrollment_id).where(*to)
            return [*about, *await _open(tx, reading, EnrollmentRow.id.in_(wrote))]
        case _:
            return about


async def _open(tx: AsyncSession, reading: Reading, which: ColumnElement[bool]) -> list[str]:
    rows = select(EnrollmentRow.id).where(
        EnrollmentRow.contact_id.in_(reading.contacts), EnrollmentRow.status.in_(OPEN), which
    )
    return list(await tx.scalars(rows))


async def _latest(tx: AsyncSession, reading: Reading) -> list[str]:
    """The one that wrote to them last."""
    his = MessageRow.contact_id.in_(reading.contacts), MessageRow.channel == Channel.email
    rows = select(MessageRow.enrollment_id).where(*his, MessageRow.state == MessageState.sent)
    return list(await tx.scalars(rows.order_by(MessageRow.sent_at.desc()).limit(1)))


async def hearing(tx: AsyncSession, reading: Reading) -> set[str]:
    """The enrollments on whose timeline it stands."""
    return set(await _hearing(tx, reading))


async def lock_contacts(tx: AsyncSession, ids: Collection[int]) -> None:
    """Keeps others from enrolling them until the transaction ends."""
    rows = select(ContactRow.id).where(ContactRow.id.in_(ids)).order_by(ContactRow.id)
    await tx.execute(rows.with_for_update(key_share=True))


async def keep(tx: AsyncSession, mail: Inbound, reading: Reading, ids: Sequence[str], at: datetime) -> dict[int, str]:
    """Keeps it for each contact for whom it was not kept before; the numbers it has now, by contact.

    `ids` are new numbers, one for each contact. Raises IntegrityError where a contact or a message has gone meanwhile.
    """
    values = {
        "key": key_of(mail),
        "answers": reading.answers.id if reading.answers else None,
        "kind": mail.kind,
        "meaning": reading.meaning,
        "why": mail.why[:80],
        "sender": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "written_at": mail.date,
        "at": at,
    }
    kept: dict[int, str] = {}
    for contact, number in zip(reading.contacts, ids, strict=True):
        new = upsert(tx, MailRow).values(id=number, contact_id=contact, **values).on_conflict_do_nothing()
        if await tx.scalar(new.returning(MailRow.id)) is not None:
            kept[contact] = number
    return kept


async def count(tx: AsyncSession, at: datetime, which: str) -> None:
    """One more mail of the day: `kept`, `others` or `unreadable`."""
    row = upsert(tx, JournalDayRow).values(day=at.date(), last_at=at, **{which: 1})
    more = {which: getattr(JournalDayRow, which) + 1, "last_at": at}
    await tx.execute(row.on_conflict_do_update(index_elements=["day"], set_=more))


async def some(tx: AsyncSession, numbers: Collection[str]) -> dict[str, MailRow]:
    """The mails of those numbers that are kept."""
    if not numbers:
        return {}
    return {row.id: row for row in await tx.scalars(select(MailRow).where(MailRow.id.in_(numbers)))}


async def unheard_since(tx: AsyncSession) -> datetime | None:
    """When our oldest email left after which no mail was journaled; None without one, or with journaling off."""
    since = await _journaling_since(tx)
    if since is None:
        return None
    last = await tx.scalar(select(func.max(JournalDayRow.last_at)))
    after = max(since, last) if last is not None else since
    left = select(MessageRow.sent_at).where(MessageRow.channel == Channel.email, MessageRow.sent_at > after)
    return await tx.scalar(left.order_by(MessageRow.sent_at).limit(1))


async def _journaling_since(tx: AsyncSession) -> datetime | None:
    """When it was switched on; None while it is off."""
    newest = select(SettingsRow.journaling).order_by(SettingsRow.version.desc()).limit(1)
    if not await tx.scalar(newest):
        return None
    off = select(func.coalesce(func.max(SettingsRow.version), -1)).where(SettingsRow.journaling.is_(False))
    on = select(SettingsRow.changed_at).where(SettingsRow.version > off.scalar_subquery())
    return await tx.scalar(on.order_by(SettingsRow.version).limit(1))
