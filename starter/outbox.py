"""What was kept instead of sent, as far as the user sees what it belongs to."""

from sequencing.people import Level
from starter.door import Door, permitted
from store import messages
from transports import outbox
from transports.outbox import Kept


async def kept(door: Door, by: str) -> list[Kept]:
    """By the time of the hand-over; for those who manage also what no enrollment knows of. Raises Refused."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        known = set() if user.level is Level.manage else await messages.seen_by(tx, user)
    found = outbox.messages(door.outbox) if door.outbox else []
    return [one for one in found if user.level is Level.manage or {one.message_id, (one.recipient, one.text)} & known]
