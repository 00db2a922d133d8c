"""events followed in the order of commits"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("UPDATE events SET written_in = 0 WHERE written_in IS NULL"))
    op.create_index("ix_events_written", "events", ["written_in", "id"])
