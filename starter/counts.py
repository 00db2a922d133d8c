"""What stands beside the sections of the navigation."""

from sequencing.people import User
from starter.attention import held_for
from starter.door import Door
from store import counts


async def counts_of(door: Door, user: User) -> dict[str, str]:
    """How many to-dos the user has and how much else waits for him, by the path of the section; up to a hundred."""
    async with door.database.reading() as tx:
        given, stuck, any_hold = await counts.waiting(tx, user)
        stuck += await held_for(tx, user) if any_hold else 0
    return {path: said(number) for path, number in (("/todos", given), ("/attention", stuck)) if number}


def said(number: int, most: int = counts.MOST) -> str:
    """The number, or that there are at least so many."""
    return f"{most:,}+" if number >= most else f"{number:,}"
