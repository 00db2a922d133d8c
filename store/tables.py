"""The tables of sequences and enrollments. Ids of enrollments and to-dos are ULIDs."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from sequencing.enrollments import Status, StepState
from sequencing.happenings import Reason, What, Why
from sequencing.people import AddressType
from sequencing.replans import Cause
from sequencing.sequences import Action, Format, OwnerRule, Sharing
from sequencing.timing import Unit
from sequencing.todos import Outcome, Result, TodoStatus
from sequencing.tracking import Sign, Use
from store.columns import Table, Word, one_of, partial

ENDED = "outcome IS NOT NULL"
WAITS = "status = 'active' AND state = 'waiting'"


class TemplateRow(Table):
    __tablename__ = "templates"
    __table_args__ = (one_of("address_type", AddressType), one_of("format", Format))
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    format: Mapped[Format] = mapped_column(Word(Format), server_default=Format.text)
    address_type: Mapped[AddressType] = mapped_column(Word(AddressType))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime | None]
    archived: Mapped[bool] = mapped_column(server_default=false())


class SettingsRow(Table):
    """One row a version; the newest is in force, the others say who changed what and when."""

    __tablename__ = "sequencing_settings"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    zone: Mapped[str] = mapped_column(String(64))
    frames: Mapped[list[Any]]
    closed_dates: Mapped[list[Any]]
    more_than_one_sequence: Mapped[bool]
    seconds_allowed: Mapped[bool]
    journaling: Mapped[bool] = mapped_column(server_default=false())
    limits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    calendar_version: Mapped[int] = mapped_column(server_default=text("0"))
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]


class SequenceRow(Table):
    __tablename__ = "sequences"
    __table_args__ = (one_of("sharing", Sharing),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    description: Mapped[str] = mapped_column(Text, server_default="")
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    sharing: Mapped[Sharing] = mapped_column(Word(Sharing))
    archived: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime | None]


class HoldRow(Table):
    """While it stands nothing is claimed: in one sequence (`sequence-12`), or anywhere (`all`)."""

    __tablename__ = "holds"
    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    held_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime]


class ReplanRow(Table):
    """Waits, or to-dos, that follow a change: of a sequence's timing or instructions, of the calendar, or a release."""

    __tablename__ = "replans"
    __table_args__ = (
        one_of("cause", Cause),
        partial("ix_replans_open", "id", where="ended_at IS NULL"),
    )
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    cause: Mapped[Cause] = mapped_column(Word(Cause))
    sequence_id: Mapped[int | None] = mapped_column(ForeignKey("sequences.id"))
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    moved: Mapped[int] = mapped_column(server_default=text("0"))
    ended_at: Mapped[datetime | None]


class SequenceShareRow(Table):
    __tablename__ = "sequence_shares"
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequences.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)


class StepRow(Table):
    __tablename__ = "steps"
    __table_args__ = (
        one_of("action", Action),
        one_of("delay_unit", Unit),
        one_of("owner", OwnerRule),
        one_of("address_type", AddressType),
        one_of("format", Format),
    )
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequences.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[Action] = mapped_column(Word(Action))
    delay_amount: Mapped[int]
    delay_unit: Mapped[Unit] = mapped_column(Word(Unit))
    timing_version: Mapped[int] = mapped_column(server_default=text("1"))
    wording_version: Mapped[int] = mapped_column(server_default=text("1"))
    owner: Mapped[OwnerRule] = mapped_column(Word(OwnerRule))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(Text, server_default="")
    subject: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text, server_default="")
    format: Mapped[Format] = mapped_column(Word(Format), server_default=Format.text)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("templates.id"))
    address_type: Mapped[AddressType] = mapped_column(Word(AddressType))
    reply_in_thread: Mapped[bool] = mapped_column(server_default=false())
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunities.id"))
    regards_enrolled_opportunity: Mapped[bool] = mapped_column(server_default=false())
    track_opens: Mapped[bool] = mapped_column(server_default=false())
    track_clicks: Mapped[bool] = mapped_column(server_default=false())
    unsubscribe_link: Mapped[bool] = mapped_column(server_default=false())


class EnrollmentRow(Table):
    __tablename__ = "enrollments"
    __table_args__ = (
        one_of("status", Status),
        one_of("state", StepState),
        one_of("reason", Reason),
        one_of("outcome", Outcome),
        one_of("why", Why),
        partial(
            "uq_enrollments_open_once", "sequence_id", "contact_id", where="status IN ('active', 'paused')", unique=True
        ),
        Index("ix_enrollments_contact", "contact_id", "status"),
        Index("ix_enrollments_sequence", "sequence_id", "status", "id"),
        Index("ix_enrollments_in_sequence", "sequence_id", "id"),
        Index("ix_enrollments_contacts_of_sequence", "sequence_id", "contact_id"),
        Index("ix_enrollments_contacts_by_status", "sequence_id", "status", "contact_id"),
        Index("ix_enrollments_status_of_contacts", "status", "contact_id"),
        partial("ix_enrollments_contacts_by_outcome", "sequence_id", "outcome", "contact_id", where=ENDED),
        partial("ix_enrollments_outcome_of_contacts", "outcome", "contact_id", where=ENDED),
        Index("ix_enrollments_status", "status", "id"),
        partial("ix_enrollments_outcome", "outcome", "id", where=ENDED),
        partial("ix_enrollments_outcome_in_sequence", "sequence_id", "outcome", "id", where=ENDED),
        partial("ix_enrollments_open", "id", where="status IN ('active', 'paused')"),
        partial("ix_enrollments_paused", "enrolled_by", "since", "id", where="status = 'paused'"),
        partial("ix_enrollments_stuck", "enrolled_by", "since", "id", where=f"{WAITS} AND due_at IS NULL"),
        partial("ix_enrollments_planned", "calendar_version", where="status = 'active' AND state = 'waiting'"),
        partial("ix_enrollments_held", "sequence_id", where=f"{WAITS} AND why = 'held'"),
        partial("ix_enrollments_unreached", "status", "due_at", where=f"{WAITS} AND failing_since IS NOT NULL"),
        partial("ix_enrollments_queue", "queued_for", "step", "ready_at", where="why IN ('daily_cap', 'sender_gap')"),
        partial("ix_enrollments_due", "due_at", where="status = 'active' AND state = 'waiting'"),
        partial("ix_enrollments_unstarted", "enrolled_at", where="started_run < run"),
    )
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequences.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    enrolled_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    enrolled_at: Mapped[datetime]
    previous_end: Mapped[datetime]
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunities.id"))
    run: Mapped[int]
    started_run: Mapped[int] = mapped_column(server_default=text("0"))
    status: Mapped[Status] = mapped_column(Word(Status))
    state: Mapped[StepState] = mapped_column(Word(StepState))
    step: Mapped[int]
    reason: Mapped[Reason | None] = mapped_column(Word(Reason))
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))
    since: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    why: Mapped[Why | None] = mapped_column(Word(Why))
    wait_left: Mapped[timedelta | None]
    todo: Mapped[str | None] = mapped_column(String(26))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    copy: Mapped[int]
    failing_since: Mapped[datetime | None]
    answered_todo: Mapped[str | None] = mapped_column(String(26))
    answered_step: Mapped[int | None]
    answered_copy: Mapped[int | None]
    last_news: Mapped[int]
    noted: Mapped[int]
    sequence_version: Mapped[int] = mapped_column(server_default=text("1"))
    calendar_version: Mapped[int] = mapped_column(server_default=text("0"))
    bypassed: Mapped[bool] = mapped_column(server_default=false())
    any_hour: Mapped[bool] = mapped_column(server_default=false())
    queued_for: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class NewsRow(Table):
    """What came from outside, in the order in which it was recorded. Append-only; `code` is set when it is noted."""

    __tablename__ = "news"
    __table_args__ = (
        one_of("what", What),
        UniqueConstraint("enrollment_id", "key"),
        partial("ix_news_unnoted", "signaled", "at", where="code IS NULL"),
    )
    enrollment_id: Mapped[str] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(String(80))
    what: Mapped[What] = mapped_column(Word(What))
    at: Mapped[datetime]
    happening: Mapped[dict[str, Any]]
    signaled: Mapped[bool] = mapped_column(server_default=false())
    code: Mapped[str | None] = mapped_column(String(40))


class TodoRow(Table):
    """A person's part of a step. Done ones outlive their enrollment, so it points at nothing that is deleted."""

    __tablename__ = "todos"
    __table_args__ = (
        one_of("action", Action),
        one_of("status", TodoStatus),
        one_of("result", Result),
        one_of("format", Format),
        Index("ix_todos_list", "assignee_id", "status", "due_at", "id"),
        partial("ix_todos_open", "due_at", "id", where="status = 'open'"),
        partial("ix_todos_open_of_kind", "action", "due_at", "id", where="status = 'open'"),
        partial("ix_todos_open_of_sequence", "sequence_id", "due_at", "id", where="status = 'open'"),
        partial("ix_todos_open_of_user", "assignee_id", "sequence_id", "due_at", "id", where="status = 'open'"),
        Index("ix_todos_enrollment", "enrollment_id"),
        Index("ix_todos_contact", "contact_id"),
    )
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    enrollment_id: Mapped[str] = mapped_column(String(26))
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequences.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("opportunities.id"))
    step: Mapped[int]
    action: Mapped[Action] = mapped_column(Word(Action))
    assignee_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(Text)
    instructions: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text, server_default="")
    format: Mapped[Format] = mapped_column(Word(Format), server_default=Format.text)
    edited: Mapped[bool] = mapped_column(server_default=false())
    status: Mapped[TodoStatus] = mapped_column(Word(TodoStatus))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    result: Mapped[Result | None] = mapped_column(Word(Result))
    note: Mapped[str | None] = mapped_column(Text)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]
    sequence_version: Mapped[int] = mapped_column(server_default=text("1"))


class Channel(StrEnum):
    """How a message travels."""

    email = "email"
    text = "text"


class MessageState(StrEnum):
    """The marks of a claim, then what became of it."""

    claimed = "claimed"
    handing_over = "handing_over"
    sent = "sent"
    unknown = "unknown"
    not_sent = "not_sent"


class MessageRow(Table):
    """A claim on (enrollment, step, copy), which becomes the record of the message. Unique for ever: never twice.

    `seen_at`: when a copy of it, or an answer to it, came in before its end was recorded; so it certainly left.
    """

    __tablename__ = "messages"
    __table_args__ = (
        one_of("state", MessageState),
        one_of("channel", Channel),
        UniqueConstraint("enrollment_id", "step", "copy"),
        Index("ix_messages_contact", "contact_id"),
        Index("ix_messages_message_id", "message_id"),
        Index("ix_messages_provider_id", "provider_id"),
        Index("ix_messages_sent", "channel", "sent_at"),
        Index("ix_messages_recipient", "recipient"),
        Index("ix_messages_reference", "reference"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    enrollment_id: Mapped[str] = mapped_column(String(26))
    step: Mapped[int]
    copy: Mapped[int]
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequences.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    sender_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    sent_by_rule: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[MessageState] = mapped_column(Word(MessageState))
    attempt: Mapped[str] = mapped_column(String(80))
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(String(120))
    segments: Mapped[int | None]
    provider_id: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(String(26))
    claimed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]


class LinkUseRow(Table):
    """A message's pixel that was fetched (`view`) or link that was followed (`click`): one row for each link and sign.

    It keeps the first and the last instant and counts, up to a bound; `position` is the link's, 0 the pixel's and that
    of the link nobody sees.
    """

    __tablename__ = "link_uses"
    __table_args__ = (one_of("kind", Use), one_of("sign", Sign))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Use] = mapped_column(Word(Use), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    sign: Mapped[Sign] = mapped_column(Word(Sign), primary_key=True)
    machine: Mapped[bool]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]


class EventRow(Table):
    """The timeline: what happened to an enrollment, in order; the line of a removal outlives it.

    `written_in` is PostgreSQL's number of the transaction that wrote it (`store/clusters.py` has more): ids are given
    before commit, so whoever follows all events reads only what no running transaction can still precede.
    """

    __tablename__ = "events"
    __table_args__ = (
        one_of("what", What),
        Index("ix_events_enrollment", "enrollment_id", "id"),
        Index("ix_events_written", "written_in", "id"),
        partial("ix_events_counted", "enrollment_id", where="what IN ('blocked', 'reply', 'unsubscribe')"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    enrollment_id: Mapped[str] = mapped_column(String(26))
    at: Mapped[datetime]
    what: Mapped[What] = mapped_column(Word(What))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    step: Mapped[int]
    status: Mapped[Status] = mapped_column(Word(Status))
    code: Mapped[str | None] = mapped_column(String(40))
    details: Mapped[dict[str, Any]]
    written_in: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())


class EventNumbersRow(Table):
    """The one row, if the database was ever restored: how far events are numbered ahead of PostgreSQL's own counter."""

    __tablename__ = "event_numbers"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ahead: Mapped[int] = mapped_column(BigInteger)


class RemovalRow(Table):
    """The one line that is left of a removed enrollment; without its contact where that was erased."""

    __tablename__ = "removals"
    __table_args__ = (Index("ix_removals_sequence", "sequence_id"), Index("ix_removals_contact", "contact_id"))
    enrollment_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequences.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime]


class SenderRow(Table):
    """How many emails left for a user on that local day, when the last automatic one did, and the next slot."""

    __tablename__ = "senders"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    day: Mapped[date]
    left_that_day: Mapped[int]
    last_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]


class SuppressionRow(Table):
    """An address, a domain or a number nobody may write to."""

    __tablename__ = "suppressions"
    __table_args__ = (Index("ix_suppressions_reason", "reason", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(String(320), unique=True)
    reason: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class SuppressionLiftRow(Table):
    """What was suppressed until somebody (None: its owner) lifted it. Erasing its owner deletes it."""

    __tablename__ = "suppression_lifts"
    __table_args__ = (Index("ix_suppression_lifts_target", "target"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(String(320))
    reason: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime]


class LeaseRow(Table):
    """Who alone does a periodic work until when."""

    __tablename__ = "leases"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]
