"""How an enrollment moves: one table of transitions, and one function that looks into it.

    enrollment, happening, now, course  ->  enrollment      or Refused, and nothing changed

`now` is the clock of whoever asks (the engine's, for activities), aware, UTC.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sequencing.enrollments import Enrollment, Place, Status, StepState
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import QUEUES, Happening, Reason, Settlement, What, Why
from sequencing.sequences import Action, Course
from sequencing.todos import RESULTS, Outcome
from sequencing.waits import (
    NOTHING,
    acted,
    active,
    finish,
    go_on,
    keep_to_window,
    pause,
    plan,
    reach,
    set_aside,
    timeless,
    unknown,
    wait_until,
)

GIVE_UP_AFTER = timedelta(days=3)
"""How long a message is tried again before a person is asked."""


def begin(enrollment: Enrollment, now: datetime, course: Course) -> Enrollment:
    """The enrollment at its first step, whose delay counts from enrolling."""
    return reach(replace(enrollment, since=now), 1, now, course)


def happen(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    """The enrollment after the happening. Raises Refused or Unchanged where it cannot be."""
    arrow = ARROWS.get((enrollment.place, happening.what))
    if arrow is None:
        raise _not_in_question(enrollment, happening) or _no_arrow(enrollment, happening.what)
    after = arrow(enrollment, happening, now, course)
    return (
        replace(after, since=now) if (after.status, after.reason) != (enrollment.status, enrollment.reason) else after
    )


# --- arrows, in the order of the table ---------------------------------------------------------------------------


def _open(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return replace(timeless(acted(enrollment)), state=StepState.to_do, todo=happening.todo)


def _claim(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return replace(timeless(acted(enrollment)), state=StepState.sending)


def _release(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    """Who held the claim died before the first byte: the step is due again."""
    return replace(enrollment, state=StepState.waiting, ready_at=now, due_at=now, why=None)


def _sent(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    if (happening.step, happening.copy) != (enrollment.step, enrollment.copy):
        raise Refused("too_late", "That message belongs to a step that is over.")
    return _step_left(acted(enrollment), now, course)


def _step_left(enrollment: Enrollment, now: datetime, course: Course) -> Enrollment:
    """The step is done. Whoever is aside for another reason than the delivery stays aside, before the next step."""
    goes_on = enrollment.status is Status.active or enrollment.reason is Reason.delivery_unknown
    if goes_on and enrollment.is_open:
        return reach(active(enrollment), enrollment.step + 1, now, course)
    if enrollment.step == len(course) and enrollment.status is Status.canceled:
        return replace(enrollment, state=StepState.waiting, wait_left=NOTHING, todo=None, asked_by=None)
    after = reach(enrollment, enrollment.step + 1, now, course)
    return set_aside(after, now) if after.is_open or after.status is Status.canceled else after


def _try_later(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    since = enrollment.failing_since or now
    if now - since >= GIVE_UP_AFTER:
        return pause(enrollment, Reason.could_not_be_sent, now)
    waiting = replace(enrollment, state=StepState.waiting, failing_since=since)
    again = replace(waiting, ready_at=now, due_at=max(happening.until or now, now), why=happening.why)
    return keep_to_window(again, now, course)


def _block(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return pause(enrollment, happening.reason or Reason.by_user, now)


def _lose(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return unknown(acted(enrollment))


def _restore(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    """An older database came back: what the run did since is not known here, so nothing is sent again unasked."""
    step = min(max(enrollment.step, happening.step or 0), len(course))
    return unknown(replace(acted(enrollment), step=step, todo=None, asked_by=None))


def _result(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    _aimed_at_the_todo(enrollment, happening)
    outcomes = RESULTS.get(course.actions[enrollment.step - 1], {})
    if happening.result is None or happening.result not in outcomes:
        raise Refused("unknown_result", "This kind of to-do has no such result.")
    return _answered(enrollment, outcomes[happening.result], now, course)


def _skip(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    _aimed_at_the_todo(enrollment, happening)
    return _answered(enrollment, None, now, course)


def _answered(enrollment: Enrollment, outcome: Outcome | None, now: datetime, course: Course) -> Enrollment:
    given = replace(
        enrollment, answered_todo=enrollment.todo, answered_step=enrollment.step, answered_copy=enrollment.copy
    )
    if outcome is not None:
        return finish(given, Reason.result, outcome)
    return reach(given, enrollment.step + 1, now, course)


def _send(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    _aimed_at_the_todo(enrollment, happening)
    if not course.actions[enrollment.step - 1].is_email:
        raise Refused("not_an_email", "Only a manual email can be sent; this to-do wants a result.")
    asked = replace(enrollment, asked_by=happening.by or enrollment.enrolled_by, state=StepState.waiting)
    return replace(asked, ready_at=now, due_at=now, why=None)


def _take_back(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    if enrollment.answered_todo is None or happening.todo != enrollment.answered_todo:
        raise Refused("too_late", "The result cannot be taken back any more: the next step has acted.")
    step, copy = enrollment.answered_step or enrollment.step, enrollment.answered_copy or 1
    open_again = replace(timeless(acted(enrollment)), step=step, copy=copy, todo=happening.todo)
    open_again = replace(open_again, state=StepState.to_do, wait_left=None, outcome=None, asked_by=None)
    open_again = replace(open_again, failing_since=None)
    return open_again if enrollment.status is Status.paused else active(open_again)


def _bypass(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    if happening.step not in (None, enrollment.step):
        raise Refused("too_late", "The step whose wait was to be bypassed is over.")
    if happening.any_hour:
        return _bypass_window(enrollment, now, course)
    if enrollment.failing_since or (enrollment.ready_at is not None and enrollment.ready_at <= now):
        raise Unchanged("nothing_to_bypass", "Its delay is over already; it waits for something else.")
    return replace(wait_until(enrollment, now, course), bypassed=True)


def _bypass_window(enrollment: Enrollment, now: datetime, course: Course) -> Enrollment:
    """Neither delay nor window hold it any more; a hold, the cap, the gap and a mail server still do."""
    if course.actions[enrollment.step - 1] is not Action.automatic_email:
        raise Refused("not_an_email", "Only an automatic email can be let go at any hour, and this step is none.")
    if enrollment.any_hour:
        raise Unchanged("nothing_to_bypass", "It may leave at any hour already.")
    free = replace(enrollment, bypassed=True, any_hour=True)
    return free if enrollment.why in STANDING else wait_until(free, now, course)


STANDING = frozenset({Why.held, Why.daily_cap, Why.sender_gap, Why.mail_server_unreachable, Why.mail_server_not_now})
"""What an email that has no window to wait for still waits for."""


def _pause_by_user(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return pause(enrollment, Reason.by_user, now)


def _reply(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return pause(enrollment, Reason.replied, now)


def _bounce(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return pause(enrollment, happening.reason or Reason.bounced, now)


def _unsubscribe(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return replace(finish(acted(enrollment), Reason.unsubscribed, Outcome.negative), todo=None)


def _resume(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    if enrollment.state is StepState.sending:
        raise Refused("settle_first", "Nobody knows whether its message left: say `left` or `send_again` first.")
    return go_on(active(enrollment), now, course)


def _settle(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    if settled := _not_in_question(enrollment, happening):
        raise settled
    if enrollment.state is not StepState.sending:
        raise Refused("nothing_to_settle", "There is no message whose delivery is unknown.")
    if happening.step not in (None, enrollment.step) or happening.copy not in (None, enrollment.copy):
        raise Refused("too_late", "The message to be settled is not the one that is unknown now.")
    if happening.settlement is None:
        raise Refused("unknown_settlement", "Say whether it left, or is to be sent again.")
    if happening.settlement is Settlement.left:
        return _step_left(enrollment, now, course)
    again = replace(enrollment, copy=enrollment.copy + 1, state=StepState.waiting, wait_left=NOTHING)
    if enrollment.reason is Reason.delivery_unknown:
        return go_on(active(again), now, course)
    if again.todo is None:
        return again
    return replace(again, state=StepState.to_do, wait_left=None, asked_by=None)


def _cancel(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    reason = Reason.by_user if happening.by is not None else Reason.in_temporal
    return replace(set_aside(enrollment, now), status=Status.canceled, reason=reason)


def _ended_in_temporal(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return replace(set_aside(enrollment, now), status=Status.canceled, reason=Reason.ended_in_temporal)


def _reactivate(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    if enrollment.state is StepState.sending:
        return unknown(enrollment)
    return go_on(active(enrollment), now, course)


def _conclude(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return replace(finish(acted(enrollment), Reason.concluded, happening.outcome or Outcome.neutral), todo=None)


def _remove(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return replace(timeless(enrollment), status=Status.removed)


def _look_again(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    if enrollment.place is not StepState.waiting:
        return enrollment
    if enrollment.asked_by:
        return replace(enrollment, ready_at=now, due_at=now, why=None) if enrollment.why is Why.held else enrollment
    if enrollment.failing_since:
        return keep_to_window(enrollment, now, course)
    ready = enrollment.ready_at
    retimed = not enrollment.bypassed and course.retimed_since(enrollment.sequence_version, enrollment.step)
    if enrollment.why in QUEUES and not retimed:
        same = enrollment.calendar_version == course.calendar_version
        slot = enrollment if same else replace(enrollment, due_at=now, why=Why.delay)
        return keep_to_window(slot, now, course)
    planned = plan(enrollment, course) if ready is None or retimed else wait_until(enrollment, ready, course)
    return keep_to_window(planned, now, course)


def _queue(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    """Its delay is over and the window open: now it waits for its sender's next free slot."""
    slot = replace(enrollment, due_at=happening.until, why=happening.why, queued_for=happening.sender)
    return replace(slot, calendar_version=course.calendar_version)


def _hold(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return replace(enrollment, due_at=None, why=Why.held, failing_since=None)


def _only_recorded(enrollment: Enrollment, happening: Happening, now: datetime, course: Course) -> Enrollment:
    return enrollment


Arrow = Callable[[Enrollment, Happening, datetime, Course], Enrollment]
WAITING, TO_DO, SENDING = StepState.waiting, StepState.to_do, StepState.sending
PAUSED, CANCELED, FINISHED, REMOVED = Status.paused, Status.canceled, Status.finished, Status.removed
ANYWHERE: tuple[Place, ...] = (WAITING, TO_DO, SENDING, PAUSED, CANCELED, FINISHED)
OPEN: tuple[Place, ...] = (WAITING, TO_DO, SENDING, PAUSED)

_TABLE: tuple[tuple[What, tuple[Place, ...], Arrow], ...] = (
    (What.opened, (WAITING,), _open),
    (What.claimed, (WAITING,), _claim),
    (What.released, (SENDING,), _release),
    (What.sent, (WAITING, TO_DO, SENDING, PAUSED, CANCELED), _sent),
    (What.try_later, (WAITING, SENDING), _try_later),
    (What.blocked, (WAITING, SENDING), _block),
    (What.lost, (WAITING, SENDING), _lose),
    (What.held, (WAITING,), _hold),
    (What.queued, (WAITING,), _queue),
    (What.restored, OPEN, _restore),
    (What.result, (TO_DO,), _result),
    (What.skip, (TO_DO,), _skip),
    (What.send, (TO_DO,), _send),
    (What.take_back, (WAITING, PAUSED, FINISHED), _take_back),
    (What.bypass, (WAITING,), _bypass),
    (What.pause, (WAITING, TO_DO, SENDING), _pause_by_user),
    (What.reply, OPEN, _reply),
    (What.reply, (CANCELED, FINISHED), _only_recorded),
    (What.bounce, (WAITING, TO_DO, SENDING), _bounce),
    (What.bounce, (PAUSED, CANCELED, FINISHED), _only_recorded),
    (What.unsubscribe, OPEN, _unsubscribe),
    (What.unsubscribe, (CANCELED, FINISHED), _only_recorded),
    (What.resume, (PAUSED,), _resume),
    (What.settle, (PAUSED,), _settle),
    (What.cancel, OPEN, _cancel),
    (What.ended_in_temporal, OPEN, _ended_in_temporal),
    (What.reactivate, (CANCELED,), _reactivate),
    (What.conclude, OPEN, _conclude),
    (What.remove, ANYWHERE, _remove),
    (What.look_again, ANYWHERE, _look_again),
)

ARROWS: Mapping[tuple[Place, What], Arrow] = {
    (place, what): arrow for what, places, arrow in _TABLE for place in places
}
"""The table of transitions: from a place, by a happening."""


def _aimed_at_the_todo(enrollment: Enrollment, happening: Happening) -> None:
    if happening.todo != enrollment.todo:
        raise Refused("too_late", "That to-do is not open any more.")


def _not_in_question(enrollment: Enrollment, happening: Happening) -> Refused | None:
    """What became of the message that is to be settled, where that was done before."""
    step, copy = happening.step, happening.copy
    if happening.what is not What.settle or step is None or not enrollment.is_open:
        return None
    over = f"The message of step {step} is not in question any more"
    if step < enrollment.step:
        return Refused("too_late", f"{over}. Its step is over: by now the contact is at step {enrollment.step}.")
    if step == enrollment.step and copy is not None and copy < enrollment.copy:
        return Refused("too_late", f"{over}: somebody said already that it shall be sent again.")
    return None


def _no_arrow(enrollment: Enrollment, what: What) -> Refused:
    already = ALREADY.get((enrollment.place, what))
    if already is not None:
        return Unchanged(*already)
    if enrollment.status is Status.canceled:
        return Refused("already_ended", "It was canceled; it can be reactivated.")
    if enrollment.status is Status.finished:
        return Refused("already_ended", f"It has finished ({enrollment.outcome}); nothing more will happen in it.")
    if enrollment.status is Status.removed:
        return Refused("already_ended", "It was removed; nothing more will happen in it.")
    if enrollment.status is Status.paused:
        return Refused("is_paused", "It is paused; resume it first.")
    return Refused(*ACTIVE_REFUSALS.get(what, ("not_now", f"That cannot be done while it is {enrollment.state}.")))


ALREADY: Mapping[tuple[Place, What], tuple[str, str]] = {
    (PAUSED, What.pause): ("already_paused", "It is paused already."),
    (CANCELED, What.cancel): ("already_canceled", "It is canceled already."),
    (REMOVED, What.remove): ("already_removed", "It is removed already."),
    (WAITING, What.resume): ("already_active", "It is active already."),
    (TO_DO, What.resume): ("already_active", "It is active already."),
    (SENDING, What.resume): ("already_active", "It is active already."),
    (WAITING, What.reactivate): ("already_active", "It is active already."),
    (TO_DO, What.reactivate): ("already_active", "It is active already."),
    (SENDING, What.reactivate): ("already_active", "It is active already."),
}

ACTIVE_REFUSALS: Mapping[What, tuple[str, str]] = {
    What.bypass: (
        "not_waiting",
        "Only a wait can be bypassed, and it is not waiting: it wants a person, or is leaving.",
    ),
    What.take_back: ("too_late", "The result cannot be taken back any more: the next step has acted."),
    What.settle: ("nothing_to_settle", "There is no message whose delivery is unknown."),
    What.result: ("too_late", "That to-do is not open any more."),
    What.skip: ("too_late", "That to-do is not open any more."),
    What.send: ("too_late", "That to-do is not open any more."),
}
