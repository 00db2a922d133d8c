"""What waits for somebody besides his to-dos: each with its cause, since when, and what mends it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.happenings import Reason
from sequencing.holds import keeper
from sequencing.people import Level, User
from starter.clocks import in_a_sentence, zone_of_reader
from starter.door import Door, acting_user
from starter.hearing import hearing
from starter.mail_server import shut_out
from starter.timeline import what_is_next
from store import attention, holds, replies, users
from store.holds import HeldUp
from store.replies import Reply

Place = tuple[datetime, str]
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
    "delivery_unknown": "say that it left, or have it sent again",
    "no_send_window": "an admin opens the send window in the settings",
    "quiet_hours": "the send window is never open from 8:00 to 21:00 at the contact's place: an admin widens it, or "
    "somebody corrects the contact's time zone",
    "no_business_days": "an admin opens the send window in the settings",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One of them: an enrollment; or, without enrollment and contact, a hold for whose end `due` messages wait.

    `sequence` is the one it is in, or that is held; empty where all sending is. `wrote`: the contact's last reply,
    where it waits for a reply to be read. `step` and `copy_number` say which message is in question where nobody knows
    whether it left. `missing`: the merge fields that have no value, as `contact.title`.
    """

    enrollment: str | None
    contact: str | None
    cause: str
    since: datetime | None
    remedy: str
    sequence: str | None = None
    sequence_id: int | None = None
    due: int | None = None
    contact_id: int | None = None
    step: int | None = None
    copy_number: int | None = None
    wrote: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attention:
    """A page of what waits, what this user should know of, and the (since, id) behind which the next page begins."""

    items: list[Waiting]
    notices: list[str]
    more: Place | None = None


async def waiting_for(door: Door, by: str) -> list[Waiting]:
    """Holds, then the longest waiting first, at most 1,000. Raises Refused."""
    return (await attention_of(door, by)).items


async def attention_of(
    door: Door, by: str, *, after: Place | None = None, limit: int = 1000, zone: str | None = None
) -> Attention:
    """What waits behind that place, told by the clock of that zone, with what everybody should know; holds come first
    of all. Raises Refused.
    """
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        found = await attention.lines(tx, user, limit + 1, after)
        page = found[:limit]
        gaps = await attention.missing(tx, [one.enrollment.id for one in page if _has_a_gap(one)])
        wrote = await replies.latest(tx, [one.enrollment.contact_id for one in page if _is_a_reply(one)])
        clock = zone or await zone_of_reader(tx, user)
        kept = [] if after else [_line(*one, clock) for one in await _kept_by(tx, user)]
        alarms = [
            *(await hearing(tx, door.now(), clock)).alarms,
            *await _of_the_mail_server(tx, user, door.now(), clock),
        ]
    items = [
        _item(
            one,
            wrote.get(one.enrollment.contact_id),
            gaps.get(one.enrollment.id, ()),
            what_is_next(one.enrollment, door.now(), zone=zone),
        )
        for one in page
    ]
    more = (page[-1].since, page[-1].enrollment.id) if len(found) > limit else None
    return Attention(kept + items, alarms, more)


async def _of_the_mail_server(tx: AsyncSession, user: User, now: datetime, zone: str) -> list[str]:
    """What only those who manage can mend is told to them."""
    said = await shut_out(tx, now, zone) if user.level is Level.manage else None
    return [said] if said else []


def _is_a_reply(line: attention.Line) -> bool:
    return line.enrollment.reason is Reason.replied


def _has_a_gap(line: attention.Line) -> bool:
    return line.enrollment.reason is Reason.missing_merge_field


def _item(line: attention.Line, reply: Reply | None, gaps: tuple[str, ...], following: str) -> Waiting:
    one = line.enrollment
    cause = str(one.reason or one.why)
    return Waiting(
        enrollment=one.id,
        contact=line.contact,
        cause=cause,
        since=one.since,
        remedy=f"fill in {', '.join(map(_field, gaps))}, then resume" if gaps else REMEDIES.get(cause, following),
        sequence=line.sequence,
        sequence_id=one.sequence_id,
        contact_id=one.contact_id,
        step=one.step,
        copy_number=one.copy,
        wrote=reply.text if reply and _is_a_reply(line) else None,
        missing=gaps,
    )


def _field(gap: str) -> str:
    """A merge field as people call it: `contact.first_name` is the contact's first name."""
    of, _, field = gap.replace("_", " ").partition(".")
    return f"the {of}'s {field}" if field else of


async def held_for(tx: AsyncSession, user: User) -> int:
    """How many holds this user sees to."""
    return len(await _kept_by(tx, user))


async def _kept_by(tx: AsyncSession, user: User) -> list[tuple[HeldUp, str]]:
    """Each hold that this user sees to, and who holds; not one for everybody whom it keeps waiting."""
    found = await holds.held_up(tx)
    if not found:
        return []
    known = await users.some(tx, {one.hold.held_by for one in found} | {one.owner_id or 0 for one in found})
    admin = await users.first_admin(tx)
    kept = []
    for one in found:
        holder, owner = known.get(one.hold.held_by), known.get(one.owner_id or 0)
        if keeper(holder, owner, admin, everything=one.hold.sequence_id is None) == user:
            kept.append((one, "you" if holder == user else holder.name if holder else "somebody"))
    return kept


def _line(one: HeldUp, holder: str, zone: str) -> Waiting:
    what = "all sending is held" if one.hold.sequence_id is None else "held"
    wait = "1 due message waits" if one.waiting == 1 else f"{one.waiting:,} due messages wait"
    since = in_a_sentence(one.hold.since, zone)
    remedy = f"{what} by {holder} since {since}: {wait}; release it, or cancel them"
    return Waiting(None, None, "held", one.hold.since, remedy, one.sequence, one.hold.sequence_id, one.waiting)
