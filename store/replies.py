"""What contacts wrote last, by mail or by text."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.replies import Meaning
from sequencing.text_words import TextKind
from store.columns import says
from store.mail_tables import MailRow
from store.text_tables import IncomingTextRow


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail, or a text, which has no subject."""

    at: datetime
    subject: str
    text: str


async def latest(tx: AsyncSession, contacts: Collection[int]) -> dict[int, Reply]:
    """The latest reply of each of those contacts who ever replied, in one statement."""
    if not contacts:
        return {}
    his = MailRow.contact_id.in_(contacts), says(MailRow.meaning, Meaning.reply)
    last = select(func.max(MailRow.id)).where(*his).group_by(MailRow.contact_id)
    mails = select(MailRow.contact_id, MailRow.at, MailRow.subject, MailRow.text).where(MailRow.id.in_(last))
    by_text = IncomingTextRow.contact_id.in_(contacts), says(IncomingTextRow.kind, TextKind.reply)
    newest = select(func.max(IncomingTextRow.id)).where(*by_text).group_by(IncomingTextRow.contact_id)
    row = IncomingTextRow
    texts = select(row.contact_id, row.at, literal("").label("subject"), row.body).where(row.id.in_(newest))
    found = (await tx.execute(union_all(mails, texts).order_by("at"))).all()
    return {contact: Reply(at, subject, text) for contact, at, subject, text in found}
