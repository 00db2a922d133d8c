"""suppressions: who lifted which"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppression_lifts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(320), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer()),
        sa.Column("lifted_by", sa.Integer()),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_suppression_lifts_by")),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_suppression_lifts_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_lifts")),
    )
    op.create_index("ix_suppression_lifts_target", "suppression_lifts", ["target"])
