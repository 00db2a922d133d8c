"""The database itself keeps who is tied to which enrollment, whoever writes; and what a list over all sequences is read
from, by a table of ties, is what the rule says.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.testing import ActivityEnvironment

from activities.todos import TodoActivities
from sequencing.enrollments import Status
from sequencing.runs import Ref
from sequencing.todos import Outcome, TodoStatus
from starter.contacts import import_contacts
from starter.erasures import erase
from store import adds, contact_lists, enrollments, schema, sights, users
from store.contact_lists import Wanted
from store.database import Database
from store.enrolling import Add
from store.enrolling import Wanted as Named
from store.enrollments import Filter
from store.holds import GATE
from store.people_tables import ContactRow
from store.tables import EnrollmentRow, TodoRow
from store.tie_tables import TieRow
from tests.house import ADA, BOB, CALL, EMAIL, RITA, House
from tests.ledger import NOON, Ledger
from tests.patience import PATIENCE

Tied = set[tuple[int, str, int, Status, Outcome | None]]
USERS = (ADA, RITA, BOB)
PEOPLE = ("ann", "ben", "dot")
TRIGGERS = {
    "ties_of_a_new_enrollment",
    "ties_where_an_enrollment_stands",
    "ties_of_a_gone_enrollment",
    "ties_of_a_new_todo",
    "ties_of_a_gone_todo",
    "ties_of_a_todo_handed_on",
    "ties_of_another_owner",
}
SEEDS = range(4)
BEFORE = (
    *(f"DROP FUNCTION {name} CASCADE" for name in sorted(TRIGGERS)),
    "DROP TABLE ties",
    "DROP INDEX ix_enrollments_outcome, ix_enrollments_outcome_in_sequence, ix_bulk_adds_by",
    "UPDATE alembic_version SET version_num = '0019'",
)
"""Makes PostgreSQL's schema what it was before there were ties."""


@pytest.fixture
def ledger(alone: House) -> Ledger:
    return Ledger(alone)


async def by_rule(tx: AsyncSession) -> Tied:
    """Who started it, who owns its contact, who was given a to-do of it."""
    of = sa.select(EnrollmentRow, ContactRow.owner_id).join(ContactRow, ContactRow.id == EnrollmentRow.contact_id)
    given = (await tx.execute(sa.select(TodoRow.enrollment_id, TodoRow.assignee_id))).all()
    return {
        (user, one.id, one.contact_id, one.status, one.outcome)
        for one, owner in await tx.execute(of)
        for user in {one.enrolled_by, owner, *(who for of_it, who in given if of_it == one.id)}
        if user is not None
    }


async def kept(tx: AsyncSession) -> Tied:
    rows = await tx.execute(sa.select(*(column for column in TieRow.__table__.columns)))
    return {(row.user_id, row.enrollment_id, row.contact_id, row.status, row.outcome) for row in rows}


async def lived_in(ledger: Ledger, chance: Random, acts: int) -> AsyncIterator[None]:
    """Sequences of three users in which so much happens, each act by itself and all in any order; comes after each."""
    sequences = [await ledger.house.sequence(EMAIL, CALL, by=by) for by in (RITA, RITA, ADA)]
    await change(ledger.house.database, "UPDATE sequences SET sharing = 'private'")
    members: list[str] = []
    for _ in range(acts):
        await _act(ledger, chance, sequences, members)
        yield


async def _act(ledger: Ledger, chance: Random, sequences: list[str], members: list[str]) -> None:
    database, who = ledger.house.database, chance.choice(USERS)
    user = f"(SELECT id FROM users WHERE email = '{who}')"
    what = chance.randrange(8) if members else 0
    one = chance.choice(members) if members else ""
    if what <= 1:
        outcome = chance.choice([None, Outcome.positive])
        ended = Status.finished if outcome else Status.canceled
        of = chance.choice(sequences), chance.choice(PEOPLE)
        members.append(await ledger.enroll(*of, status=ended, outcome=outcome, by=who))
    elif what == 2:
        await ledger.todo(one, 2, status=chance.choice([TodoStatus.open, TodoStatus.done]))
    elif what == 3:
        await change(database, f"UPDATE todos SET assignee_id = {user} WHERE enrollment_id = '{one}'")
    elif what == 4:
        owner = chance.choice(["NULL", user])
        await change(database, f"UPDATE contacts SET owner_id = {owner} WHERE external_id = '{chance.choice(PEOPLE)}'")
    elif what == 5:
        ending = chance.choice(["NULL", "'negative'", "'positive'"])
        await change(database, f"UPDATE enrollments SET status = 'finished', outcome = {ending} WHERE id = '{one}'")
    elif what == 6:
        await change(database, f"DELETE FROM todos WHERE enrollment_id = '{one}'")
    else:
        members.remove(one)
        await ledger.remove(one)


async def change(database: Database, *statements: str) -> None:
    async with database.writing() as tx:
        for statement in statements:
            await tx.execute(sa.text(statement))


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_is_written_the_ties_are_those_of_the_rule(ledger: Ledger, seed: int) -> None:
    seen = []
    async for _ in lived_in(ledger, Random(seed), 100):
        async with ledger.house.database.reading() as tx:
            seen.append((await kept(tx), await by_rule(tx)))

    assert [ties for ties, ruled in seen if ties != ruled] == []
    assert len(seen[-1][0]) > len(USERS)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_list_over_all_sequences_shows_what_its_reader_sees_and_nothing_else(
    ledger: Ledger, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async for _ in lived_in(ledger, Random(seed), 100):
        pass
    await change(ledger.house.database, "UPDATE sequences SET sharing = 'everyone' WHERE id = 1")
    merged = await _listed(ledger.house.database)
    monkeypatch.setattr(sights, "MERGED", -1)

    passed_over = await _listed(ledger.house.database)

    assert merged == passed_over
    assert any(merged.values())


async def _listed(database: Database) -> dict[tuple[object, ...], list[object]]:
    """What lists over all sequences show each user, three at a time, and of the page behind that."""
    found: dict[tuple[object, ...], list[object]] = {}
    async with database.reading() as tx:
        for who, status, outcome in product(USERS, (None, *Status), (None, Outcome.positive)):
            user = await users.by_email(tx, who)
            of: dict[str, Any] = {"status": status, "outcome": outcome, "limit": 3}
            page = await enrollments.listed(tx, user, Filter(**of))
            behind = await enrollments.listed(tx, user, Filter(**of, after=page[-1].id)) if page else []
            people = await contact_lists.ids(tx, user, Wanted(in_any=True, **of))
            others = await contact_lists.ids(tx, user, Wanted(in_any=True, after=people[0], **of)) if people else []
            found[who, status, outcome] = [*page, *behind, people, others]
    return found


async def test_large_adds_are_those_into_what_is_seen_and_ones_own(alone: House) -> None:
    shared, ritas = await alone.sequence(EMAIL, by=ADA), await alone.sequence(EMAIL)
    await change(alone.database, f"UPDATE sequences SET sharing = 'private' WHERE id = {ritas}")
    begun = {}
    for name, sequence, by in (("1", shared, RITA), ("2", ritas, RITA), ("3", ritas, BOB), ("4", shared, ADA)):
        async with alone.database.writing() as tx:
            add = Add(int(sequence), (await users.by_email(tx, by)).id)
            begun[name] = await adds.create(tx, name, add, [Named.of("ann")], NOON)

    async def seen(who: str, before: str = "", limit: int = 100) -> list[str]:
        async with alone.database.reading() as tx:
            listed = await adds.listed(tx, await users.by_email(tx, who), before=before, limit=limit)
        return [row.id for row, _ in listed]

    assert all(begun.values())
    assert [await seen(who) for who in (ADA, RITA, BOB)] == [
        ["4", "3", "2", "1"],
        ["4", "3", "2", "1"],
        ["4", "3", "1"],
    ]
    assert [await seen(BOB, limit=2), await seen(BOB, "3")] == [["4", "3"], ["1"]]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("other", ["UPDATE enrollments SET status = 'finished'", "{todo}", "DELETE FROM todos"])
async def test_who_gives_contacts_another_owner_sees_what_others_write_meanwhile(
    ledger: Ledger, other: str, swapped: bool
) -> None:
    """And the other way round: of two transactions the second waits for the first."""
    database = ledger.house.database
    one = await ledger.enroll(await ledger.house.sequence(EMAIL, CALL), "ann", by=ADA)
    await change(database, "UPDATE contacts SET owner_id = NULL")
    await ledger.todo(one, 1)
    bob = "(SELECT id FROM users WHERE email = 'bob@example.org')"
    todo = f"UPDATE todos SET assignee_id = {bob}"
    both = [other.format(todo=todo), f"UPDATE contacts SET owner_id = {bob} WHERE external_id = 'ann'"]
    first, second = reversed(both) if swapped else both

    async with asyncio.timeout(PATIENCE):
        async with database.writing() as tx:
            await tx.execute(sa.text(first))
            later = asyncio.create_task(change(database, second))
            await _waits(database, later)
        await later

    async with database.reading() as tx:
        assert await kept(tx) == await by_rule(tx)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("written", ["UPDATE contacts SET owner_id = {bob}", "UPDATE todos SET assignee_id = {bob}"])
async def test_what_an_older_build_writes_while_the_table_is_made_is_in_it(ledger: Ledger, written: str) -> None:
    database = ledger.house.database
    await ledger.todo(await ledger.enroll(await ledger.house.sequence(EMAIL, CALL), "ann", by=ADA), 1)
    await change(database, *BEFORE)

    async with asyncio.timeout(PATIENCE):
        async with database.writing() as tx:
            await tx.execute(sa.text(written.format(bob="(SELECT id FROM users WHERE email = 'bob@example.org')")))
            later = asyncio.create_task(_make_ties(database))
            await _waits(database, later)
        await later

    async with database.reading() as tx:
        assert await kept(tx) == await by_rule(tx)


async def _make_ties(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    async with database.engine.begin() as connection:
        config.attributes["connection"] = connection.sync_connection
        await connection.run_sync(lambda _: command.upgrade(config, "0020"))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("first", "then"),
    [
        (f"SELECT pg_advisory_xact_lock({GATE})", "UPDATE contacts SET owner_id = {bob} WHERE external_id = 'ben'"),
        ("SELECT id FROM todos WHERE id = {last} FOR UPDATE", "UPDATE todos SET assignee_id = {bob} WHERE id = {last}"),
    ],
)
async def test_an_erasure_and_who_hands_on_contacts_or_todos_do_not_wait_for_each_other(
    ledger: Ledger, first: str, then: str
) -> None:
    """As an import does, which closes the gate of claims before; and a user who leaves."""
    database = ledger.house.database
    for _ in range(2):
        one = await ledger.enroll(await ledger.house.sequence(CALL), "ann", by=ADA)
        await ledger.todo(one, 1, status=TodoStatus.open)
    bob, last = "(SELECT id FROM users WHERE email = 'bob@example.org')", "(SELECT max(id) FROM todos)"
    await ledger.enroll(await ledger.house.sequence(CALL), "ben", by=ADA)

    async with asyncio.timeout(PATIENCE):
        async with database.writing() as tx:
            await tx.execute(sa.text(first.format(last=last)))
            later = asyncio.create_task(erase(ledger.house.door, "ann", ADA))
            await _waits(database, later)
            await tx.execute(sa.text(then.format(bob=bob, last=last)))
        await later

    async with database.reading() as tx:
        assert await kept(tx) == await by_rule(tx)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_todo_that_is_opened_again_and_who_leaves_the_one_before_do_not_wait_for_each_other(
    alone: House,
) -> None:
    """As where the worker died behind its commit, and the to-do was answered before it is repeated."""
    one = await alone.enroll("ann", {**CALL, "delay": "none"}, {**CALL, "delay": "none"})
    opening = ActivityEnvironment()
    opening.info = replace(opening.info, started_time=datetime.now(UTC))
    ref = Ref(one, 1, 1, 0)
    await opening.run(TodoActivities(alone.world).open_todo, ref)
    async with alone.database.reading() as tx:
        todo = await tx.scalar(sa.select(TodoRow.id))
    await alone.sequencer.resolve(str(todo), "no_answer", by=RITA)

    async with asyncio.timeout(PATIENCE):
        async with alone.database.writing() as tx:
            await tx.execute(sa.text("SELECT id FROM todos FOR UPDATE"))
            opening.info = replace(opening.info, started_time=datetime.now(UTC))
            later = asyncio.create_task(opening.run(TodoActivities(alone.world).open_todo, ref))
            await _waits(alone.database, later)
            await tx.execute(sa.text("UPDATE todos SET assignee_id = (SELECT min(id) FROM users)"))
        await later

    async with alone.database.reading() as tx:
        assert await kept(tx) == await by_rule(tx)
        assert await tx.scalar(sa.select(sa.func.count()).select_from(TodoRow)) == 2


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_enrollments_go_on_until_an_import_has_written_all_but_the_owners(ledger: Ledger) -> None:
    database = ledger.house.database
    one = await ledger.enroll(await ledger.house.sequence(CALL), "ben", by=ADA)
    await ledger.enroll(await ledger.house.sequence(CALL), "ann", by=ADA)

    async with asyncio.timeout(PATIENCE):
        async with database.writing() as tx:
            await tx.execute(sa.text("SELECT id FROM email_addresses FOR UPDATE"))
            lines = f"external_id,first_name,owner,work_email\nann,Ann,{BOB},ann@example.net"
            later = asyncio.create_task(import_contacts(ledger.house.door, lines, RITA))
            await _waits(database, later)
            await change(database, f"UPDATE enrollments SET status = 'finished' WHERE id = '{one}'")
        await later

    async with database.reading() as tx:
        assert await kept(tx) == await by_rule(tx)
        owner = await tx.scalar(sa.select(ContactRow.owner_id).where(ContactRow.external_id == "ann"))
        assert owner == (await users.by_email(tx, BOB)).id


async def _waits(database: Database, later: asyncio.Task[Any]) -> None:
    """Returns when another transaction waits for a lock."""
    waits = "wait_event_type = 'Lock' AND datname = current_database()"
    waiting = sa.text(f"SELECT count(*) FROM pg_stat_activity WHERE {waits}")
    while not later.done():
        async with database.reading() as tx:
            if await tx.scalar(waiting):
                return
        await asyncio.sleep(0.02)


async def test_the_triggers_that_keep_them_outlive_all_migrations(database: Database) -> None:
    """SQLite drops those of a table that a migration copies: it has to make them again."""
    there = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }

    async with database.reading() as tx:
        names = set(await tx.scalars(sa.text(there[database.url.get_backend_name()])))

    assert names == TRIGGERS
