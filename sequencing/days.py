"""Days and weeks on a person's own clock. Instants are aware; a day has 23, 24 or 25 hours, a week begins on Monday."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sequencing.errors import Refused, quoted

A_WEEK = timedelta(days=7)
FIRST, LAST = date(1970, 1, 1), date(9998, 12, 31)
"""Days that can be asked for; beyond them no zone can be reckoned with."""


def day_of(at: datetime, zone: str) -> date:
    """The date that the clock of that zone shows."""
    return at.astimezone(ZoneInfo(zone)).date()


def begins(day: date, zone: str) -> datetime:
    """The first instant of that date, in UTC; where midnight is skipped, when the clock first shows the date."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def days_from(first: date, number: int) -> list[date]:
    """So many days in order."""
    return [first + timedelta(days=one) for one in range(number)]


def read_day(said: str) -> date:
    """Reads 2026-12-01. Raises Refused(`invalid_day`)."""
    try:
        day = date.fromisoformat(said) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", said, re.ASCII) else None
    except ValueError:
        day = None
    if day is None or not FIRST <= day <= LAST:
        raise Refused("invalid_day", f"{quoted(said)} is no day; write it as 2026-12-01.")
    return day


def read_week(said: str) -> date:
    """Reads a week as 2026-W49, or as any day of it; its Monday. Raises Refused(`invalid_day`)."""
    named = re.fullmatch(r"(\d{4})-W(\d{2})", said, re.ASCII)
    if named is None:
        return max(FIRST, monday_of(read_day(said)))
    try:
        return read_day(date.fromisocalendar(int(named[1]), int(named[2]), 1).isoformat())
    except ValueError:
        raise Refused("invalid_day", f"{quoted(said)} is no week; write it as 2026-W49.") from None


def read_time(said: str) -> time | None:
    """Reads 09:30; None where nothing is said. Raises Refused(`invalid_time`)."""
    if not said:
        return None
    try:
        return time.fromisoformat(said if re.fullmatch(r"\d{2}:\d{2}", said, re.ASCII) else "")
    except ValueError:
        raise Refused("invalid_time", f"{quoted(said)} is no time of a day; write it as 09:30.") from None


def week_name(day: date) -> str:
    """Its week as 2026-W49."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
