"""formats of wording: text or HTML; by which rule the sender of a message was found"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WORDED = ("templates", "steps", "todos")


def upgrade() -> None:
    """Written out, because SQLite then needs not make the tables anew."""
    for table in WORDED:
        known = f"CONSTRAINT ck_{table}_format_known CHECK (format IN ('text', 'html'))"
        op.execute(f"ALTER TABLE {table} ADD COLUMN format VARCHAR(40) DEFAULT 'text' NOT NULL {known}")
    op.execute("ALTER TABLE messages ADD COLUMN sent_by_rule VARCHAR(40)")
