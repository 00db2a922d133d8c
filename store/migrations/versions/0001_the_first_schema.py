"""the first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("address_type", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("address_type IN ('any', 'work', 'personal')", name=op.f("ck_templates_address_type_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("name", name=op.f("uq_templates_name")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("sending_address", sa.String(length=320), nullable=True),
        sa.Column("sending_number", sa.String(length=32), nullable=True),
        sa.CheckConstraint("level IN ('none', 'view', 'use', 'edit', 'manage')", name=op.f("ck_users_level_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_companies_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("external_id", name=op.f("uq_companies_external_id")),
    )
    op.create_index("ix_companies_name", "companies", ["name"], unique=False)

    op.create_table(
        "sequences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("sharing", sa.String(length=40), nullable=False),
        sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("sharing IN ('private', 'users', 'everyone')", name=op.f("ck_sequences_sharing_known")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_sequences_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequences")),
    )
    op.create_index("ix_sequences_name", "sequences", ["name"], unique=False)

    op.create_table(
        "sequencing_settings",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("frames", sa.JSON(), nullable=False),
        sa.Column("closed_dates", sa.JSON(), nullable=False),
        sa.Column("more_than_one_sequence", sa.Boolean(), nullable=False),
        sa.Column("seconds_allowed", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_sequencing_settings_changed_by")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_sequencing_settings")),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_suppressions_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("target", name=op.f("uq_suppressions_target")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("first_name", sa.String(length=200), nullable=False),
        sa.Column("last_name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), server_default="", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("do_not_contact", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("kind IN ('candidate', 'client', 'both')", name=op.f("ck_contacts_kind_known")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_contacts_company_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_contacts_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("external_id", name=op.f("uq_contacts_external_id")),
    )
    op.create_table(
        "opportunities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_opportunities_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunities")),
        sa.UniqueConstraint("external_id", name=op.f("uq_opportunities_external_id")),
    )
    op.create_table(
        "sequence_shares",
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sequence_id"], ["sequences.id"], name=op.f("fk_sequence_shares_sequence_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sequence_shares_user_id")),
        sa.PrimaryKeyConstraint("sequence_id", "user_id", name=op.f("pk_sequence_shares")),
    )
    op.create_table(
        "email_addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.CheckConstraint("type IN ('any', 'work', 'personal')", name=op.f("ck_email_addresses_type_known")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_email_addresses_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_addresses")),
        sa.UniqueConstraint("contact_id", "address", name=op.f("uq_email_addresses_contact_id_address")),
    )
    op.create_index("ix_email_addresses_address", "email_addresses", ["address"], unique=False)

    op.create_table(
        "enrollments",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("enrolled_by", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("started_run", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=40), nullable=True),
        sa.Column("wait_left", sa.BigInteger(), nullable=True),
        sa.Column("todo", sa.String(length=26), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_todo", sa.String(length=26), nullable=True),
        sa.Column("answered_step", sa.Integer(), nullable=True),
        sa.Column("last_news", sa.Integer(), nullable=False),
        sa.Column("noted", sa.Integer(), nullable=False),
        sa.CheckConstraint("outcome IN ('positive', 'negative', 'neutral')", name=op.f("ck_enrollments_outcome_known")),
        sa.CheckConstraint(
            "reason IN ('no_email_address', 'no_address_of_type', 'no_phone_number', 'replied', 'by_user', 'missing_merge_field', 'bounced', 'suppressed', 'template_broken', 'no_sender_address', 'no_sender_number', 'could_not_be_sent', 'delivery_unknown', 'in_temporal', 'ended_in_temporal', 'steps_done', 'result', 'concluded', 'unsubscribed')",
            name=op.f("ck_enrollments_reason_known"),
        ),
        sa.CheckConstraint("state IN ('waiting', 'to_do', 'sending')", name=op.f("ck_enrollments_state_known")),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'canceled', 'finished', 'removed')",
            name=op.f("ck_enrollments_status_known"),
        ),
        sa.CheckConstraint(
            "why IN ('delay', 'send_window', 'no_send_window', 'no_business_days', 'mail_server_unreachable', 'mail_server_not_now')",
            name=op.f("ck_enrollments_why_known"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_enrollments_asked_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_enrollments_contact_id")),
        sa.ForeignKeyConstraint(["enrolled_by"], ["users.id"], name=op.f("fk_enrollments_enrolled_by")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name=op.f("fk_enrollments_opportunity_id")),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_enrollments_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollments")),
    )
    op.create_index("ix_enrollments_contact", "enrollments", ["contact_id", "status"], unique=False)
    op.create_index("ix_enrollments_sequence", "enrollments", ["sequence_id", "status", "id"], unique=False)
    op.create_index("ix_enrollments_standing", "enrollments", ["status", "enrolled_by"], unique=False)
    op.create_index(
        "ix_enrollments_unstarted",
        "enrollments",
        ["enrolled_at"],
        unique=False,
        sqlite_where=sa.text("started_run < run"),
        postgresql_where=sa.text("started_run < run"),
    )
    op.create_index(
        "uq_enrollments_open_once",
        "enrollments",
        ["sequence_id", "contact_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('active', 'paused')"),
        postgresql_where=sa.text("status IN ('active', 'paused')"),
    )

    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.String(length=26), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.String(length=80), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('email', 'text')", name=op.f("ck_messages_channel_known")),
        sa.CheckConstraint(
            "state IN ('claimed', 'handing_over', 'sent', 'unknown', 'not_sent')", name=op.f("ck_messages_state_known")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_messages_contact_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["users.id"], name=op.f("fk_messages_sender_id")),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_messages_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("enrollment_id", "step", "copy", name=op.f("uq_messages_enrollment_id_step_copy")),
    )
    op.create_index("ix_messages_contact", "messages", ["contact_id"], unique=False)
    op.create_index("ix_messages_message_id", "messages", ["message_id"], unique=False)

    op.create_table(
        "phone_numbers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_phone_numbers_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_numbers")),
        sa.UniqueConstraint("contact_id", "number", name=op.f("uq_phone_numbers_contact_id_number")),
    )
    op.create_index("ix_phone_numbers_number", "phone_numbers", ["number"], unique=False)

    op.create_table(
        "removals",
        sa.Column("enrollment_id", sa.String(length=26), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_removals_contact_id")),
        sa.ForeignKeyConstraint(["removed_by"], ["users.id"], name=op.f("fk_removals_removed_by")),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_removals_sequence_id")),
        sa.PrimaryKeyConstraint("enrollment_id", name=op.f("pk_removals")),
    )
    op.create_index("ix_removals_contact", "removals", ["contact_id"], unique=False)
    op.create_index("ix_removals_sequence", "removals", ["sequence_id"], unique=False)

    op.create_table(
        "steps",
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("delay_amount", sa.Integer(), nullable=False),
        sa.Column("delay_unit", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("address_type", sa.String(length=40), nullable=False),
        sa.Column("reply_in_thread", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=True),
        sa.Column("regards_enrolled_opportunity", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("track_opens", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("track_clicks", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("unsubscribe_link", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "action IN ('automatic_email', 'manual_email', 'call', 'text', 'task')", name=op.f("ck_steps_action_known")
        ),
        sa.CheckConstraint("address_type IN ('any', 'work', 'personal')", name=op.f("ck_steps_address_type_known")),
        sa.CheckConstraint(
            "delay_unit IN ('seconds', 'minutes', 'hours', 'days', 'business_days', 'weeks')",
            name=op.f("ck_steps_delay_unit_known"),
        ),
        sa.CheckConstraint(
            "owner IN ('enroller', 'user', 'contact_owner', 'company_owner')", name=op.f("ck_steps_owner_known")
        ),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name=op.f("fk_steps_opportunity_id")),
        sa.ForeignKeyConstraint(
            ["sequence_id"], ["sequences.id"], name=op.f("fk_steps_sequence_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name=op.f("fk_steps_template_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_steps_user_id")),
        sa.PrimaryKeyConstraint("sequence_id", "position", name=op.f("pk_steps")),
    )
    op.create_table(
        "todos",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("enrollment_id", sa.String(length=26), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("edited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "action IN ('automatic_email', 'manual_email', 'call', 'text', 'task')", name=op.f("ck_todos_action_known")
        ),
        sa.CheckConstraint(
            "result IN ('no_answer', 'left_voicemail', 'interested', 'not_interested', 'none', 'positive', 'negative')",
            name=op.f("ck_todos_result_known"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'away', 'done', 'skipped', 'withdrawn')", name=op.f("ck_todos_status_known")
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_todos_assignee_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_todos_contact_id")),
        sa.ForeignKeyConstraint(["done_by"], ["users.id"], name=op.f("fk_todos_done_by")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunities.id"], name=op.f("fk_todos_opportunity_id")),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_todos_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todos")),
    )
    op.create_index("ix_todos_contact", "todos", ["contact_id"], unique=False)
    op.create_index("ix_todos_enrollment", "todos", ["enrollment_id"], unique=False)
    op.create_index("ix_todos_list", "todos", ["assignee_id", "status", "due_at", "id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("enrollment_id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "what IN ('result', 'skip', 'send', 'take_back', 'bypass', 'pause', 'resume', 'reply', 'settle', 'conclude', 'cancel', 'reactivate', 'remove', 'look_again', 'enrolled', 'opened', 'claimed', 'released', 'sent', 'try_later', 'blocked', 'lost', 'restored', 'ended_in_temporal')",
            name=op.f("ck_events_what_known"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_events_by")),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name=op.f("fk_events_enrollment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_enrollment", "events", ["enrollment_id", "id"], unique=False)

    op.create_table(
        "news",
        sa.Column("enrollment_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("happening", sa.JSON(), nullable=False),
        sa.Column("signaled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "what IN ('result', 'skip', 'send', 'take_back', 'bypass', 'pause', 'resume', 'reply', 'settle', 'conclude', 'cancel', 'reactivate', 'remove', 'look_again', 'enrolled', 'opened', 'claimed', 'released', 'sent', 'try_later', 'blocked', 'lost', 'restored', 'ended_in_temporal')",
            name=op.f("ck_news_what_known"),
        ),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name=op.f("fk_news_enrollment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("enrollment_id", "number", name=op.f("pk_news")),
        sa.UniqueConstraint("enrollment_id", "key", name=op.f("uq_news_enrollment_id_key")),
    )
    op.create_index(
        "ix_news_unsignaled",
        "news",
        ["at"],
        unique=False,
        sqlite_where=sa.text("code IS NULL"),
        postgresql_where=sa.text("code IS NULL"),
    )
