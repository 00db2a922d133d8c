"""Whose turn it is: an automatic email leaves when its sender's cap, gap and queue let it, else it takes a slot."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sequencing.happenings import QUEUES, Happening, What
from sequencing.queues import PATIENCE, first_slot, has_room, slot, slot_used
from sequencing.timing import Calendar, always, day_of
from store import senders
from store.lives import Life


@dataclass(frozen=True, slots=True)
class Soon:
    """Its turn comes at that instant, so soon that it is worth staying for."""

    at: datetime


async def its_turn(life: Life, sender_id: int, *, stay: timedelta) -> bool | Soon:
    """Whether the email may leave now; where not, it stands in its sender's queue from now on.

    Whoever has come at its own slot lets only those pass whose slots have come too; must it let one pass, it counts
    anew all that come before it, so that it asks but once more however many came in between. `stay` is how long it may
    wait on the spot; who has no slot yet does so for a moment at most.
    """
    pace, calendar, now = life.course.pace, _open_to(life), life.now
    found = await senders.line(life.tx, sender_id, life.enrollment, now, day_of(now, calendar))
    at_its_slot = _has_slot(life, sender_id)
    before_it = found.ahead + found.ahead_of_those
    ahead = found.ahead_now if at_its_slot else before_it
    if has_room(found.sender, ahead, now, pace, calendar):
        return True
    first = first_slot(found.sender, found.together + 1, now, pace)
    its = slot(first, before_it if ahead else 0, found.sender, pace, calendar)
    assert its is not None, "the window is open, so it opens again"
    stay = stay if at_its_slot else min(stay, PATIENCE)
    if stay and its.at - now <= stay:
        return Soon(its.at)
    if pace.gap:
        await senders.begin(life.tx, sender_id, first, found.sender.day)
    life.happen(Happening(What.queued, until=its.at, why=its.why, sender=sender_id))
    return False


async def take_slot(life: Life, sender_id: int) -> bool:
    """Uses the sender's room up for this email; False where somebody else was faster."""
    today = day_of(life.now, life.course.calendar)
    if life.enrollment.asked_by is not None:
        await senders.count(life.tx, sender_id, today)
        return True
    its = slot_used(life.enrollment.due_at if _has_slot(life, sender_id) else None, life.now)
    return await senders.take(life.tx, sender_id, life.now, today, life.course.pace, its)


def _open_to(life: Life) -> Calendar:
    """Its window; all day for one that was let out at any hour."""
    return always(life.course.calendar.zone) if life.enrollment.any_hour else life.course.calendar


def _has_slot(life: Life, sender_id: int) -> bool:
    return life.enrollment.queued_for == sender_id and life.enrollment.why in QUEUES
