"""Tries at signing in are counted once, however many processes count, and not kept for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from sequencing.tries import FORGOTTEN_AFTER, USER
from store import tries
from store.database import Database
from store.people_tables import TryRow

NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def _take(database: Database, digest: str, at: datetime = NOW) -> timedelta:
    async with database.writing() as tx:
        return await tries.take(tx, {digest: USER}, at)


async def _kept(database: Database) -> set[str]:
    async with database.reading() as tx:
        return set(await tx.scalars(sa.select(TryRow.digest)))


async def test_of_many_at_the_same_moment_no_more_pass_than_are_free(database: Database) -> None:
    waits = await asyncio.gather(*(_take(database, "one") for _ in range(4 * USER.free)))

    assert waits.count(timedelta(0)) == USER.free


async def test_what_is_long_past_is_forgotten(database: Database) -> None:
    await _take(database, "old")
    await _take(database, "new", NOW + FORGOTTEN_AFTER + timedelta(seconds=1))

    assert await _kept(database) == {"new"}


async def test_the_oldest_make_room(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MOST", 3)
    for number in range(6):
        await _take(database, str(number), NOW + timedelta(seconds=number))

    assert await _kept(database) == {"3", "4", "5"}
