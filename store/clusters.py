"""Events are numbered by PostgreSQL's counter of transactions, and a dump that is restored in another cluster meets a
counter that is far behind: whoever follows the events would wait for numbers that do not come for years.

So the numbers go on above all that were ever given: `ahead` is added to the cluster's own, there and where they are
read. SQLite counts the events themselves, and brings its count with it.
"""

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Misconfigured
from store.database import Database, upsert
from store.tables import EventNumbersRow, EventRow

LEAP = 1_000_000_000
"""More than anybody who follows can be beyond the newest event that a backup has."""
NUMBER = "pg_current_xact_id()::text::bigint"
ONLY = 1


async def check_if_there(database: Database) -> None:
    """Raises Misconfigured where the database has come from another cluster and `setup` has not seen to it yet.

    One that is away is waited for elsewhere.
    """
    try:
        moved = await has_moved(database)
    except (SQLAlchemyError, OSError):
        return
    if moved:
        raise Misconfigured(
            "restored_elsewhere",
            "The database was restored from a dump of another server; run `sequencing setup` first.",
        )


async def has_moved(database: Database) -> bool:
    """Whether it has come from another cluster and `setup` has not seen to it yet: it has events from the future."""
    async with database.reading() as tx:
        return _is_postgres(tx) and await _newest(tx) >= (await tx.scalar(select(_next())) or 0)


async def settle(tx: AsyncSession, *, restored: bool) -> bool:
    """Lets the numbers of events go on above all that were ever given, if they would not; repeating it changes nothing.

    `restored`: also where that cannot be seen, since the database came back from a backup of the same place. Answers
    whether anything was changed.
    """
    if not _is_postgres(tx):
        if restored:
            await tx.execute(text("UPDATE sqlite_sequence SET seq = seq + :leap WHERE name = 'events'"), {"leap": LEAP})
        return restored
    newest, following = await _newest(tx), await tx.scalar(select(_next())) or 0
    if newest < following and not restored:
        return False
    ahead = max(newest, following) + LEAP
    await _number_from(tx, ahead)
    await _lift(tx, newest, following, ahead)
    return True


def settled() -> ColumnElement[int]:
    """The number below which no transaction is running any more."""
    return cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger) + _ahead()


def _next() -> ColumnElement[int]:
    """The number that no transaction has yet."""
    return cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger) + _ahead()


def _ahead() -> ColumnElement[int]:
    return func.coalesce(select(EventNumbersRow.ahead).where(EventNumbersRow.id == ONLY).scalar_subquery(), 0)


async def _newest(tx: AsyncSession) -> int:
    return await tx.scalar(select(func.max(EventRow.written_in))) or 0


async def _number_from(tx: AsyncSession, ahead: int) -> None:
    row = upsert(tx, EventNumbersRow).values(id=ONLY, ahead=ahead)
    await tx.execute(row.on_conflict_do_update(index_elements=["id"], set_={"ahead": ahead}))
    number = f"({NUMBER} + {ahead:d})"
    await tx.execute(text(f"ALTER TABLE events ALTER COLUMN written_in SET DEFAULT {number}"))


async def _lift(tx: AsyncSession, newest: int, following: int, ahead: int) -> None:
    """What was written here since, with numbers that are too small, comes after everything that was before."""
    last = select(func.max(EventRow.id)).where(EventRow.written_in == newest).scalar_subquery()
    since = EventRow.id > last, EventRow.written_in <= following, EventRow.written_in < newest
    await tx.execute(update(EventRow).where(*since).values(written_in=ahead))


def _is_postgres(tx: AsyncSession) -> bool:
    return tx.get_bind().dialect.name == "postgresql"
