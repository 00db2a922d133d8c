"""What SQLAlchemy has compiled for one database serves the next: each test has its own, and all have the same tables.

It keeps what it compiles per engine, and by the engine's dialect; here dialects of a kind are equal and share a cache.
"""

from typing import Any, ClassVar

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache


class Sqlite(SQLiteDialect_aiosqlite):
    """Like all others of its kind."""

    supports_statement_cache = True
    compiled: ClassVar[LRUCache[Any, Any]] = LRUCache(2000)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


class Postgresql(PGDialect_asyncpg):
    """Like all others of its kind: there is one server."""

    supports_statement_cache = True
    compiled: ClassVar[LRUCache[Any, Any]] = LRUCache(2000)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


def share() -> None:
    """From now on, in this process."""
    for dialect in (Sqlite, Postgresql):
        registry.register(f"{dialect.name}.{dialect.driver}", __name__, dialect.__name__)
