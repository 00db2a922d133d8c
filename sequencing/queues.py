"""Queues of senders: when the next automatic email of a user may leave, by his daily cap and the gap between two.

A day is a date of the settings' zone. Instants are aware, UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sequencing.happenings import Why
from sequencing.sequences import Pace
from sequencing.timing import Calendar, day_of, next_day, next_open, open_until

RUSH = timedelta(milliseconds=250)
"""How long each of many that fall due together may take until it stands in the queue."""
LONGEST_RUSH = timedelta(minutes=5)
PATIENCE = timedelta(seconds=5)
"""Who is early by so little waits on the spot; who is late by so little still counts as on time."""


AT_ITS_SLOT = timedelta(seconds=20)
"""Who has come at its own slot stays so long for one before it that was late: else all behind that would ask again."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What has left: how many on which day (a manual one counts), when the last automatic one did.

    `next_at` is the first slot that nobody has used; past, it says nothing.
    """

    day: date
    left_that_day: int = 0
    last_at: datetime | None = None
    next_at: datetime | None = None

    def left_on(self, day: date) -> int:
        """How many have left on that day."""
        return self.left_that_day if day == self.day else 0


@dataclass(frozen=True, slots=True)
class Slot:
    """When it is one's turn, and what one waits for until then."""

    at: datetime
    why: Why


def has_room(sender: Sender, ahead: int, now: datetime, pace: Pace, calendar: Calendar) -> bool:
    """Whether one with so many ahead of it may leave now. Who waits for a slot of his own has nobody ahead then."""
    left_today = pace.a_day - sender.left_on(day_of(now, calendar))
    if not pace.gap:
        return ahead < left_today
    begun = _begun(sender, now, pace) is not None
    return ahead == 0 and left_today > 0 and not begun and _earliest(sender, now, pace) == now


def first_slot(sender: Sender, together: int, now: datetime, pace: Pace) -> datetime:
    """Where the queue begins: where it began already, or as soon as all that fell due together stand in it."""
    if not pace.gap:
        return now
    begun, earliest = _begun(sender, now, pace), _earliest(sender, now, pace)
    return begun or (max(earliest, now + min(together * RUSH, LONGEST_RUSH)) if together > 1 else earliest)


def _begun(sender: Sender, now: datetime, pace: Pace) -> datetime | None:
    """The next slot, if it is still to come; one further off was planned with a longer gap."""
    furthest = now + max(pace.apart, LONGEST_RUSH)
    return sender.next_at if sender.next_at is not None and now < sender.next_at <= furthest else None


def _earliest(sender: Sender, now: datetime, pace: Pace) -> datetime:
    return now if sender.last_at is None else max(now, sender.last_at + pace.gap)


def slot(first: datetime, ahead: int, sender: Sender, pace: Pace, calendar: Calendar) -> Slot | None:
    """The slot after that many others, counted from the first; None when the window never opens again."""
    at, why = next_open(first, calendar), Why.sender_gap
    used = 0 if at is None else sender.left_on(day_of(at, calendar))
    while at is not None:
        room, closes = max(pace.a_day - used, 0), open_until(at, calendar)
        fits = min(room, _fitting(closes - at, pace.apart, room))
        if ahead < fits:
            return Slot(at + ahead * pace.apart, why)
        full = fits == room
        why = Why.daily_cap if full else why
        over = next_day(at, calendar) if full else closes
        later = next_open(max(over, at + fits * pace.apart), calendar)
        same_day = later is not None and day_of(later, calendar) == day_of(at, calendar)
        at, ahead, used = later, ahead - fits, used + fits if same_day else 0
    return None


def _fitting(length: timedelta, apart: timedelta, at_most: int) -> int:
    """How many slots begin within that length, the first at its beginning."""
    return -(-length // apart) if apart else at_most


def slot_used(due_at: datetime | None, now: datetime) -> datetime:
    """The slot that leaving now uses up: one's own, if that is now, so that small delays do not add up."""
    return due_at if due_at is not None and now - due_at <= PATIENCE else now
