"""The table of who has a tie of his own to which enrollment, so that a list of all that he sees reads a page of it."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sequencing.enrollments import Status
from sequencing.todos import Outcome
from store.columns import Table, Word, partial
from store.tables import ENDED


class TieRow(Table):
    """Who started it, who owns its contact, and each who was given a to-do of it, with what lists are narrowed by.

    The database itself keeps these rows, by triggers: nothing in the code writes them.
    """

    __tablename__ = "ties"
    __table_args__ = (
        Index("ix_ties_enrollment", "enrollment_id"),
        Index("ix_ties_by_status", "user_id", "status", "enrollment_id"),
        partial("ix_ties_by_outcome", "user_id", "outcome", "enrollment_id", where=ENDED),
        Index("ix_ties_contacts", "user_id", "contact_id"),
        Index("ix_ties_contacts_by_status", "user_id", "status", "contact_id"),
        partial("ix_ties_contacts_by_outcome", "user_id", "outcome", "contact_id", where=ENDED),
    )
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    enrollment_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    contact_id: Mapped[int]
    status: Mapped[Status] = mapped_column(Word(Status))
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))
