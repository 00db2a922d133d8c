"""What has happened, for services that follow it."""

import asyncio
import re
from datetime import timedelta

from sequencing.errors import Refused, quoted
from sequencing.permissions import Tie, check
from starter.door import Door, acting_user
from store import events
from store.events import Cursor, Event, Look

LOOK_EVERY = timedelta(milliseconds=300)
START: Cursor = (0, 0)


async def follow(door: Door, by: str, after: str, limit: int, wait: timedelta) -> tuple[list[Event], str]:
    """Up to `limit` events behind the cursor, and the cursor to go on with; waits so long for the first.

    Raises Refused.
    """
    cursor = read_cursor(after)
    until = asyncio.get_running_loop().time() + wait.total_seconds()
    while True:
        look = await _look(door, by, cursor, limit)
        cursor = look.reached
        if look.events or (not look.more and asyncio.get_running_loop().time() >= until):
            return look.events, write_cursor(cursor)
        await asyncio.sleep(0 if look.more else LOOK_EVERY.total_seconds())


async def _look(door: Door, by: str, cursor: Cursor, limit: int) -> Look:
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        check(user, "see", Tie(own=True))
        return await events.after(tx, user, cursor, limit)


def read_cursor(said: str) -> Cursor:
    """Raises Refused(`invalid_cursor`). Empty: before the first event."""
    if not said:
        return START
    if not re.fullmatch(r"[0-9]{1,18}-[0-9]{1,18}", said, re.ASCII):
        raise Refused("invalid_cursor", f"{quoted(said)} is no cursor; take `next` of an earlier answer, or leave it.")
    written_in, _, number = said.partition("-")
    return int(written_in), int(number)


def write_cursor(cursor: Cursor) -> str:
    """The place as text."""
    return f"{cursor[0]}-{cursor[1]}"
