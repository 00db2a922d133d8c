"""The tables of large adds, which run in the background."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from sequencing.adds import AddStatus
from store.columns import Table, Word, one_of, partial

RUNNING_UNSTARTED = text("status = 'running' AND NOT started")
RUNNING = partial("ix_bulk_adds_running", "id", where="status = 'running'")
UNSTARTED = Index(
    "ix_bulk_adds_unstarted", "created_at", sqlite_where=RUNNING_UNSTARTED, postgresql_where=RUNNING_UNSTARTED
)


class BulkAddRow(Table):
    """Many contacts being added to one sequence; `done` of `total` lines have their answer."""

    __tablename__ = "bulk_adds"
    __table_args__ = (
        one_of("status", AddStatus),
        Index("ix_bulk_adds_sequence", "sequence_id", "id"),
        Index("ix_bulk_adds_by", "by", "id"),
        UNSTARTED,
        RUNNING,
    )
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequences.id"))
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunities.id"))
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[AddStatus] = mapped_column(Word(AddStatus))
    total: Mapped[int]
    enrolled: Mapped[int] = mapped_column(server_default=text("0"))
    refused: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    canceled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    started: Mapped[bool] = mapped_column(server_default=false())


class BulkAddLineRow(Table):
    """One contact of an add as it was named, and its answer: `enrolled`, a refusal's code, or none yet.

    `contact_id` is whom the name means, once that is known: from the beginning where a search found the contact. The
    `sentence` is a remark on whoever was enrolled; that of a refusal is made when it is shown.
    """

    __tablename__ = "bulk_add_lines"
    __table_args__ = (
        Index("ix_bulk_add_lines_code", "bulk_add_id", "code"),
        partial("ix_bulk_add_lines_refused", "bulk_add_id", "position", where="code <> 'enrolled'"),
        Index("ix_bulk_add_lines_contact", "contact_id"),
        Index("ix_bulk_add_lines_enrollment", "enrollment_id"),
    )
    bulk_add_id: Mapped[str] = mapped_column(ForeignKey("bulk_adds.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    named: Mapped[str] = mapped_column(String(320))
    code: Mapped[str | None] = mapped_column(String(40))
    sentence: Mapped[str | None] = mapped_column(Text)
    enrollment_id: Mapped[str | None] = mapped_column(String(26))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
