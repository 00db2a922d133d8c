"""tasks that users write for themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_tasks",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer()),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.Time()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_own_tasks_user_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_own_tasks_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_tasks")),
    )
    op.create_index("ix_own_tasks_day", "own_tasks", ["user_id", "day", "id"])
    op.create_index("ix_own_tasks_contact", "own_tasks", ["contact_id"])
    still = sa.text("done_at IS NULL")
    op.create_index(
        "ix_own_tasks_open", "own_tasks", ["user_id", "day", "id"], sqlite_where=still, postgresql_where=still
    )
