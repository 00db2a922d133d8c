"""Whom nobody may write to, and who may be written to again."""

from sequencing.addresses import check_target
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import suppressions


async def suppress(door: Door, target: str, reason: str, by: str) -> bool:
    """Lets nobody write to an address or a number; False when it was so already. Raises Refused."""
    check_target(target.strip())
    check_name("The reason", reason, 40)
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "suppress")
        return await suppressions.add(tx, target, reason, user.id, door.now())


async def lift(door: Door, target: str, by: str) -> bool:
    """Allows writing to it again; False when it was not suppressed. Raises Refused."""
    async with door.database.writing() as tx:
        await permitted(tx, by, "lift_suppression")
        return await suppressions.lift(tx, target)
