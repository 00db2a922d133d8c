"""What the numbers count, of whom a rate is taken, and how counts become a report.

Every number is of people, each counted once in it, whatever he did how often. A removed enrollment counts as if it had
never been. docs/metrics.md has the same in more words; docs/decisions/0019 has the reasons.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sequencing.periods import Every
from sequencing.sequences import Action, Step


class Measure(StrEnum):
    """What is counted."""

    enrolled = "enrolled"
    active = "active"
    paused = "paused"
    canceled = "canceled"
    finished = "finished"
    reached = "reached"
    tried = "tried"
    sent = "sent"
    opened = "opened"
    clicked = "clicked"
    replied = "replied"
    bounced = "bounced"
    unsubscribed = "unsubscribed"
    todos = "todos"
    result = "result"
    skipped = "skipped"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return {Measure.todos: "to-dos"}.get(self, self.value)


STANDINGS = (Measure.active, Measure.paused, Measure.canceled, Measure.finished)
FUNNEL = (
    *(Measure.reached, Measure.sent, Measure.opened, Measure.clicked, Measure.replied),
    *(Measure.bounced, Measure.unsubscribed, Measure.todos, Measure.skipped),
)
"""What is said of a step, besides the results of its to-dos."""
EMAIL = "email"
"""The word under which emails are counted among what was sent."""

DEFINITIONS: Mapping[Measure, str] = {
    Measure.enrolled: "People who were added. Who was added again after it had ended for him counts once.",
    Measure.active: "People with whom it goes on: a step waits for its time, for a to-do, or is being sent. Who was"
    " added more than once stands where his open enrollment does, or else his latest.",
    Measure.paused: "People with whom nothing goes on until somebody resumes or ends it, by the reason.",
    Measure.canceled: "People with whom it was stopped; it can be reactivated.",
    Measure.finished: "People who came to an end, by its outcome: by a result, by whoever concluded it, negative by"
    " unsubscribing; neutral where the steps ran out.",
    Measure.reached: "People who came to the step: the wait before it has begun. A result that is taken back takes"
    " them back too.",
    Measure.tried: "People to whom the step's message left, or whose server refused it for ever.",
    Measure.sent: "People to whom the step's message left: an email, automatic or a person's, or a text. Sent again, it"
    " counts once.",
    Measure.opened: "People who opened an email: a person fetched its picture or followed a link in it. Machines are"
    " left out: scanners, services that fetch all pictures unread, and whoever is there within five seconds.",
    Measure.clicked: "People who followed a link in an email. Machines are left out.",
    Measure.replied: "People who answered: by email to the one they answer, or to the last they had got; by text to the"
    " last text. Absence notices do not count, nor STOP and START.",
    Measure.bounced: "People whose message was refused or returned because nobody has that address or number, also"
    " after it was opened. A full mailbox is none.",
    Measure.unsubscribed: "People who unsubscribed by the email's link or header, or answered STOP to the text.",
    Measure.todos: "People for whom the step put a to-do on a list, also where it was taken off again.",
    Measure.result: "People whose to-do was given that result. What was taken back does not count.",
    Measure.skipped: "People whose to-do was skipped, which is no result.",
}
REMOVED = (
    "Enrollments that were removed, each by itself. Nothing else of them counts, as if they had never been; in a period"
    " they count by the day of the removal, and by user by whoever removed them."
)

Key = tuple[Measure, str]
"""A measure and its word: a reason, an outcome, a result, a channel; the empty one is all of them together."""
OUT_OF: Mapping[Measure, Key] = {
    **dict.fromkeys(STANDINGS, (Measure.enrolled, "")),
    Measure.sent: (Measure.reached, ""),
    Measure.opened: (Measure.sent, EMAIL),
    Measure.clicked: (Measure.sent, EMAIL),
    Measure.replied: (Measure.sent, ""),
    Measure.unsubscribed: (Measure.sent, ""),
    Measure.bounced: (Measure.tried, ""),
    Measure.todos: (Measure.reached, ""),
    Measure.result: (Measure.todos, ""),
    Measure.skipped: (Measure.todos, ""),
}
"""Of whom a rate is taken: who could have been counted."""


class Time(StrEnum):
    """What a period means."""

    added = "added"
    """Whoever was added in it, and all that came of them until now."""
    happened = "happened"
    """What happened in it, whenever they were added."""


class By(StrEnum):
    """How counts are grouped."""

    all = "all"
    sequence = "sequence"
    step = "step"
    user = "user"
    time = "time"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be counted: instants from `since` up to and without `until`; None does not narrow.

    `user_id` is who enrolled. Days and weeks are those of `zone`.
    """

    sequence_id: int | None = None
    user_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    time: Time = Time.added
    every: Every = Every.day
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Count:
    """So many people, of a group: `key` is the number of a sequence, step or user, or a day as 2026-12-01."""

    by: By
    key: str
    measure: Measure
    word: str
    people: int


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of how many, and what those are."""

    people: int
    of: int
    of_what: Key

    @property
    def percent(self) -> float:
        """In a hundred, with one decimal."""
        return round(100 * self.people / self.of, 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of one line of a table; what was not counted is 0."""

    people: Mapping[Key, int] = field(default_factory=dict)
    rated: bool = True

    def of(self, measure: Measure, word: str = "") -> int:
        """How many."""
        return self.people.get((measure, word), 0)

    def words(self, measure: Measure) -> dict[str, int]:
        """How many for each word, the most first."""
        found = {word: people for (one, word), people in self.people.items() if one is measure and word}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def rate(self, measure: Measure, word: str = "") -> Rate | None:
        """The share; None where there is none to take, because nobody could have been counted."""
        out_of = OUT_OF.get(measure)
        of = self.of(*out_of) if out_of and self.rated else 0
        return Rate(self.of(measure, word), of, out_of) if out_of and of else None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: `key` names it for programs, `name` for people."""

    key: str
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class StepLine(Line):
    """The line of a step."""

    action: Action
    tracks_opens: bool
    tracks_clicks: bool

    def has(self, measure: Measure) -> bool:
        """Whether the measure says anything of such a step, as it is now or was."""
        return self.figures.of(measure) > 0 or SAYS[measure](self)


SAYS: Mapping[Measure, Callable[[StepLine], bool]] = {
    **dict.fromkeys((Measure.reached, *STANDINGS), lambda step: True),
    Measure.tried: lambda step: _is_message(step),
    Measure.sent: lambda step: _is_message(step),
    Measure.opened: lambda step: step.tracks_opens or step.tracks_clicks,
    Measure.clicked: lambda step: step.tracks_clicks,
    Measure.replied: lambda step: _is_message(step),
    Measure.bounced: lambda step: _is_message(step),
    Measure.unsubscribed: lambda step: _is_message(step),
    Measure.todos: lambda step: not step.action.automatic,
    Measure.result: lambda step: step.action.for_a_person_alone,
    Measure.skipped: lambda step: not step.action.automatic,
}


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of all together, then line by line. `active_at` are the people at each step's number."""

    all: Figures
    removed: int
    active_at: Mapping[int, int]
    steps: tuple[StepLine, ...] = ()
    sequences: tuple[Line, ...] = ()
    users: tuple[Line, ...] = ()
    times: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called: sequences and users by number; the steps of the one sequence, in order."""

    sequences: Mapping[int, str] = field(default_factory=dict)
    users: Mapping[int, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


def report(counts: Iterable[Count], removed: int, names: Names, wanted: Wanted) -> Report:
    """The counts as tables. Sequences and steps of which nothing is counted stand there too, users and days do not.

    There are no rates of a day, nor where only what happened in a period counts: who opened an email then need not have
    got it then.
    """
    rated = wanted.time is Time.added or (wanted.since is None and wanted.until is None)
    grouped = _grouped(counts)

    def figures(by: By, key: object) -> Figures:
        return Figures(grouped[by].get(str(key), {}), rated)

    def line(by: By, key: object, name: str) -> Line:
        return Line(str(key), name, figures(by, key))

    at_steps = sorted(int(key) for key in grouped[By.step])
    return Report(
        all=figures(By.all, ""),
        removed=removed,
        active_at={step: people for step in at_steps if (people := figures(By.step, step).of(Measure.active))},
        steps=tuple(_step_line(step, figures(By.step, step.position)) for step in names.steps),
        sequences=tuple(line(By.sequence, *one) for one in names.sequences.items()),
        users=tuple(line(By.user, *one) for one in names.users.items() if str(one[0]) in grouped[By.user]),
        times=tuple(
            Line(day, _day(day, wanted.every), Figures(grouped[By.time][day], rated=False))
            for day in sorted(grouped[By.time])
        ),
    )


def _grouped(counts: Iterable[Count]) -> dict[By, dict[str, dict[Key, int]]]:
    grouped: dict[By, dict[str, dict[Key, int]]] = {by: {} for by in By}
    for one in counts:
        grouped[one.by].setdefault(one.key, {})[one.measure, one.word] = one.people
    return grouped


def _step_line(step: Step, figures: Figures) -> StepLine:
    name = step.title or step.subject or step.action.words.capitalize()
    return StepLine(str(step.position), name, figures, step.action, step.track_opens, step.track_clicks)


def _day(day: str, every: Every) -> str:
    first = date.fromisoformat(day)
    return f"{first:%a %d %b %Y}" if every is Every.day else f"week of {first:%d %b %Y}"


def _is_message(step: StepLine) -> bool:
    return step.action.automatic or step.action.is_email
