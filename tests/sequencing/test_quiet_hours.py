"""Texts keep to the send window and to 8:00-21:00 at the contact's place; nobody lets one out of somebody's night."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Happening, Reason, What, Why
from sequencing.sequences import Action, Course
from sequencing.timing import Calendar, Delay, Frame, Unit, always, next_open_in_both, office_hours, waking_hours
from sequencing.transitions import begin, happen
from sequencing.waits import may_leave

AT_ONCE = Delay(0, Unit.minutes)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fresh(now: datetime) -> Enrollment:
    return Enrollment(id="e", sequence_id=1, contact_id=1, enrolled_by=1, enrolled_at=now, previous_end=now)


def course(calendar: Calendar, zone: str | None, *actions: Action) -> Course:
    actions = actions or (Action.text,)
    return Course(actions, (AT_ONCE,) * len(actions), calendar, contact_zone=zone)


def planned(now: str, calendar: Calendar, zone: str | None) -> tuple[datetime | None, Why | None]:
    one = begin(fresh(at(now)), at(now), course(calendar, zone))
    return one.due_at, one.why


def window(zone: str, *frames: str) -> Calendar:
    spans = [frame.split("-") for frame in frames]
    day = tuple(Frame(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in spans)
    return Calendar(zone, (day,) * 7)


@pytest.mark.parametrize(
    ("now", "calendar", "zone", "due", "why"),
    [
        # by the contact's clock
        ("2026-03-02T12:00", always("UTC"), "UTC", "2026-03-02T12:00", Why.delay),
        ("2026-03-02T07:59", always("UTC"), "UTC", "2026-03-02T08:00", Why.quiet_hours),
        ("2026-03-02T20:59", always("UTC"), "UTC", "2026-03-02T20:59", Why.delay),
        ("2026-03-02T21:00", always("UTC"), "UTC", "2026-03-03T08:00", Why.quiet_hours),
        ("2026-03-02T12:00", always("UTC"), "America/Los_Angeles", "2026-03-02T16:00", Why.quiet_hours),
        ("2026-03-02T12:00", always("UTC"), "Pacific/Auckland", "2026-03-02T19:00", Why.quiet_hours),
        ("2026-03-02T12:00", always("UTC"), "Asia/Kathmandu", "2026-03-02T12:00", Why.delay),
        # by the settings' clock, where nobody knows the contact's
        ("2026-03-02T22:00", always("America/New_York"), None, "2026-03-02T22:00", Why.delay),
        ("2026-03-02T22:00", always("Europe/Berlin"), None, "2026-03-03T07:00", Why.quiet_hours),
        ("2026-03-02T22:00", always("Europe/Berlin"), "Nowhere/At_All", "2026-03-03T07:00", Why.quiet_hours),
        ("2026-03-02T22:00", always("Europe/Berlin"), "localtime", "2026-03-03T07:00", Why.quiet_hours),
        # window and night together: the wait names the night where the window alone would open sooner
        ("2026-03-02T20:00", office_hours("Europe/Berlin"), "Europe/Berlin", "2026-03-03T08:00", Why.send_window),
        ("2026-03-02T20:00", office_hours("Europe/Berlin"), "America/New_York", "2026-03-03T13:00", Why.quiet_hours),
        ("2026-03-06T16:30", office_hours("Europe/Berlin"), "Asia/Tokyo", "2026-03-09T08:00", Why.send_window),
        ("2026-03-02T09:00", window("UTC", "08:00-10:00"), "America/Chicago", None, Why.quiet_hours),
        ("2026-03-02T09:00", window("UTC", "22:00-06:00"), "UTC", None, Why.quiet_hours),
        ("2026-03-02T09:00", window("UTC", "22:00-08:00"), "UTC", None, Why.quiet_hours),
        ("2026-03-02T09:00", window("UTC", "22:00-08:01"), "UTC", "2026-03-03T08:00", Why.quiet_hours),
        ("2026-03-02T09:00", window("UTC", "20:30-23:00"), "UTC", "2026-03-02T20:30", Why.send_window),
        ("2026-03-02T09:00", Calendar("UTC", ((),) * 7), "UTC", None, Why.no_send_window),
        # the night in which clocks change: 8:00 is 8:00 by the new one
        ("2026-03-28T21:00", always("UTC"), "Europe/Berlin", "2026-03-29T06:00", Why.quiet_hours),
        ("2026-10-24T21:00", always("UTC"), "Europe/Berlin", "2026-10-25T07:00", Why.quiet_hours),
        ("2026-03-08T02:00", always("UTC"), "America/New_York", "2026-03-08T12:00", Why.quiet_hours),
        ("2026-04-04T08:00", always("UTC"), "Australia/Lord_Howe", "2026-04-04T08:00", Why.delay),
        ("2026-04-04T12:00", always("UTC"), "Australia/Lord_Howe", "2026-04-04T21:30", Why.quiet_hours),
        ("2011-12-30T07:00", always("UTC"), "Pacific/Apia", "2011-12-30T18:00", Why.quiet_hours),
        # only one of the zones has changed: six hours between them instead of five
        ("2026-03-10T12:00", window("Europe/Berlin", "13:00-13:30"), "America/New_York", "2026-03-10T12:00", Why.delay),
        (
            "2026-03-06T10:00",
            window("Europe/Berlin", "13:00-13:30"),
            "America/New_York",
            "2026-03-08T12:00",
            Why.quiet_hours,
        ),
    ],
)
def test_a_text_leaves_inside_the_window_and_outside_the_contacts_night(
    now: str, calendar: Calendar, zone: str | None, due: str | None, why: Why
) -> None:
    assert planned(now, calendar, zone) == (at(due) if due else None, why)


def test_an_email_asks_only_the_window() -> None:
    night = course(always("UTC"), "UTC", Action.automatic_email)

    one = begin(fresh(at("2026-03-02T03:00")), at("2026-03-02T03:00"), night)

    assert one.due_at == at("2026-03-02T03:00")
    assert may_leave(Action.automatic_email, at("2026-03-02T03:00"), night)


def test_a_bypass_ends_the_delay_and_not_the_night() -> None:
    slow = replace(course(always("UTC"), "UTC"), delays=(Delay(3, Unit.days),))
    one = begin(fresh(at("2026-03-02T22:00")), at("2026-03-02T22:00"), slow)

    after = happen(one, Happening(What.bypass), at("2026-03-02T23:00"), slow)

    assert (after.due_at, after.why) == (at("2026-03-03T08:00"), Why.quiet_hours)
    with pytest.raises(Refused, match="Only an automatic email can be let go at any hour"):
        happen(one, Happening(What.bypass, any_hour=True), at("2026-03-02T23:00"), slow)


def test_a_try_that_failed_keeps_to_the_night_too() -> None:
    day = course(always("UTC"), "UTC")
    one = happen(
        begin(fresh(at("2026-03-02T20:50")), at("2026-03-02T20:50"), day),
        Happening(What.claimed),
        at("2026-03-02T20:50"),
        day,
    )
    later = Happening(What.try_later, until=at("2026-03-02T21:20"), why=Why.mail_server_unreachable)

    after = happen(one, later, at("2026-03-02T20:51"), day)

    assert (after.due_at, after.why) == (at("2026-03-03T08:00"), Why.quiet_hours)


def test_what_was_paused_goes_on_in_the_morning() -> None:
    day = course(always("UTC"), "UTC")
    one = begin(fresh(at("2026-03-02T20:50")), at("2026-03-02T20:50"), day)
    aside = happen(one, Happening(What.blocked, reason=Reason.no_phone_number), at("2026-03-02T20:50"), day)

    after = happen(aside, Happening(What.resume, by=1), at("2026-03-02T23:00"), day)

    assert (after.due_at, after.why) == (at("2026-03-03T08:00"), Why.quiet_hours)


@pytest.mark.parametrize(
    ("zone", "due"),
    [("America/New_York", "2026-03-02T13:00"), ("Asia/Tokyo", "2026-03-02T23:00"), (None, "2026-03-02T12:00")],
)
def test_a_wait_follows_the_contact_to_another_zone(zone: str | None, due: str) -> None:
    berlin = course(always("Etc/UTC"), "Europe/Berlin")
    slow = replace(berlin, delays=(Delay(2, Unit.hours),))
    one = begin(fresh(at("2026-03-02T10:00")), at("2026-03-02T10:00"), slow)
    assert one.due_at == at("2026-03-02T12:00")

    moved = happen(one, Happening(What.look_again), at("2026-03-02T10:30"), replace(slow, contact_zone=zone))

    assert moved.due_at == at(due)


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe", "America/St_Johns"]
)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=330)).map(lambda past: at("2026-01-01T00:00") + past)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 59]))
DAYS = st.lists(st.builds(Frame, CLOCKS, CLOCKS), max_size=2).map(tuple)


@given(
    MOMENTS,
    ZONES,
    ZONES,
    st.tuples(*[DAYS] * 7),
    st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 1)), max_size=3),
)
def test_whatever_the_window_a_text_leaves_by_day_and_no_later_than_it_could(
    now: datetime, ours: str, theirs: str, frames: tuple[tuple[Frame, ...], ...], closed: frozenset[date]
) -> None:
    asked = course(Calendar(ours, frames, closed), theirs)

    one = begin(fresh(now), now, asked)

    if one.due_at is None:
        assert one.why in (Why.quiet_hours, Why.no_send_window)
        assert not any(may_leave(Action.text, now + n * timedelta(hours=1), asked) for n in range(24 * 7))
        return
    assert may_leave(Action.text, one.due_at, asked)
    assert 8 <= one.due_at.astimezone(ZoneInfo(theirs)).hour < 21
    earlier = [now + n * timedelta(minutes=7) for n in range(int((one.due_at - now).total_seconds() // 420))]
    assert not any(may_leave(Action.text, moment, asked) for moment in earlier[:2000])


@given(MOMENTS, ZONES, ZONES)
def test_two_windows_that_are_one_open_together(now: datetime, one: str, other: str) -> None:
    both = next_open_in_both(now, waking_hours(one), always(other))

    assert both == next_open_in_both(now, always(other), waking_hours(one))
