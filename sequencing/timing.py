"""When a step is due and when its message may leave: delays, business days and the send window.

Instants go in as aware datetimes of any zone (naive ones raise ValueError) and come out in UTC; the years 1 and 9999
are out of reach. Calendars speak in local clock times, so everything about days walks the calendar's own dates: a day
has 23, 24 or 25 hours. A frame is open while the local clock shows a time inside it. Hence a clock time that is skipped
is never open, and one that is shown twice is open twice.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

from sequencing.errors import Refused

LONGEST = timedelta(days=365)


class Unit(StrEnum):
    """What a delay is counted in."""

    seconds = "seconds"
    minutes = "minutes"
    hours = "hours"
    days = "days"
    business_days = "business_days"
    weeks = "weeks"


_LENGTH = {
    Unit.seconds: timedelta(seconds=1),
    Unit.minutes: timedelta(minutes=1),
    Unit.hours: timedelta(hours=1),
    Unit.days: timedelta(days=1),
    Unit.business_days: timedelta(days=1),
    Unit.weeks: timedelta(weeks=1),
}

_SPELLINGS = {
    Unit.seconds: ("s", "sec", "secs", "second", "seconds"),
    Unit.minutes: ("m", "min", "mins", "minute", "minutes"),
    Unit.hours: ("h", "hr", "hrs", "hour", "hours"),
    Unit.days: ("d", "day", "days"),
    Unit.business_days: ("bd", "business day", "business days"),
    Unit.weeks: ("w", "week", "weeks"),
}
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}


@dataclass(frozen=True, slots=True)
class Delay:
    """The time between the end of a step and the next one, 0 to 365 days; a business day counts as a day of those.

    Raises Refused `invalid_delay` when it is negative or longer.
    """

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise Refused("invalid_delay", "A delay cannot be negative.")
        if self.amount > LONGEST // _LENGTH[self.unit]:
            raise Refused("invalid_delay", f"A delay cannot be longer than {LONGEST.days} days.")

    def __str__(self) -> str:
        if self.amount == 0:
            return "no delay"
        words = self.unit.value.replace("_", " ")
        return f"{self.amount} {words.removesuffix('s') if self.amount == 1 else words}"


def in_days(delay: Delay) -> float:
    """How many days a delay is, a business day counting as one of them."""
    return delay.amount * _LENGTH[delay.unit] / timedelta(days=1)


def parse_delay(text: str) -> Delay:
    """Read "3 days", "1 business day", "2 h", "none" or "0"; seconds too, whether they are allowed is asked elsewhere.

    Raises Refused `invalid_delay` for anything that is not a whole number and a unit, negative, or over 365 days.
    """
    words = " ".join(text.lower().replace("_", " ").split())
    if words in ("none", "no delay", "0"):
        return Delay(0, Unit.minutes)
    written = re.fullmatch(r"(-?) ?([0-9]+) ?([^0-9]+)", words)
    if written is None:
        raise Refused(
            "invalid_delay", f"A delay is a whole number and a unit, such as 3 business days; {_quoted(text)} is not."
        )
    sign, digits, unit = written.groups()
    return Delay(_whole_number(sign, digits), _unit(unit))


def _whole_number(sign: str, digits: str) -> int:
    """Ten digits say "too long" as well as five thousand, which int() would refuse with an error of its own."""
    return int(sign + digits[:10])


def _unit(spelling: str) -> Unit:
    unit = _UNITS.get(spelling)
    if unit is None:
        raise Refused(
            "invalid_delay",
            f"A delay is counted in minutes, hours, days, business days or weeks, not in {_quoted(spelling)}.",
        )
    return unit


def _quoted(text: str) -> str:
    """What somebody typed, on one line and short enough for a sentence."""
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= 40 else f"“{line[:40]}…”"


@dataclass(frozen=True, slots=True)
class Frame:
    """The half-open stretch [opens, closes) of the local clock; it belongs to the day on which it opens.

    Where it closes at or before the time it opens, it goes on past midnight: 18:00-00:00 ends at midnight, 00:00-00:00
    is the whole day, 22:00-06:00 ends the next morning.
    """

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


def parse_frame(text: str) -> Frame:
    """Read "09:00-17:00"; "24:00" may end it. Raises Refused `invalid_time_frame` for anything else."""
    written = re.fullmatch(r"([0-9]{1,2}:[0-9]{2}) ?[-–] ?([0-9]{1,2}:[0-9]{2})", text.strip())
    try:
        opens, closes = written.groups() if written else ("", "")
        return Frame(_clock_time(opens), _clock_time("00:00" if closes == "24:00" else closes))
    except ValueError:
        sentence = f"A time frame is written like 09:00-17:00; {_quoted(text)} is not."
        raise Refused("invalid_time_frame", sentence) from None


def _clock_time(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    return time(hour, minute)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The send window: frames for each weekday (seven entries, Monday first) on the clock of one IANA time zone.

    On closed dates nothing opens, and what opened the evening before stops at midnight. A calendar may be empty.
    Raises Refused `unknown_time_zone`; ValueError for another number of weekdays.
    """

    zone: str
    frames: tuple[tuple[Frame, ...], ...]
    closed_dates: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        check_zone(self.zone)
        if len(self.frames) != 7:
            raise ValueError("a calendar has seven weekdays, Monday first")


def check_zone(name: str) -> str:
    """Return an IANA name such as Europe/Berlin as it is (case matters); else raise Refused `unknown_time_zone`."""
    if name not in _zones():
        raise Refused("unknown_time_zone", f"{_quoted(name)} is no time zone; use a name such as Europe/Berlin.")
    return name


@cache
def _zones() -> frozenset[str]:
    # Debian's "localtime" is whatever the machine is set to, and "Factory" means that nobody has set it: neither says
    # what time it is for the person who gets the message.
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def office_hours(zone: str) -> Calendar:
    """Monday to Friday, 9:00 to 17:00: the default of the settings."""
    nine_to_five = (Frame(time(9), time(17)),)
    return Calendar(zone, (nine_to_five,) * 5 + ((),) * 2)


def always(zone: str) -> Calendar:
    """Every day, the whole day."""
    return Calendar(zone, ((Frame(time(0), time(0)),),) * 7)


def waking_hours(zone: str) -> Calendar:
    """Every day, 8:00 to 21:00: when a text may reach somebody there."""
    return Calendar(zone, ((Frame(time(8), time(21)),),) * 7)


def is_zone(name: str | None) -> bool:
    """Whether it is an IANA name that is known here."""
    return name in _zones()


def ready_at(previous_end: datetime, delay: Delay, calendar: Calendar) -> datetime | None:
    """Return the instant at which the delay is over, or None when it never is: no business days at all.

    Seconds, minutes and hours are elapsed time. Days, weeks and business days keep the clock time of the calendar's
    zone: one that the clock shows twice means the first, one that it skips comes later by what was skipped (2:30 in a
    night without 2:00 to 3:00 is 3:30). The send window is not looked at, but for which weekdays it has.
    """
    start = _in_utc(previous_end)
    if delay.amount == 0:
        return start
    if delay.unit in (Unit.seconds, Unit.minutes, Unit.hours):
        return start + delay.amount * _LENGTH[delay.unit]
    local = _clock(start, calendar)
    day = _day_after(local.date(), delay, calendar)
    return None if day is None else _first_instant(datetime.combine(day, local.time()), calendar)


def _day_after(start: date, delay: Delay, calendar: Calendar) -> date | None:
    if delay.unit != Unit.business_days:
        return start + delay.amount * _LENGTH[delay.unit]
    tomorrow = start + timedelta(days=1)
    coming = (day for day in _days_from(tomorrow, calendar, weeks=delay.amount) if _is_business_day(day, calendar))
    return next(islice(coming, delay.amount - 1, None), None)


def _is_business_day(day: date, calendar: Calendar) -> bool:
    return bool(calendar.frames[day.weekday()]) and day not in calendar.closed_dates


def is_open(at: datetime, calendar: Calendar) -> bool:
    """Tell whether an automatic message may leave at this instant."""
    local = _clock(_in_utc(at), calendar)
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    return any(opens <= local < closes for day in (yesterday, today) for opens, closes in _opened_on(day, calendar))


def next_open(at: datetime, calendar: Calendar) -> datetime | None:
    """Return the earliest instant from `at` on inside the window, or None when it never opens.

    The search ends three weeks past the last closed date: a frame skipped by a clock change is there a week later.
    """
    start = _in_utc(at)
    # Clocks set back across midnight bring yesterday's frames again, overnight ones of the day before included, after
    # some of today's: hence two days back to begin with, and two days on before the earliest is known.
    two_days_ago = _clock(start, calendar).date() - timedelta(days=2)
    for day in _days_from(two_days_ago, calendar, weeks=3):
        if _openings(start, day, calendar):
            days = (day + timedelta(days=n) for n in range(3))
            return min(opening for near in days for opening in _openings(start, near, calendar))
    return None


def next_open_in_both(at: datetime, one: Calendar, other: Calendar) -> datetime | None:
    """Return the earliest instant from `at` on inside both windows; None when they do not meet in three weeks.

    Those are counted from when the first one opens next, and from its last closed date.
    """
    first = next_open(at, one)
    if first is None:
        return None
    last = max(_clock(first, one).date(), max(one.closed_dates, default=date.min))
    end = first + timedelta(days=(last - _clock(first, one).date()).days + 21)
    candidate: datetime | None = first
    while candidate is not None and candidate <= end:
        further = next_open(candidate, other)
        if further is None or further == candidate:
            return further
        candidate = next_open(further, one)
        if candidate == further:
            return candidate
    return None


def open_until(at: datetime, calendar: Calendar) -> datetime:
    """Return when the window that is open at `at` closes, or the date ends, whichever is first; `at` when it is not."""
    start = _in_utc(at)
    day = _clock(start, calendar).date()
    spans = [span for near in (day - timedelta(days=1), day) for span in _spans(near, calendar)]
    closings = [closes for opens, closes in spans if opens <= start < closes]
    return min(max(closings), next_day(start, calendar)) if closings else start


def day_of(at: datetime, calendar: Calendar) -> date:
    """Return the date on the calendar's clock."""
    return _clock(_in_utc(at), calendar).date()


def next_day(at: datetime, calendar: Calendar) -> datetime:
    """Return the first instant after `at` at which the calendar's clock shows the next date."""
    midnight = datetime.combine(day_of(at, calendar) + timedelta(days=1), time.min)
    return next(instant for instant in sorted(_both_instants(midnight, calendar)) if instant > at)


def _openings(since: datetime, day: date, calendar: Calendar) -> list[datetime]:
    """When each frame of this date is open for the first time from `since` on."""
    return [max(since, opens) for opens, closes in _spans(day, calendar) if since < closes]


def todo_due(at: datetime, calendar: Calendar) -> datetime:
    """Return when a person's to-do falls due that is ready at `at`: on a business day, once its first frame has opened.

    Later on such a day that is at once, after closing too. With no such day at all it is due at `at`.
    """
    due = next_open(at, replace(calendar, frames=tuple(map(_from_first_opening, calendar.frames))))
    return _in_utc(at) if due is None else due


def _from_first_opening(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """One frame instead of the day's own, from the first opening to midnight; none for none."""
    return (Frame(min(frame.opens for frame in frames), time.min),) if frames else ()


def _days_from(first: date, calendar: Calendar, *, weeks: int) -> Iterator[date]:
    """The dates from `first` on, until so many weeks past both it and the last closed date."""
    last = max(first, max(calendar.closed_dates, default=first))
    end = min(last.toordinal() + 7 * weeks, date.max.toordinal() - 4)
    yield from map(date.fromordinal, range(first.toordinal(), end + 1))


def _spans(day: date, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The stretches [opens, closes) in UTC during which the frames of this date are open, in no particular order."""
    for opens, closes in _opened_on(day, calendar):
        yield from _instants(opens, closes, calendar)


def _opened_on(day: date, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The frames that open on this date, as local clock readings."""
    if day in calendar.closed_dates:
        return
    for frame in calendar.frames[day.weekday()]:
        yield datetime.combine(day, frame.opens), _closing(day, frame, calendar)


def _closing(day: date, frame: Frame, calendar: Calendar) -> datetime:
    if frame.opens < frame.closes:
        return datetime.combine(day, frame.closes)
    tomorrow = day + timedelta(days=1)
    return datetime.combine(tomorrow, time.min if tomorrow in calendar.closed_dates else frame.closes)


def _instants(opens: datetime, closes: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The stretches in UTC during which the local clock shows [opens, closes): none, one or two of them.

    Between two changes of the clock, local time is UTC plus a fixed offset; at most one change in a frame is expected.
    """
    first, last = min(_both_instants(opens, calendar)), max(_both_instants(closes, calendar))
    for begin, end in pairwise((first, *_clock_change(first, last, calendar), last)):
        offset = _offset(begin, calendar)
        since = max(begin, opens.replace(tzinfo=UTC) - offset)
        until = min(end, closes.replace(tzinfo=UTC) - offset)
        if since < until:
            yield since, until


def _clock_change(first: datetime, last: datetime, calendar: Calendar) -> Iterator[datetime]:
    """The instant between the two at which the offset changes, to the second, if there is one."""
    before = _offset(first, calendar)
    if _offset(last, calendar) == before:
        return
    second = first.replace(microsecond=0)
    instants = range(int((last - second).total_seconds()) + 1)
    changed = bisect_left(instants, True, key=lambda n: _offset(second + timedelta(seconds=n), calendar) != before)
    yield second + timedelta(seconds=changed)


def _offset(at: datetime, calendar: Calendar) -> timedelta:
    return _clock(at, calendar).replace(tzinfo=UTC) - at


def _first_instant(local: datetime, calendar: Calendar) -> datetime:
    return _both_instants(local, calendar)[0]


def _both_instants(local: datetime, calendar: Calendar) -> tuple[datetime, datetime]:
    """Both readings of a clock time: equal, but first and second where it is shown twice, and where it is skipped the
    later one first (the offset before the change, then the one after it).
    """
    zone = ZoneInfo(calendar.zone)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _clock(at: datetime, calendar: Calendar) -> datetime:
    """What the clock on the wall shows: naive, so that arithmetic on it is arithmetic of clock times."""
    return at.astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=None)


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC)
