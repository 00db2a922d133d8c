"""SQLite in a thread beside the loop, where a statement and its rows are one trip to it and back.

The driver takes one for the cursor, one to carry out, one to fetch and one to close: of a page's CPU, a third.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import aiosqlite

Values = Sequence[Any] | Mapping[str, Any]
AT_ONCE = 1_000
"""Rows fetched with the statement; those behind them are fetched when they are asked for."""


class Cursor:
    """What SQLAlchemy asks of a cursor."""

    def __init__(self, connection: "Connection") -> None:
        self.description: Any = None
        self.rowcount, self.arraysize = -1, 1
        self.lastrowid: int | None = None
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, values: Values = ()) -> Self:
        """Carries it out, and fetches the first rows."""
        await self._connection.work(self._execute, statement, values)
        return self

    async def executemany(self, statement: str, values: Iterable[Values]) -> Self:
        """Carries it out for each of the values."""
        await self._connection.work(self._executemany, statement, values)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows that nobody has fetched yet."""
        rows, self._rows = self._rows, []
        if self._cursor is not None:
            rows += await self._connection.work(self._rest)
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Not more than so many of them."""
        rows = await self.fetchall()
        size = self.arraysize if size is None else size
        self._rows = rows[size:]
        return rows[:size]

    async def fetchone(self) -> Any:
        """The next of them; None: there is none."""
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """Lets go of the rows; where all were fetched the thread has done so."""
        self._rows = []
        if self._cursor is not None:
            await self._connection.work(self._close)

    def _execute(self, statement: str, values: Values) -> None:
        cursor = self._begin()
        try:
            cursor.execute(statement, values)
            self.description = cursor.description
            if cursor.description is not None:
                self._rows = cursor.fetchmany(AT_ONCE)
        except BaseException:
            self._close()
            raise
        self._end(cursor)

    def _executemany(self, statement: str, values: Iterable[Values]) -> None:
        cursor = self._begin()
        try:
            cursor.executemany(statement, values)
        except BaseException:
            self._close()
            raise
        self._end(cursor)

    def _begin(self) -> sqlite3.Cursor:
        self._close()
        self._cursor = cursor = self._connection.raw().cursor()
        self.description, self._rows = None, []
        return cursor

    def _end(self, cursor: sqlite3.Cursor) -> None:
        """SQLite knows how many rows were changed when it has given back the last of them."""
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        if len(self._rows) < AT_ONCE:
            self._close()

    def _rest(self) -> list[Any]:
        cursor = self._cursor
        rows = [] if cursor is None else cursor.fetchall()
        if cursor is not None:
            self.rowcount = cursor.rowcount
        self._close()
        return rows

    def _close(self) -> None:
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.close()


class Connection(aiosqlite.Connection):
    """The driver's connection with the other cursor."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor, without asking the thread for one."""
        return Cursor(self)

    async def work(self, function: Any, *said: Any) -> Any:
        """What the function brings, called in the thread behind all that was asked before."""
        return await self._execute(function, *said)  # type: ignore[no-untyped-call]

    def raw(self) -> sqlite3.Connection:
        """For use in the thread."""
        return self._conn


def connect(database: str, **options: Any) -> Connection:
    """A connection that opens when it is awaited; its thread ends with the program."""
    connection = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=AT_ONCE)
    connection._thread.daemon = True
    return connection
