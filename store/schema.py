"""Bringing the database to the present schema, and asking whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from sequencing.errors import Misconfigured, Refused
from store.database import Database

MIGRATING = 0x5E900E4C
"""Number of the advisory lock under which PostgreSQL migrates once, however many start at the same moment."""


async def migrate(database: Database) -> None:
    """Applies what is missing; repeating it changes nothing."""
    async with database.engine.execution_options(writing=True).connect() as connection:
        await _keep_references(connection, "OFF")
        async with connection.begin():
            if connection.dialect.name == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATING})"))
            await connection.run_sync(_upgrade)
        await _keep_references(connection, "ON")


async def _keep_references(connection: AsyncConnection, switch: str) -> None:
    """SQLite changes a table by making it anew, and deleting the old one must not delete what refers to it."""
    if connection.dialect.name == "sqlite":
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.execute(f"PRAGMA foreign_keys={switch}")


async def check_if_there(database: Database) -> None:
    """Raises Misconfigured where an older build made it: something is missing that this one reads or writes.

    One that is away or empty is waited for elsewhere. One of a newer build is taken: workers are replaced one by one.
    """
    try:
        async with database.engine.connect() as connection:
            revision = await connection.run_sync(_revision)
    except (SQLAlchemyError, OSError):
        return
    scripts = ScriptDirectory.from_config(_config())
    known = {one.revision for one in scripts.walk_revisions()}
    if revision in known and revision != scripts.get_current_head():
        raise Misconfigured("older_schema", "The database is of an older build; run `sequencing setup` first.")


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise Refused("newer_schema", "The database was made by a newer build than this one; run that one.") from None


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
