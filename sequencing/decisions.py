"""What comes next for an enrollment: a function of where it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Reason, Why
from sequencing.sequences import Action, Course
from sequencing.todos import Outcome


class Do(StrEnum):
    """What the run does next."""

    send_email = "send_email"
    send_text = "send_text"
    open_todo = "open_todo"
    wait_for_news = "wait_for_news"
    end = "end"


DUTY: dict[Action, Do] = {
    Action.automatic_email: Do.send_email,
    Action.text: Do.send_text,
    Action.manual_email: Do.open_todo,
    Action.call: Do.open_todo,
    Action.task: Do.open_todo,
}
"""What a step does when it falls due."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`do` it at the instant `at` (aware, UTC; None: on news alone). The rest says where the enrollment stands."""

    do: Do
    step: int
    at: datetime | None = None
    action: Action | None = None
    why: Why | None = None
    status: Status = Status.active
    reason: Reason | None = None
    outcome: Outcome | None = None


def decide(enrollment: Enrollment, course: Course) -> Decision:
    """What the run of this enrollment does next."""
    if not enrollment.is_open:
        return _stand(Do.end, enrollment)
    action = course.actions[enrollment.step - 1]
    if enrollment.status is Status.paused or enrollment.state is StepState.to_do:
        return _stand(Do.wait_for_news, enrollment, action)
    if enrollment.state is StepState.waiting and enrollment.due_at is None:
        return _stand(Do.wait_for_news, enrollment, action)
    do = Do.send_email if enrollment.asked_by is not None else DUTY[action]
    return _stand(do, enrollment, action, at=enrollment.due_at or enrollment.previous_end)


def removed(step: int) -> Decision:
    """The end of an enrollment whose row is gone."""
    return Decision(Do.end, step, status=Status.removed)


def _stand(do: Do, enrollment: Enrollment, action: Action | None = None, at: datetime | None = None) -> Decision:
    return Decision(
        do=do,
        step=enrollment.step,
        at=at,
        action=action,
        why=enrollment.why,
        status=enrollment.status,
        reason=enrollment.reason,
        outcome=enrollment.outcome,
    )
