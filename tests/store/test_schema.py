"""The migrations, one after the other, make what the tables say."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from sequencing.errors import Misconfigured
from sequencing.people import Contact
from store import add_tables, contacts, mail_tables, schema, tables, task_tables, text_tables
from store.columns import Table
from store.database import Database

FIRST = Path(__file__).parent / "first_schema.sql"
"""A small database as the first schema kept it."""
KEPT = {"users": 2, "contacts": 1, "enrollments": 1, "news": 1, "events": 2, "todos": 1, "steps": 2}


async def test_the_migrations_make_exactly_what_the_tables_say(database: Database) -> None:
    assert {add_tables.BulkAddRow.metadata, tables.EventRow.metadata} == {Table.metadata}
    assert {mail_tables.MailRow.metadata, text_tables.TextDayRow.metadata} == {Table.metadata}
    assert task_tables.OwnTaskRow.metadata is Table.metadata

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Table.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_id_of_an_event_is_never_given_again(database: Database) -> None:
    columns = "(enrollment_id, at, what, step, status, details)"
    values = "('e', '2026-01-01', 'enrolled', 1, 'active', '{}')"
    insert = sa.text(f"INSERT INTO events {columns} VALUES {values} RETURNING id")

    async with database.writing() as tx:
        first = (await tx.execute(insert)).scalar_one()
        await tx.execute(sa.text("DELETE FROM events"))
        second = (await tx.execute(insert)).scalar_one()

    assert second > first


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_rows_of_the_first_schema_survive_the_next_ones(database: Database, tmp_path: Path) -> None:
    older = tmp_path / "older.db"
    with sqlite3.connect(older) as first:
        first.executescript(FIRST.read_text())

    grown = Database(f"sqlite:///{older}")
    await schema.migrate(grown)

    async with grown.reading() as tx:
        kept = {name: await tx.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in KEPT}
        roles = list(await tx.scalars(sa.text("SELECT name FROM roles JOIN user_roles ON role_id = roles.id")))
        words = set(await tx.scalars(sa.text("SELECT word FROM contact_words")))
        tied = "SELECT id FROM enrollments JOIN ties ON enrollment_id = id AND user_id = enrolled_by"
        started = list(await tx.scalars(sa.text(tied)))
        broken = (await tx.execute(sa.text("PRAGMA foreign_key_check"))).all()
    await grown.close()
    assert kept == KEPT
    assert roles == ["Administrator", "Sequences: edit"]
    assert {"ann abel", "abel ann"} <= words
    assert len(started) == KEPT["enrollments"]
    assert broken == []


async def test_what_lasts_does_not_start_on_a_database_of_an_older_build(database: Database) -> None:
    await schema.check_if_there(database)
    async with database.writing() as tx:
        await tx.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))

    with pytest.raises(Misconfigured) as refusal:
        await schema.check_if_there(database)

    assert refusal.value.code == "older_schema"


async def test_the_older_of_two_builds_goes_on_while_its_workers_are_replaced(database: Database) -> None:
    async with database.writing() as tx:
        await tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    await schema.check_if_there(database)


async def test_what_goes_wrong_with_a_statement_names_nobody(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as trouble:
        async with database.reading() as tx:
            await tx.execute(sa.text("SELECT 1 FROM nowhere WHERE name = :name"), {"name": "Ann Abel"})

    assert "nowhere" in str(trouble.value)
    assert "Ann" not in str(trouble.value)


async def test_a_database_that_is_away_is_waited_for_elsewhere() -> None:
    away = Database("postgresql://127.0.0.1:1/none")

    await schema.check_if_there(away)

    await away.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_id_of_a_contact_is_never_given_again(database: Database) -> None:
    ann = Contact(0, "Ann", "")

    async with database.writing() as tx:
        first = await contacts.add(tx, ann)
        await tx.execute(sa.text("DELETE FROM contacts"))
        second = await contacts.add(tx, ann)

    assert second > first
