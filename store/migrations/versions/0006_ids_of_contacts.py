"""an erased contact's id is never given again"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """PostgreSQL's sequences never go back."""
    if op.get_bind().dialect.name != "sqlite":
        return
    with op.batch_alter_table("contacts", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
        pass
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'contacts'")
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'contacts', coalesce(max(id), 0) "
        "FROM (SELECT id FROM contacts UNION SELECT contact_id FROM erasures)"
    )
