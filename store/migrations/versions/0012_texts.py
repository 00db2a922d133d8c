"""texts: what the provider says, and what comes in"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("segments", sa.Integer()))
    op.add_column("messages", sa.Column("provider_id", sa.String(64)))
    op.create_index("ix_messages_provider_id", "messages", ["provider_id"])
    op.create_table(
        "text_receipts",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.String(40), nullable=False),
        sa.Column("code", sa.String(20), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "delivery IN ('delivered', 'undelivered', 'failed')", name=op.f("ck_text_receipts_delivery_known")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_text_receipts_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "delivery", name=op.f("pk_text_receipts")),
    )
    op.create_table(
        "incoming_texts",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("sender", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('stop', 'start', 'reply')", name=op.f("ck_incoming_texts_kind_known")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_incoming_texts_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_texts")),
        sa.UniqueConstraint("provider_id", "contact_id", name=op.f("uq_incoming_texts_provider_id_contact_id")),
    )
    op.create_index("ix_incoming_texts_contact", "incoming_texts", ["contact_id", "id"])
    op.create_table(
        "text_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kept", sa.Integer(), server_default="0", nullable=False),
        sa.Column("others", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_text_days")),
    )
