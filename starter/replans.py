"""Having waits planned anew, some each second, after something they were planned with has changed."""

from sequencing.replans import Replan
from starter.door import Door
from store import settings


async def start(door: Door, replan: Replan) -> None:
    """Starts a replan that was written down; what fails here is the sweep's."""
    async with door.database.reading() as tx:
        at_most = (await settings.current(tx)).limits.moves_a_second
    await door.runs.start_replan(replan, at_most)
