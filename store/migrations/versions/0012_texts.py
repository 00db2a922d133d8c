"""texts: what the provider says, and what comes in"""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To be filled in."""
