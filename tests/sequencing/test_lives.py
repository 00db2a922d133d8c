"""Whole lives: whatever happens to an enrollment, at any moment and in any order, it stands somewhere lawful."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sequencing.decisions import Decision, Do, decide
from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.errors import Refused
from sequencing.happenings import NEWS, Happening, Reason, Settlement, What, Why
from sequencing.sequences import Action, Course
from sequencing.timing import Calendar, Delay, Unit, always, is_open, office_hours
from sequencing.todos import Outcome, Result, TodoStatus
from sequencing.transitions import begin, happen

BEGIN = datetime(2026, 3, 23, 15, 30, tzinfo=UTC)  # the week before the clocks of Berlin change
FRESH = Enrollment(id="e", sequence_id=1, contact_id=1, enrolled_by=1, enrolled_at=BEGIN, previous_end=BEGIN)
NEVER = Calendar("UTC", ((),) * 7)
NOTHING = timedelta(0)
ASIDE = (Status.paused, Status.canceled)

DELAYS = st.builds(Delay, st.integers(0, 3), st.sampled_from([Unit.minutes, Unit.hours, Unit.days, Unit.business_days]))
CALENDARS = st.sampled_from([office_hours("Europe/Berlin"), always("UTC"), NEVER])
MOMENTS = st.sampled_from([NOTHING, timedelta(seconds=1)]) | st.timedeltas(NOTHING, timedelta(days=4))
WHY = st.sampled_from([Why.mail_server_unreachable, Why.mail_server_not_now])
BLOCKS = st.sampled_from([Reason.bounced, Reason.suppressed, Reason.missing_merge_field, Reason.no_email_address])
OVER = (What.opened, What.claimed, What.sent, What.lost, What.restored, What.conclude, What.take_back)
"""After these no result can be taken back any more."""
SENDS = (Do.send_email, Do.send_text)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """One to five steps of any action, each with any delay."""
    steps = draw(st.lists(st.tuples(st.sampled_from(Action), DELAYS), min_size=1, max_size=5))
    actions, delays = zip(*steps, strict=True)
    return Course(actions, delays, draw(CALENDARS))


def said(what: st.SearchStrategy[What], todos: list[str]) -> st.SearchStrategy[Happening]:
    """Anything somebody may say, sense or nonsense, aimed at anything."""
    return st.builds(
        Happening,
        what,
        by=st.none() | st.integers(1, 2),
        step=st.none() | st.integers(1, 6),
        copy=st.none() | st.integers(1, 3),
        todo=st.sampled_from([*reversed(todos), None, "another"]),
        result=st.none() | st.sampled_from(Result),
        outcome=st.none() | st.sampled_from(Outcome),
        settlement=st.none() | st.sampled_from(Settlement),
    )


class Lives(RuleBasedStateMachine):
    """People say what they like when they like; the engine does what is decided; time passes in between."""

    @initialize(course=courses())
    def enroll(self, course: Course) -> None:
        self.course, self.now = course, BEGIN
        self.enrollment = begin(FRESH, BEGIN, course)
        self.todos: list[str] = []
        self.claims: list[tuple[int, int]] = []
        self.ends: dict[tuple[int, int], What] = {}
        self.last_answer: str | None = None
        self.unknown = False

    @property
    def decision(self) -> Decision:
        return decide(self.enrollment, self.course)

    # What happens

    @rule(data=st.data(), passed=MOMENTS)
    def somebody_says_something(self, data: st.DataObject, passed: timedelta) -> None:
        self.now += passed
        what = st.sampled_from([*sorted(NEWS - {What.remove}), What.ended_in_temporal])
        self.let_happen(data.draw(said(what, self.todos)))

    @precondition(lambda self: self.enrollment.place is StepState.to_do)
    @rule(data=st.data(), passed=MOMENTS)
    def somebody_answers_the_todo(self, data: st.DataObject, passed: timedelta) -> None:
        self.now += passed
        answers = said(st.sampled_from([What.result, What.skip, What.send]), self.todos)
        self.let_happen(replace(data.draw(answers), todo=self.enrollment.todo))

    @precondition(lambda self: self.enrollment.status in ASIDE)
    @rule(what=st.sampled_from([What.resume, What.reactivate]), passed=MOMENTS)
    def somebody_sets_it_going_again(self, what: What, passed: timedelta) -> None:
        self.now += passed
        self.let_happen(Happening(what, by=1))

    @precondition(lambda self: self.decision.at is not None)
    @rule(data=st.data(), late=st.just(NOTHING) | MOMENTS)
    def the_engine_does_what_is_due(self, data: st.DataObject, late: timedelta) -> None:
        self.now = max(self.now, self.decision.at or self.now) + late
        if self.decision.do is Do.open_todo:
            self.open_todo(data)
        elif self.enrollment.state is StepState.waiting:
            self.send(data)
        else:
            ends = [What.sent, What.released, What.try_later, What.blocked, What.lost]
            self.end_the_attempt(data.draw(st.sampled_from(ends)), data)

    def open_todo(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 9)) == 0:
            self.let_happen(Happening(What.blocked, reason=data.draw(BLOCKS)))
            return
        self.todos.append(f"todo {len(self.todos)}")
        assert self.enrollment.todo is None, "one to-do at a time"
        self.let_happen(Happening(What.opened, todo=self.todos[-1]))

    def send(self, data: st.DataObject) -> None:
        """As the activity does: what left is not sent again, the window is asked again, and only then is claimed."""
        claim = self.enrollment.step, self.enrollment.copy
        if claim in self.ends:
            self.end_the_attempt(self.ends[claim], data)
        elif self.window_is_open():
            before = data.draw(st.sampled_from([What.claimed] * 4 + [What.try_later, What.blocked]))
            self.end_the_attempt(before, data)

    def window_is_open(self) -> bool:
        if self.enrollment.asked_by is not None or is_open(self.now, self.course.calendar):
            return True
        self.let_happen(Happening(What.look_again))
        assert self.decision.at is None or self.decision.at > self.now, "outside the window nothing is due"
        return False

    def end_the_attempt(self, how: What, data: st.DataObject) -> None:
        claim = step, copy = self.enrollment.step, self.enrollment.copy
        if how is What.claimed:
            self.claims.append(claim)
        if how in (What.sent, What.lost):
            self.ends[claim] = how
        happening = Happening(how, step=step, copy=copy)
        if how is What.blocked:
            happening = replace(happening, reason=data.draw(BLOCKS))
        if how is What.try_later:
            happening = replace(happening, until=self.now + data.draw(MOMENTS), why=data.draw(WHY))
        self.let_happen(happening)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), passed=MOMENTS)
    def a_transport_answers_late(self, data: st.DataObject, passed: timedelta) -> None:
        self.now += passed
        step, copy = data.draw(st.sampled_from(self.claims))
        self.ends[step, copy] = What.sent
        self.let_happen(Happening(What.sent, step=step, copy=copy))

    @precondition(lambda self: self.enrollment.is_open)
    @rule(step=st.integers(1, 6))
    def an_older_database_comes_back(self, step: int) -> None:
        self.let_happen(Happening(What.restored, step=step))

    # What holds whenever something happens

    def let_happen(self, happening: Happening) -> None:
        before, decision = self.enrollment, self.decision
        try:
            after = happen(before, happening, self.now, self.course)
        except Refused:
            return
        self.check_acts(before, happening, after, decision)
        self.check_wait_left(before, happening, after)
        self.enrollment = after
        self.check_repetition(happening)

    def check_acts(self, before: Enrollment, happening: Happening, after: Enrollment, decision: Decision) -> None:
        what = happening.what
        if what is What.take_back:
            assert happening.todo == self.last_answer
            assert (after.todo, after.state) == (happening.todo, StepState.to_do)
        else:
            assert after.step >= before.step, "the position never falls"
        if what is What.claimed:
            assert before.status is Status.active
            assert decision.do in SENDS
        if what in (What.result, What.skip):
            self.last_answer = happening.todo
        elif what in OVER:
            self.last_answer = None
        self.unknown = after.state is StepState.sending and (self.unknown or what in (What.lost, What.restored))

    def check_wait_left(self, before: Enrollment, happening: Happening, after: Enrollment) -> None:
        """The wait left is the same before a pause and after its resume."""
        what = happening.what
        setting_aside = what in (What.pause, What.reply, What.cancel, What.ended_in_temporal, What.blocked)
        if setting_aside and before.place is StepState.waiting and before.ready_at and before.todo is None:
            assert after.wait_left == max(before.ready_at - self.now, NOTHING)
        if setting_aside and before.status in ASIDE:
            assert (after.wait_left, after.todo) == (before.wait_left, before.todo)
        if what in (What.resume, What.reactivate) and before.wait_left is not None:
            assert after.ready_at == self.now + before.wait_left

    def check_repetition(self, happening: Happening) -> None:
        """A repeated act changes nothing."""
        try:
            again = happen(self.enrollment, happening, self.now, self.course)
        except Refused:
            return
        assert again == self.enrollment

    # What holds at any time

    @invariant()
    def the_status_says_why(self) -> None:
        e = self.enrollment
        assert (e.reason is None) == (e.status is Status.active)
        assert (e.outcome is None) == (e.status is not Status.finished)
        assert 1 <= e.step <= len(self.course)
        assert e.since is not None
        assert e.since <= self.now

    @invariant()
    def only_a_wait_has_times(self) -> None:
        e = self.enrollment
        if e.place is not StepState.waiting:
            assert (e.ready_at, e.due_at, e.why) == (None, None, None)
        if e.due_at is not None:
            assert e.ready_at is not None
            assert e.due_at >= e.ready_at
        if e.place is StepState.waiting and e.due_at is None:
            assert e.why is (Why.no_business_days if e.ready_at is None else Why.no_send_window)

    @invariant()
    def only_what_is_aside_has_a_wait_left(self) -> None:
        e = self.enrollment
        if e.wait_left is not None:
            assert e.status in ASIDE
            assert e.state is StepState.waiting
            assert e.wait_left >= NOTHING

    @invariant()
    def a_todo_is_open_only_while_active(self) -> None:
        e = self.enrollment
        assert (e.todo_status is TodoStatus.open) == (e.place is StepState.to_do)
        if e.state is StepState.to_do:
            assert e.todo is not None
            assert e.asked_by is None
        if e.todo is not None:
            assert not self.course.actions[e.step - 1].automatic
            assert e.state is StepState.to_do or e.asked_by is not None

    @invariant()
    def sending_is_active_or_unknown(self) -> None:
        e = self.enrollment
        if e.state is StepState.sending:
            assert e.place is StepState.sending or (self.unknown and e.status in ASIDE)
        if e.reason is Reason.delivery_unknown:
            assert e.state is StepState.sending

    @invariant()
    def what_comes_next_is_lawful(self) -> None:
        e, decision = self.enrollment, self.decision
        assert (decision.do is Do.end) == (not e.is_open)
        assert (decision.at is None) == (decision.do in (Do.end, Do.wait_for_news))
        if decision.do in SENDS:
            asked = e.asked_by is not None
            assert self.course.actions[e.step - 1] is (Action.manual_email if asked else decision.action)
            assert asked or self.course.actions[e.step - 1].automatic
        if decision.do is Do.open_todo:
            assert e.todo is None
            assert not self.course.actions[e.step - 1].automatic

    @invariant()
    def it_can_always_be_removed(self) -> None:
        removed = happen(self.enrollment, Happening(What.remove, by=1), self.now, self.course)
        assert removed.status is Status.removed
        assert decide(removed, self.course).do is Do.end


def test_any_life_stands_somewhere_lawful_at_any_time() -> None:
    run_state_machine_as_test(Lives, settings=settings(max_examples=120, stateful_step_count=30, deadline=None))


@settings(max_examples=100, deadline=None)
@given(courses(), MOMENTS, MOMENTS, st.sampled_from([(What.pause, What.resume), (What.cancel, What.reactivate)]))
def test_the_wait_left_is_the_same_before_a_pause_and_after_its_resume(
    course: Course, waited: timedelta, paused: timedelta, acts: tuple[What, What]
) -> None:
    waiting, aside_at, back_at = begin(FRESH, BEGIN, course), BEGIN + waited, BEGIN + waited + paused
    aside = happen(waiting, Happening(acts[0], by=1), aside_at, course)
    back = happen(aside, Happening(acts[1], by=1), back_at, course)

    if waiting.ready_at is None:
        assert back.ready_at is None
    else:
        assert back.ready_at == back_at + max(waiting.ready_at - aside_at, NOTHING)
