"""What a page needs in many places is read once while it is made, and never kept for the next."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")
SEEN = "seen"
"""Of a session that only looks: what was read in it. A session that may write has none, and reads anew each time."""


def seen(tx: AsyncSession) -> dict[Any, Any]:
    """What was read before in this look; empty, and kept by nobody, where it is none."""
    known: dict[Any, Any] | None = tx.info.get(SEEN)
    return {} if known is None else known


async def once(tx: AsyncSession, what: Any, read: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """What `read` brought when it was first asked for in this look."""
    known = seen(tx)
    if what not in known:
        known[what] = await read(tx)
    kept: T = known[what]
    return kept
