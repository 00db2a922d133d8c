"""Results of calls and tasks, and what each does, as data: more kinds of activity are more rows."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sequencing.days import A_WEEK, begins, day_of, monday_of
from sequencing.errors import Refused, quoted
from sequencing.sequences import Action


class Result(StrEnum):
    """What a person says came of a call or a task."""

    no_answer = "no_answer"
    left_voicemail = "left_voicemail"
    interested = "interested"
    not_interested = "not_interested"
    none = "none"
    positive = "positive"
    negative = "negative"


class Outcome(StrEnum):
    """How an enrollment ended."""

    positive = "positive"
    negative = "negative"
    neutral = "neutral"


RESULTS: Mapping[Action, Mapping[Result, Outcome | None]] = {
    Action.call: {
        Result.no_answer: None,
        Result.left_voicemail: None,
        Result.interested: Outcome.positive,
        Result.not_interested: Outcome.negative,
    },
    Action.task: {
        Result.none: None,
        Result.positive: Outcome.positive,
        Result.negative: Outcome.negative,
    },
}
"""Kind of to-do → its results → the outcome that ends the enrollment; None goes on with the next step."""


class TodoStatus(StrEnum):
    """Where a to-do stands: `away` is open but off the list while its enrollment is paused or canceled."""

    open = "open"
    away = "away"
    done = "done"
    skipped = "skipped"
    withdrawn = "withdrawn"


def check_result(action: Action, result: str) -> Result:
    """The result, if this kind of to-do has it. Raises Refused(`unknown_result`) naming those it has."""
    fitting = RESULTS.get(action)
    if fitting is None:
        raise Refused("unknown_result", f"A {action.words} is sent or skipped; it has no results.")
    if result not in list(fitting):
        raise Refused(
            "unknown_result", f"A {action.words} has no result {quoted(result)}; choose {', '.join(fitting)}."
        )
    return Result(result)


FURTHEST = timedelta(days=3653)
A_DAY = timedelta(days=1)


class Due(StrEnum):
    """How a to-do stands to the assignee's present day."""

    overdue = "overdue"
    today = "today"
    later = "later"


def due(due_at: datetime, now: datetime, zone: str) -> Due:
    """Overdue once its day is over in the assignee's zone; `later` is another day."""
    day, today = day_of(due_at, zone), day_of(now, zone)
    return Due.overdue if day < today else Due.today if day == today else Due.later


class DueWithin(StrEnum):
    """Which days' to-dos a list shows."""

    overdue = "overdue"
    today = "today"
    this_week = "this_week"


Bounds = tuple[datetime | None, datetime | None]
"""From the first instant up to, and without, the second; None: no bound."""


def bounds(within: DueWithin, now: datetime, zone: str) -> Bounds:
    """When what is overdue, due today, or due from Monday to Sunday of this week falls due, by the zone's clock."""
    today = day_of(now, zone)
    if within is DueWithin.overdue:
        return None, begins(today, zone)
    if within is DueWithin.today:
        return begins(today, zone), begins(today + A_DAY, zone)
    return begins(monday_of(today), zone), begins(monday_of(today) + A_WEEK, zone)


def later_choices(now: datetime, zone: str) -> list[tuple[str, datetime]]:
    """When one may want to put something off to: words, and a clock time in the zone, without it."""
    today, nine = day_of(now, zone), time(9)
    days = (
        ("Tomorrow", today + A_DAY),
        ("In 3 days", today + 3 * A_DAY),
        ("Next Monday", monday_of(today) + A_WEEK),
        ("In 2 weeks", today + 2 * A_WEEK),
    )
    return [(words, datetime.combine(day, nine)) for words, day in days]


def postponed_to(said: datetime, zone: str, now: datetime) -> datetime:
    """The instant in UTC; one without a zone is a clock time in the assignee's. Raises Refused(`invalid_instant`)."""
    try:
        at = (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except OverflowError:
        at = now
    if not now < at <= now + FURTHEST:
        raise Refused("invalid_instant", "Postpone it to an instant that is still to come, within ten years.")
    return at
