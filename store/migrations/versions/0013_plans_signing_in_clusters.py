"""indexes that lists need; tries at signing in; numbers of events; the copy at an answer"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_enrollments_open", "enrollments", ("id",), "status IN ('active', 'paused')"),
    ("ix_enrollments_paused", "enrollments", ("enrolled_by",), "status = 'paused'"),
    ("ix_todos_open", "todos", ("due_at", "id"), "status = 'open'"),
    ("ix_todos_open_of_kind", "todos", ("action", "due_at", "id"), "status = 'open'"),
    ("ix_todos_open_of_sequence", "todos", ("sequence_id", "due_at", "id"), "status = 'open'"),
    ("ix_contacts_candidates", "contacts", ("id",), "kind <> 'client'"),
    ("ix_contacts_clients", "contacts", ("id",), "kind <> 'candidate'"),
    ("ix_contacts_both", "contacts", ("id",), "kind = 'both'"),
    ("ix_bulk_adds_running", "bulk_adds", ("id",), "status = 'running'"),
)


def upgrade() -> None:
    _indexes()
    op.create_table(
        "tries",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_last_at"), "tries", ["last_at"])
    op.add_column("enrollments", sa.Column("answered_copy", sa.Integer()))
    op.create_table(
        "event_numbers",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ahead", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_numbers")),
    )


def _indexes() -> None:
    op.drop_index("ix_enrollments_standing", "enrollments")
    op.create_index("ix_enrollments_status", "enrollments", ["status", "id"])
    for name, table, columns, where in PARTIAL:
        some = sa.text(where)
        op.create_index(name, table, list(columns), sqlite_where=some, postgresql_where=some)
