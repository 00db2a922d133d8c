"""large adds: whom a line means, and whether the run was started"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bulk_adds", sa.Column("started", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("bulk_add_lines") as lines:
        lines.add_column(sa.Column("contact_id", sa.Integer()))
        key = op.f("fk_bulk_add_lines_contact_id")
        lines.create_foreign_key(key, "contacts", ["contact_id"], ["id"], ondelete="CASCADE")
    op.create_index("ix_bulk_add_lines_code", "bulk_add_lines", ["bulk_add_id", "code"])
    op.create_index("ix_bulk_add_lines_contact", "bulk_add_lines", ["contact_id"])
    op.create_index("ix_bulk_add_lines_enrollment", "bulk_add_lines", ["enrollment_id"])
    where = sa.text("status = 'running' AND NOT started")
    op.create_index("ix_bulk_adds_unstarted", "bulk_adds", ["created_at"], sqlite_where=where, postgresql_where=where)
