"""What travels between a run, its activities and its signals: ids, words, numbers, instants; no person's data."""

from dataclasses import dataclass, field
from typing import Any

from sequencing.decisions import Decision
from sequencing.enrollments import Status
from sequencing.happenings import Reason
from sequencing.todos import Outcome


@dataclass(frozen=True, slots=True)
class Outside:
    """A signal that came past our door: a key that makes it unique, its name, and its body as it was read.

    `by_engine`: no signal but Cancel, pressed in Temporal; no signal can say that of itself.
    """

    key: str
    name: str
    body: dict[str, Any] = field(default_factory=dict)
    by_engine: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """What a run begins with: whose it is, the first decision, how many seconds an acting activity may take (more than
    a hand-over can last), and what an earlier part of the same run had heard: `numbers` of news it had not noted."""

    enrollment_id: str
    run: int
    first: Decision
    within: float = 90.0
    noted: int = 0
    outside: tuple[Outside, ...] = ()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """Where the run believes the enrollment stands; every activity holds the row against it.

    `in_doubt`: it knows of a message of which nobody knows whether it left.
    """

    enrollment_id: str
    run: int
    step: int
    noted: int
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes next, and up to which number news has been noted."""

    decision: Decision
    noted: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the enrollment's status, reason and outcome."""

    status: Status
    reason: Reason | None = None
    outcome: Outcome | None = None
