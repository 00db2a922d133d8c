"""words for what comes in: bounces, unsubscribes, automatic answers, opens, clicks, deliveries; quiet hours"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHAT = (
    *("result", "skip", "send", "take_back", "bypass", "pause", "resume", "reply", "settle", "conclude", "cancel"),
    *("reactivate", "remove", "bounce", "unsubscribe", "look_again", "enrolled", "opened", "claimed", "released"),
    *("sent", "try_later", "blocked", "lost", "restored", "ended_in_temporal", "held", "queued", "postponed"),
    *("reassigned", "inherited", "was_leaving", "auto_replied", "soft_bounced", "viewed", "clicked", "delivered"),
)
WHY = (
    *("delay", "send_window", "no_send_window", "no_business_days", "mail_server_unreachable", "mail_server_not_now"),
    *("held", "daily_cap", "sender_gap", "quiet_hours"),
)


def upgrade() -> None:
    _know("news", "what", WHAT)
    _know("enrollments", "why", WHY)
    counted = _counted()
    _know("events", "what", WHAT, sqlite_autoincrement=True)
    if counted is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
        again = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', :counted)")
        op.execute(again.bindparams(counted=counted))


def _know(table: str, column: str, words: tuple[str, ...], **kept: bool) -> None:
    """The column may hold these words."""
    name = op.f(f"ck_{table}_{column}_known")
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, table_kwargs=kept) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, f"{column} IN ({listed})")


def _counted() -> int | None:
    """SQLite makes the table anew, and must go on counting where the old one was."""
    if op.get_bind().dialect.name != "sqlite":
        return None
    counted: int | None = op.get_bind().scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'events'"))
    return counted
