"""Holding a sequence, or all sending, and releasing it."""

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Unchanged
from sequencing.permissions import check
from sequencing.replans import Cause, Replan
from starter.clocks import in_a_sentence, zone_of_reader
from starter.door import Door, acting_user, permitted
from starter.replans import start
from store import holds, replans, sequences, ties, users


async def hold(door: Door, name: str | None, by: str) -> None:
    """From now on nothing more is claimed in that sequence (None: anywhere). Raises Refused."""
    async with door.database.writing() as tx:
        sequence_id, user_id = await _permitted(tx, name, by)
        if not await holds.hold(tx, sequence_id, user_id, door.now()):
            standing = await holds.standing(tx, sequence_id)
            zone = await zone_of_reader(tx, await users.get(tx, user_id))
            raise Unchanged(
                "held_already", f"It is {await words(tx, standing, zone)} already." if standing else "It is held."
            )


async def release(door: Door, name: str | None, by: str) -> None:
    """What fell due meanwhile goes, in order, some each second. Raises Refused."""
    async with door.database.writing() as tx:
        sequence_id, user_id = await _permitted(tx, name, by)
        if not await holds.release(tx, sequence_id):
            raise Unchanged("not_held", "It is not held.")
        replan = Replan(door.new_id(), Cause.release, sequence_id, user_id, door.now())
        await replans.begin(tx, replan)
    await start(door, replan)


async def of_everything(door: Door, by: str) -> str | None:
    """Who holds all sending since when; None: nobody. Raises Refused."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see_settings")
        standing = await holds.standing(tx, None)
        return await words(tx, standing, await zone_of_reader(tx, user)) if standing else None


async def words(tx: AsyncSession, hold: holds.Hold, zone: str) -> str:
    """Who holds what since when, by the clock of that zone."""
    who = await users.get(tx, hold.held_by)
    what = "held" if hold.sequence_id is not None else "held with all sending"
    return f"{what} by {who.name if who else 'somebody'} since {in_a_sentence(hold.since, zone)}"


async def _permitted(tx: AsyncSession, name: str | None, by: str) -> tuple[int | None, int]:
    if name is None:
        return None, (await permitted(tx, by, "hold_all")).id
    user = await acting_user(tx, by)
    row = await sequences.find(tx, name, user)
    check(user, "hold", await ties.to_sequence(tx, user, row))
    return row.id, user.id
