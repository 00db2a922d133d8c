"""The pieces transitions are made of: reaching a step, waiting, setting aside, going on, ending."""

from dataclasses import replace
from datetime import datetime, timedelta

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Reason, Why
from sequencing.sequences import Action, Course
from sequencing.timing import is_open, next_open, next_open_in_both, ready_at, todo_due
from sequencing.todos import Outcome

NOTHING = timedelta(0)


def reach(enrollment: Enrollment, step: int, ended_at: datetime, course: Course) -> Enrollment:
    if step > len(course):
        return finish(enrollment, Reason.steps_done, Outcome.neutral)
    fresh = replace(enrollment, step=step, state=StepState.waiting, previous_end=ended_at, todo=None, copy=1)
    fresh = replace(fresh, asked_by=None, failing_since=None, wait_left=None, bypassed=False, any_hour=False)
    return plan(fresh, course)


def plan(enrollment: Enrollment, course: Course) -> Enrollment:
    ready = ready_at(enrollment.previous_end, course.delays[enrollment.step - 1], course.calendar)
    if ready is None:
        return _planned(enrollment, course, None, None, Why.no_business_days)
    return wait_until(enrollment, ready, course)


def wait_until(enrollment: Enrollment, ready: datetime, course: Course) -> Enrollment:
    due = ready if enrollment.any_hour else _due(course.actions[enrollment.step - 1], ready, course)
    why = Why.delay if due == ready else _held_up_by(course.actions[enrollment.step - 1], ready, due, course)
    return _planned(enrollment, course, ready, due, why)


def _planned(
    enrollment: Enrollment, course: Course, ready: datetime | None, due: datetime | None, why: Why | None
) -> Enrollment:
    planned = replace(enrollment, sequence_version=course.version, calendar_version=course.calendar_version)
    return replace(planned, ready_at=ready, due_at=due, why=why)


def _due(action: Action, ready: datetime, course: Course) -> datetime | None:
    return _leaves(action, ready, course) if action.automatic else todo_due(ready, course.calendar)


def _leaves(action: Action, at: datetime, course: Course) -> datetime | None:
    """The earliest instant from `at` on at which such a message may leave: texts ask two clocks."""
    if action is Action.text:
        return next_open_in_both(at, course.calendar, course.waking_hours)
    return next_open(at, course.calendar)


def _held_up_by(action: Action, at: datetime, until: datetime | None, course: Course) -> Why:
    """Why it is not earlier: the window, where that alone would say so too."""
    if action is Action.text and until != next_open(at, course.calendar):
        return Why.quiet_hours
    return Why.no_send_window if until is None else Why.send_window


def may_leave(action: Action, at: datetime, course: Course) -> bool:
    """Whether such a message may leave by itself at this instant; nobody lets a text out of the contact's night."""
    return is_open(at, course.calendar) and (action is not Action.text or is_open(at, course.waking_hours))


def keep_to_window(enrollment: Enrollment, now: datetime, course: Course) -> Enrollment:
    """What is due leaves inside the window: one that has closed meanwhile, or changed, puts it off."""
    if enrollment.ready_at is None or not course.actions[enrollment.step - 1].automatic:
        return enrollment
    earliest = max(enrollment.due_at or enrollment.ready_at, now)
    kept = replace(enrollment, calendar_version=course.calendar_version)
    if enrollment.any_hour:
        return replace(kept, due_at=enrollment.due_at or earliest)
    action = course.actions[enrollment.step - 1]
    if enrollment.due_at is not None and may_leave(action, earliest, course):
        return kept
    due = _leaves(action, earliest, course)
    return replace(kept, due_at=due, why=_held_up_by(action, earliest, due, course))


def pause(enrollment: Enrollment, reason: Reason, now: datetime) -> Enrollment:
    return replace(set_aside(enrollment, now), status=Status.paused, reason=reason)


def set_aside(enrollment: Enrollment, now: datetime) -> Enrollment:
    """Keeps what is needed to go on: the to-do, or the wait that is left. What is aside already stays as it is.

    That an email may leave at any hour was said of this hour, and is over.
    """
    enrollment = replace(enrollment, any_hour=False)
    if enrollment.place not in (StepState.waiting, StepState.sending) and enrollment.ready_at is None:
        return timeless(enrollment)
    if enrollment.todo is not None:
        return replace(timeless(enrollment), state=StepState.to_do, asked_by=None)
    left = None if enrollment.why is Why.no_business_days else NOTHING
    if enrollment.ready_at is not None:
        left = max(enrollment.ready_at - now, NOTHING)
    return replace(timeless(enrollment), state=StepState.waiting, wait_left=left)


def go_on(enrollment: Enrollment, now: datetime, course: Course) -> Enrollment:
    left, fresh = enrollment.wait_left, replace(enrollment, wait_left=None, failing_since=None)
    if fresh.state is StepState.to_do:
        return fresh
    if enrollment.asked_by is not None:
        return replace(fresh, ready_at=now, due_at=now, why=None)
    return plan(fresh, course) if left is None else wait_until(fresh, now + left, course)


def unknown(enrollment: Enrollment) -> Enrollment:
    unknown = replace(timeless(enrollment), state=StepState.sending, wait_left=None)
    return replace(unknown, status=Status.paused, reason=Reason.delivery_unknown)


def finish(enrollment: Enrollment, reason: Reason, outcome: Outcome) -> Enrollment:
    ended = replace(timeless(enrollment), status=Status.finished, reason=reason, outcome=outcome)
    return replace(ended, state=StepState.waiting, todo=None, wait_left=None)


def active(enrollment: Enrollment) -> Enrollment:
    return replace(enrollment, status=Status.active, reason=None)


def acted(enrollment: Enrollment) -> Enrollment:
    """From here on the last result stands."""
    return replace(enrollment, answered_todo=None, answered_step=None, answered_copy=None)


def timeless(enrollment: Enrollment) -> Enrollment:
    return replace(enrollment, ready_at=None, due_at=None, why=None)
