"""Whole lives: whatever happens to an enrollment, at any moment and in any order, it stands somewhere lawful.

Hypothesis draws the sequence, the length of a life and the seed of everything that happens in it, so that a life that
breaks a rule is replayed, and cut to the happening that breaks it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

from hypothesis import given, note, settings
from hypothesis import strategies as st

from sequencing.decisions import Decision, Do, decide
from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.errors import Refused
from sequencing.happenings import NEWS, QUEUES, Happening, Reason, Settlement, What, Why
from sequencing.sequences import Action, Course
from sequencing.timing import Calendar, Delay, Unit, always, next_open, office_hours, ready_at
from sequencing.todos import Outcome, Result, TodoStatus
from sequencing.transitions import ARROWS, begin, happen
from sequencing.waits import may_leave

BEGIN = datetime(2026, 3, 23, 15, 30, tzinfo=UTC)  # the week before the clocks of Berlin change
FRESH = Enrollment(id="e", sequence_id=1, contact_id=1, enrolled_by=1, enrolled_at=BEGIN, previous_end=BEGIN)
NEVER = Calendar("UTC", ((),) * 7)
NOTHING = timedelta(0)
ASIDE = (Status.paused, Status.canceled)
SENDS = (Do.send_email, Do.send_text)

OVER = (What.opened, What.claimed, What.sent, What.lost, What.restored, What.conclude, What.unsubscribe, What.take_back)
"""After these no result can be taken back any more."""

ENDING = (What.cancel, What.conclude, What.unsubscribe, What.ended_in_temporal)
SAID = sorted(NEWS - {What.remove, *ENDING}) * 2 + list(ENDING)
MOMENTS = [NOTHING, NOTHING, *(timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))]
BLOCKS = (Reason.bounced, Reason.suppressed, Reason.missing_merge_field, Reason.no_email_address)
MIX = (Action.automatic_email, Action.manual_email, Action.call, Action.task)
HOWS = [What.claimed] * 6 + [What.try_later, What.blocked, What.lost, What.held]
ENDS = (What.sent, What.sent, What.released, What.try_later, What.blocked, What.lost)

DELAYS = st.builds(Delay, st.integers(0, 3), st.sampled_from([Unit.minutes, Unit.hours, Unit.days, Unit.business_days]))
PASSING = st.timedeltas(NOTHING, timedelta(days=4))
CALENDARS = st.sampled_from([office_hours("Europe/Berlin"), always("UTC"), NEVER])
ZONES = st.sampled_from([None, "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Nowhere/At_All"])
STEPS = st.lists(st.tuples(st.sampled_from(Action), DELAYS), min_size=1, max_size=5)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """One to five steps of any action, each with any delay."""
    actions, delays = zip(*draw(STEPS), strict=True)
    return Course(actions, delays, draw(CALENDARS), contact_zone=draw(ZONES))


class Life:
    """People say what they like when they like; the engine does what is decided; time passes in between."""

    def __init__(self, course: Course, chance: Random) -> None:
        self.course, self.chance, self.now = course, chance, BEGIN
        self.enrollment = begin(FRESH, BEGIN, course)
        self.gone_by: set[tuple[StepState | Status, What]] = set()
        self.story: list[str] = []
        self.todos: list[str] = []
        self.claims: list[tuple[int, int]] = []
        self.ends: dict[tuple[int, int], What] = {}
        self.last_answer: str | None = None
        self.unknown = False
        self.check_standing()

    @property
    def decision(self) -> Decision:
        return decide(self.enrollment, self.course)

    # What happens

    def something_happens(self) -> None:
        happens: list[tuple[int, Callable[[], None]]] = [
            (3, self.somebody_says_something),
            (self.hurry(), self.the_engine_does_what_is_due),
            (4 if self.enrollment.place is StepState.to_do else 0, self.somebody_answers_the_todo),
            (4 if self.enrollment.place in (*ASIDE, Status.finished) else 0, self.somebody_sets_it_going_again),
            (1 if self.claims else 0, self.a_transport_answers_late),
            (1 if self.chance.random() < 0.1 else 0, self.an_older_database_comes_back),
            (1 if self.chance.random() < 0.3 else 0, self.somebody_changes_the_timing),
        ]
        weights, choices = zip(*happens, strict=True)
        self.chance.choices(choices, weights)[0]()

    def hurry(self) -> int:
        """How often the engine is first: a message stays long enough with its transport for something to happen."""
        if self.decision.at is None:
            return 0
        return 2 if self.enrollment.state is StepState.sending else 8

    def time_passes(self) -> None:
        self.now += self.chance.choice(MOMENTS) * self.chance.randint(1, 4)

    def somebody_says_something(self) -> None:
        self.time_passes()
        self.let_happen(self.said(self.chance.choice(SAID)))

    def said(self, what: What) -> Happening:
        """Anything somebody may say, sense or nonsense, aimed at anything."""
        anything = self.chance.choice
        return Happening(
            what,
            by=anything([None, 1, 2]),
            step=anything([None, None, self.enrollment.step, 1, 2]),
            copy=anything([None, None, self.enrollment.copy, 1, 2]),
            todo=anything([None, "another", self.enrollment.todo, *self.todos, *[self.last_answer] * 3]),
            result=anything([None, *Result]),
            outcome=anything([None, *Outcome]),
            settlement=anything([None, *Settlement]),
            any_hour=anything([False, False, True]),
        )

    def somebody_answers_the_todo(self) -> None:
        self.time_passes()
        answer = self.said(self.chance.choice([What.result, What.skip, What.send]))
        self.let_happen(replace(answer, todo=self.enrollment.todo))

    def somebody_sets_it_going_again(self) -> None:
        self.time_passes()
        again = self.chance.choice([What.resume, What.reactivate, What.settle, What.take_back])
        happening = replace(self.said(again), step=None, copy=None)
        self.let_happen(happening if again is What.settle else replace(happening, todo=self.last_answer))

    def the_engine_does_what_is_due(self) -> None:
        self.now = max(self.now, self.decision.at or self.now)
        self.time_passes()
        if self.decision.do is Do.open_todo:
            self.open_todo()
        elif self.enrollment.state is StepState.waiting:
            self.send()
        else:
            self.go_on_with_the_message(self.chance.choice(ENDS))

    def open_todo(self) -> None:
        if self.chance.random() < 0.1:
            self.let_happen(Happening(What.blocked, reason=self.chance.choice(BLOCKS)))
            return
        self.todos.append(f"todo {len(self.todos)}")
        assert self.enrollment.todo is None, "one to-do at a time"
        self.let_happen(Happening(What.opened, todo=self.todos[-1]))

    def send(self) -> None:
        """As the activity does: what left is not sent again, the window is asked again, and only then is claimed."""
        claim = self.enrollment.step, self.enrollment.copy
        if claim in self.ends:
            self.go_on_with_the_message(self.ends[claim])
        elif self.window_is_open():
            self.go_on_with_the_message(
                self.chance.choice([*HOWS, What.queued] if self.decision.do is Do.send_email else HOWS)
            )

    def window_is_open(self) -> bool:
        free = self.enrollment.asked_by is not None or self.enrollment.any_hour
        if free or may_leave(self.course.actions[self.enrollment.step - 1], self.now, self.course):
            return True
        self.let_happen(Happening(What.look_again))
        assert self.decision.at is None or self.decision.at > self.now, "outside the window nothing is due"
        return False

    def go_on_with_the_message(self, how: What) -> None:
        claim = step, copy = self.enrollment.step, self.enrollment.copy
        if how is What.claimed:
            self.claims.append(claim)
        if how in (What.sent, What.lost):
            self.ends[claim] = how
        happening = Happening(how, step=step, copy=copy)
        if how is What.blocked:
            happening = replace(happening, reason=self.chance.choice(BLOCKS))
        if how is What.queued:
            slot = next_open(self.now + self.chance.choice(MOMENTS), self.course.calendar) or self.now
            happening = replace(happening, until=slot, why=self.chance.choice(sorted(QUEUES)), sender=1)
        if how is What.try_later:
            until = self.now + self.chance.choice(MOMENTS)
            happening = replace(happening, until=until, why=Why.mail_server_unreachable)
        self.let_happen(happening)

    def a_transport_answers_late(self) -> None:
        self.time_passes()
        step, copy = claim = self.chance.choice(self.claims)
        self.ends[claim] = What.sent
        self.let_happen(Happening(What.sent, step=step, copy=copy))

    def an_older_database_comes_back(self) -> None:
        self.let_happen(Happening(What.restored, step=self.chance.randint(1, 6)))

    def somebody_changes_the_timing(self) -> None:
        """As the door does, and the replan that follows it: longer or shorter, of any step."""
        self.time_passes()
        place, newer = self.chance.randrange(len(self.course)), self.course.version + 1
        delays, timed = list(self.course.delays), list(self.course.timed or (1,) * len(self.course))
        delays[place], timed[place] = Delay(self.chance.randint(0, 30), Unit.hours), newer
        before = self.enrollment
        self.course = replace(self.course, delays=tuple(delays), timed=tuple(timed), version=newer)
        self.let_happen(Happening(What.look_again))
        if before.step == place + 1:
            self.check_new_timing(before, self.enrollment)

    def check_new_timing(self, before: Enrollment, after: Enrollment) -> None:
        """Whoever waits for the step is ready after its new delay, unless the wait was bypassed or is a new try."""
        if after.place is not StepState.waiting or after.asked_by or after.failing_since or after.ready_at is None:
            return
        ready = ready_at(after.previous_end, self.course.delays[after.step - 1], self.course.calendar)
        assert after.ready_at == (before.ready_at if after.bypassed and before.ready_at else ready)

    # What holds whenever something happens

    def let_happen(self, happening: Happening) -> None:
        before, decision = self.enrollment, self.decision
        try:
            after = happen(before, happening, self.now, self.course)
        except Refused:
            return
        self.story.append(
            f"{self.now:%a %d %H:%M:%S} step {before.step} {before.place}: {happening.what} → {after.place}"
        )
        self.gone_by.add((before.place, happening.what))
        self.check_acts(before, happening, after, decision)
        self.check_wait_left(before, happening, after)
        self.enrollment = after
        self.check_repetition(happening)
        self.check_standing()

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
        elif what in OVER and (before.is_open or what is not What.unsubscribe):
            self.last_answer = None  # an unsubscribe of what has ended is only recorded
        self.unknown = after.state is StepState.sending and (self.unknown or what in (What.lost, What.restored))

    def check_wait_left(self, before: Enrollment, happening: Happening, after: Enrollment) -> None:
        """The wait left is the same before a pause and after its resume."""
        what = happening.what
        setting_aside = what in (
            *(What.pause, What.reply, What.bounce, What.cancel, What.ended_in_temporal, What.blocked),
        )
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

    def check_standing(self) -> None:
        self.the_status_says_why()
        self.only_a_wait_has_times()
        self.only_what_is_aside_has_a_wait_left()
        self.a_todo_is_open_only_while_active()
        self.sending_is_active_or_unknown()
        self.what_comes_next_is_lawful()
        self.it_can_always_be_removed()

    def the_status_says_why(self) -> None:
        e = self.enrollment
        assert (e.reason is None) == (e.status is Status.active)
        assert (e.outcome is None) == (e.status is not Status.finished)
        assert 1 <= e.step <= len(self.course)
        assert e.since is not None
        assert e.since <= self.now

    def only_a_wait_has_times(self) -> None:
        e = self.enrollment
        if e.place is not StepState.waiting:
            assert (e.ready_at, e.due_at, e.why) == (None, None, None)
        if e.due_at is not None:
            assert e.ready_at is not None
            assert e.due_at >= e.ready_at
        if e.place is StepState.waiting and e.due_at is None:
            never = Why.no_business_days if e.ready_at is None else Why.no_send_window
            at_night = e.why is Why.quiet_hours and self.course.actions[e.step - 1] is Action.text
            assert e.why in (Why.held, never) or at_night

    def only_what_is_aside_has_a_wait_left(self) -> None:
        e = self.enrollment
        if e.wait_left is not None:
            assert e.status in ASIDE
            assert e.state is StepState.waiting
            assert e.wait_left >= NOTHING

    def a_todo_is_open_only_while_active(self) -> None:
        e = self.enrollment
        if e.place is StepState.to_do:
            assert e.failing_since is None
        assert (e.todo_status is TodoStatus.open) == (e.place is StepState.to_do)
        if e.state is StepState.to_do:
            assert e.todo is not None
            assert e.asked_by is None
        if e.todo is not None:
            assert not self.course.actions[e.step - 1].automatic
            assert e.state is StepState.to_do or e.asked_by is not None

    def sending_is_active_or_unknown(self) -> None:
        e = self.enrollment
        if e.state is StepState.sending:
            assert e.place is StepState.sending or (self.unknown and e.status in ASIDE)
        if e.reason is Reason.delivery_unknown:
            assert e.state is StepState.sending

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

    def it_can_always_be_removed(self) -> None:
        removed = happen(self.enrollment, Happening(What.remove, by=1), self.now, self.course)
        assert removed.status is Status.removed
        assert decide(removed, self.course).do is Do.end


@settings(max_examples=600, deadline=None)
@given(courses(), st.integers(1, 80), st.integers(0, 2**64))
def test_any_life_stands_somewhere_lawful_at_any_time(course: Course, length: int, seed: int) -> None:
    life = Life(course, Random(seed))

    try:
        for _ in range(length):
            life.something_happens()
    finally:
        note("\n".join(life.story))


def test_these_lives_go_every_way_there_is() -> None:
    """A property over lives in which little happens would say little."""
    courses_tried = [
        Course((a, b, a, c), (Delay(1, Unit.hours),) * 4, always("UTC")) for a, b, c in permutations(MIX, 3)
    ]
    lives = [Life(course, Random(seed)) for seed, course in enumerate(courses_tried * 10)]

    for life in lives:
        for _ in range(60):
            life.something_happens()

    unreached = set(ARROWS) - set().union(*(life.gone_by for life in lives))
    assert {what for _, what in unreached} == {What.remove}


@settings(max_examples=100, deadline=None)
@given(courses(), PASSING, PASSING, st.sampled_from([(What.pause, What.resume), (What.cancel, What.reactivate)]))
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
