"""Opening a door, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from ulid import ULID

from settings import Settings
from starter.door import Door
from store.database import Database
from transports.outgoing import Transport

if TYPE_CHECKING:
    from starter.client import Runs


class Unasked:
    """Stands where an engine would, for what only reads."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name}: this door was opened without an engine")


@asynccontextmanager
async def open_door(settings: Settings, *, engine: bool = True) -> AsyncIterator[Door]:
    """The door on the database and engine that the settings name; neither is reached before it is needed.

    Without the engine it opens in half the time. Raises Misconfigured.
    """
    database = Database(settings.database, secret=settings.secret_bytes, old_secrets=settings.old_secret_bytes)
    try:
        runs = await _runs(settings) if engine else cast("Runs", Unasked())
        yield Door(
            database,
            runs,
            lambda: datetime.now(UTC),
            lambda: str(ULID()),
            settings.outbox,
            lambda: _mail_server(settings),
            settings.mail_domain,
        )
    finally:
        await database.close()


def _mail_server(settings: Settings) -> Transport:
    from starter.mail_server import mail_server  # here, because few commands send

    return mail_server(settings)


async def _runs(settings: Settings) -> "Runs":
    from starter.client import Runs, connect  # here, because Temporal's SDK takes as long to load as all else

    return Runs(await connect(), settings.task_queue, act_within=settings.act_within)
