"""The table of tasks that users write for themselves."""

from datetime import date, datetime, time

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Table, partial


class OwnTaskRow(Table):
    """`day` and `at` are read from the clock of wherever its user is; without `at` it is for any time that day."""

    __tablename__ = "own_tasks"
    __table_args__ = (
        Index("ix_own_tasks_day", "user_id", "day", "id"),
        partial("ix_own_tasks_open", "user_id", "day", "id", where="done_at IS NULL"),
        Index("ix_own_tasks_contact", "contact_id"),
    )
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, server_default="")
    day: Mapped[date]
    at: Mapped[time | None]
    done_at: Mapped[datetime | None]
    written_at: Mapped[datetime]
