"""What a result does is data: kind of to-do, its results, their effect."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.errors import Refused
from sequencing.happenings import Happening, What
from sequencing.sequences import Action, Course
from sequencing.timing import Delay, Unit, always
from sequencing.todos import (
    RESULTS,
    Due,
    DueWithin,
    Outcome,
    Result,
    TodoStatus,
    bounds,
    check_result,
    due,
    later_choices,
    postponed_to,
)
from sequencing.transitions import begin, happen

# kind, result, the outcome that ends the enrollment (None: it goes on)
EFFECTS = [
    (Action.call, Result.no_answer, None),
    (Action.call, Result.left_voicemail, None),
    (Action.call, Result.interested, Outcome.positive),
    (Action.call, Result.not_interested, Outcome.negative),
    (Action.task, Result.none, None),
    (Action.task, Result.positive, Outcome.positive),
    (Action.task, Result.negative, Outcome.negative),
]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FRESH = Enrollment(id="e", sequence_id=1, contact_id=1, enrolled_by=1, enrolled_at=NOW, previous_end=NOW)


def test_the_table_of_results_is_that_of_the_specification() -> None:
    table = [(kind, result, outcome) for kind, results in RESULTS.items() for result, outcome in results.items()]

    assert table == EFFECTS


@pytest.mark.parametrize(("kind", "result", "outcome"), EFFECTS)
def test_a_result_goes_on_or_ends_the_enrollment_as_the_table_says(
    kind: Action, result: Result, outcome: Outcome | None
) -> None:
    course = Course((kind, Action.text), (Delay(0, Unit.minutes),) * 2, always("UTC"))
    opened = happen(begin(FRESH, NOW, course), Happening(What.opened, todo="first"), NOW, course)
    after = happen(opened, Happening(What.result, todo="first", result=result), NOW, course)

    assert after.outcome == outcome
    assert (after.status is Status.active) == (outcome is None)
    assert after.step == (2 if outcome is None else 1)


@pytest.mark.parametrize(("kind", "result", "outcome"), EFFECTS)
def test_a_result_is_read_as_it_is_written(kind: Action, result: Result, outcome: Outcome | None) -> None:
    assert check_result(kind, result.value) is result


@pytest.mark.parametrize(
    ("kind", "written"), [(Action.call, "positive"), (Action.task, "no_answer"), (Action.call, "")]
)
def test_a_result_of_another_kind_is_refused_naming_those_there_are(kind: Action, written: str) -> None:
    with pytest.raises(Refused, match=", ".join(RESULTS[kind])) as refused:
        check_result(kind, written)

    assert refused.value.code == "unknown_result"


def test_a_manual_email_has_no_results() -> None:
    with pytest.raises(Refused, match="sent or skipped") as refused:
        check_result(Action.manual_email, "positive")

    assert refused.value.code == "unknown_result"


@pytest.mark.parametrize(
    ("status", "state", "todo_status"),
    [
        (Status.active, StepState.to_do, TodoStatus.open),
        (Status.active, StepState.waiting, TodoStatus.away),
        (Status.active, StepState.sending, TodoStatus.away),
        (Status.paused, StepState.to_do, TodoStatus.away),
        (Status.canceled, StepState.to_do, TodoStatus.away),
        (Status.finished, StepState.waiting, TodoStatus.withdrawn),
        (Status.removed, StepState.to_do, TodoStatus.withdrawn),
    ],
)
def test_a_todo_is_on_the_list_only_while_its_enrollment_is_active(
    status: Status, state: StepState, todo_status: TodoStatus
) -> None:
    enrollment = Enrollment("e", 1, 1, 1, NOW, NOW, status=status, state=state, todo="first")

    assert enrollment.todo_status is todo_status


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("UTC", "2026-03-02T23:59:59+00:00", Due.today),
        ("UTC", "2026-03-03T00:00:00+00:00", Due.overdue),
        ("Asia/Tokyo", "2026-03-02T14:59:59+00:00", Due.today),
        ("Asia/Tokyo", "2026-03-02T15:00:00+00:00", Due.overdue),
        ("America/New_York", "2026-03-03T04:59:59+00:00", Due.today),
        ("America/New_York", "2026-03-03T05:00:00+00:00", Due.overdue),
        ("UTC", "2026-03-01T23:59:59+00:00", Due.later),
    ],
)
def test_a_todo_is_overdue_once_its_day_is_over_in_the_assignees_zone(zone: str, now: str, expected: Due) -> None:
    assert due(NOW, datetime.fromisoformat(now), zone) is expected


def test_an_instant_without_a_zone_is_a_clock_time_of_the_assignee() -> None:
    at = postponed_to(datetime(2026, 7, 1, 9), "Europe/Berlin", NOW)  # noqa: DTZ001 - that is the case

    assert at == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_an_instant_with_a_zone_is_that_instant() -> None:
    at = postponed_to(datetime(2026, 7, 1, 9, tzinfo=UTC), "Asia/Tokyo", NOW)

    assert at == datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("said", [NOW, NOW.replace(year=1), NOW.replace(year=9999), datetime(2036, 7, 1, tzinfo=UTC)])
def test_a_todo_is_postponed_into_the_future_within_ten_years(said: datetime) -> None:
    with pytest.raises(Refused) as refused:
        postponed_to(said, "Asia/Tokyo", NOW)

    assert refused.value.code == "invalid_instant"


@pytest.mark.parametrize(
    ("within", "first", "end"),
    [
        (DueWithin.overdue, None, "2026-12-01"),
        (DueWithin.today, "2026-12-01", "2026-12-02"),
        (DueWithin.this_week, "2026-11-30", "2026-12-07"),
    ],
)
def test_a_list_is_narrowed_to_days_of_its_users_clock(within: DueWithin, first: str | None, end: str) -> None:
    evening_in_london = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)

    since, until = bounds(within, evening_in_london, "Europe/Berlin")

    in_berlin = [at.astimezone(ZoneInfo("Europe/Berlin")) if at else None for at in (since, until)]
    assert [f"{at:%F %H:%M}" if at else None for at in in_berlin] == [first and f"{first} 00:00", f"{end} 00:00"]


def test_what_is_put_off_by_one_key_comes_back_at_nine_on_a_later_day() -> None:
    sunday = datetime(2026, 12, 6, 8, tzinfo=UTC)

    choices = [(words, f"{at:%F %H:%M}") for words, at in later_choices(sunday, "Europe/Berlin")]

    assert choices == [
        ("Tomorrow", "2026-12-07 09:00"),
        ("In 3 days", "2026-12-09 09:00"),
        ("Next Monday", "2026-12-07 09:00"),
        ("In 2 weeks", "2026-12-20 09:00"),
    ]
