"""The connection to SQLite or PostgreSQL. Forgetting to leave a block normally rolls it back."""

from asyncio import Lock
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from copy import copy
from datetime import timedelta
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Self

from sqlalchemy import TableClause, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from sequencing.errors import Misconfigured, Refused, quoted
from store.looks import SEEN

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

OPTIONS: dict[str, set[str]] = {"sqlite+aiosqlite": set(), "postgresql+asyncpg": {"host", "port", "ssl"}}
"""What may follow the question mark of an address; the drivers would fail at the first query, with any name."""
SSL = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=30000",
    "secure_delete=ON",
)
"""FULL, because a claim that a power cut undoes would let a message leave twice; `secure_delete`, because SQLite
leaves what is deleted readable in its file."""


COUNTING = text(
    "SELECT set_config('statement_timeout', :milliseconds, true), set_config('work_mem', :memory, true), "
    "set_config('jit', 'off', true)"
)
"""Of this transaction alone. Translating such a statement for the machine first takes longer than carrying it out."""
COUNTING_MEMORY = "64MB"
ENDS = "ends"
"""Of a connection: the instant of this machine's clock at which SQLite ends what it is doing."""
STEPS = 100_000
"""So many of its steps are taken in some milliseconds."""
ENDED = "57014", "interrupted"
"""What PostgreSQL and SQLite say of a statement that was ended before it was done."""
TAKES_TOO_LONG = (
    "This takes longer than {:g} seconds to count. Choose a shorter period, one sequence, or one user who enrolled."
)


class Database:
    """One engine. `writing()` takes the write lock at once on SQLite, so a read in it is never stale.

    SQLite lets its waiting writers poll; those of one process stand in line instead. `secret` is the installation's,
    asked for when the fingerprint of an erased address is needed; `old_secrets` are those before it.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 40,
        secret: Callable[[], bytes] = bytes,
        old_secrets: Callable[[], tuple[bytes, ...]] = tuple,
    ) -> None:
        self.url, self._secret, self._old_secrets = database_url(url), secret, old_secrets
        self.engine = _engine(self.url, pool_size)
        ways: dict[str, Any] = {
            "expire_on_commit": False,
            "info": {"courses": {}, "secret": secret, "old_secrets": old_secrets},
            "execution_options": {"synchronize_session": False},
        }
        self._read = async_sessionmaker(self.engine, **ways)
        self._write = async_sessionmaker(self.engine.execution_options(writing=True), **ways)
        self._look: AsyncSession | None = None
        self._turn = Lock() if self.url.get_backend_name() == "sqlite" else nullcontext()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for looking; nothing it does is kept."""
        if self._look is not None:
            yield self._look
            return
        async with self._read() as session:
            yield session

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Self]:
        """The same database, read in one session from here to the end of the block, by one after the other.

        A page reads a dozen times; each session of its own would cost it a connection, a BEGIN and a ROLLBACK. What is
        read in many places (the settings, users) is read once.
        """
        async with self._read() as session:
            session.info[SEEN] = {}
            looking = copy(self)
            looking._look = session
            yield looking

    async def rest(self) -> None:
        """Gives the connection of a look back until something is read again: whoever waits long would keep others from
        reading. What has been read stays.
        """
        if self._look is not None:
            await self._look.close()

    @asynccontextmanager
    async def counting(self, within: timedelta) -> AsyncIterator[AsyncSession]:
        """A session for looking at very much, with the memory that this takes; the database itself ends a statement
        that takes longer. Raises Refused(`takes_too_long`).
        """
        async with self._read() as session:
            known = (await session.connection()).sync_connection
            assert known is not None
            info = known.info  # of the connection; it is not to be had any more once that is given up
            info[ENDS] = monotonic() + within.total_seconds()
            try:
                if self.url.get_backend_name() != "sqlite":
                    milliseconds = str(int(within.total_seconds() * 1000))
                    await session.execute(COUNTING, {"milliseconds": milliseconds, "memory": COUNTING_MEMORY})
                yield session
            except DBAPIError as error:
                if not _was_ended(error):
                    raise
                raise Refused("takes_too_long", TAKES_TOO_LONG.format(within.total_seconds())) from None
            finally:
                info.pop(ENDS, None)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A transaction, committed when the block ends, rolled back when it raises."""
        async with self._turn, self._write() as session, session.begin():
            yield session

    def secrets(self) -> tuple[bytes, ...]:
        """The installation's secret, and those before it: what any of them signed is ours."""
        return (self._secret(), *self._old_secrets())

    async def forget(self) -> bool:
        """Cuts SQLite's log of changes, which still holds what was deleted; False where somebody reads for too long."""
        if self.url.get_backend_name() != "sqlite":
            return True
        async with self.engine.execution_options(outside=True).connect() as connection:
            busy = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return int(busy.scalar_one()) == 0

    async def close(self) -> None:
        """Lets go of every connection."""
        await self.engine.dispose()


def database_url(url: str) -> URL:
    """The address with its asynchronous driver. Raises Misconfigured."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _unusable("write sqlite:///FILE or postgresql://user:password@host/name") from None
    family = parsed.drivername.partition("+")[0]
    if family not in DRIVERS:
        raise _unusable(f"{quoted(family)} is no database this works with; write sqlite or postgresql")
    if family == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise _unusable("SQLite needs a file, as in sqlite:///FILE")
    if strange := sorted(set(parsed.query) - OPTIONS[DRIVERS[family]]):
        raise _unusable(f"the option {quoted(strange[0])} is not known (encryption is ssl=require)")
    if not 0 < (parsed.port or 1) < 2**16:
        raise _unusable("a port is a number from 1 to 65535")
    if parsed.query.get("ssl", "require") not in SSL:
        raise _unusable(f"ssl is one of {', '.join(sorted(SSL))}")
    return parsed.set(drivername=DRIVERS[family])


def upsert(tx: AsyncSession, table: type[DeclarativeBase] | TableClause) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what a conflict means, in the words of the database at hand."""
    insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def _unusable(what: str) -> Misconfigured:
    return Misconfigured("invalid_database_url", f"SEQUENCING_DATABASE_URL: {what}.")


def _engine(url: URL, pool_size: int) -> AsyncEngine:
    """Connections are kept once they are there: those that go when the rush is over cost most while it lasts.

    An error names the statement and not what was filled in: a log must name nobody.
    """
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            pool_pre_ping=True,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"timeout": 5},
        )
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _sqlite_connected)
    event.listen(engine.sync_engine, "begin", _sqlite_begins)
    return engine


def _sqlite_connected(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come late, and deferred
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function("lower", 1, _small, deterministic=True)
    connection.run_async(lambda raw: raw.set_progress_handler(lambda: monotonic() > record.info.get(ENDS, inf), STEPS))


def _small(value: Any) -> str | None:
    """`lower` for the letters of all languages; SQLite's own knows those of English, and no index of ours uses it."""
    return None if value is None else str(value).lower()


def _was_ended(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", str(error.orig)) in ENDED


def _sqlite_begins(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("outside", False):
        return
    writing = options.get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
