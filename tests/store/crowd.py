"""A house that has been used for years: tens of thousands of rows in every table that grows, written set by set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.adds import AddStatus
from sequencing.enrollments import Status, StepState
from sequencing.happenings import Reason, What, Why
from sequencing.mail_kinds import Kind
from sequencing.people import AddressType, ContactKind, Level
from sequencing.replans import Cause
from sequencing.replies import Meaning
from sequencing.sequences import Action, OwnerRule, Sharing
from sequencing.settings import Limits
from sequencing.stage_links import StageType
from sequencing.text_words import TextKind
from sequencing.timing import Unit
from sequencing.todos import Outcome, TodoStatus
from store.add_tables import BulkAddLineRow, BulkAddRow
from store.columns import Instant
from store.database import Database
from store.mail_tables import MailRow
from store.people_tables import (
    AnswerRow,
    CandidacyRow,
    CompanyRow,
    CompanyWordRow,
    ContactRow,
    ContactWordRow,
    EmailAddressRow,
    OpportunityRow,
    OpportunityWordRow,
    PhoneNumberRow,
    StageMoveRow,
    StageRow,
    UserRow,
)
from store.tables import (
    Channel,
    EnrollmentRow,
    EventRow,
    MessageRow,
    MessageState,
    NewsRow,
    RemovalRow,
    ReplanRow,
    SequenceRow,
    SequenceShareRow,
    StepRow,
    SuppressionRow,
    TemplateRow,
    TodoRow,
)
from store.task_tables import OwnTaskRow
from store.text_tables import IncomingTextRow

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HAPPENED = (What.enrolled, What.opened, What.result)
USERS, SEQUENCES, TEMPLATES, COMPANIES, OPPORTUNITIES, STAGES = 41, 83, 211, 397, 61, 5
FIRST_USER = 4
"""Ada, Rita and Bob were here before."""
LARGE_ADD = "A" * 26


@dataclass(frozen=True, slots=True)
class Size:
    """How many a house holds: rows in every table that grows, contacts, and of a hundred to-dos the open ones."""

    many: int = 20_000
    contacts: int = 50_000
    open_todos: int = 30

    @property
    def events(self) -> int:
        """So many things have happened."""
        return len(HAPPENED) * self.many

    @property
    def largest_add(self) -> int:
        """So many lines has one."""
        return min(self.many, Limits().contacts_per_add)


YEARS = Size()
LARGE = Size(200_000, 1_000_000, 50)

EACH = sa.Table(
    "each_one",
    sa.MetaData(),
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("word", sa.String(26)),
    sa.Column("at", Instant),
    sa.Column("later", Instant),
    sa.Column("day", sa.Date),
    prefixes=["TEMPORARY"],
)
"""1 to the number of contacts, each with an id, a past instant and one to come; all that grows is written from it."""
N = EACH.c.n


async def fill(database: Database, size: Size = YEARS) -> None:
    """The whole crowd, and what the planner knows of it."""
    async with database.writing() as tx:
        await tx.run_sync(lambda session: EACH.create(session.connection()))
        for first in range(1, size.contacts + 1, 50_000):
            numbers = range(first, min(first + 50_000, size.contacts + 1))
            await tx.execute(sa.insert(EACH), [_numbered(n) for n in numbers])
        await _people(tx, size)
        await _sequences(tx)
        await _lives(tx, size)
        await _adds(tx, size)
        await _workflow(tx, size)
        await tx.run_sync(lambda session: EACH.drop(session.connection()))


def _numbered(n: int) -> dict[str, Any]:
    return {
        "n": n,
        "word": f"{n:026d}",
        "at": NOW - timedelta(minutes=n),
        "later": NOW + timedelta(minutes=n - 100),
        "day": NOW.date() + timedelta(days=60 - n // 30),
    }


async def _write(tx: AsyncSession, table: Any, up_to: int, **values: Any) -> None:
    """A row for each number, its columns said in terms of the number."""
    columns = [
        sa.literal(value, table.__table__.c[name].type) if _is_plain(value) else value for name, value in values.items()
    ]
    rows = sa.select(*columns).select_from(EACH).where(up_to >= N)
    await tx.execute(sa.insert(table).from_select(list(values), rows))


def _is_plain(value: Any) -> bool:
    return not isinstance(value, sa.ColumnElement)


def _one_of(many: int, first: int = 1) -> sa.ColumnElement[int]:
    """Spreads over so many."""
    return N % many + first


def _of(table: Any, column: str, shares: dict[Any, int], stride: int = 37) -> sa.ColumnElement[Any]:
    """Of a hundred, so many of each value; what is left is empty. Columns with another stride are independent."""
    kind, below, whens = table.__table__.c[column].type, 0, []
    place = N * stride / 89 % 100 if stride != 37 else N * stride % 100
    for value, share in shares.items():
        below += share
        whens.append((place < below, sa.literal(value, kind)))
    return sa.case(*whens, else_=sa.null())


async def _people(tx: AsyncSession, size: Size) -> None:
    text = sa.cast(N, sa.String)
    await _write(
        tx, UserRow, USERS, id=N + FIRST_USER - 1, email="user" + text + "@example.org", name="User " + text,
        level=Level.edit,
    )  # fmt: skip
    await _write(tx, CompanyRow, COMPANIES, id=N + 100, name="Company " + text)
    known = 100
    await _write(
        tx, ContactRow, size.contacts, id=N + known, external_id="x" + text, kind=ContactKind.candidate,
        first_name="First" + text, last_name="Last" + text, owner_id=_one_of(USERS, FIRST_USER),
        company_id=_one_of(COMPANIES, 101),
    )  # fmt: skip
    of = N + known
    await _write(
        tx, EmailAddressRow, size.many, contact_id=of, type=AddressType.work, address="c" + text + "@example.com"
    )
    await _write(tx, PhoneNumberRow, size.many, contact_id=of, type="mobile", number="+4930" + text)
    await _words(tx, size)
    await _write(
        tx, SuppressionRow, size.many, target="gone" + text + "@example.com", reason="by_user", since=EACH.c.at
    )
    await _write(
        tx, AnswerRow, size.many, user_id=_one_of(USERS, FIRST_USER), key=text, request="x", status=200, body="{}",
        at=EACH.c.at,
    )  # fmt: skip


async def _words(tx: AsyncSession, size: Size) -> None:
    """What `sequencing/search_words.py` makes of those people."""
    text, company = sa.cast(N, sa.String), sa.cast(_one_of(COMPANIES), sa.String)
    named = ["first" + text + " last" + text, "last" + text + " first" + text, "company " + company, company]
    reached = ["c" + text + "@example.com", sa.literal("example.com"), "4930" + text, "30" + text]
    await _bare(tx, DROPPED)  # written row by row, the indexes of a million take minutes
    for words, up_to in ((named, size.contacts), (reached, size.many)):
        for word in words:
            await _write(tx, ContactWordRow, up_to, word=word, contact_id=N + 100)
    await _bare(tx, MADE_AGAIN)
    for word in ("company " + text, text):
        await _write(tx, CompanyWordRow, COMPANIES, word=word, company_id=N + 100)


DROPPED = (
    "ALTER TABLE contact_words DROP CONSTRAINT pk_contact_words, DROP CONSTRAINT fk_contact_words_contact_id",
    "DROP INDEX ix_contact_words_contact",
)
MADE_AGAIN = (
    "ALTER TABLE contact_words ADD CONSTRAINT pk_contact_words PRIMARY KEY (word, contact_id), "
    "ADD CONSTRAINT fk_contact_words_contact_id FOREIGN KEY (contact_id) REFERENCES contacts ON DELETE CASCADE",
    "CREATE INDEX ix_contact_words_contact ON contact_words (contact_id, word)",
)


async def _bare(tx: AsyncSession, statements: tuple[str, ...]) -> None:
    for statement in statements if tx.get_bind().dialect.name == "postgresql" else ():
        await tx.execute(sa.text(statement))


async def _sequences(tx: AsyncSession) -> None:
    owner = _one_of(USERS, FIRST_USER)
    sharing = _of(SequenceRow, "sharing", {Sharing.private: 60, Sharing.users: 38, Sharing.everyone: 2})
    await _write(
        tx, SequenceRow, SEQUENCES, id=N + 100, name="Sequence " + sa.cast(N, sa.String), owner_id=owner,
        sharing=sharing, created_at=NOW,
    )  # fmt: skip
    await _write(tx, SequenceShareRow, SEQUENCES, sequence_id=N + 100, user_id=_one_of(7, FIRST_USER))
    await _write(
        tx, TemplateRow, TEMPLATES, id=N + 100, name="Template " + sa.cast(N, sa.String), subject="Hello", body="Hello",
        address_type=AddressType.any, owner_id=owner,
    )  # fmt: skip
    actions = (Action.automatic_email, Action.call, Action.automatic_email)
    for position, action in enumerate(actions, 1):
        await _write(
            tx, StepRow, SEQUENCES, sequence_id=N + 100, position=position, action=action, delay_amount=1,
            delay_unit=Unit.days, owner=OwnerRule.enroller, address_type=AddressType.any,
        )  # fmt: skip


async def _lives(tx: AsyncSession, size: Size) -> None:
    sequence, contact, user = _one_of(SEQUENCES, 101), 2 * N + 100, _one_of(USERS, FIRST_USER)
    status = _of(
        EnrollmentRow, "status", {Status.active: 13, Status.paused: 2, Status.canceled: 15, Status.finished: 70}
    )
    state = _of(EnrollmentRow, "state", {StepState.waiting: 60, StepState.to_do: 40}, 41)
    why = _of(EnrollmentRow, "why", {Why.delay: 20, Why.sender_gap: 2, Why.held: 1, Why.send_window: 7}, 53)
    reason = sa.case((status == Status.paused, sa.literal(Reason.by_user, EnrollmentRow.reason.type)))
    outcomes = _of(EnrollmentRow, "outcome", {Outcome.positive: 10, Outcome.negative: 20, Outcome.neutral: 70}, 59)
    outcome = sa.case((status == Status.finished, outcomes))
    recent, later = EACH.c.at, EACH.c.later
    await _write(
        tx, EnrollmentRow, size.many, id=EACH.c.word, sequence_id=sequence, contact_id=contact, enrolled_by=user,
        enrolled_at=recent, previous_end=recent, run=1, started_run=1, status=status, state=state, step=_one_of(3),
        reason=reason, outcome=outcome, since=recent, ready_at=recent, due_at=later, why=why, calendar_version=1,
        copy=1, last_news=1, noted=1, queued_for=sa.case((why == Why.sender_gap, user)),
    )  # fmt: skip
    for at, what in enumerate(HAPPENED):
        await _write(
            tx, EventRow, size.many, enrollment_id=EACH.c.word, at=recent, what=what, by=user, step=1,
            status=Status.active, details={"n": at},
        )  # fmt: skip
    await _write(
        tx, NewsRow, size.many, enrollment_id=EACH.c.word, number=1, what=What.result, at=recent, happening={"by": 1},
        signaled=True, code=_of(NewsRow, "code", {"noted": 99}),
    )  # fmt: skip
    await _write(
        tx, TodoRow, size.many, id=EACH.c.word, enrollment_id=EACH.c.word, sequence_id=sequence, contact_id=contact,
        step=2, action=_of(TodoRow, "action", {Action.call: 90, Action.task: 10}), assignee_id=user, title="Call",
        instructions="", status=_of(TodoRow, "status", {TodoStatus.open: size.open_todos, TodoStatus.done: 99}),
        opened_at=recent, due_at=recent,
    )  # fmt: skip
    await _write(
        tx, IncomingTextRow, size.many, id=EACH.c.word, provider_id=EACH.c.word, contact_id=contact,
        kind=TextKind.reply, sender="+49301", body="Hello", at=recent,
    )  # fmt: skip
    await _write(
        tx, OwnTaskRow, size.many, id=EACH.c.word, user_id=user, contact_id=contact, title="Read", day=EACH.c.day,
        done_at=sa.case((size.many // 4 < N, recent)), written_at=recent,
    )  # fmt: skip
    await _write(
        tx, MailRow, size.many, id=EACH.c.word, key=EACH.c.word, contact_id=contact, kind=Kind.person,
        meaning=Meaning.reply, why="", sender="x@example.com", subject="", text="Hello", at=recent,
    )  # fmt: skip
    await _write(
        tx, MessageRow, size.many, enrollment_id=EACH.c.word, step=1, copy=1, channel=Channel.email,
        sequence_id=sequence,
        contact_id=contact, sender_id=user, state=MessageState.sent, attempt="1", recipient="x@example.com",
        body="Hello", message_id=EACH.c.word, claimed_at=recent, sent_at=recent,
    )  # fmt: skip
    await _write(
        tx, RemovalRow, size.many, enrollment_id="R" + sa.func.substr(EACH.c.word, 2), sequence_id=sequence,
        contact_id=contact, removed_by=user, removed_at=recent,
    )  # fmt: skip
    await _write(
        tx, ReplanRow, size.many, id=EACH.c.word, cause=Cause.timing, sequence_id=sequence, by=user, at=recent,
        ended_at=sa.case((size.many - 2 > N, recent)),
    )  # fmt: skip


async def _adds(tx: AsyncSession, size: Size) -> None:
    user, sequence = _one_of(USERS, FIRST_USER), _one_of(SEQUENCES, 101)
    row = {"sequence_id": sequence, "by": user, "status": AddStatus.done, "created_at": EACH.c.at, "started": True}
    await _write(tx, BulkAddRow, size.many, id=EACH.c.word, total=1, **row)
    await _write(tx, BulkAddRow, 1, id=LARGE_ADD, total=size.largest_add, **row)
    codes = _of(BulkAddLineRow, "code", {"enrolled": 95, "unsubscribed": 5})
    named = sa.cast(N, sa.String)
    contact = N + 100
    await _write(
        tx, BulkAddLineRow, size.many, bulk_add_id=EACH.c.word, position=0, named=named, code="enrolled",
        enrollment_id=EACH.c.word, contact_id=contact,
    )  # fmt: skip
    await _write(
        tx,
        BulkAddLineRow,
        size.largest_add,
        bulk_add_id=LARGE_ADD,
        position=N - 1,
        named=named,
        code=codes,
        contact_id=contact,
    )


async def _workflow(tx: AsyncSession, size: Size) -> None:
    text = sa.cast(N, sa.String)
    await _write(tx, OpportunityRow, size.many, id=N + 100, title="Job " + text, external_id="job" + text)
    for word in ("job " + text, text):
        await _write(tx, OpportunityWordRow, size.many, word=word, opportunity_id=N + 100)
    last = {StageType.in_progress: 100}
    await _write(
        tx, StageRow, STAGES, id=N + 100, name="Stage " + text, type=_of(StageRow, "type", last), position=N,
        sequence_id=N + 100,
    )  # fmt: skip
    pair = {"opportunity_id": _one_of(OPPORTUNITIES, 101), "contact_id": 2 * N + 100}
    stage = _one_of(STAGES, 101)
    await _write(tx, CandidacyRow, size.many, **pair, stage_id=stage, since=EACH.c.at)
    await _write(tx, StageMoveRow, size.many, **pair, stage_id=stage, by=FIRST_USER, at=EACH.c.at)
