"""The present schema, made once in a process: what takes a second of migrations is then a copy of a file."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from store import schema
from store.database import Database

T = TypeVar("T")


def fresh_sqlite(file: Path) -> Database:
    """A database in that new file, with nothing in it but the schema."""
    return Database(f"sqlite:///{shutil.copy(migrated(), file)}")


@cache
def migrated() -> Path:
    """A SQLite file with nothing in it but the schema, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    beside(migrate(f"sqlite:///{folder / 'empty.db'}"))
    return folder / "empty.db"


async def migrate(url: str) -> None:
    """Brings the schema to the database at that address."""
    database = Database(url)
    await schema.migrate(database)
    await database.close()


def beside(work: Coroutine[Any, Any, T]) -> T:
    """The answer of the work, done in a thread: it may be wanted while a loop runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
