"""An enrollment as a value: one contact in one sequence, and where it stands. How it moves is in `transitions.py`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sequencing.happenings import Reason, Why
from sequencing.todos import Outcome, TodoStatus


class Status(StrEnum):
    """Where an enrollment stands. A removed one has no row; the word exists for the instant of removing."""

    active = "active"
    paused = "paused"
    canceled = "canceled"
    finished = "finished"
    removed = "removed"


class StepState(StrEnum):
    """What the current step does. Under `paused` and `canceled`: what it did when it was set aside."""

    waiting = "waiting"
    to_do = "to_do"
    sending = "sending"


Place = Status | StepState


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One contact in one sequence.

    `step` counts from 1. While waiting, the delay ends at `ready_at` and the step acts at `due_at` (None: not to be
    computed, see `why`). While paused or canceled out of a wait, `wait_left` is what was left of the delay.
    `asked_by` is who pressed Send on a manual email. `answered_*` is the result that can still be taken back.
    `noted` of `last_news` numbered pieces of news have been taken in. A wait was planned with `sequence_version` and
    `calendar_version`; a `bypassed` one has no delay any more, whatever becomes of the step's, and with `any_hour` no
    send window either. While it waits for cap or gap, `queued_for` is the sender in whose queue it stands.
    """

    id: str
    sequence_id: int
    contact_id: int
    enrolled_by: int
    enrolled_at: datetime
    previous_end: datetime
    opportunity_id: int | None = None
    run: int = 1
    status: Status = Status.active
    state: StepState = StepState.waiting
    step: int = 1
    reason: Reason | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    ready_at: datetime | None = None
    due_at: datetime | None = None
    why: Why | None = None
    wait_left: timedelta | None = None
    todo: str | None = None
    asked_by: int | None = None
    copy: int = 1
    failing_since: datetime | None = None
    answered_todo: str | None = None
    answered_step: int | None = None
    answered_copy: int | None = None
    last_news: int = 0
    noted: int = 0
    sequence_version: int = 1
    calendar_version: int = 0
    bypassed: bool = False
    any_hour: bool = False
    queued_for: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether a run is, or should be, alive for it."""
        return self.status in (Status.active, Status.paused)

    @property
    def place(self) -> Place:
        """Its place in the table of transitions."""
        return self.state if self.status is Status.active else self.status

    def is_sending(self, step: int, copy: int) -> bool:
        """Whether that copy of that step is leaving now, and nobody has given it up."""
        return self.place is StepState.sending and (self.step, self.copy) == (step, copy)

    def is_moving(self, now: datetime) -> bool:
        """Whether its run is about to do something, or is doing it: soon it stands otherwise."""
        if self.noted < self.last_news or self.place is StepState.sending:
            return True
        return self.place is StepState.waiting and self.why is not Why.held and bool(self.due_at and self.due_at <= now)

    @property
    def workflow_id(self) -> str:
        """The public name of its run."""
        return workflow_id(self.sequence_id, self.contact_id, self.id)

    @property
    def todo_status(self) -> TodoStatus:
        """What its current to-do, unless it is done or skipped, must be."""
        if not self.is_open and self.status is not Status.canceled:
            return TodoStatus.withdrawn
        on_the_list = self.status is Status.active and self.state is StepState.to_do
        return TodoStatus.open if on_the_list else TodoStatus.away


def workflow_id(sequence_id: int, contact_id: int, enrollment_id: str) -> str:
    """The run's id in Temporal: ids only, readable in its UI."""
    return f"sequence-{sequence_id}/contact-{contact_id}/enrollment-{enrollment_id}"
