"""opens, clicks, links, unsubscribes"""

import sqlalchemy as sa
from alembic import op

from store.columns import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("reference", sa.String(26)))
    op.execute(
        "UPDATE messages SET reference = substr(message_id, 2, 26) "
        "WHERE channel = 'email' AND substr(message_id, 28, 1) = '@'"
    )
    op.create_index("ix_messages_reference", "messages", ["reference"])
    op.create_table(
        "link_uses",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sign", sa.String(40), nullable=False),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_link_uses_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "kind", "position", "sign", name="pk_link_uses"),
        sa.CheckConstraint("kind IN ('view', 'click')", name=op.f("ck_link_uses_kind_known")),
        sa.CheckConstraint(
            "sign IN ('person', 'mail_proxy', 'head', 'no_name', 'prefetch', 'scanner', 'crawler', 'too_soon', 'many_links', 'hidden_link')",
            name=op.f("ck_link_uses_sign_known"),
        ),
    )
    op.create_index("ix_suppressions_reason", "suppressions", ["reason", "id"])
