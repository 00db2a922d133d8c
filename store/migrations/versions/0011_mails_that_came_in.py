"""mails that came in"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KIND = (
    *("person", "calendar", "list", "automatic", "receipt", "delayed", "soft_bounce", "hard_bounce", "blocked"),
    "complaint",
)
MEANING = ("reply", "auto_reply", "bounce", "soft_bounce", "complaint", "own_copy", "sent", "other")


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer()),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("meaning", sa.String(40), nullable=False),
        sa.Column("why", sa.String(80), nullable=False),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_one_of("kind", KIND), name=op.f("ck_mails_kind_known")),
        sa.CheckConstraint(_one_of("meaning", MEANING), name=op.f("ck_mails_meaning_known")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_mails_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["answers"], ["messages.id"], name=op.f("fk_mails_answers"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("key", "contact_id", name=op.f("uq_mails_key_contact_id")),
    )
    op.create_index("ix_mails_contact", "mails", ["contact_id", "meaning", "id"])
    op.create_index("ix_mails_answers", "mails", ["answers"])
    op.create_index("ix_mails_sender", "mails", ["sender"])
    op.create_table(
        "journal_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kept", sa.Integer(), server_default="0", nullable=False),
        sa.Column("others", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unreadable", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_journal_days")),
    )
    op.add_column("messages", sa.Column("seen_at", sa.DateTime(timezone=True)))
    op.create_index("ix_messages_sent", "messages", ["channel", "sent_at"])
    op.create_index("ix_messages_recipient", "messages", ["recipient"])


def _one_of(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"
