"""The tables of mail that came in by the journal."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sequencing.mail_kinds import Kind
from sequencing.replies import Meaning
from store.columns import Table, Word, one_of


class MailRow(Table):
    """A mail from or to a contact, or about an email to him; one row for each contact whom it concerns.

    `answers` is the email of ours that it answers, returns or complains of.
    """

    __tablename__ = "mails"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("meaning", Meaning),
        UniqueConstraint("key", "contact_id"),
        Index("ix_mails_contact", "contact_id", "meaning", "id"),
        Index("ix_mails_answers", "answers"),
        Index("ix_mails_sender", "sender"),
    )
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    answers: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    meaning: Mapped[Meaning] = mapped_column(Word(Meaning))
    why: Mapped[str] = mapped_column(String(80))
    sender: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime | None]
    at: Mapped[datetime]


class JournalDayRow(Table):
    """What the journal took in on a day (UTC): mails that were kept, that were none of ours, and that nobody can read.

    Of all but the first nothing else is known. `last_at` is when the day's last one came.
    """

    __tablename__ = "journal_days"
    day: Mapped[date] = mapped_column(primary_key=True)
    kept: Mapped[int] = mapped_column(server_default=text("0"))
    others: Mapped[int] = mapped_column(server_default=text("0"))
    unreadable: Mapped[int] = mapped_column(server_default=text("0"))
    last_at: Mapped[datetime]
