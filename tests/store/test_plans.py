"""Every list is served by an index however much the house holds, and asks at most three statements.

Each list is asked as its page, command or route asks it, in a house of tens of thousands. The database then explains
every statement, and carries it out while what it reads is counted: no large table from end to end, and no sort of one.
"""

import json
import math
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sequencing.enrollments import Status
from sequencing.people import Contact, ContactKind, Level, User
from sequencing.replans import Cause, Replan
from sequencing.reports import Wanted as Numbers
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
    reports,
    selections,
    senders,
    sequence_lists,
    sequences,
    stages,
    suppressions,
    template_lists,
    todos,
    users,
)
from store.columns import Table
from store.contact_lists import Wanted
from store.database import Database
from store.enrollments import Filter
from store.selections import Selection
from tests.conftest import furnished_copy
from tests.migrated import beside
from tests.store import crowd
from tests.store.crowd import FIRST_USER, LARGE_ADD, NOW, YEARS

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
MERGING = 12
"""Of it for a row that comes out of two queries that are merged: no row is read for that."""
SMALL = frozenset(
    {"users", "roles", "sequences", "sequence_shares", "steps", "templates", "stages", "holds", "senders"}
    | {"sequencing_settings", "leases", "companies", "event_numbers"}
)
"""Tables that stay small; reading one whole is the shortest way."""
COUNTED = {
    "the queue of a sender": 6,
    "what contacts wrote last": 4,
    "the counts beside sequences": 180,
    "what was removed of a sequence": 25,
    "who waits for a step": 160,
    "who follows a new timing": 160,
    "who follows another window": 20,
    "who follows the release of all": 12,
    "who follows new instructions": 25,
}
"""Pages that what counts, and what brings all that wait into an order, may read: no lists. docs/decisions/0021."""
ON_SQLITE = {**COUNTED, "events": 8, "events, later": 8, "the queue of a sender": 23}
"""There the steps for all tables are one sum: an event is put together of six."""


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


def _templates(**wanted: Any) -> List:
    return lambda tx, user: template_lists.by_name(tx, template_lists.Wanted(**wanted, limit=PAGE))


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
    "the enrollments with an outcome": _enrollments(outcome=Outcome.positive),
    "the enrollments of a sequence": _enrollments(sequence_id=SEQUENCE),
    "the paused ones of a sequence": _enrollments(sequence_id=SEQUENCE, status=Status.paused),
    "the enrollments of a contact": _enrollments(contact_id=HIS),
    **{f"the {status} enrollments": _enrollments(status=status) for status in Status if status != Status.removed},
    "a timeline": lambda tx, user: enrollments.timeline(tx, ONE),
    "the messages of an enrollment": lambda tx, user: messages.of_enrollment(tx, ONE),
    "whether a sequence is frozen": lambda tx, user: enrollments.ever_in(tx, SEQUENCE),
    "who waits for a step": lambda tx, user: enrollments.waiting_at(tx, SEQUENCE, [1, 2]),
    "contacts": _contacts(),
    "contacts, a later page": _contacts(after=YEARS.contacts // 2),
    **{f"contacts: {kind}": _contacts(kind=kind) for kind in ContactKind},
    "the contacts of an owner": lambda tx, user: contact_lists.ids(tx, user, Wanted(owner_id=user.id, limit=PAGE)),
    "the contacts of a company": _contacts(company_id=COMPANY),
    "the contacts in a sequence": _contacts(sequence_id=SEQUENCE),
    "the contacts paused in a sequence": _contacts(sequence_id=SEQUENCE, status=Status.paused),
    "the contacts with an outcome in a sequence": _contacts(sequence_id=SEQUENCE, outcome=Outcome.positive),
    "the paused contacts": _contacts(status=Status.paused),
    "the contacts with an outcome": _contacts(outcome=Outcome.positive),
    "a text that is a name": _contacts(text="Last77"),
    "a text that begins many names": _contacts(text="last1"),
    "a later page of a text": _contacts(text="last1", after=1077),
    "a page of a text far behind others": _contacts(text="last", after=20_100),
    "a text that is a company": _contacts(text="company 77"),
    "a text that is a domain": _contacts(text="example.com"),
    "a text that is an address": _contacts(text="c77@example"),
    "a text that is a number": _contacts(text="+49 30 77"),
    "a text of two words": _contacts(text="first77 company"),
    "a text that finds nobody": _contacts(text="nobody at all"),
    "an add's contacts by a text": _selected(text="last1"),
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
    "events, later": lambda tx, user: events.after(tx, user, (0, 2 * YEARS.many), 100),
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
    "which opportunity a title means": lambda tx, user: opportunities.find(tx, "Job 77"),
    "which opportunity a number or an external id means": lambda tx, user: opportunities.find(tx, "177"),
    "which company a name means": lambda tx, user: companies.find(tx, "Company 77"),
    "when my to-dos are due": lambda tx, user: todos.places(tx, todos.Filter(user.id, limit=PAGE)),
    "when my own tasks are due": lambda tx, user: own_tasks.places(tx, own_tasks.Filter(user.id, limit=PAGE)),
    "suppressions behind one, to be exported": lambda tx, user: suppressions.after(tx, 777, 1000),
    "opportunities": lambda tx, user: opportunities.listed(tx, limit=PAGE),
    "the newest opportunities": lambda tx, user: opportunities.newest(tx, 200),
    "opportunities by the beginning of many titles": lambda tx, user: opportunities.listed(tx, text="job", limit=PAGE),
    "opportunities by a word": lambda tx, user: opportunities.listed(tx, text="77", limit=PAGE),
    "opportunities by two words": lambda tx, user: opportunities.listed(tx, text="177 job", limit=PAGE),
    "opportunities by a word, a later page": lambda tx, user: opportunities.listed(tx, text="1", after=277, limit=PAGE),
    "opportunities that a text does not find": lambda tx, user: opportunities.listed(tx, text="nothing", limit=PAGE),
    "companies": lambda tx, user: companies.listed(tx, limit=PAGE),
    "companies by a word": lambda tx, user: companies.listed(tx, text="77", limit=PAGE),
    "sequences": lambda tx, user: sequences.all_shown(tx, user, limit=PAGE),
    "sequences as a page lists them": lambda tx, user: sequence_lists.listed(tx, user, sequence_lists.Wanted(limit=51)),
    "sequences by a part of their name": lambda tx, user: sequence_lists.listed(
        tx, user, sequence_lists.Wanted(text="ence 7", before=170, limit=51)
    ),
    "the counts beside sequences": lambda tx, user: sequence_lists.running(tx, range(101, 151)),
    "templates": _templates(archived=False),
    "templates, a later page": _templates(after="Template 5"),
    "templates by a part of their name": _templates(text="plate 7", owner_id=FIRST_USER),
    "templates in the order in which they were made": lambda tx, user: template_lists.by_number(tx, 0, PAGE),
    "which templates steps can use": lambda tx, user: template_lists.names(tx, ["Template 7"]),
    "what was removed of a sequence": lambda tx, user: reports.removed(tx, user, Numbers(SEQUENCE)),
    "the contacts of an opportunity": lambda tx, user: stages.standings(tx, JOB, user, limit=PAGE),
    "how a contact came to his stage": lambda tx, user: stages.history(tx, JOB, HIS),
    "the stages of a contact": lambda tx, user: stages.of_contact(tx, HIS),
    "erasing: enrollments": lambda tx, user: erasures.enrollment_ids(tx, HIS),
}
"""What grows with the house and is looked at; not here, and why: docs/decisions/0015."""


@pytest.fixture(scope="module")
def full(sqlite_to_copy: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full house on SQLite, as it is: nobody tells it what is in its tables."""
    file = Path(shutil.copy(sqlite_to_copy["furnished"], tmp_path_factory.mktemp("full") / "crowd.db"))
    beside(_fill(Database(f"sqlite:///{file}")))
    return file


async def _fill(database: Database) -> None:
    await crowd.fill(database)
    await database.close()


@pytest.fixture(scope="module", params=["sqlite", "sqlite, analyzed", "postgresql"])
async def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """The same on each database, and once more on SQLite with what it can know of its tables."""
    folder = tmp_path_factory.mktemp("crowd")
    if request.param == "postgresql":
        database = await furnished_copy(request, folder)
        await crowd.fill(database)
        await _outside(database, "VACUUM ANALYZE")
    else:
        database = Database(f"sqlite:///{shutil.copy(request.getfixturevalue('full'), folder / 'crowd.db')}")
        if request.param.endswith("analyzed"):
            await _outside(database, "ANALYZE")
    yield database
    await database.close()


async def _outside(database: Database, statement: str) -> None:
    options = {"isolation_level": "AUTOCOMMIT", "outside": True}
    async with database.engine.execution_options(**options).connect() as connection:
        await connection.exec_driver_sql(statement)


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_served_by_an_index_and_asks_three_statements_at_most(crowded: Database, name: str) -> None:
    for asked in await _asked(crowded, name):
        assert asked.walks <= SMALL, asked.said
        most = _size(name) // SHARE
        assert asked.rows <= most, f"{asked.rows} rows read of {most}: {asked.said}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A million contacts, 200,000 enrollments, 100,000 open to-dos; on SQLite 50,000 contacts."""
    database = await furnished_copy(request, tmp_path_factory.mktemp("large"))
    await crowd.fill(database, crowd.YEARS if request.param == "sqlite" else crowd.LARGE)
    if request.param == "postgresql":
        await _outside(database, "VACUUM ANALYZE")
    yield database
    await database.close()


@pytest.mark.soak
@pytest.mark.parametrize("name", LISTS)
async def test_a_list_of_a_large_house_reads_three_pages_at_most(large: Database, name: str) -> None:
    """A page is what the statement may return: a list's page, or the whole portion of a sweep."""
    pages = ON_SQLITE if large.url.get_backend_name() == "sqlite" else COUNTED
    for asked in await _asked(large, name):
        most = pages.get(name, 3) * max(PAGE, asked.returned)
        assert asked.walks <= SMALL, asked.said
        assert asked.rows <= most, f"{asked.rows} rows read of {most}: {asked.said}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the database tells of a statement."""

    reader: Level
    walks: set[str]
    rows: int
    returned: int
    said: str


async def _asked(database: Database, name: str) -> list[Asked]:
    """What a list asks of a database that explains itself, for who sees all and for who sees little."""
    async with database.reading() as tx:
        readers = [await users.get(tx, number) for number in (1, FIRST_USER + 5)]
    told = []
    for reader in readers:
        assert reader is not None
        async with database.reading() as tx:
            with _noted(database) as statements:
                await LISTS[name](tx, reader)
        assert len(statements) <= 3, statements
        for statement, values in statements:
            found = await _explain(database, statement, values)
            said = f"{name}, for {reader.level}: {statement}\n" + "\n".join(found.plan)
            told.append(Asked(reader.level, found.walks, found.rows, found.returned, said))
    return told


def _size(name: str) -> int:
    """Of the table that a list is of: rows."""
    return YEARS.contacts if "contacts" in name else YEARS.events if name.startswith("events") else YEARS.many


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
    """The plan, the tables it walks through from end to end, how many rows it read, and how many it returned."""

    plan: list[str]
    walks: set[str]
    rows: int
    returned: int


async def _explain(database: Database, statement: str, values: Any) -> Explained:
    async with database.engine.connect() as connection:
        if database.url.get_backend_name() == "sqlite":
            return await _by_sqlite(connection, statement, values)
        await connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")  # it stands for disks that turn
        return await _by_postgres(connection, statement, values)


async def _by_sqlite(connection: AsyncConnection, statement: str, values: Any) -> Explained:
    lines: list[Any] = list(await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))
    plan = [str(line[3]) for line in lines]
    walks = {line.split()[1] for line in plan if line.startswith("SCAN ") and " USING " not in line}
    made_here = {name for name in walks if name not in Table.metadata.tables}
    steps, returned, columns = await _steps(connection, statement, values)
    steps -= returned * (2 * columns + MERGING * _merged(lines))
    return Explained(plan, walks - made_here, max(0, steps) // STEPS, returned)


def _merged(lines: Iterable[Any]) -> int:
    """How often a row is merged with others: the queries are put together two by two."""
    parents = {one: parent for one, parent, _, _ in lines}
    merges = [one for one, _, _, line in lines if str(line).startswith("MERGE ")]

    def above(one: int) -> int:
        return (one in merges) + (above(parents[one]) if one in parents else 0)

    return max(map(above, merges), default=0)


async def _steps(connection: AsyncConnection, statement: str, values: Any) -> tuple[int, int, int]:
    """Steps of its machine, rows that it returned, their columns: each takes two steps, to be read and handed over."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    ticks: list[None] = []
    await raw.set_progress_handler(lambda: ticks.append(None), 100)
    answer = await connection.exec_driver_sql(statement, values)
    columns, returned = len(answer.keys()), len(answer.all())
    await raw.set_progress_handler(lambda: None, 0)
    return len(ticks) * 100, returned, columns


async def _by_postgres(connection: AsyncConnection, statement: str, values: Any) -> Explained:
    told = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)).scalar_one()
    root = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    nodes = list(_nodes(root))
    plan = [f"{node['Node Type']} {node.get('Relation Name', '')} {node.get('Index Name', '')}" for node in nodes]
    walks = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan" and _touched(node)}
    read: Counter[str] = Counter()
    for node in nodes:
        read[node.get("Relation Name", "")] += _read(node)
    most = max((rows for table, rows in read.items() if table not in SMALL), default=0)
    return Explained(plan, walks, most, int(root["Actual Rows"]))


def _read(node: dict[str, Any]) -> int:
    """Rows that a node reads of its table, or of its indexes where those are more: both are of the same rows.

    What is looked at twice (in a list, and to answer a question about each of its rows) counts twice. Of the tables
    that are joined to a row of the list the one counts of which most is read, since they make one row together.
    """
    if "Relation Name" not in node:
        return 0
    entries = sum(_touched(below) for below in _nodes(node) if below["Node Type"] == "Bitmap Index Scan")
    return max(entries, _touched(node))


def _touched(node: dict[str, Any]) -> int:
    seen = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows: float = sum(node.get(name, 0) for name in seen) * node["Actual Loops"]
    return math.floor(rows)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
