"""The migrations, one after the other, make what the tables say."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from store import add_tables, tables
from store.columns import Table
from store.database import Database


async def test_the_migrations_make_exactly_what_the_tables_say(database: Database) -> None:
    assert {add_tables.BulkAddRow.metadata, tables.EventRow.metadata} == {Table.metadata}

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
