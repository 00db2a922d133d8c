"""What holds for every calendar, zone and instant, dense round clock changes; checked by slow but simple searches."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whenever import Instant, PlainDateTime

from sequencing.timing import Calendar, Delay, Frame, Unit, is_open, next_open, ready_at, todo_due

# Days of 23 and 25 hours; half an hour on Lord Howe; midnight skipped and shown twice; a whole date skipped in Apia.
CHANGES = {
    "UTC": ["2025-03-30T01:00"],
    "Europe/Berlin": ["2025-03-30T01:00", "2025-10-26T01:00"],
    "America/New_York": ["2025-03-09T07:00", "2025-11-02T06:00"],
    "Pacific/Auckland": ["2025-04-05T14:00", "2025-09-27T14:00"],
    "Australia/Lord_Howe": ["2025-04-05T15:00", "2025-10-04T15:30"],
    "Asia/Kathmandu": ["1985-12-31T18:30"],
    "Pacific/Apia": ["2011-12-30T10:00", "2012-03-31T14:00"],
    "America/Sao_Paulo": ["2018-02-18T02:00", "2018-11-04T03:00"],
    "Africa/Casablanca": ["2024-03-10T02:00", "2024-04-14T02:00"],
}
# Clocks set back across midnight: a date ends, begins, ends again.
BACK_OVER_MIDNIGHT = {"America/St_Johns": ["2010-03-14T03:31", "2010-11-07T02:31"]}

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HORIZON = 9 * DAY

quick = settings(max_examples=50, deadline=None)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@st.composite
def moments(draw: st.DrawFn, changes: dict[str, list[str]] = CHANGES) -> tuple[str, datetime]:
    """A zone and an instant within three days of a change of its clocks, mostly within three hours."""
    zone = draw(st.sampled_from(sorted(changes)))
    minutes = draw(st.integers(-180, 180) | st.integers(-4320, 4320))
    seconds = draw(st.just(timedelta()) | st.timedeltas(timedelta(), MINUTE))
    return zone, instant(draw(st.sampled_from(changes[zone]))) + minutes * MINUTE + seconds


def clock_times() -> st.SearchStrategy[time]:
    """Any minute of the day, often a round one or one of the hours in which clocks change."""
    minutes = st.integers(0, 240) | st.integers(1320, 1439) | st.integers(0, 23).map(lambda hour: hour * 60)
    return minutes.map(lambda minute: time(minute // 60, minute % 60))


def weeks() -> st.SearchStrategy[tuple[tuple[Frame, ...], ...]]:
    """Up to three frames a day, overlapping and overnight ones too; now and then none in the whole week."""
    day = st.lists(st.builds(Frame, clock_times(), clock_times()), max_size=3).map(tuple)
    week = st.tuples(*[day] * 7)
    return st.integers(0, 9).flatmap(lambda ten: week if ten else st.just(((),) * 7))


@st.composite
def cases(draw: st.DrawFn, changes: dict[str, list[str]] = CHANGES) -> tuple[datetime, Calendar]:
    """An instant and a calendar with closed dates round it; often a frame opens or closes at that very instant."""
    zone, at = draw(moments(changes))
    closed = draw(st.frozensets(st.integers(-3, 9), max_size=6))
    calendar = Calendar(zone, draw(weeks()), frozenset(at.date() + n * DAY for n in closed))
    day = at.astimezone(ZoneInfo(zone)).date()
    edges = [edge for frame in calendar.frames[day.weekday()] for edge in (frame.opens, frame.closes)]
    at_an_edge = draw(st.booleans())
    if edges and at_an_edge:
        at = datetime.combine(day, draw(st.sampled_from(edges)), ZoneInfo(zone)).astimezone(UTC)
    return at, calendar


def delays(*units: Unit) -> st.SearchStrategy[Delay]:
    longest = {Unit.weeks: 52}
    return st.sampled_from(units).flatmap(
        lambda unit: st.builds(Delay, st.integers(0, 9) | st.integers(0, longest.get(unit, 365)), st.just(unit))
    )


# The slow searches: the clock is read minute by minute, and a date is a set of minutes


def minutes_opened_on(day: date, calendar: Calendar) -> set[int]:
    """The minutes of a date that its own frames cover."""
    covered: set[int] = set()
    for frame in calendar.frames[day.isoweekday() - 1]:
        first, end = (60 * edge.hour + edge.minute for edge in (frame.opens, frame.closes))
        covered.update(range(first, end if end > first else 1440))
    return set() if day in calendar.closed_dates else covered


def minutes_left_from(day: date, calendar: Calendar) -> set[int]:
    """The minutes of the next date that frames of this one cover."""
    if calendar.closed_dates & {day, day + DAY}:
        return set()
    overnight = [frame for frame in calendar.frames[day.isoweekday() - 1] if not frame.closes > frame.opens]
    return {minute for frame in overnight for minute in range(60 * frame.closes.hour + frame.closes.minute)}


class ReadMinuteByMinute:
    """A calendar whose every answer is looked up on the clock."""

    def __init__(self, calendar: Calendar) -> None:
        self.zone = ZoneInfo(calendar.zone)
        self.opened_on = cache(partial(minutes_opened_on, calendar=calendar))
        self.left_from = cache(partial(minutes_left_from, calendar=calendar))

    def reading(self, at: datetime) -> tuple[date, int]:
        local = at.astimezone(self.zone)
        return local.date(), 60 * local.hour + local.minute

    def is_open(self, at: datetime) -> bool:
        day, minute = self.reading(at)
        return minute in self.opened_on(day) or minute in self.left_from(day - DAY)

    def next_open(self, at: datetime) -> datetime | None:
        return next((moment for moment in minutes_from(at) if self.is_open(moment)), None)

    def todo_due(self, at: datetime) -> datetime | None:
        return next((moment for moment in minutes_from(at) if self.has_begun(moment)), None)

    def has_begun(self, at: datetime) -> bool:
        day, minute = self.reading(at)
        return minute >= min(self.opened_on(day), default=1440)


def minutes_from(at: datetime) -> Iterator[datetime]:
    """The instant itself and every whole minute after it, up to the horizon."""
    yield at
    whole = at.replace(second=0, microsecond=0)
    yield from (whole + n * MINUTE for n in range(1, HORIZON // MINUTE))


@pytest.mark.parametrize(
    ("zone", "change"),
    [(zone, change) for zone, all_of_it in (CHANGES | BACK_OVER_MIDNIGHT).items() for change in all_of_it],
)
def test_the_instants_lie_round_changes_of_the_clock(zone: str, change: str) -> None:
    after = instant(change).astimezone(ZoneInfo(zone))
    before = (instant(change) - MINUTE).astimezone(ZoneInfo(zone))

    assert (after.utcoffset() != before.utcoffset()) == (zone != "UTC")


# The send window


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT))
def test_the_window_is_open_while_the_clock_shows_a_minute_of_a_frame(case: tuple[datetime, Calendar]) -> None:
    at, calendar = case
    slow = ReadMinuteByMinute(calendar)
    moments_around = [at + n * timedelta(minutes=7) for n in range(-40, 40)]

    assert [is_open(moment, calendar) for moment in moments_around] == [slow.is_open(each) for each in moments_around]


@settings(max_examples=80, deadline=None)
@given(cases(CHANGES | BACK_OVER_MIDNIGHT))
def test_the_window_opens_at_the_earliest_minute_that_is_open(case: tuple[datetime, Calendar]) -> None:
    at, calendar = case

    opens = next_open(at, calendar)

    expected = ReadMinuteByMinute(calendar).next_open(at)
    assert opens == expected or (expected is None and (opens is None or opens >= at + HORIZON - MINUTE))


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT))
def test_a_message_never_leaves_early_nor_outside_the_window(case: tuple[datetime, Calendar]) -> None:
    at, calendar = case

    opens = next_open(at, calendar)

    assert opens is None or (opens >= at and is_open(opens, calendar))


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT), st.timedeltas(timedelta(), 4 * DAY))
def test_who_asks_later_is_not_let_out_earlier(case: tuple[datetime, Calendar], later: timedelta) -> None:
    at, calendar = case

    first, second = next_open(at, calendar), next_open(at + later, calendar)

    assert (first is None) == (second is None)
    assert first is None or second is None or first <= second


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT))
def test_asking_again_when_the_window_opens_changes_nothing(case: tuple[datetime, Calendar]) -> None:
    at, calendar = case

    opens = next_open(at, calendar)

    assert opens is None or next_open(opens, calendar) == opens


@quick
@given(cases(), st.integers(0, 3000), st.integers(0, 3000))
def test_the_search_always_ends_and_finds_nothing_only_in_an_empty_week(
    case: tuple[datetime, Calendar], closed_from: int, closed_for: int
) -> None:
    at, calendar = case
    run = (at.date() + (closed_from % 40 + n) * DAY for n in range(closed_for))
    calendar = replace(calendar, closed_dates=calendar.closed_dates | frozenset(run))
    has_frames = any(calendar.frames)

    assert (next_open(at, calendar) is not None) == has_frames
    assert (ready_at(at, Delay(3, Unit.business_days), calendar) is not None) == has_frames


# Delays


@quick
@given(cases(), delays(Unit.seconds, Unit.minutes, Unit.hours))
def test_seconds_minutes_and_hours_are_elapsed_time(case: tuple[datetime, Calendar], delay: Delay) -> None:
    at, calendar = case

    ready = ready_at(at, delay, calendar)

    assert ready == at + timedelta(**{delay.unit.value: delay.amount})


@quick
@given(moments(CHANGES | BACK_OVER_MIDNIGHT), delays(Unit.days, Unit.weeks))
def test_days_and_weeks_are_those_of_the_library_whenever(moment: tuple[str, datetime], delay: Delay) -> None:
    zone, near_change = moment
    days = delay.amount * (7 if delay.unit is Unit.weeks else 1)
    at = near_change - days * DAY

    ready = ready_at(at, delay, Calendar(zone, ((),) * 7))

    # Not ZonedDateTime.add: from the second 01:00 of one autumn to that of the next it keeps the offset, so the second.
    then = Instant(at).to_tz(zone).to_plain().add(days=days)

    assert ready == (then.assume_tz(zone, disambiguation="compatible").to_stdlib().astimezone(UTC) if days else at)


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT), delays(Unit.business_days))
def test_business_days_are_counted_one_by_one(case: tuple[datetime, Calendar], delay: Delay) -> None:
    at, calendar = case

    ready = ready_at(at, delay, calendar)

    assert ready == (counted_business_days(at, delay.amount, calendar) if delay.amount else at)


def counted_business_days(at: datetime, amount: int, calendar: Calendar) -> datetime | None:
    if not any(calendar.frames):
        return None
    local = at.astimezone(ZoneInfo(calendar.zone)).replace(tzinfo=None, fold=0)
    while amount:
        local += DAY
        amount -= bool(minutes_opened_on(local.date(), calendar))
    zoned = PlainDateTime(local).assume_tz(calendar.zone, disambiguation="compatible")
    return zoned.to_stdlib().astimezone(UTC)


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT), delays(*Unit), st.integers(1, 5))
def test_a_longer_delay_is_never_over_earlier(case: tuple[datetime, Calendar], delay: Delay, less: int) -> None:
    at, calendar = case
    shorter = replace(delay, amount=max(0, delay.amount - less))

    first, second = ready_at(at, shorter, calendar), ready_at(at, delay, calendar)

    assert first is None or second is None or at <= first <= second


@quick
@given(cases(), delays(*Unit))
def test_a_message_leaves_after_its_delay_at_the_earliest_open_instant(
    case: tuple[datetime, Calendar], delay: Delay
) -> None:
    at, calendar = case
    ready = ready_at(at, delay, calendar)

    leaves = None if ready is None else next_open(ready, calendar)

    assert (leaves is None) == (not any(calendar.frames))
    assert leaves is None or ready is None or (at <= ready <= leaves and is_open(leaves, calendar))


# To-dos


@settings(max_examples=80, deadline=None)
@given(cases(CHANGES | BACK_OVER_MIDNIGHT))
def test_a_todo_falls_due_at_the_first_minute_at_or_after_the_first_opening_of_a_day(
    case: tuple[datetime, Calendar],
) -> None:
    at, calendar = case

    due = todo_due(at, calendar)

    expected = ReadMinuteByMinute(calendar).todo_due(at)
    beyond = at if not any(calendar.frames) else at + HORIZON - MINUTE
    assert due == expected or (expected is None and due >= beyond)


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT))
def test_a_todo_never_falls_due_early_and_asking_again_changes_nothing(case: tuple[datetime, Calendar]) -> None:
    at, calendar = case

    due = todo_due(at, calendar)

    assert due >= at
    assert todo_due(due, calendar) == due


@quick
@given(cases(CHANGES | BACK_OVER_MIDNIGHT), st.timedeltas(timedelta(), 4 * DAY))
def test_what_is_ready_later_is_not_due_earlier(case: tuple[datetime, Calendar], later: timedelta) -> None:
    at, calendar = case

    assert todo_due(at, calendar) <= todo_due(at + later, calendar)
