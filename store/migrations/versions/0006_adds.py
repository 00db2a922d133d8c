"""large adds: whom a line means, and whether the run was started"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bulk_adds", sa.Column("started", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Alembic would have to rebuild the table on SQLite, which knows this form as PostgreSQL does.
    key = "CONSTRAINT fk_bulk_add_lines_contact_id REFERENCES contacts (id) ON DELETE CASCADE"
    op.execute(f"ALTER TABLE bulk_add_lines ADD COLUMN contact_id INTEGER {key}")
    op.create_index("ix_bulk_add_lines_code", "bulk_add_lines", ["bulk_add_id", "code"])
    op.create_index("ix_bulk_add_lines_contact", "bulk_add_lines", ["contact_id"])
    op.create_index("ix_bulk_add_lines_enrollment", "bulk_add_lines", ["enrollment_id"])
    where = sa.text("status = 'running' AND NOT started")
    op.create_index("ix_bulk_adds_unstarted", "bulk_adds", ["created_at"], sqlite_where=where, postgresql_where=where)
