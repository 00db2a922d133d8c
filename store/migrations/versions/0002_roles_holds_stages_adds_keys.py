"""roles, holds, stages, large adds, keys to the doors"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFERENCES = {
    "opportunities": ["owner_id"],
    "sequences": ["changed_by"],
    "templates": ["owner_id", "changed_by"],
}
WHAT = (
    *("result", "skip", "send", "take_back", "bypass", "pause", "resume", "reply", "settle", "conclude", "cancel"),
    *("reactivate", "remove", "look_again", "enrolled", "opened", "claimed", "released", "sent", "try_later"),
    *("blocked", "lost", "restored", "ended_in_temporal", "held"),
)
WHY = (
    *("delay", "send_window", "no_send_window", "no_business_days"),
    *("mail_server_unreachable", "mail_server_not_now", "held"),
)
ROLES = {
    "manage": "Administrator",
    "edit": "Sequences: edit",
    "use": "Sequences: use",
    "view": "Sequences: view",
    "none": "No sequences",
}


def upgrade() -> None:
    _create()
    _add_columns()
    for table, column, words in (("news", "what", WHAT), ("enrollments", "why", WHY)):
        with op.batch_alter_table(table) as batch:
            _know(batch, table, column, words)
    _free_the_events()
    _plan_anew()
    roles = sa.table("roles", sa.column("name"), sa.column("level"))
    op.bulk_insert(roles, [{"name": name, "level": level} for level, name in ROLES.items()])
    op.execute("INSERT INTO user_roles SELECT users.id, roles.id FROM users JOIN roles ON roles.level = users.level")


def _plan_anew() -> None:
    op.create_table(
        "replans",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("sequence_id", sa.Integer()),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("cause IN ('timing', 'calendar', 'release')", name=op.f("ck_replans_cause_known")),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_replans_sequence_id")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_replans_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replans")),
    )
    for name, table, column, where in (
        ("ix_replans_open", "replans", "id", "ended_at IS NULL"),
        ("ix_enrollments_planned", "enrollments", "calendar_version", "status = 'active' AND state = 'waiting'"),
        ("ix_enrollments_held", "enrollments", "sequence_id", "why = 'held'"),
    ):
        condition = sa.text(where)
        op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)


def _add_columns() -> None:
    op.add_column("enrollments", sa.Column("sequence_version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("enrollments", sa.Column("calendar_version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("enrollments", sa.Column("bypassed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("steps", sa.Column("timing_version", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "sequencing_settings", sa.Column("calendar_version", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute("UPDATE sequencing_settings SET calendar_version = version")
    op.execute("UPDATE enrollments SET calendar_version = (SELECT coalesce(max(version), 0) FROM sequencing_settings)")
    op.add_column("sequences", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.add_column("templates", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.add_column(
        "sequencing_settings", sa.Column("journaling", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("sequencing_settings", sa.Column("limits", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("users", sa.Column("time_zone", sa.String(length=64)))
    op.add_column("users", sa.Column("password_hash", sa.String(length=200)))
    for table, columns in REFERENCES.items():
        for column in columns:
            # Alembic would have to rebuild the table on SQLite, which knows this form as PostgreSQL does.
            key = f"CONSTRAINT fk_{table}_{column} REFERENCES users (id)"
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER {key}")


def _free_the_events() -> None:
    """The line of a removal outlives its enrollment, ids are never given again, and followers see commits in order."""
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as events:
        events.drop_constraint("fk_events_enrollment_id", type_="foreignkey")
        events.add_column(sa.Column("written_in", sa.BigInteger()))
        _know(events, "events", "what", WHAT)
    if op.get_bind().dialect.name == "postgresql":
        number = "(pg_current_xact_id()::text::bigint)"
        op.execute(f"ALTER TABLE events ALTER COLUMN written_in SET DEFAULT {number}")


def _know(batch: BatchOperations, table: str, column: str, words: tuple[str, ...]) -> None:
    """The column may hold these words."""
    name = op.f(f"ck_{table}_{column}_known")
    batch.drop_constraint(name, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    batch.create_check_constraint(name, f"{column} IN ({listed})")


def _create() -> None:
    op.create_table(
        "roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.CheckConstraint("level IN ('none', 'view', 'use', 'edit', 'manage')", name=op.f("ck_roles_level_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "answers",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_answers_user_id")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_at"), "answers", ["at"], unique=False)
    op.create_table(
        "holds",
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("held_by", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["held_by"], ["users.id"], name=op.f("fk_holds_held_by")),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_holds")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_user_id"), "tokens", ["user_id"], unique=False)
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_user_roles_role_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "stages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "type IN ('new', 'in_progress', 'done', 'done_positive', 'done_negative')",
            name=op.f("ck_stages_type_known"),
        ),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_stages_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("name", name=op.f("uq_stages_name")),
    )
    op.create_table(
        "bulk_adds",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("enrolled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("status IN ('running', 'canceled', 'done')", name=op.f("ck_bulk_adds_status_known")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_bulk_adds_by")),
        sa.ForeignKeyConstraint(["canceled_by"], ["users.id"], name=op.f("fk_bulk_adds_canceled_by")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name=op.f("fk_bulk_adds_opportunity_id")),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_bulk_adds_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_adds")),
    )
    op.create_index("ix_bulk_adds_sequence", "bulk_adds", ["sequence_id", "id"], unique=False)
    op.create_table(
        "candidacies",
        sa.Column("opportunity_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_candidacies_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name=op.f("fk_candidacies_opportunity_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_candidacies_stage_id")),
        sa.PrimaryKeyConstraint("opportunity_id", "contact_id", name=op.f("pk_candidacies")),
    )
    op.create_index(op.f("ix_candidacies_contact_id"), "candidacies", ["contact_id"], unique=False)
    op.create_index("ix_candidacies_stage", "candidacies", ["opportunity_id", "stage_id", "contact_id"], unique=False)
    op.create_index(op.f("ix_candidacies_stage_id"), "candidacies", ["stage_id"], unique=False)
    op.create_table(
        "stage_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("from_stage_id", sa.Integer(), nullable=True),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_stage_moves_by")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_stage_moves_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["from_stage_id"], ["stages.id"], name=op.f("fk_stage_moves_from_stage_id")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name=op.f("fk_stage_moves_opportunity_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_stage_moves_stage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_moves")),
    )
    op.create_index("ix_stage_moves_candidacy", "stage_moves", ["opportunity_id", "contact_id", "id"], unique=False)
    op.create_index(op.f("ix_stage_moves_contact_id"), "stage_moves", ["contact_id"], unique=False)
    op.create_table(
        "bulk_add_lines",
        sa.Column("bulk_add_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("named", sa.String(length=320), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("enrollment_id", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulk_add_id"], ["bulk_adds.id"], name=op.f("fk_bulk_add_lines_bulk_add_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bulk_add_id", "position", name=op.f("pk_bulk_add_lines")),
    )
