"""What waits for somebody besides his to-dos: each with its cause, since when, and what mends it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.holds import keeper
from sequencing.people import User
from starter.door import Door, acting_user
from starter.hearing import heard
from starter.timeline import what_is_next
from store import contacts, enrollments, holds, users
from store.holds import HeldUp

REMEDIES = {
    "no_email_address": "add an address, then resume",
    "no_address_of_type": "add an address of that type, then resume",
    "no_phone_number": "add a mobile number, then resume",
    "replied": "read the reply, then resume or conclude",
    "by_user": "resume",
    "missing_merge_field": "fill in the field, then resume",
    "bounced": "correct the address, then resume",
    "suppressed": "conclude, or lift the suppression and resume",
    "template_broken": "mend the template, then resume",
    "no_sender_address": "give the sender an address, then resume",
    "no_sender_number": "give the sender a number, then resume",
    "could_not_be_sent": "see to the mail server, then resume",
    "delivery_unknown": "settle: it left, or send_again",
    "no_send_window": "an admin opens the send window in the settings",
    "quiet_hours": "the send window is never open from 8:00 to 21:00 at the contact's place: an admin widens it, or "
    "somebody corrects the contact's time zone",
    "no_business_days": "an admin opens the send window in the settings",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One of them: an enrollment; or, without enrollment and contact, a hold for whose end `due` messages wait.

    `sequence` is the one that is held; empty where all sending is.
    """

    enrollment: str | None
    contact: str | None
    cause: str
    since: datetime | None
    remedy: str
    sequence: str | None = None
    sequence_id: int | None = None
    due: int | None = None


async def waiting_for(door: Door, by: str) -> list[Waiting]:
    """Holds, then the longest waiting first, at most 1,000. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        found = await enrollments.attention(tx, user)
        names = await contacts.names(tx, [one.contact_id for one in found])
        kept = await _kept_by(tx, user)
    return kept + [
        Waiting(
            enrollment=one.id,
            contact=names[one.contact_id],
            cause=str(one.reason or one.why),
            since=one.since,
            remedy=REMEDIES.get(str(one.reason or one.why), what_is_next(one, door.now())),
        )
        for one in found
    ]


async def attention_of(door: Door, by: str) -> tuple[list[Waiting], list[str]]:
    """The same, with what everybody should know. Raises Refused."""
    return await waiting_for(door, by), (await heard(door)).alarms


async def _kept_by(tx: AsyncSession, user: User) -> list[Waiting]:
    """A line for each hold that this user sees to, and not one for everybody whom it keeps waiting."""
    found = await holds.held_up(tx)
    if not found:
        return []
    known = await users.some(tx, {one.hold.held_by for one in found} | {one.owner_id or 0 for one in found})
    admin = await users.first_admin(tx)
    kept = []
    for one in found:
        holder, owner = known.get(one.hold.held_by), known.get(one.owner_id or 0)
        if keeper(holder, owner, admin, everything=one.hold.sequence_id is None) == user:
            kept.append(_line(one, "you" if holder == user else holder.name if holder else "somebody"))
    return kept


def _line(one: HeldUp, holder: str) -> Waiting:
    what = "all sending is held" if one.hold.sequence_id is None else "held"
    wait = "1 due message waits" if one.waiting == 1 else f"{one.waiting:,} due messages wait"
    remedy = f"{what} by {holder} since {one.hold.since:%Y-%m-%d %H:%M} UTC: {wait}; release it, or cancel them"
    return Waiting(None, None, "held", one.hold.since, remedy, one.sequence, one.hold.sequence_id, one.waiting)
