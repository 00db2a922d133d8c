"""What reads very much has its end: the database stops when it has taken too long, and when nobody waits any more."""

import asyncio
from datetime import timedelta
from time import perf_counter

import pytest
import sqlalchemy as sa

from sequencing.errors import Refused
from store.database import Database

LONG = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2e9) SELECT max(i) FROM n",
}
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
PATIENCE = 120


async def test_a_statement_that_takes_too_long_is_ended_and_the_connection_serves_on(database: Database) -> None:
    asked, began = sa.text(LONG[database.url.get_backend_name()]), perf_counter()
    with pytest.raises(Refused) as refused:
        async with database.counting(timedelta(seconds=0.3)) as tx:
            await tx.execute(asked)
    took = perf_counter() - began

    assert (refused.value.code, "longer than 0.3 seconds" in refused.value.sentence) == ("takes_too_long", True)
    assert took < PATIENCE
    async with database.reading() as tx:
        assert await tx.scalar(sa.text("SELECT 1")) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_what_nobody_waits_for_ends_in_the_database_as_well(database: Database) -> None:
    async def ask() -> None:
        async with database.counting(timedelta(seconds=60)) as tx:
            await tx.execute(sa.text(LONG["postgresql"]))

    async def running() -> int:
        async with database.reading() as tx:
            return int(await tx.scalar(sa.text(RUNNING)) or 0)

    asking = asyncio.create_task(ask())
    async with asyncio.timeout(PATIENCE):
        while await running() == 0:
            await asyncio.sleep(0.05)
        asking.cancel()
        while await running() == 1:
            await asyncio.sleep(0.05)
        await asyncio.wait({asking})

    assert asking.cancelled()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_its_limit_and_its_memory_are_of_its_own_transaction(database: Database) -> None:
    async def settings() -> tuple[str, str]:
        async with database.reading() as tx:
            row = (
                await tx.execute(sa.text("SELECT current_setting('statement_timeout'), current_setting('work_mem')"))
            ).one()
        return row[0], row[1]

    before = await settings()
    async with database.counting(timedelta(seconds=7)) as tx:
        within = await tx.scalar(sa.text("SELECT current_setting('statement_timeout')"))

    assert within == "7s"
    assert await settings() == before
