"""In which cluster of PostgreSQL the events are numbered: a dump that is restored in another finds its counter of
transactions far behind, and whoever follows the events would wait for numbers that do not come for years.

So the numbers go on above all that were ever given: `ahead` is added to the cluster's own, there and where they are
read. SQLite numbers the events itself, and knows of no clusters.
"""

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Misconfigured
from store.database import Database, upsert
from store.tables import ClusterRow, EventRow

LEAP = 1_000_000_000
"""More than anybody who follows can be beyond the newest event that a backup has."""
CLUSTER = text("SELECT system_identifier::text FROM pg_control_system()")
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
    """Whether it has come from another cluster and `setup` has not seen to it yet."""
    async with database.reading() as tx:
        if not _is_postgres(tx):
            return False
        known = await tx.get(ClusterRow, ONLY)
        return known is not None and known.cluster != await tx.scalar(CLUSTER)


async def settle(tx: AsyncSession, *, restored: bool) -> bool:
    """Lets the numbers of events go on above all that were ever given, if they would not; repeating it changes nothing.

    `restored`: also where that cannot be seen, since the database came back from a backup of the same place. Answers
    whether anything was changed.
    """
    if not _is_postgres(tx):
        if restored:
            await tx.execute(text("UPDATE sqlite_sequence SET seq = seq + :leap WHERE name = 'events'"), {"leap": LEAP})
        return restored
    cluster = await tx.scalar(CLUSTER)
    known = await tx.get(ClusterRow, ONLY, with_for_update=True)
    newest = await tx.scalar(select(func.max(EventRow.written_in))) or 0
    own = await tx.scalar(text(f"SELECT {NUMBER}"))
    moved = newest > own if known is None else known.cluster != cluster
    if moved or restored:
        await _number_from(tx, cluster, max(newest, own) + LEAP)
        await _lift(tx, newest, own, max(newest, own) + LEAP)
    elif known is None:
        await _number_from(tx, cluster, 0)
    return moved or restored


def ahead() -> ColumnElement[int]:
    """How far the numbers of events are ahead of the cluster's own."""
    return func.coalesce(select(ClusterRow.ahead).where(ClusterRow.id == ONLY).scalar_subquery(), 0)


def settled() -> ColumnElement[int]:
    """The number below which no transaction is running any more."""
    return cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger) + ahead()


async def _number_from(tx: AsyncSession, cluster: str | None, ahead: int) -> None:
    said = {"cluster": cluster, "ahead": ahead}
    row = upsert(tx, ClusterRow).values(id=ONLY, **said)
    await tx.execute(row.on_conflict_do_update(index_elements=["id"], set_=said))
    number = f"({NUMBER} + {ahead:d})"
    await tx.execute(text(f"ALTER TABLE events ALTER COLUMN written_in SET DEFAULT {number}"))


async def _lift(tx: AsyncSession, newest: int, own: int, ahead: int) -> None:
    """What was written here since, with numbers that are too small, comes after everything that was before."""
    last = select(func.max(EventRow.id)).where(EventRow.written_in == newest).scalar_subquery()
    since = EventRow.id > last, EventRow.written_in <= own, EventRow.written_in < newest
    await tx.execute(update(EventRow).where(*since).values(written_in=ahead))


def _is_postgres(tx: AsyncSession) -> bool:
    return tx.get_bind().dialect.name == "postgresql"
