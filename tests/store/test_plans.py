"""Every list is served by an index however much the house holds, and asks at most three statements.

Each list is asked as its page, command or route asks it, in a house of tens of thousands. The database then explains
every statement, and carries it out while what it reads is counted: no large table from end to end, and no sort of one.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sequencing.enrollments import Status
from sequencing.people import Contact, ContactKind, User
from sequencing.replans import Cause, Replan
from sequencing.sequences import Action
from sequencing.todos import Outcome
from store import (
    adds,
    attention,
    companies,
    contact_histories,
    contact_lists,
    contacts,
    counts,
    enrollments,
    erasures,
    events,
    mail_server,
    messages,
    news,
    opportunities,
    own_tasks,
    replans,
    replies,
    selections,
    senders,
    sequences,
    stages,
    suppressions,
    todos,
    users,
)
from store.contact_lists import Wanted
from store.database import Database
from store.enrollments import Filter
from store.selections import Selection
from tests.conftest import furnished_copy
from tests.store import crowd
from tests.store.crowd import CONTACTS, EVENTS, FIRST_USER, LARGE_ADD, MANY, NOW

List = Callable[[AsyncSession, User], Awaitable[object]]
ONE, HIS = f"{77:026d}", 2 * 77 + 100
"""An enrollment, and its contact."""
SEQUENCE, COMPANY, JOB = 105, 105, 105
SOON = NOW + timedelta(days=1)
PAGE = 101
SHARE = 4
"""For a page no more than a quarter of a table may be read."""
STEPS = 15
"""Of SQLite's machine for a row; it takes some ten."""
SMALL = frozenset(
    {"users", "roles", "sequences", "sequence_shares", "steps", "templates", "stages", "holds", "senders"}
    | {"sequencing_settings", "leases", "companies", "event_numbers"}
)
"""Tables that stay small; reading one whole is the shortest way."""


async def _line(tx: AsyncSession, user: User) -> None:
    one = await enrollments.get(tx, ONE)
    assert one is not None
    await senders.line(tx, user.id, one, NOW, NOW.date())


async def _history(tx: AsyncSession, user: User) -> None:
    await contact_histories.of_contact(tx, user, Contact(HIS, "", ""))


def _behind(cause: Cause, sequence_id: int | None = None) -> List:
    return lambda tx, user: replans.behind(tx, Replan("x", cause, sequence_id, user.id, NOW), 20)


def _enrollments(**wanted: Any) -> List:
    return lambda tx, user: enrollments.listed(tx, user, Filter(**wanted, limit=PAGE))


def _contacts(**wanted: Any) -> List:
    return lambda tx, user: contact_lists.ids(tx, user, Wanted(**wanted, limit=PAGE))


def _selected(**wanted: Any) -> List:
    return lambda tx, user: selections.find(tx, user, Selection(**wanted), 1000)


def _todos(**wanted: Any) -> List:
    return lambda tx, user: todos.listed(tx, todos.Filter(**wanted, limit=PAGE))


def _lines(**wanted: Any) -> List:
    return lambda tx, user: todos.lines(tx, todos.Filter(user.id, **wanted, limit=PAGE))


def _own(**wanted: Any) -> List:
    return lambda tx, user: own_tasks.listed(tx, own_tasks.Filter(user.id, **wanted, limit=PAGE))


LISTS: dict[str, List] = {
    "my to-dos": lambda tx, user: todos.on_the_list_of(tx, user.id, PAGE),
    "my to-dos with their names": _lines(),
    "my to-dos of a day": _lines(due=(NOW - timedelta(days=1), NOW)),
    "my to-dos of a kind and a sequence": _lines(action=Action.task, sequence_id=SEQUENCE),
    "my to-dos behind one": _lines(after=(NOW - timedelta(days=1), ONE)),
    "the sequences of my to-dos": lambda tx, user: todos.sequences_of(tx, user.id),
    "my own tasks of a week": _own(first=NOW.date(), last=NOW.date() + timedelta(days=6)),
    "my own tasks that are late": _own(last=NOW.date(), open_only=True),
    "my own tasks, a later page": _own(after=(NOW.date(), ONE)),
    "my to-dos, a later page": lambda tx, user: todos.on_the_list_of(tx, user.id, PAGE, (SOON, ONE)),
    "everybody's to-dos": _todos(),
    "the to-dos of a sequence": _todos(sequence_id=SEQUENCE),
    "the to-dos of a kind": _todos(action=Action.task),
    "attention": lambda tx, user: attention.lines(tx, user, PAGE),
    "attention, a later page": lambda tx, user: attention.lines(tx, user, PAGE, (NOW - timedelta(days=1), ONE)),
    "what contacts wrote last": lambda tx, user: replies.latest(tx, range(200, 300)),
    "what stands in the navigation": counts.waiting,
    "enrollments": _enrollments(),
    "enrollments, a later page": _enrollments(after=ONE),
    "the enrollments of a sequence": _enrollments(sequence_id=SEQUENCE),
    "the paused ones of a sequence": _enrollments(sequence_id=SEQUENCE, status=Status.paused),
    "the enrollments of a contact": _enrollments(contact_id=HIS),
    **{f"the {status} enrollments": _enrollments(status=status) for status in Status if status != Status.removed},
    "a timeline": lambda tx, user: enrollments.timeline(tx, ONE),
    "the messages of an enrollment": lambda tx, user: messages.of_enrollment(tx, ONE),
    "whether a sequence is frozen": lambda tx, user: enrollments.ever_in(tx, SEQUENCE),
    "who waits for a step": lambda tx, user: enrollments.waiting_at(tx, SEQUENCE, [1, 2]),
    "contacts": _contacts(),
    "contacts, a later page": _contacts(after=CONTACTS // 2),
    **{f"contacts: {kind}": _contacts(kind=kind) for kind in ContactKind},
    "the contacts of an owner": lambda tx, user: contact_lists.ids(tx, user, Wanted(owner_id=user.id, limit=PAGE)),
    "the contacts of a company": _contacts(company_id=COMPANY),
    "the contacts in a sequence": _contacts(sequence_id=SEQUENCE),
    "the contacts paused in a sequence": _contacts(sequence_id=SEQUENCE, status=Status.paused),
    "the contacts ended well in a sequence": _contacts(sequence_id=SEQUENCE, outcome=Outcome.positive),
    "the contacts in a workflow": _contacts(opportunity_id=JOB),
    "the contacts at a stage of a workflow": _contacts(opportunity_id=JOB, stage_id=102),
    "the contacts with any data": _contacts(in_any=True),
    "the contacts with no data": _contacts(in_any=False),
    "some contacts with all their addresses": lambda tx, user: contacts.some(tx, range(200, 300)),
    "whom an id means": lambda tx, user: contacts.matching(tx, "177"),
    "whom an address means": lambda tx, user: contacts.matching(tx, "c77@example.com"),
    "the sequences of a contact": lambda tx, user: contact_lists.been_in(tx, user, HIS),
    "an add's contacts by company": _selected(company="Company 77"),
    "an add's contacts by opportunity": _selected(opportunity=f"job{JOB - 100}"),
    "an add's contacts by stage": _selected(opportunity=f"job{JOB - 100}", stage="Stage 2"),
    "an add's contacts in a sequence": _selected(sequence="105", status=Status.paused),
    "an add's contacts by opportunity and kind": _selected(opportunity=JOB, kind=ContactKind.candidate),
    "what was done with a contact": _history,
    "large adds": adds.listed,
    "large adds, a later page": lambda tx, user: adds.listed(tx, user, before=ONE),
    "the lines of an add": lambda tx, user: adds.lines(tx, LARGE_ADD, refused_only=False, limit=PAGE),
    "whom an add refused": lambda tx, user: adds.lines(tx, LARGE_ADD, refused_only=True, limit=PAGE),
    "whom an add has not started": lambda tx, user: adds.born_unstarted(tx, LARGE_ADD, 100),
    "events": lambda tx, user: events.after(tx, user, (0, 0), 100),
    "events, later": lambda tx, user: events.after(tx, user, (0, 2 * MANY), 100),
    "suppressions": lambda tx, user: suppressions.listed(tx, suppressions.Wanted()),
    "what was lifted": lambda tx, user: suppressions.lifts(tx, limit=PAGE),
    "what was lifted of one": lambda tx, user: suppressions.lifts(tx, target="gone7@example.com"),
    "whether an address is suppressed": lambda tx, user: suppressions.is_suppressed(tx, "gone7@example.com"),
    "sweep: unstarted": lambda tx, user: enrollments.unstarted(tx, SOON, 200),
    "sweep: unstarted adds": lambda tx, user: adds.unstarted(tx, SOON, 200),
    "sweep: untold": lambda tx, user: news.unsignaled(tx, SOON, 200),
    "sweep: un-noted": lambda tx, user: news.stale(tx, SOON, 200),
    "sweep: replans": lambda tx, user: replans.open_ones(tx, SOON),
    "reconcile: open rows": lambda tx, user: enrollments.open_ids(tx),
    "reconcile: open rows, later": lambda tx, user: enrollments.open_ids(tx, ONE),
    "reconcile: large adds": lambda tx, user: adds.running(tx),
    "the queue of a sender": _line,
    "who waits for the mail server": lambda tx, user: mail_server.waiting(tx, NOW),
    "who follows a new timing": _behind(Cause.timing, SEQUENCE),
    "who follows another window": _behind(Cause.calendar),
    "who follows a release": _behind(Cause.release, SEQUENCE),
    "who follows the release of all": _behind(Cause.release),
    "who follows new instructions": _behind(Cause.instructions, SEQUENCE),
    "opportunities": lambda tx, user: opportunities.listed(tx, limit=PAGE),
    "the newest opportunities": lambda tx, user: opportunities.newest(tx, 200),
    "companies": lambda tx, user: companies.listed(tx, limit=PAGE),
    "sequences": sequences.all_shown,
    "the contacts of an opportunity": lambda tx, user: stages.standings(tx, JOB, user, limit=PAGE),
    "how a contact came to his stage": lambda tx, user: stages.history(tx, JOB, HIS),
    "the stages of a contact": lambda tx, user: stages.of_contact(tx, HIS),
    "erasing: enrollments": lambda tx, user: erasures.enrollment_ids(tx, HIS),
}
"""What grows with the house and is looked at; not here, and why: docs/decisions/0015."""


@pytest.fixture(scope="module", params=["sqlite", "sqlite, analyzed", "postgresql"])
async def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A full house; SQLite also as it is, since nobody tells it what is in its tables."""
    kind, _, analyzed = request.param.partition(", ")
    request.param = kind
    database = await furnished_copy(request, tmp_path_factory.mktemp("crowd"))
    await crowd.fill(database)
    if kind == "postgresql":
        await _outside(database, "VACUUM ANALYZE")
    elif analyzed:
        await _outside(database, "ANALYZE")
    yield database
    await database.close()


async def _outside(database: Database, statement: str) -> None:
    options = {"isolation_level": "AUTOCOMMIT", "outside": True}
    async with database.engine.execution_options(**options).connect() as connection:
        await connection.exec_driver_sql(statement)


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_served_by_an_index_and_asks_three_statements_at_most(crowded: Database, name: str) -> None:
    async with crowded.reading() as tx:
        readers = [await users.get(tx, number) for number in (1, FIRST_USER + 5)]

    for reader in readers:
        assert reader is not None
        async with crowded.reading() as tx:
            with _noted(crowded) as statements:
                await LISTS[name](tx, reader)
        for statement, values in statements:
            found = await _explain(crowded, statement, values)
            said = f"{name}, for {reader.level}: {statement}\n" + "\n".join(found.plan)
            assert found.walks <= SMALL, said
            most = _size(name) // SHARE
            assert found.rows <= most, f"{found.rows} rows read of {most}: {said}"
        assert len(statements) <= 3, statements


def _size(name: str) -> int:
    """Of the table that a list is of: rows."""
    return CONTACTS if "contacts" in name else EVENTS if name.startswith("events") else MANY


@contextmanager
def _noted(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What is asked meanwhile, with its values."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if not statement.startswith("BEGIN"):
            asked.append((statement, values))

    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(database.engine.sync_engine, "before_cursor_execute", note)


@dataclass(frozen=True, slots=True)
class Explained:
    """The plan, the tables it walks through from end to end, and how many rows it read."""

    plan: list[str]
    walks: set[str]
    rows: int


async def _explain(database: Database, statement: str, values: Any) -> Explained:
    async with database.engine.connect() as connection:
        if database.url.get_backend_name() == "sqlite":
            return await _by_sqlite(connection, statement, values)
        await connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")  # it stands for disks that turn
        return await _by_postgres(connection, statement, values)


async def _by_sqlite(connection: AsyncConnection, statement: str, values: Any) -> Explained:
    rows: Iterable[Any] = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    plan = [str(row[3]) for row in rows]
    walks = {line.split()[1] for line in plan if line.startswith("SCAN ") and " USING " not in line}
    made_here = {name for name in walks if name.startswith(("(", "anon_", "CONSTANT"))}
    return Explained(plan, walks - made_here, await _steps(connection, statement, values) // STEPS)


async def _steps(connection: AsyncConnection, statement: str, values: Any) -> int:
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    ticks: list[None] = []
    await raw.set_progress_handler(lambda: ticks.append(None), 100)
    await connection.exec_driver_sql(statement, values)
    await raw.set_progress_handler(lambda: None, 0)
    return len(ticks) * 100


async def _by_postgres(connection: AsyncConnection, statement: str, values: Any) -> Explained:
    told = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)).scalar_one()
    nodes = list(_nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))
    plan = [f"{node['Node Type']} {node.get('Relation Name', '')} {node.get('Index Name', '')}" for node in nodes]
    walks = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan" and node["Actual Loops"]}
    touched = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    reading = [node for node in nodes if "Relation Name" in node or "Index Name" in node]
    read = sum(sum(node.get(name, 0) for name in touched) * node["Actual Loops"] for node in reading)
    return Explained(plan, walks, int(read))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
