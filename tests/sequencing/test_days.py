"""Days and weeks on a person's clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from sequencing import days
from sequencing.errors import Refused


@pytest.mark.parametrize(
    ("day", "zone", "first"),
    [
        (date(2026, 12, 1), "Europe/Berlin", datetime(2026, 11, 30, 23, tzinfo=UTC)),
        (date(2026, 12, 1), "Pacific/Auckland", datetime(2026, 11, 30, 11, tzinfo=UTC)),
        (date(2026, 4, 24), "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),  # its midnight is skipped
        (date(2026, 11, 1), "America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC)),  # its midnight is shown twice
    ],
)
def test_a_day_begins_when_the_clock_first_shows_its_date(day: date, zone: str, first: datetime) -> None:
    assert days.begins(day, zone) == first
    assert days.day_of(first, zone) == day
    assert days.day_of(first - timedelta(seconds=1), zone) == day - timedelta(days=1)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 5), 24)])
def test_a_day_is_as_long_as_the_clock_says(day: date, hours: int) -> None:
    length = days.begins(day + timedelta(days=1), "Europe/Berlin") - days.begins(day, "Europe/Berlin")

    assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("said", "monday"),
    [("2026-W49", date(2026, 11, 30)), ("2026-12-06", date(2026, 11, 30)), ("2026-W53", date(2026, 12, 28))],
)
def test_a_week_is_named_by_its_number_or_by_any_of_its_days(said: str, monday: date) -> None:
    assert days.read_week(said) == monday
    assert days.read_week(days.week_name(monday)) == monday


@pytest.mark.parametrize(
    "said", ["", "2026-W54", "2026-W00", "0001-W01", "9999-12-31", "2026-13-01", "1-2-3", "٢٠٢٦-١٢-٠١"]
)
def test_what_is_no_day_and_no_week_is_refused(said: str) -> None:
    with pytest.raises(Refused) as refused:
        days.read_week(said)

    assert refused.value.code == "invalid_day"


def test_a_time_of_the_day_may_be_left_out() -> None:
    assert (days.read_time("09:30"), days.read_time("")) == (time(9, 30), None)
    for said in ("9:30", "24:00", "09:30:00", "noon"):
        with pytest.raises(Refused, match="write it as 09:30"):
            days.read_time(said)
