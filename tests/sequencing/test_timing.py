"""Tables of delays, time frames and send windows; local times are written with their offset."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sequencing.errors import Refused
from sequencing.timing import (
    Calendar,
    Delay,
    Frame,
    Unit,
    always,
    check_zone,
    is_open,
    next_open,
    office_hours,
    parse_delay,
    parse_frame,
    ready_at,
    todo_due,
)

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
EVERY_DAY = range(7)
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def window(zone: str, frames: str, days: range | tuple[int, ...] = EVERY_DAY, closed: str = "") -> Calendar:
    """The same frames on each of the days: window("UTC", "09:00-12:00 13:00-17:00", range(5), closed="2025-12-25")."""
    of_a_day = tuple(parse_frame(frame) for frame in frames.split())
    week = tuple(of_a_day if day in days else () for day in EVERY_DAY)
    return Calendar(zone, week, frozenset(date.fromisoformat(day) for day in closed.split()))


NEVER = window(BERLIN, "")


# Delays as people write them


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("3 days", Delay(3, Unit.days)),
        ("1 day", Delay(1, Unit.days)),
        ("1 business day", Delay(1, Unit.business_days)),
        ("3 business_days", Delay(3, Unit.business_days)),
        ("2 h", Delay(2, Unit.hours)),
        ("2h", Delay(2, Unit.hours)),
        ("90 minutes", Delay(90, Unit.minutes)),
        ("30 min", Delay(30, Unit.minutes)),
        ("5 seconds", Delay(5, Unit.seconds)),
        ("  1   WEEK ", Delay(1, Unit.weeks)),
        ("007 days", Delay(7, Unit.days)),
        ("0 days", Delay(0, Unit.days)),
        ("none", Delay(0, Unit.minutes)),
        ("no delay", Delay(0, Unit.minutes)),
        ("0", Delay(0, Unit.minutes)),
    ],
)
def test_a_delay_is_read_as_people_write_it(text: str, delay: Delay) -> None:
    assert parse_delay(text) == delay


@pytest.mark.parametrize(
    "text", ["365 days", "365 business days", "52 weeks", "8760 hours", "525600 min", "31536000 s"]
)
def test_a_delay_may_last_365_days(text: str) -> None:
    amount = int(text.split()[0])

    assert parse_delay(text).amount == amount


@pytest.mark.parametrize(
    "text",
    [
        "366 days",
        "366 business days",
        "53 weeks",
        "8761 hours",
        "525601 min",
        "31536001 s",
        "99999999999999999999 days",
        "9" * 5000 + " days",
    ],
)
def test_a_longer_delay_is_refused_in_whatever_unit(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_delay(text)

    assert refusal.value.code == "invalid_delay"
    assert refusal.value.sentence == "A delay cannot be longer than 365 days."


@pytest.mark.parametrize("text", ["-1 days", "- 3 h", "-" + "9" * 5000 + " weeks"])
def test_a_negative_delay_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_delay(text)

    assert refusal.value.code == "invalid_delay"
    assert refusal.value.sentence == "A delay cannot be negative."


@pytest.mark.parametrize("text", ["3 months", "1 year", "2 fortnights", "3 days 4", "5 ½ days"])
def test_a_delay_in_an_unknown_unit_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_delay(text)

    assert refusal.value.code == "invalid_delay"


def test_the_refusal_of_a_unit_names_those_that_there_are() -> None:
    with pytest.raises(Refused) as refusal:
        parse_delay("3 months")

    assert refusal.value.sentence == (
        "A delay is counted in minutes, hours, days, business days or weeks, not in “months”."
    )


@pytest.mark.parametrize("text", ["", " ", "3", "days", "soon", "1.5 days", "1,5 days", "1e3 s", "٣ days", "0x3 days"])
def test_a_delay_that_is_no_whole_number_and_unit_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_delay(text)

    assert refusal.value.code == "invalid_delay"


def test_a_refusal_quotes_what_was_typed_on_one_short_line() -> None:
    with pytest.raises(Refused) as refusal:
        parse_delay("soon\n" * 1000)

    assert refusal.value.sentence == (
        "A delay is a whole number and a unit, such as 3 business days; "
        "“soon soon soon soon soon soon soon soon …” is not."
    )


@pytest.mark.parametrize(
    ("amount", "unit"), [(-1, Unit.days), (366, Unit.days), (53, Unit.weeks), (10**40, Unit.seconds)]
)
def test_no_delay_exists_outside_its_bounds_however_it_was_made(amount: int, unit: Unit) -> None:
    with pytest.raises(Refused) as refusal:
        Delay(amount, unit)

    assert refusal.value.code == "invalid_delay"


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (Delay(3, Unit.business_days), "3 business days"),
        (Delay(1, Unit.business_days), "1 business day"),
        (Delay(1, Unit.days), "1 day"),
        (Delay(2, Unit.weeks), "2 weeks"),
        (Delay(90, Unit.minutes), "90 minutes"),
        (Delay(1, Unit.hours), "1 hour"),
        (Delay(0, Unit.days), "no delay"),
    ],
)
def test_a_delay_is_said_in_words(delay: Delay, words: str) -> None:
    assert str(delay) == words


# Frames and zones as people write them


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("09:00-17:00", time(9), time(17)),
        ("9:00-17:30", time(9), time(17, 30)),
        (" 09:00 – 17:00 ", time(9), time(17)),
        ("22:00-06:00", time(22), time(6)),
        ("00:00-24:00", time(0), time(0)),
        ("18:00-24:00", time(18), time(0)),
        ("18:00-00:00", time(18), time(0)),
    ],
)
def test_a_frame_is_read_as_people_write_it(text: str, opens: time, closes: time) -> None:
    assert parse_frame(text) == Frame(opens, closes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "09:00",
        "9-17",
        "09:00-24:01",
        "24:00-06:00",
        "25:00-26:00",
        "09:60-17:00",
        "-09:00-17:00",
        "9:0-17:0",
        "a-b",
    ],
)
def test_what_is_no_frame_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_frame(text)

    assert refusal.value.code == "invalid_time_frame"
    assert refusal.value.sentence == f"A time frame is written like 09:00-17:00; “{text}” is not."


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5", "Asia/Kolkata"]
)
def test_a_zone_of_the_iana_database_is_accepted(name: str) -> None:
    assert check_zone(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "europe/berlin",
        "Europe/Berlin\n",
        "Europe/Berlin ",
        "Europe",
        "Europe/",
        "Europe/Atlantis",
        "../x",
        "Europe/../UTC",
        "./UTC",
        "/etc/passwd",
        "C:\\Windows",
        "posix/Europe/Berlin",
        "tzdata.zi",
        "localtime",
        "Factory",
        "CEST",
        "a\0b",
        "\ud800",
        "x" * 300,
    ],
)
def test_any_other_zone_is_refused_and_nothing_else_is_raised(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_zone(name)

    assert refusal.value.code == "unknown_time_zone"


def test_no_calendar_exists_in_an_unknown_zone() -> None:
    with pytest.raises(Refused) as refusal:
        office_hours("Europe/Atlantis")

    assert refusal.value.sentence == "“Europe/Atlantis” is no time zone; use a name such as Europe/Berlin."


def test_a_calendar_has_seven_weekdays() -> None:
    with pytest.raises(ValueError, match="seven weekdays"):
        Calendar("UTC", ((),) * 5)


def test_a_calendar_can_be_a_key() -> None:
    assert len({office_hours("UTC"), office_hours("UTC"), always("UTC")}) == 2


# When a delay is over


@pytest.mark.parametrize(
    ("zone", "previous_end", "delay", "ready"),
    [
        # Clocks go forward in New York on 9 March 2025 and back on 2 November.
        ("America/New_York", "2025-03-08T09:00-05:00", "1 day", "2025-03-09T09:00-04:00"),
        ("America/New_York", "2025-03-07T09:00-05:00", "1 business day", "2025-03-10T09:00-04:00"),
        ("America/New_York", "2025-03-03T09:00-05:00", "1 week", "2025-03-10T09:00-04:00"),
        ("America/New_York", "2025-11-01T09:00-04:00", "1 day", "2025-11-02T09:00-05:00"),
        ("America/New_York", "2025-10-31T09:00-04:00", "1 business day", "2025-11-03T09:00-05:00"),
        ("America/New_York", "2025-10-27T09:00-04:00", "2 weeks", "2025-11-10T09:00-05:00"),
        ("Australia/Lord_Howe", "2025-04-05T09:00+11:00", "1 day", "2025-04-06T09:00+10:30"),
        ("Asia/Kathmandu", "2025-04-05T09:00+05:45", "3 days", "2025-04-08T09:00+05:45"),
        (BERLIN, "2024-02-28T09:00+01:00", "1 day", "2024-02-29T09:00+01:00"),
        (BERLIN, "2025-03-01T09:00+01:00", "365 days", "2026-03-01T09:00+01:00"),
    ],
)
def test_days_business_days_and_weeks_keep_the_local_clock_time(
    zone: str, previous_end: str, delay: str, ready: str
) -> None:
    assert ready_at(at(previous_end), parse_delay(delay), office_hours(zone)) == at(ready)


@pytest.mark.parametrize(
    ("previous_end", "delay", "ready"),
    [
        ("2025-03-29T09:00+01:00", "24 hours", "2025-03-30T10:00+02:00"),
        ("2025-10-25T09:00+02:00", "24 hours", "2025-10-26T08:00+01:00"),
        ("2025-10-26T02:30+02:00", "60 minutes", "2025-10-26T02:30+01:00"),
        ("2025-10-26T02:59:59+02:00", "1 second", "2025-10-26T02:00+01:00"),
    ],
)
def test_hours_minutes_and_seconds_are_elapsed_time(previous_end: str, delay: str, ready: str) -> None:
    assert ready_at(at(previous_end), parse_delay(delay), office_hours(BERLIN)) == at(ready)


@pytest.mark.parametrize(
    ("zone", "previous_end", "delay", "ready"),
    [
        (BERLIN, "2025-03-29T02:30+01:00", "1 day", "2025-03-30T03:30+02:00"),
        (BERLIN, "2025-03-23T02:00+01:00", "1 week", "2025-03-30T03:00+02:00"),
        ("Australia/Lord_Howe", "2025-10-04T02:10+10:30", "1 day", "2025-10-05T02:40+11:00"),
        ("America/Sao_Paulo", "2018-11-03T00:15-03:00", "1 day", "2018-11-04T01:15-02:00"),
        ("Pacific/Apia", "2011-12-29T10:00-10:00", "1 day", "2011-12-31T10:00+14:00"),
    ],
)
def test_a_clock_time_that_is_skipped_comes_later_by_what_was_skipped(
    zone: str, previous_end: str, delay: str, ready: str
) -> None:
    assert ready_at(at(previous_end), parse_delay(delay), always(zone)) == at(ready)


@pytest.mark.parametrize(
    ("previous_end", "delay", "ready"),
    [
        ("2025-10-25T02:30+02:00", "1 day", "2025-10-26T02:30+02:00"),
        ("2025-10-26T02:30+01:00", "1 day", "2025-10-27T02:30+01:00"),
        ("2025-10-19T02:30+02:00", "1 week", "2025-10-26T02:30+02:00"),
        ("2024-10-27T02:30+01:00", "52 weeks", "2025-10-26T02:30+02:00"),
    ],
)
def test_a_clock_time_that_is_shown_twice_is_the_first_one(previous_end: str, delay: str, ready: str) -> None:
    assert ready_at(at(previous_end), parse_delay(delay), always(BERLIN)) == at(ready)


@pytest.mark.parametrize(
    ("previous_end", "delay", "ready"),
    [
        ("2025-06-02T11:00+02:00", "1 business day", "2025-06-03T11:00+02:00"),
        ("2025-06-06T11:00+02:00", "1 business day", "2025-06-10T11:00+02:00"),  # Friday; Monday is closed
        ("2025-06-07T23:00+02:00", "1 business day", "2025-06-10T23:00+02:00"),  # Saturday
        ("2025-06-09T11:00+02:00", "1 business day", "2025-06-10T11:00+02:00"),  # the closed Monday itself
        ("2025-06-06T11:00+02:00", "5 business days", "2025-06-16T11:00+02:00"),
        ("2025-06-02T01:00+02:00", "4 business days", "2025-06-06T01:00+02:00"),
    ],
)
def test_business_days_are_weekdays_with_a_frame_that_are_not_closed(previous_end: str, delay: str, ready: str) -> None:
    calendar = window(BERLIN, "09:00-17:00", range(5), closed="2025-06-09")

    assert ready_at(at(previous_end), parse_delay(delay), calendar) == at(ready)


@pytest.mark.parametrize("unit", list(Unit))
def test_no_delay_is_over_at_once_in_every_unit(unit: Unit) -> None:
    saturday_night = at("2025-10-26T02:30+01:00")

    assert ready_at(saturday_night, Delay(0, unit), NEVER) == saturday_night


def test_business_days_of_an_empty_week_are_never_over() -> None:
    assert ready_at(at("2025-06-02T11:00Z"), parse_delay("1 business day"), NEVER) is None


def test_the_365th_business_day_of_a_week_with_one_is_found_behind_years_of_closed_mondays() -> None:
    mondays = frozenset(date(2025, 6, 2) + timedelta(weeks=n) for n in range(1000))
    calendar = Calendar("UTC", window("UTC", "09:00-17:00", (MONDAY,)).frames, mondays)
    ready = datetime(2025, 6, 2, 11, tzinfo=UTC) + timedelta(weeks=999 + 365)

    assert ready_at(at("2025-06-02T11:00Z"), parse_delay("365 business days"), calendar) == ready


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("last_closed", [date(9999, 12, 27), date(9999, 12, 28), date(9999, 12, 30), date.max])
def test_the_search_ends_at_the_end_of_time(zone: str, last_closed: date) -> None:
    first = date(9998, 1, 1).toordinal()
    closed = frozenset(map(date.fromordinal, range(first, last_closed.toordinal() + 1)))
    calendar = Calendar(zone, always(zone).frames, closed)
    start = at("9998-01-05T12:00Z")

    assert ready_at(start, parse_delay("1 business day"), calendar) is None
    assert next_open(start, calendar) is None
    assert todo_due(start, calendar) == start


# The send window


@pytest.mark.parametrize(
    ("zone", "asked", "opens"),
    [
        # 09:00 in New York is 09:00 there on both sides of a clock change.
        ("America/New_York", "2025-03-07T17:00-05:00", "2025-03-10T09:00-04:00"),
        ("America/New_York", "2025-10-31T17:00-04:00", "2025-11-03T09:00-05:00"),
        ("America/New_York", "2025-11-02T12:00-05:00", "2025-11-03T09:00-05:00"),
        # Monday to Friday in Auckland are its own Monday and Friday, Sunday 20:00 to Friday 04:00 in UTC.
        ("Pacific/Auckland", "2025-06-06T18:00+12:00", "2025-06-09T09:00+12:00"),
        ("Pacific/Auckland", "2025-06-08T20:59Z", "2025-06-08T21:00Z"),
        ("Pacific/Auckland", "2025-06-05T21:00Z", "2025-06-05T21:00Z"),
        ("Pacific/Auckland", "2025-06-06T05:00Z", "2025-06-08T21:00Z"),
        ("Pacific/Auckland", "2025-09-26T18:00+12:00", "2025-09-29T09:00+13:00"),
        ("Asia/Kathmandu", "2025-06-06T11:15Z", "2025-06-09T03:15Z"),
        ("UTC", "2025-06-02T08:59:59.999999Z", "2025-06-02T09:00Z"),
        ("UTC", "2025-06-02T09:00Z", "2025-06-02T09:00Z"),
        ("UTC", "2025-06-02T16:59:59.999999Z", "2025-06-02T16:59:59.999999Z"),
        ("UTC", "2025-06-02T17:00Z", "2025-06-03T09:00Z"),
    ],
)
def test_office_hours_open_on_local_weekdays_at_the_local_hour(zone: str, asked: str, opens: str) -> None:
    assert next_open(at(asked), office_hours(zone)) == at(opens)


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("2025-10-26T00:00+02:00", "2025-10-26T23:30+01:00"),  # 24 hours later it is still the same date
        ("2025-10-25T23:45+02:00", "2025-10-26T23:30+01:00"),
        ("2025-10-26T23:45+01:00", "2025-11-02T23:30+01:00"),
    ],
)
def test_the_search_advances_over_the_day_of_25_hours(asked: str, opens: str) -> None:
    sundays_last_minutes = window(BERLIN, "23:30-23:45", (SUNDAY,))

    assert next_open(at(asked), sundays_last_minutes) == at(opens)


def test_the_search_steps_over_the_day_of_23_hours_without_leaving_one_out() -> None:
    sundays_first_minutes = window(BERLIN, "00:00-00:15", (SUNDAY, MONDAY))

    assert next_open(at("2025-03-30T00:15+01:00"), sundays_first_minutes) == at("2025-03-31T00:00+02:00")


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("2025-06-02T08:00Z", "2025-06-02T09:00Z"),
        ("2025-06-02T12:00Z", "2025-06-02T14:00Z"),
        ("2025-06-02T14:30Z", "2025-06-02T14:30Z"),
        ("2025-06-02T18:00Z", "2025-06-03T09:00Z"),
    ],
)
def test_a_day_may_have_several_frames_in_any_order(asked: str, opens: str) -> None:
    calendar = window("UTC", "14:00-18:00 09:00-12:00")

    assert next_open(at(asked), calendar) == at(opens)


@pytest.mark.parametrize(
    ("asked", "is_it"),
    [
        ("2025-06-06T21:59Z", False),  # Friday
        ("2025-06-06T22:00Z", True),
        ("2025-06-07T05:59Z", True),  # Saturday, in Friday's frame
        ("2025-06-07T06:00Z", False),
        ("2025-06-07T22:00Z", False),  # no frame opens on Saturday
        ("2025-06-02T05:00Z", False),  # Monday: none opened on Sunday
    ],
)
def test_a_frame_over_midnight_belongs_to_the_day_it_opened(asked: str, is_it: bool) -> None:
    nights = window("UTC", "22:00-06:00", range(5))

    assert is_open(at(asked), nights) is is_it


@pytest.mark.parametrize(
    ("asked", "is_it"),
    [
        ("2025-12-24T23:59Z", True),
        ("2025-12-25T00:00Z", False),  # closed: the frame of the 24th stops at midnight
        ("2025-12-25T05:59Z", False),
        ("2025-12-25T23:00Z", False),  # the frame of the 25th does not open
        ("2025-12-26T01:00Z", False),  # nor has it a part after midnight
        ("2025-12-26T22:00Z", True),
    ],
)
def test_nothing_is_open_on_a_closed_date_nor_from_it_into_the_next(asked: str, is_it: bool) -> None:
    nights = window("UTC", "22:00-06:00", closed="2025-12-25")

    assert is_open(at(asked), nights) is is_it


def test_the_window_opens_again_after_closed_dates() -> None:
    calendar = window(BERLIN, "09:00-17:00", range(5), closed="2025-12-24 2025-12-25 2025-12-26 2026-01-01")

    assert next_open(at("2025-12-23T17:00+01:00"), calendar) == at("2025-12-29T09:00+01:00")


@pytest.mark.parametrize(
    ("frame", "asked", "is_it"),
    [
        ("18:00-00:00", "2025-06-02T23:59:59Z", True),
        ("18:00-00:00", "2025-06-03T00:00Z", False),
        ("00:00-24:00", "2025-06-02T00:00Z", True),
        ("00:00-24:00", "2025-06-03T00:00Z", False),
        ("10:00-10:00", "2025-06-03T09:59Z", True),
        ("10:00-10:00", "2025-06-03T10:00Z", False),
    ],
)
def test_a_frame_that_closes_at_or_before_its_opening_ends_the_next_day(frame: str, asked: str, is_it: bool) -> None:
    monday = window("UTC", frame, (MONDAY,))

    assert is_open(at(asked), monday) is is_it


@pytest.mark.parametrize(
    ("zone", "frame", "asked", "opens"),
    [
        # 30 March 2025 has no 2:00 to 3:00 in Berlin.
        (BERLIN, "02:15-02:45", "2025-03-30T00:00+01:00", "2025-03-31T02:15+02:00"),
        (BERLIN, "02:00-03:00", "2025-03-30T00:00+01:00", "2025-03-31T02:00+02:00"),
        (BERLIN, "02:30-05:00", "2025-03-30T00:00+01:00", "2025-03-30T03:00+02:00"),
        (BERLIN, "01:30-02:30", "2025-03-30T01:59+01:00", "2025-03-30T01:59+01:00"),
        (BERLIN, "01:30-02:30", "2025-03-30T03:00+02:00", "2025-03-31T01:30+02:00"),
        (BERLIN, "01:30-03:30", "2025-03-30T03:15+02:00", "2025-03-30T03:15+02:00"),
        ("Australia/Lord_Howe", "02:00-02:30", "2025-10-05T00:00+10:30", "2025-10-06T02:00+11:00"),
        ("Australia/Lord_Howe", "02:15-02:45", "2025-10-05T00:00+10:30", "2025-10-05T02:30+11:00"),
        ("America/Sao_Paulo", "00:00-00:30", "2018-11-03T12:00-03:00", "2018-11-05T00:00-02:00"),
        ("America/Sao_Paulo", "00:00-24:00", "2018-11-04T01:00-02:00", "2018-11-04T01:00-02:00"),
        ("Pacific/Apia", "09:00-17:00", "2011-12-29T17:00-10:00", "2011-12-31T09:00+14:00"),
    ],
)
def test_what_the_clock_skips_of_a_frame_does_not_exist(zone: str, frame: str, asked: str, opens: str) -> None:
    assert next_open(at(asked), window(zone, frame)) == at(opens)


def test_a_weekly_frame_that_the_clock_skips_is_there_a_week_later() -> None:
    sunday_night = window(BERLIN, "02:15-02:45", (SUNDAY,))

    assert next_open(at("2025-03-23T02:45+01:00"), sunday_night) == at("2025-04-06T02:15+02:00")


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("2025-10-26T02:00+02:00", "2025-10-26T02:15+02:00"),
        ("2025-10-26T02:30+02:00", "2025-10-26T02:30+02:00"),
        ("2025-10-26T02:45+02:00", "2025-10-26T02:15+01:00"),
        ("2025-10-26T02:45+01:00", "2025-10-27T02:15+01:00"),
    ],
)
def test_a_frame_is_open_twice_when_the_clock_shows_it_twice(asked: str, opens: str) -> None:
    assert next_open(at(asked), window(BERLIN, "02:15-02:45")) == at(opens)


@pytest.mark.parametrize(
    ("frames", "asked", "opens"),
    [
        # Until 2011 St. John's set its clocks back at 0:01, to 23:01 of the day before: 7 November 2010 began twice.
        ("23:30-23:40", "2010-11-06T23:40-02:30", "2010-11-06T23:30-03:30"),
        ("23:30-23:40 00:00-00:01", "2010-11-06T23:45-02:30", "2010-11-07T00:00-02:30"),
        ("23:30-23:40 00:00-00:01", "2010-11-07T00:00:59-02:30", "2010-11-07T00:00:59-02:30"),
        ("23:30-23:40", "2010-11-07T00:00:30-02:30", "2010-11-06T23:30-03:30"),
        ("23:50-23:30", "2010-11-06T23:35-02:30", "2010-11-06T23:50-02:30"),
        ("23:50-23:30", "2010-11-07T00:00:59-02:30", "2010-11-07T00:00:59-02:30"),
    ],
)
def test_clocks_set_back_over_midnight_bring_yesterdays_frames_again(frames: str, asked: str, opens: str) -> None:
    assert next_open(at(asked), window("America/St_Johns", frames)) == at(opens)


def test_the_clock_changes_on_the_second_whatever_the_fraction_at_which_a_frame_opens() -> None:
    nights = Calendar(BERLIN, ((Frame(time(0, 0, 0, 500_000), time(2, 30)),),) * 7)

    assert next_open(at("2025-10-26T02:45+02:00"), nights) == at("2025-10-26T02:00+01:00")


def test_what_opened_two_days_ago_is_open_again_when_the_clock_is_set_back_over_midnight() -> None:
    fridays = window("America/St_Johns", "23:50-23:30", (FRIDAY,))

    assert next_open(at("2010-11-07T00:00:30-02:30"), fridays) == at("2010-11-06T23:01-03:30")


def test_todays_frame_may_open_before_what_is_left_of_the_day_before_yesterdays() -> None:
    fridays, sundays = (parse_frame("23:50-23:30"),), (parse_frame("00:00-00:01"),)
    calendar = Calendar("America/St_Johns", ((), (), (), (), fridays, (), sundays))

    assert next_open(at("2010-11-06T23:45-02:30"), calendar) == at("2010-11-07T00:00-02:30")


def test_an_empty_window_never_opens() -> None:
    assert next_open(at("2025-06-02T11:00Z"), NEVER) is None
    assert not is_open(at("2025-06-02T11:00Z"), NEVER)


def test_the_search_goes_on_past_the_last_closed_date() -> None:
    years = frozenset(date(2025, 6, 1) + timedelta(days=n) for n in range(5000))
    calendar = Calendar("UTC", window("UTC", "09:00-17:00", (MONDAY,)).frames, years)
    first_monday_after = at("2039-02-14T09:00Z")

    assert next_open(at("2025-06-02T11:00Z"), calendar) == first_monday_after


def test_always_is_always_open() -> None:
    sunday_night = at("2025-10-26T02:59:59+01:00")

    assert is_open(sunday_night, always(BERLIN))
    assert next_open(sunday_night, always(BERLIN)) == sunday_night


# When a to-do falls due


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2025-06-02T07:00+02:00", "2025-06-02T09:00+02:00"),
        ("2025-06-02T09:00+02:00", "2025-06-02T09:00+02:00"),
        ("2025-06-02T12:30+02:00", "2025-06-02T12:30+02:00"),  # between two frames
        ("2025-06-02T21:00+02:00", "2025-06-02T21:00+02:00"),  # after closing
        ("2025-06-03T00:00+02:00", "2025-06-03T09:00+02:00"),
        ("2025-06-07T12:00+02:00", "2025-06-10T09:00+02:00"),  # Saturday; Monday is closed
        ("2025-06-09T12:00+02:00", "2025-06-10T09:00+02:00"),
        ("2025-10-25T12:00+02:00", "2025-10-27T09:00+01:00"),
    ],
)
def test_a_todo_falls_due_on_a_business_day_once_its_first_frame_has_opened(asked: str, due: str) -> None:
    calendar = window(BERLIN, "13:00-17:00 09:00-12:00", range(5), closed="2025-06-09")

    assert todo_due(at(asked), calendar) == at(due)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2025-06-03T03:00Z", "2025-06-03T22:00Z"),  # Monday's frame is still open; Tuesday's opens at 22:00
        ("2025-06-02T23:00Z", "2025-06-02T23:00Z"),
        ("2025-06-07T03:00Z", "2025-06-09T22:00Z"),  # Saturday has no frame of its own
    ],
)
def test_a_todo_at_night_belongs_to_the_day_whose_frame_opens(asked: str, due: str) -> None:
    nights = window("UTC", "22:00-06:00", range(5))

    assert todo_due(at(asked), nights) == at(due)


@pytest.mark.parametrize(
    ("zone", "frame", "days", "asked", "due"),
    [
        (BERLIN, "02:30-05:00", EVERY_DAY, "2025-03-30T01:00+01:00", "2025-03-30T03:00+02:00"),
        (BERLIN, "02:15-02:45", EVERY_DAY, "2025-03-30T01:00+01:00", "2025-03-30T03:00+02:00"),
        (BERLIN, "02:30-05:00", EVERY_DAY, "2025-10-26T02:10+02:00", "2025-10-26T02:30+02:00"),
        (BERLIN, "02:30-05:00", EVERY_DAY, "2025-10-26T02:10+01:00", "2025-10-26T02:30+01:00"),
        ("America/Nuuk", "23:15-06:00", (SATURDAY,), "2024-03-30T12:00-02:00", "2024-04-06T23:15-01:00"),
    ],
)
def test_a_todo_falls_due_when_the_clock_shows_the_opening_or_later(
    zone: str, frame: str, days: range | tuple[int, ...], asked: str, due: str
) -> None:
    assert todo_due(at(asked), window(zone, frame, days)) == at(due)


def test_a_todo_is_due_at_once_when_no_day_has_a_frame() -> None:
    monday = at("2025-06-02T07:00Z")

    assert todo_due(monday, NEVER) == monday


# Instants


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_an_instant_may_come_in_any_zone_and_leaves_in_utc(zone: str) -> None:
    instant = at("2025-06-02T11:00Z").astimezone(ZoneInfo(zone))
    calendar = always(BERLIN)

    answers = [
        ready_at(instant, Delay(0, Unit.days), calendar),
        next_open(instant, calendar),
        todo_due(instant, calendar),
        todo_due(instant, NEVER),
    ]

    assert [(answer, answer.tzinfo) for answer in answers if answer] == [(at("2025-06-02T11:00Z"), UTC)] * 4


def test_a_naive_instant_is_a_mistake_of_the_program() -> None:
    naive = datetime(2025, 6, 2, 11)  # noqa: DTZ001 - the mistake itself
    calendar = always(BERLIN)

    with pytest.raises(ValueError, match="time zone"):
        ready_at(naive, Delay(1, Unit.hours), calendar)
    with pytest.raises(ValueError, match="time zone"):
        is_open(naive, calendar)
    with pytest.raises(ValueError, match="time zone"):
        next_open(naive, calendar)
    with pytest.raises(ValueError, match="time zone"):
        todo_due(naive, calendar)
