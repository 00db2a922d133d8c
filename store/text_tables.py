"""The tables of what a provider of texts tells us: what became of ours, and what came in."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sequencing.text_words import TextKind
from sequencing.texts import Delivery
from store.columns import Table, Word, one_of


class TextReceiptRow(Table):
    """What the provider said became of a text that it had taken, once for each word; `code` is the provider's."""

    __tablename__ = "text_receipts"
    __table_args__ = (one_of("delivery", Delivery),)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    delivery: Mapped[Delivery] = mapped_column(Word(Delivery), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), server_default="")
    at: Mapped[datetime]


class IncomingTextRow(Table):
    """A text from a contact's number; one row for each contact who has it."""

    __tablename__ = "incoming_texts"
    __table_args__ = (
        one_of("kind", TextKind),
        UniqueConstraint("provider_id", "contact_id"),
        Index("ix_incoming_texts_contact", "contact_id", "id"),
    )
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(64))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    kind: Mapped[TextKind] = mapped_column(Word(TextKind))
    sender: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TextDayRow(Table):
    """How many texts came in on a day (UTC): from our contacts, and from others, of which nothing else is known."""

    __tablename__ = "text_days"
    day: Mapped[date] = mapped_column(primary_key=True)
    kept: Mapped[int] = mapped_column(server_default=text("0"))
    others: Mapped[int] = mapped_column(server_default=text("0"))
