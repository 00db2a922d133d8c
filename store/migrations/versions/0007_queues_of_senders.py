"""queues of senders; words of the timeline; instructions and templates that change"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHAT = (
    *("result", "skip", "send", "take_back", "bypass", "pause", "resume", "reply", "settle", "conclude", "cancel"),
    *("reactivate", "remove", "look_again", "enrolled", "opened", "claimed", "released", "sent", "try_later"),
    *("blocked", "lost", "restored", "ended_in_temporal", "held", "queued", "postponed", "reassigned", "inherited"),
)
WHY = (
    *("delay", "send_window", "no_send_window", "no_business_days"),
    *("mail_server_unreachable", "mail_server_not_now", "held", "daily_cap", "sender_gap"),
)
CAUSE = ("timing", "calendar", "release", "instructions")


def upgrade() -> None:
    op.create_table(
        "senders",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("left_that_day", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True)),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_senders_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_senders")),
    )
    for table, column, words in (("news", "what", WHAT), ("replans", "cause", CAUSE)):
        with op.batch_alter_table(table) as batch:
            name = op.f(f"ck_{table}_{column}_known")
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, _one_of(column, words))
    _events()
    _enrollments()
    op.add_column("templates", sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("steps", sa.Column("wording_version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("todos", sa.Column("sequence_version", sa.Integer(), server_default="1", nullable=False))


def _one_of(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


def _events() -> None:
    """SQLite makes the table anew, and must go on counting where the old one was."""
    counted = _counted()
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as events:
        events.drop_constraint(op.f("ck_events_what_known"), type_="check")
        events.create_check_constraint(op.f("ck_events_what_known"), _one_of("what", WHAT))
    if counted is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
        again = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', :counted)")
        op.execute(again.bindparams(counted=counted))


def _counted() -> int | None:
    if op.get_bind().dialect.name != "sqlite":
        return None
    counted: int | None = op.get_bind().scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'events'"))
    return counted


def _enrollments() -> None:
    with op.batch_alter_table("enrollments") as enrollments:
        enrollments.add_column(sa.Column("any_hour", sa.Boolean(), server_default=sa.false(), nullable=False))
        enrollments.add_column(sa.Column("queued_for", sa.Integer()))
        enrollments.create_foreign_key(op.f("fk_enrollments_queued_for"), "users", ["queued_for"], ["id"])
        enrollments.drop_constraint(op.f("ck_enrollments_why_known"), type_="check")
        enrollments.create_check_constraint(op.f("ck_enrollments_why_known"), _one_of("why", WHY))
    for name, columns, condition in (
        ("ix_enrollments_queue", ["queued_for", "step", "ready_at"], "why IN ('daily_cap', 'sender_gap')"),
        ("ix_enrollments_due", ["due_at"], "status = 'active' AND state = 'waiting'"),
    ):
        where = sa.text(condition)
        op.create_index(name, "enrollments", columns, sqlite_where=where, postgresql_where=where)
