"""the default stages, exactly one of them New; erased contacts; lists of contacts by owner and company"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STAGES = {
    "New": "new",
    "Screening": "in_progress",
    "Interview": "in_progress",
    "Offer": "in_progress",
    "Hired": "done_positive",
    "Rejected": "done_negative",
}


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_erasures_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_contact_id"), "erasures", ["contact_id"], unique=False)
    op.create_index("ix_contacts_owner", "contacts", ["owner_id", "id"], unique=False)
    op.create_index("ix_contacts_company", "contacts", ["company_id", "id"], unique=False)
    with op.batch_alter_table("removals") as removals:
        removals.alter_column("contact_id", existing_type=sa.Integer(), nullable=True)
    _the_stages()


def _the_stages() -> None:
    """The usual ones, where nobody has made any."""
    stages = sa.table("stages", sa.column("name"), sa.column("type"), sa.column("position"))
    if op.get_bind().execute(sa.select(sa.func.count()).select_from(stages)).scalar_one() == 0:
        rows = enumerate(STAGES.items(), 1)
        op.bulk_insert(stages, [{"name": name, "type": kind, "position": place} for place, (name, kind) in rows])
    only = sa.text("type = 'new'")
    op.create_index("uq_stages_new", "stages", ["type"], unique=True, sqlite_where=only, postgresql_where=only)
