"""What was kept instead of sent, as far as the user sees what it belongs to."""

import asyncio
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from sequencing.errors import Refused
from sequencing.people import Level
from sequencing.permissions import not_found
from starter.door import Door, permitted
from store import messages
from transports import outbox
from transports.outbox import Kept


async def page_of(door: Door, by: str, *, before: str = "", limit: int) -> list[Kept]:
    """The newest first, behind the message of that name; no more is read than is shown. Raises Refused."""
    shown = await _shown_to(door, by)
    if door.outbox is None:
        return []
    return await asyncio.to_thread(_newest, door.outbox, shown, before, limit)


def _newest(folder: Path, shown: Callable[[Kept], bool], before: str, limit: int) -> list[Kept]:
    fitting = (one for one in outbox.newest_first(folder, before) if shown(one))
    return list(islice(fitting, limit))


async def one(door: Door, name: str, by: str) -> Kept:
    """The message of that name. Raises Refused(`not_found`)."""
    try:
        shown = await _shown_to(door, by)
    except Refused:
        raise not_found() from None
    found = await asyncio.to_thread(outbox.find, door.outbox, name) if door.outbox else None
    if found is None or not shown(found):
        raise not_found()
    return found


def html_of(one: Kept) -> str | None:
    """The HTML of a message, if it has any."""
    return outbox.html(one)


async def _shown_to(door: Door, by: str) -> Callable[[Kept], bool]:
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        known = set() if user.level is Level.manage else await messages.seen_by(tx, user)
    return lambda one: user.level is Level.manage or bool({one.message_id, (one.recipient, one.text)} & known)


async def kept(door: Door, by: str) -> list[Kept]:
    """By the time of the hand-over; for those who manage also what no enrollment knows of. Raises Refused."""
    shown = await _shown_to(door, by)
    found = outbox.messages(door.outbox) if door.outbox else []
    return [one for one in found if shown(one)]
