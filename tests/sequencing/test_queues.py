"""Cap and gap of a sender: who waits how long, checked by a slow but simple count."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sequencing.happenings import Why
from sequencing.queues import LONGEST_RUSH, PATIENCE, Sender, Slot, first_slot, has_room, slot, slot_used
from sequencing.sequences import Pace
from sequencing.timing import Calendar, Frame, always, day_of, is_open, next_open, office_hours

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFFICE, OPEN = office_hours("UTC"), always("UTC")
NOBODY = Sender(date(2026, 11, 23))
USUAL = Pace(200, MINUTE)

calendars = st.sampled_from(
    [
        OFFICE,
        OPEN,
        office_hours("America/St_Johns"),
        Calendar("Europe/Berlin", ((Frame(time(9), time(9, 40)), Frame(time(22), time(1, 10))),) * 7),
        Calendar("UTC", ((Frame(time(9), time(12)), Frame(time(12), time(17))),) + ((),) * 6),
    ]
)
paces = st.builds(Pace, st.integers(1, 40), st.integers(0, 90).map(lambda minutes: minutes * MINUTE))
senders = st.builds(Sender, st.just(MONDAY.date()), st.integers(0, 50))
instants = st.integers(0, 14 * 1440).map(lambda minutes: MONDAY + minutes * MINUTE)


@settings(max_examples=50, deadline=None)
@given(calendars, paces, senders, instants)
def test_slots_keep_to_window_cap_and_gap(calendar: Calendar, pace: Pace, sender: Sender, first: datetime) -> None:
    slots = [_at(slot(first, ahead, sender, pace, calendar)) for ahead in range(40)]

    a_day = Counter(day_of(at, calendar) for at in slots)
    assert all(is_open(at, calendar) for at in slots)
    assert all(later - earlier >= pace.gap for earlier, later in pairwise(slots))
    assert all(many + sender.left_on(day) <= max(pace.a_day, sender.left_on(day)) for day, many in a_day.items())


@settings(max_examples=50, deadline=None)
@given(calendars, paces, senders, instants)
def test_no_slot_is_later_than_it_need_be(calendar: Calendar, pace: Pace, sender: Sender, first: datetime) -> None:
    slots = [_at(slot(first, ahead, sender, pace, calendar)) for ahead in range(20)]

    assert slots == _one_by_one(20, first, sender, pace, calendar)


def test_the_201st_of_a_day_waits_for_the_next_opening() -> None:
    assert slot(MONDAY, 199, NOBODY, USUAL, OFFICE) == Slot(MONDAY + 199 * USUAL.apart, Why.sender_gap)
    assert slot(MONDAY, 200, NOBODY, USUAL, OFFICE) == Slot(MONDAY + timedelta(days=1), Why.daily_cap)


def test_what_left_today_counts_today_and_not_tomorrow() -> None:
    sender = Sender(MONDAY.date(), 199)

    assert slot(MONDAY, 0, sender, USUAL, OFFICE) == Slot(MONDAY, Why.sender_gap)
    assert slot(MONDAY, 200, sender, USUAL, OFFICE) == Slot(
        MONDAY + timedelta(days=1) + 199 * USUAL.apart, Why.daily_cap
    )


def test_slots_are_a_little_more_than_the_gap_apart() -> None:
    assert USUAL.apart == timedelta(seconds=61)
    assert Pace(1, timedelta(hours=1)).apart == timedelta(seconds=3601)
    assert Pace(1, timedelta(0)).apart == timedelta(0)


def test_a_window_that_never_opens_has_no_slot() -> None:
    assert slot(MONDAY, 0, NOBODY, USUAL, Calendar("UTC", ((),) * 7)) is None


def test_one_leaves_at_once_only_with_nobody_ahead_and_the_gap_over() -> None:
    sender = Sender(MONDAY.date(), 1, last_at=MONDAY)

    assert has_room(NOBODY, 0, MONDAY, USUAL, OFFICE)
    assert not has_room(NOBODY, 1, MONDAY, USUAL, OFFICE)
    assert not has_room(sender, 0, MONDAY + timedelta(seconds=59), USUAL, OFFICE)
    assert has_room(sender, 0, MONDAY + MINUTE, USUAL, OFFICE)


def test_nobody_leaves_beyond_the_cap_of_the_day() -> None:
    full = Sender(MONDAY.date(), 200, last_at=MONDAY - timedelta(days=1))

    assert not has_room(full, 0, MONDAY, USUAL, OFFICE)
    assert has_room(full, 0, MONDAY + timedelta(days=1), USUAL, OFFICE)


def test_without_a_gap_as_many_leave_at_once_as_the_day_has_room_for() -> None:
    pace = Pace(3, timedelta(0))

    assert [has_room(NOBODY, ahead, MONDAY, pace, OFFICE) for ahead in range(5)] == [True, True, True, False, False]


def test_the_queue_begins_once_all_that_fell_due_together_stand_in_it() -> None:
    assert first_slot(NOBODY, 1, MONDAY, USUAL) == MONDAY
    assert first_slot(NOBODY, 100, MONDAY, USUAL) == MONDAY + timedelta(seconds=25)
    assert first_slot(NOBODY, 1_000_000, MONDAY, USUAL) == MONDAY + LONGEST_RUSH


def test_a_queue_that_has_begun_goes_on_where_it_is() -> None:
    later, much_later = MONDAY + 3 * MINUTE, MONDAY + timedelta(hours=1)

    assert first_slot(Sender(MONDAY.date(), 1, MONDAY, later), 100, MONDAY, USUAL) == later
    assert first_slot(Sender(MONDAY.date(), 1, MONDAY, much_later), 1, MONDAY, USUAL) == MONDAY + MINUTE, "a longer gap"
    assert first_slot(Sender(MONDAY.date(), 1, MONDAY, MONDAY), 1, MONDAY, USUAL) == MONDAY + MINUTE


def test_small_delays_do_not_add_up_and_long_ones_count() -> None:
    assert slot_used(MONDAY, MONDAY + PATIENCE) == MONDAY
    assert slot_used(MONDAY, MONDAY + MINUTE) == MONDAY + MINUTE
    assert slot_used(None, MONDAY) == MONDAY


def _at(found: Slot | None) -> datetime:
    assert found is not None
    return found.at


def _one_by_one(many: int, first: datetime, sender: Sender, pace: Pace, calendar: Calendar) -> list[datetime]:
    left, at = Counter({sender.day: sender.left_that_day}), first
    slots: list[datetime] = []
    while len(slots) < many:
        opening = next_open(at, calendar)
        assert opening is not None
        if left[day_of(opening, calendar)] >= pace.a_day:
            at = _after_the_day_of(opening, calendar)
            continue
        slots.append(opening)
        left[day_of(opening, calendar)] += 1
        at = opening + pace.apart
    return slots


def _after_the_day_of(at: datetime, calendar: Calendar) -> datetime:
    day = day_of(at, calendar)
    while day_of(at, calendar) == day:
        at += MINUTE
    return at.replace(second=0)
