"""What waits for somebody besides his to-dos: each with its cause, since when, and what mends it."""

from dataclasses import dataclass
from datetime import datetime

from starter.door import Door, acting_user
from starter.hearing import heard
from starter.timeline import what_is_next
from store import contacts, enrollments

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
    """One of them."""

    enrollment: str
    contact: str
    cause: str
    since: datetime | None
    remedy: str


async def waiting_for(door: Door, by: str) -> list[Waiting]:
    """The longest waiting first, at most 1,000. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        found = await enrollments.attention(tx, user)
        people = await contacts.some(tx, [one.contact_id for one in found])
    return [
        Waiting(
            enrollment=one.id,
            contact=people[one.contact_id].name,
            cause=str(one.reason or one.why),
            since=one.since,
            remedy=REMEDIES.get(str(one.reason or one.why), what_is_next(one, door.now())),
        )
        for one in found
    ]


async def attention_of(door: Door, by: str) -> tuple[list[Waiting], list[str]]:
    """The same, with what everybody should know. Raises Refused."""
    return await waiting_for(door, by), (await heard(door)).alarms
