"""indexes: what waits for the mail server, opportunities by title"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UNREACHED = "status = 'active' AND state = 'waiting' AND failing_since IS NOT NULL"


def upgrade() -> None:
    some = sa.text(UNREACHED)
    op.create_index(
        "ix_enrollments_unreached", "enrollments", ["status", "due_at"], sqlite_where=some, postgresql_where=some
    )
    op.create_index(op.f("ix_opportunities_title"), "opportunities", ["title"])
