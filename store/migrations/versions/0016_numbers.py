"""an index of the lines of timelines that numbers are made of"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    some = sa.text("what IN ('blocked', 'reply', 'unsubscribe')")
    op.create_index("ix_events_counted", "events", ["enrollment_id"], sqlite_where=some, postgresql_where=some)
