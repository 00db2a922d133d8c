"""Results of calls and tasks, and what each does, as data: more kinds of activity are more rows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

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


class Due(StrEnum):
    """How a to-do stands to the assignee's present day."""

    overdue = "overdue"
    today = "today"
    later = "later"


def due(due_at: datetime, now: datetime, zone: str) -> Due:
    """Overdue once its day is over in the assignee's zone; `later` is another day."""
    day, today = (at.astimezone(ZoneInfo(zone)).date() for at in (due_at, now))
    return Due.overdue if day < today else Due.today if day == today else Due.later


def postponed_to(said: datetime, zone: str, now: datetime) -> datetime:
    """The instant in UTC; one without a zone is a clock time in the assignee's. Raises Refused(`invalid_instant`)."""
    try:
        at = (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except OverflowError:
        at = now
    if not now < at <= now + FURTHEST:
        raise Refused("invalid_instant", "Postpone it to an instant that is still to come, within ten years.")
    return at
