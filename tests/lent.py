"""Databases of PostgreSQL that are lent from test to test: to empty one and fill it again takes a tenth of a copy.

A copy is hundreds of new files. What a test has added to the schema, or still holds open, is not cleaned but left.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import asyncpg
import sqlalchemy as sa

OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
COUNTERS = "SELECT sequencename, last_value, start_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
SHAPE = """
SELECT (SELECT row(count(*), max(oid::bigint), sum(relhastriggers::int), sum(relchecks)) FROM pg_class)::text
    || (SELECT row(count(*), sum(hashtext(attrelid::text || attname || atttypid || attnotnull || attisdropped)))
        FROM pg_attribute WHERE attrelid >= 16384)::text
    || (SELECT row(count(*), sum(hashtext(adrelid::text || adbin::text))) FROM pg_attrdef)::text
    || (SELECT row(count(*), max(oid::bigint)) FROM pg_constraint)::text
    || (SELECT row(count(*), max(oid::bigint), sum(hashtext(tgenabled::text))) FROM pg_trigger)::text
    || (SELECT row(count(*), max(oid::bigint)) FROM pg_proc)::text
    || (SELECT row(count(*), max(oid::bigint)) FROM pg_namespace)::text
    || (SELECT count(*) FROM pg_db_role_setting)::text
"""
"""All that is not rows, in a word that is another one once any of it has changed."""
WITHOUT_RULES = "SET session_replication_role = replica; SET lock_timeout = '2s'; SET synchronous_commit = off"
"""No key and no trigger stands in the way: what is put back has been held against them before."""
PATIENCE = 100
"""So many hundredths of a second the connections of the last test may take to end."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one holds at first: the rows of each table that has some, and where the counters stand."""

    rows: dict[str, bytes]
    counters: list[tuple[str, int | None, int]]

    @classmethod
    async def of(cls, url: str) -> "Kept":
        """Of the database at that address."""
        connection = await asyncpg.connect(_plain(url))
        try:
            counters = [tuple(row) for row in await connection.fetch(COUNTERS)]
            return cls({name: await _copied(connection, name) for name in await _filled(connection)}, counters)
        finally:
            await connection.close()


@dataclass
class Lent:
    """Those that no test has just now, with the shape they had when they were new."""

    copy: Callable[[str], Awaitable[str]]
    """Makes a new one of a template, and tells its address."""
    kept: dict[str, Kept] = field(default_factory=dict)
    free: list[tuple[str, str]] = field(default_factory=list)

    async def lend(self, template: str, url: str) -> tuple[str, str]:
        """Address and shape of one that holds what the template at that address holds."""
        if template not in self.kept:
            self.kept[template] = await Kept.of(url)
        while self.free:
            one = self.free.pop()
            if await _cleaned(*one, self.kept[template]):
                return one
        fresh = await self.copy(template)
        connection = await asyncpg.connect(_plain(fresh))
        shape = str(await connection.fetchval(SHAPE))
        await connection.close()
        return fresh, shape

    def give_back(self, one: tuple[str, str]) -> None:
        """No test has it any more."""
        self.free.append(one)


async def _cleaned(url: str, shape: str, kept: Kept) -> bool:
    """Whether it holds just that again."""
    try:
        connection = await asyncpg.connect(_plain(url))
    except (asyncpg.PostgresError, OSError):
        return False
    try:
        if not await _is_left_alone(connection) or await connection.fetchval(SHAPE) != shape:
            return False
        await connection.execute(WITHOUT_RULES)
        async with connection.transaction():
            await _fill(connection, kept)
        return True
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()


async def _is_left_alone(connection: Any) -> bool:
    for _ in range(PATIENCE):
        if not await connection.fetchval(OTHERS):
            return True
        await asyncio.sleep(0.01)
    return False


async def _fill(connection: Any, kept: Kept) -> None:
    for name in await _filled(connection):
        await connection.execute(f'DELETE FROM "{name}"')
    for name, rows in kept.rows.items():
        await connection.copy_to_table(name, source=BytesIO(rows), format="binary")
    present = {name: value for name, value, _ in await connection.fetch(COUNTERS)}
    for name, value, start in kept.counters:
        if present[name] != value:
            await connection.execute(_put_back(name, value, start))


def _put_back(counter: str, value: int | None, start: int) -> str:
    is_used = "false" if value is None else "true"
    return f"SELECT setval('public.\"{counter}\"', {start if value is None else value}, {is_used})"


async def _filled(connection: Any) -> list[str]:
    """The tables that have rows."""
    names = [name for (name,) in await connection.fetch(TABLES)]
    some = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)
    return [name for (name,) in await connection.fetch(some)]


async def _copied(connection: Any, name: str) -> bytes:
    rows = BytesIO()
    await connection.copy_from_table(name, output=rows, format="binary")
    return rows.getvalue()


def _plain(url: str) -> str:
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
