"""Days and weeks of a zone, as numbers are counted by: where each begins, and how far its clock is ahead of UTC."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sequencing.errors import Refused, quoted

FIRST_YEAR, LAST_YEAR = 2000, 2200
DAY = timedelta(days=1)


class Every(StrEnum):
    """How long the spans are."""

    day = "day"
    week = "week"


def read_day(said: str) -> date | None:
    """The day that somebody wrote, None for nothing. Raises Refused(`invalid_period`)."""
    if not said:
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused("invalid_period", f"{quoted(said)} is no day; write 2026-12-01.")
    return day


def instants(since: date | None, until: date | None, zone: str) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day to the end of the last, in UTC. Raises Refused(`invalid_period`)."""
    if since and until and until < since:
        raise Refused("invalid_period", f"The period ends ({until}) before it begins ({since}).")
    return (_begin(since, zone) if since else None), (_begin(until + DAY, zone) if until else None)


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


def span_of(at: datetime, zone: str, every: Every) -> date:
    """The first day of the span in which that instant falls."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return day if every is Every.day else day - timedelta(days=day.weekday())


def filled(first: date, last: date, every: Every) -> list[date]:
    """The first days of all spans from the one to the other."""
    step = DAY if every is Every.day else 7 * DAY
    return [first + n * step for n in range((last - first) // step + 1)]


def _begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _ahead(at: datetime, zone: ZoneInfo) -> int:
    return int((at.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second from which on the clock goes as it does afterwards."""
    goal = _ahead(after, zone)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (before, middle) if _ahead(middle, zone) == goal else (middle, after)
    return after.replace(microsecond=0)
