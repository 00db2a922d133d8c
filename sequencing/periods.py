"""Periods that numbers are counted in, by days or weeks of a zone, and how far its clock is ahead of UTC when."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sequencing.days import begins, read_day
from sequencing.errors import Refused

DAY = timedelta(days=1)


class Every(StrEnum):
    """How long the spans are."""

    day = "day"
    week = "week"


def instants(since: str, until: str, zone: str) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day, as 2026-12-01, to the end of the last, in UTC; nothing said is no end.

    Raises Refused: `invalid_day`, `invalid_period`.
    """
    first, last = (read_day(said) if said else None for said in (since, until))
    if first and last and last < first:
        raise Refused("invalid_period", f"The period ends ({last}) before it begins ({first}).")
    return begins(first, zone) if first else None, begins(last + DAY, zone) if last else None


def offsets(zone: str, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """(from that instant on, seconds ahead of UTC), the first of them at or before `since`."""
    here = ZoneInfo(zone)
    found = [(since, _ahead(since, here))]
    day = since
    while day < until:
        after = min(day + DAY, until)
        if _ahead(after, here) != found[-1][1]:
            found.append((_change(day, after, here), _ahead(after, here)))
        day = after
    return found


def filled(first: date, last: date, every: Every) -> list[date]:
    """The first days of all spans from the one to the other."""
    step = DAY if every is Every.day else 7 * DAY
    return [first + n * step for n in range((last - first) // step + 1)]


def _ahead(at: datetime, zone: ZoneInfo) -> int:
    return int((at.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second from which on the clock goes as it does afterwards."""
    goal = _ahead(after, zone)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (before, middle) if _ahead(middle, zone) == goal else (middle, after)
    return after.replace(microsecond=0)
