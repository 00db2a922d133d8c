"""One test per arrow of the state machine, and what it refuses. It is Monday noon; every delay lasts two hours."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest

from sequencing.enrollments import Enrollment, Place, Status, StepState
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Happening, Reason, Settlement, What, Why
from sequencing.sequences import Action, Course
from sequencing.timing import Calendar, Delay, Unit, office_hours
from sequencing.todos import Outcome, Result, TodoStatus
from sequencing.transitions import ALREADY, ARROWS, GIVE_UP_AFTER, begin, happen

EMAIL, MANUAL, CALL, TEXT, TASK = (
    Action.automatic_email,
    Action.manual_email,
    Action.call,
    Action.text,
    Action.task,
)
WAITING, TO_DO, SENDING = StepState
ACTIVE, PAUSED, CANCELED, FINISHED, REMOVED = Status
ANYWHERE: tuple[Place, ...] = (WAITING, TO_DO, SENDING, PAUSED, CANCELED, FINISHED)
OPEN: tuple[Place, ...] = (WAITING, TO_DO, SENDING, PAUSED)

ALICE, BOB = 1, 2
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, TWO_HOURS, DAY = timedelta(hours=1), timedelta(hours=2), timedelta(days=1)
NO_WINDOW = Calendar("UTC", ((),) * 7)
FRESH = Enrollment(id="e", sequence_id=1, contact_id=1, enrolled_by=ALICE, enrolled_at=NOON, previous_end=NOON)


@dataclass
class Story:
    """An enrollment and what happens to it, one thing after the other."""

    course: Course
    enrollment: Enrollment
    now: datetime = NOON

    def then(self, what: What, later: timedelta = timedelta(), **said: Any) -> Self:
        """Lets it happen so much later; raises Refused."""
        self.now += later
        self.enrollment = happen(self.enrollment, Happening(what, **said), self.now, self.course)
        return self

    def edited(self, delay: Delay, step: int = 1) -> Self:
        """Somebody changes how long that step waits, and the run looks again."""
        newer = self.course.version + 1
        delays = tuple(delay if n == step else old for n, old in enumerate(self.course.delays, 1))
        timed = tuple(newer if n == step else 1 for n in range(1, len(delays) + 1))
        self.course = replace(self.course, delays=delays, version=newer, timed=timed)
        return self.then(What.look_again)

    def left(self, step: int = 1, copy: int = 1) -> Self:
        """The transport took that message."""
        return self.then(What.sent, step=step, copy=copy)

    @property
    def stands(self) -> tuple[Place, int]:
        return self.enrollment.place, self.enrollment.step

    @property
    def aside(self) -> tuple[Status, Reason | None, StepState]:
        return self.enrollment.status, self.enrollment.reason, self.enrollment.state


def enrolled(*actions: Action, calendar: Calendar | None = None, delay: Delay | None = None) -> Story:
    course = Course(actions, (delay or Delay(2, Unit.hours),) * len(actions), calendar or office_hours("UTC"))
    return Story(course, begin(FRESH, NOON, course))


def opened(action: Action = CALL, *more: Action) -> Story:
    return enrolled(action, *more).then(What.opened, TWO_HOURS, todo="first")


def leaving(action: Action = EMAIL, *more: Action) -> Story:
    return enrolled(action, *more).then(What.claimed, TWO_HOURS)


def asked(*more: Action) -> Story:
    """Alice has pressed Send on a manual email."""
    return opened(MANUAL, *more).then(What.send, todo="first", by=ALICE)


def unknown(*more: Action) -> Story:
    return leaving(EMAIL, *more).then(What.lost)


def answered(*more: Action) -> Story:
    return opened(CALL, *more).then(What.result, todo="first", result=Result.no_answer, by=ALICE)


def at(place: Place) -> Story:
    """A story that has come to that place, by the shortest way."""
    shortest: dict[Place, Callable[[], Story]] = {
        WAITING: lambda: enrolled(EMAIL, CALL),
        TO_DO: lambda: opened(CALL, EMAIL),
        SENDING: lambda: leaving(EMAIL, CALL),
        PAUSED: lambda: enrolled(EMAIL, CALL).then(What.pause, HOUR, by=ALICE),
        CANCELED: lambda: enrolled(EMAIL, CALL).then(What.cancel, HOUR, by=ALICE),
        FINISHED: lambda: enrolled(EMAIL, CALL).then(What.conclude, HOUR, by=ALICE, outcome=Outcome.positive),
        REMOVED: lambda: enrolled(EMAIL, CALL).then(What.remove, HOUR, by=ALICE),
    }
    return shortest[place]()


Test = Callable[..., None]
TESTED: set[tuple[Place, What]] = set()


def arrow(what: What, place: Place) -> Callable[[Test], Test]:
    """Marks the test of one arrow."""
    TESTED.add((place, what))
    return lambda test: test


def arrows(what: What, *places: Place) -> Callable[[Test], Test]:
    """Marks the test of arrows that do the same from several places."""
    TESTED.update((place, what) for place in places)
    return pytest.mark.parametrize("place", places)


def test_every_arrow_of_the_table_has_its_test() -> None:
    assert set(ARROWS) == TESTED


def test_the_first_delay_counts_from_enrollment() -> None:
    story = enrolled(EMAIL)

    assert story.stands == (WAITING, 1)
    assert (story.enrollment.ready_at, story.enrollment.due_at) == (NOON + TWO_HOURS, NOON + TWO_HOURS)
    assert (story.enrollment.why, story.enrollment.since) == (Why.delay, NOON)


@pytest.mark.parametrize("place", ANYWHERE)
def test_the_shortest_way_leads_to_its_place(place: Place) -> None:
    assert at(place).enrollment.place == place


# What activities do


@arrow(What.opened, WAITING)
def test_a_step_that_falls_due_puts_a_todo_on_the_list() -> None:
    story = enrolled(CALL).then(What.opened, TWO_HOURS, todo="first")

    assert story.stands == (TO_DO, 1)
    assert (story.enrollment.todo, story.enrollment.todo_status) == ("first", TodoStatus.open)


@arrow(What.claimed, WAITING)
def test_a_claimed_message_is_sending_and_waits_for_nothing() -> None:
    story = enrolled(EMAIL).then(What.claimed, TWO_HOURS)

    assert story.stands == (SENDING, 1)
    assert (story.enrollment.ready_at, story.enrollment.due_at, story.enrollment.why) == (None, None, None)


@arrow(What.released, SENDING)
def test_a_claim_given_back_makes_the_step_due_again() -> None:
    story = leaving(EMAIL).then(What.released, step=1, copy=1)

    assert story.stands == (WAITING, 1)
    assert story.enrollment.due_at == story.now


@arrow(What.sent, SENDING)
def test_a_message_that_left_brings_the_next_step() -> None:
    story = leaving(EMAIL, CALL).left()

    assert story.stands == (WAITING, 2)
    assert story.enrollment.ready_at == story.now + TWO_HOURS


@arrow(What.sent, WAITING)
def test_a_message_that_had_left_already_is_not_sent_again() -> None:
    story = leaving(EMAIL, CALL).then(What.pause, by=ALICE).then(What.resume, by=ALICE).left()

    assert story.stands == (WAITING, 2)


@arrow(What.sent, TO_DO)
def test_a_manual_email_that_had_left_already_takes_its_todo_off_the_list() -> None:
    story = asked(CALL).then(What.claimed).then(What.pause, by=ALICE).then(What.resume, by=ALICE).left()

    assert story.stands == (WAITING, 2)
    assert story.enrollment.todo is None


@arrow(What.sent, PAUSED)
def test_a_message_that_leaves_during_a_pause_ends_its_step_and_not_the_pause() -> None:
    story = leaving(EMAIL, CALL).then(What.reply).left()

    assert story.aside == (PAUSED, Reason.replied, WAITING)
    assert (story.enrollment.step, story.enrollment.wait_left) == (2, TWO_HOURS)


@arrow(What.sent, CANCELED)
def test_a_message_that_was_already_leaving_revives_nothing() -> None:
    story = leaving(EMAIL, CALL).then(What.cancel, by=ALICE).left()

    assert story.aside == (CANCELED, Reason.by_user, WAITING)
    assert (story.enrollment.step, story.enrollment.wait_left) == (2, TWO_HOURS)


def test_the_last_message_leaving_after_a_cancel_stays_canceled_and_leaves_no_todo_behind() -> None:
    story = asked().then(What.claimed).then(What.cancel, by=ALICE).left()

    assert story.aside == (CANCELED, Reason.by_user, WAITING)
    assert (story.enrollment.step, story.enrollment.todo) == (1, None)


def test_the_last_message_leaving_during_a_pause_finishes() -> None:
    story = leaving(EMAIL).then(What.pause, by=ALICE).left()

    assert (story.enrollment.status, story.enrollment.reason) == (FINISHED, Reason.steps_done)


def test_an_enrollment_whose_steps_are_done_finishes_neutral() -> None:
    story = leaving(EMAIL).left()

    assert (story.enrollment.status, story.enrollment.reason) == (FINISHED, Reason.steps_done)
    assert story.enrollment.outcome is Outcome.neutral


@arrows(What.try_later, WAITING, SENDING)
def test_a_message_not_taken_for_the_moment_waits_and_says_why(place: Place) -> None:
    story = at(place)
    story.then(What.try_later, until=story.now + HOUR, why=Why.mail_server_unreachable)

    assert story.stands == (WAITING, 1)
    assert (story.enrollment.due_at, story.enrollment.why) == (story.now + HOUR, Why.mail_server_unreachable)
    assert story.enrollment.failing_since == story.now


def test_a_further_try_keeps_to_the_window() -> None:
    story = leaving(EMAIL)
    story.then(What.try_later, until=story.now + 9 * HOUR, why=Why.mail_server_unreachable)

    assert (story.enrollment.due_at, story.enrollment.why) == (NOON + 21 * HOUR, Why.send_window)


def test_after_three_days_of_tries_a_person_is_asked() -> None:
    story = leaving(EMAIL).then(What.try_later).then(What.claimed).then(What.try_later, GIVE_UP_AFTER)

    assert story.aside == (PAUSED, Reason.could_not_be_sent, WAITING)


def test_what_a_person_has_set_going_again_is_tried_for_three_days_anew() -> None:
    story = asked().then(What.try_later).then(What.try_later, GIVE_UP_AFTER).then(What.resume, by=ALICE)
    story.then(What.send, todo="first", by=ALICE).then(What.try_later)

    assert story.stands == (WAITING, 1)


@arrows(What.blocked, WAITING, SENDING)
def test_what_needs_a_person_pauses_with_its_reason(place: Place) -> None:
    story = at(place).then(What.blocked, reason=Reason.bounced)

    assert story.aside == (PAUSED, Reason.bounced, WAITING)


@arrows(What.lost, WAITING, SENDING)
def test_a_delivery_nobody_knows_about_pauses_until_a_person_settles_it(place: Place) -> None:
    story = at(place).then(What.lost)

    assert story.aside == (PAUSED, Reason.delivery_unknown, SENDING)


@arrows(What.restored, *OPEN)
def test_after_an_older_database_came_back_nothing_is_sent_unasked(place: Place) -> None:
    story = at(place).then(What.restored, step=2)

    assert story.aside == (PAUSED, Reason.delivery_unknown, SENDING)
    assert (story.enrollment.step, story.enrollment.todo) == (2, None)


@arrows(What.ended_in_temporal, *OPEN)
def test_a_run_that_ended_in_temporal_cancels(place: Place) -> None:
    story = at(place).then(What.ended_in_temporal)

    assert story.aside[:2] == (CANCELED, Reason.ended_in_temporal)


# To-dos


@arrow(What.result, TO_DO)
def test_a_result_that_goes_on_starts_the_next_delay() -> None:
    story = opened(CALL, EMAIL).then(What.result, HOUR, todo="first", result=Result.no_answer)

    assert story.stands == (WAITING, 2)
    assert (story.enrollment.todo, story.enrollment.ready_at) == (None, story.now + TWO_HOURS)


def test_interested_ends_the_enrollment_positive() -> None:
    story = opened(CALL, EMAIL).then(What.result, todo="first", result=Result.interested)

    assert (story.enrollment.status, story.enrollment.reason) == (FINISHED, Reason.result)
    assert (story.enrollment.outcome, story.enrollment.todo) == (Outcome.positive, None)


@arrow(What.skip, TO_DO)
def test_a_skipped_todo_lets_the_enrollment_go_on() -> None:
    story = opened(MANUAL, EMAIL).then(What.skip, todo="first")

    assert story.stands == (WAITING, 2)


@arrow(What.send, TO_DO)
def test_a_manual_email_leaves_when_its_person_sends_it_outside_the_window_too() -> None:
    story = opened(MANUAL).then(What.send, 6 * HOUR, todo="first", by=BOB)

    assert story.stands == (WAITING, 1)
    assert (story.enrollment.due_at, story.enrollment.asked_by) == (story.now, BOB)


@arrow(What.take_back, WAITING)
def test_a_result_taken_back_opens_its_todo_again() -> None:
    story = answered(EMAIL).then(What.take_back, HOUR, todo="first", by=ALICE)

    assert story.stands == (TO_DO, 1)
    assert (story.enrollment.todo, story.enrollment.ready_at) == ("first", None)


@arrow(What.take_back, PAUSED)
def test_a_result_taken_back_during_a_pause_comes_back_with_the_resume() -> None:
    story = answered(EMAIL).then(What.pause, by=ALICE).then(What.take_back, todo="first", by=ALICE)

    assert story.aside == (PAUSED, Reason.by_user, TO_DO)
    assert story.enrollment.todo_status is TodoStatus.away
    assert story.then(What.resume, by=ALICE).stands == (TO_DO, 1)


@arrow(What.take_back, FINISHED)
def test_a_result_taken_back_makes_a_finished_enrollment_active_again() -> None:
    story = opened(CALL, EMAIL).then(What.result, todo="first", result=Result.interested)
    story.then(What.take_back, DAY, todo="first", by=ALICE)

    assert story.stands == (TO_DO, 1)
    assert (story.enrollment.reason, story.enrollment.outcome) == (None, None)


def test_a_result_taken_back_leaves_the_copy_as_it_was_so_that_what_is_unknown_is_not_met_again() -> None:
    story = asked(EMAIL).then(What.claimed).then(What.lost).then(What.settle, settlement=Settlement.send_again)
    story.then(What.pause, by=ALICE).then(What.resume, by=ALICE).then(What.skip, todo="first", by=ALICE)
    on_the_next_step = (story.enrollment.step, story.enrollment.copy)

    story.then(What.take_back, todo="first", by=ALICE)

    assert on_the_next_step == (2, 1)
    assert (story.stands, story.enrollment.copy) == ((TO_DO, 1), 2)


# Waiting, pausing, going on


@arrow(What.bypass, WAITING)
def test_a_bypass_ends_the_delay() -> None:
    story = enrolled(EMAIL).then(What.bypass, HOUR, by=ALICE)

    assert (story.enrollment.ready_at, story.enrollment.due_at) == (story.now, story.now)


def test_a_bypass_ends_nothing_but_the_delay_the_window_stands() -> None:
    story = enrolled(EMAIL, delay=Delay(3, Unit.days)).then(What.bypass, 6 * HOUR, by=ALICE)

    assert (story.enrollment.ready_at, story.enrollment.due_at) == (story.now, NOON + 21 * HOUR)
    assert story.enrollment.why is Why.send_window


def let_go(story: Story, later: timedelta = timedelta()) -> Story:
    """Alice has seen what time it is there, and lets the email go at any hour."""
    return story.then(What.bypass, later, by=ALICE, any_hour=True)


def test_an_email_that_may_leave_at_any_hour_is_due_outside_the_window() -> None:
    story = let_go(enrolled(EMAIL, delay=Delay(3, Unit.days)), 9 * HOUR)

    assert (story.enrollment.ready_at, story.enrollment.due_at) == (story.now, story.now)
    assert story.then(What.look_again, HOUR).enrollment.due_at == NOON + 9 * HOUR


def test_an_email_whose_delay_is_over_is_let_go_while_it_waits_for_the_window() -> None:
    story = let_go(enrolled(EMAIL).then(What.look_again, 6 * HOUR), HOUR)

    assert story.enrollment.due_at == story.now


def test_the_step_after_it_keeps_to_the_window_again() -> None:
    story = let_go(enrolled(EMAIL, EMAIL), 9 * HOUR).then(What.claimed).left()

    assert (story.stands, story.enrollment.any_hour) == ((WAITING, 2), False)
    assert (story.enrollment.due_at, story.enrollment.why) == (NOON + 21 * HOUR, Why.send_window)


@pytest.mark.parametrize("action", [MANUAL, CALL, TEXT, TASK])
def test_only_an_automatic_email_is_let_go_at_any_hour(action: Action) -> None:
    assert refusal(enrolled(action), What.bypass, by=ALICE, any_hour=True).code == "not_an_email"


def test_a_hold_stands_and_once_it_is_released_the_email_leaves_at_any_hour() -> None:
    story = let_go(enrolled(EMAIL).then(What.held, TWO_HOURS))

    assert (story.enrollment.due_at, story.enrollment.why) == (None, Why.held)
    assert story.then(What.look_again, 8 * HOUR).enrollment.due_at == NOON + TWO_HOURS


@pytest.mark.parametrize("why", [Why.daily_cap, Why.sender_gap])
def test_the_cap_and_the_gap_stand(why: Why) -> None:
    story = enrolled(EMAIL)
    story.enrollment = replace(story.enrollment, why=why, due_at=NOON + DAY)

    assert let_go(story).enrollment.due_at == NOON + DAY


def test_a_mail_server_that_is_away_is_waited_for_and_then_the_window_is_not() -> None:
    why = Why.mail_server_unreachable
    failing = enrolled(EMAIL).then(What.try_later, TWO_HOURS, until=NOON + 3 * HOUR, why=why)

    story = let_go(failing)

    assert story.enrollment.due_at == NOON + 3 * HOUR
    assert story.then(What.try_later, 5 * HOUR, until=NOON + 9 * HOUR, why=why).enrollment.due_at == NOON + 9 * HOUR


def test_a_pause_takes_it_back_that_the_email_may_leave_at_any_hour() -> None:
    story = let_go(enrolled(EMAIL), 6 * HOUR).then(What.pause, by=ALICE).then(What.resume, by=ALICE)

    assert (story.enrollment.due_at, story.enrollment.why) == (NOON + 21 * HOUR, Why.send_window)


def test_letting_it_go_twice_changes_nothing_and_says_so() -> None:
    assert isinstance(refusal(let_go(enrolled(EMAIL)), What.bypass, by=ALICE, any_hour=True), Unchanged)


@arrow(What.pause, WAITING)
def test_a_pause_keeps_the_wait_that_is_left() -> None:
    story = enrolled(EMAIL).then(What.pause, HOUR / 2, by=ALICE)

    assert story.aside == (PAUSED, Reason.by_user, WAITING)
    assert (story.enrollment.wait_left, story.enrollment.due_at) == (1.5 * HOUR, None)
    assert story.enrollment.since == story.now


@arrow(What.pause, TO_DO)
def test_a_pause_takes_the_todo_off_the_list_until_it_is_resumed() -> None:
    story = opened(CALL).then(What.pause, by=ALICE)

    assert story.aside == (PAUSED, Reason.by_user, TO_DO)
    assert (story.enrollment.todo, story.enrollment.todo_status) == ("first", TodoStatus.away)


@arrow(What.pause, SENDING)
def test_a_pause_while_sending_leaves_no_wait() -> None:
    story = leaving(EMAIL).then(What.pause, by=ALICE)

    assert story.aside == (PAUSED, Reason.by_user, WAITING)
    assert story.enrollment.wait_left == timedelta()


def test_a_manual_email_paused_before_it_left_goes_back_to_its_todo() -> None:
    story = asked().then(What.pause, by=ALICE)

    assert story.aside == (PAUSED, Reason.by_user, TO_DO)
    assert (story.enrollment.todo, story.enrollment.asked_by) == ("first", None)


@arrows(What.reply, *OPEN)
def test_a_reply_pauses(place: Place) -> None:
    story = at(place).then(What.reply)

    assert story.aside[:2] == (PAUSED, Reason.replied)


def test_a_reply_pauses_the_enrollment_and_takes_its_todo_off_the_list() -> None:
    story = opened(CALL).then(What.reply)

    assert story.aside == (PAUSED, Reason.replied, TO_DO)
    assert story.enrollment.todo_status is TodoStatus.away


def test_a_reply_during_a_pause_keeps_the_wait_that_is_left() -> None:
    story = at(PAUSED).then(What.reply, DAY)

    assert story.enrollment.wait_left == HOUR


@arrows(What.bounce, WAITING, TO_DO, SENDING)
def test_a_bounce_pauses(place: Place) -> None:
    story = at(place).then(What.bounce)

    assert (story.enrollment.status, story.enrollment.reason) == (PAUSED, Reason.bounced)


@arrows(What.bounce, PAUSED, CANCELED, FINISHED)
def test_a_bounce_of_one_that_does_not_run_is_only_recorded(place: Place) -> None:
    story = at(place)
    before = story.enrollment

    assert story.then(What.bounce).enrollment == before


@arrows(What.unsubscribe, *OPEN)
def test_an_unsubscribe_finishes_with_a_negative_outcome_and_takes_the_to_do_off_the_list(place: Place) -> None:
    one = at(place).then(What.unsubscribe).enrollment

    assert (one.status, one.reason, one.outcome) == (FINISHED, Reason.unsubscribed, Outcome.negative)
    assert (one.todo, one.due_at) == (None, None)


@arrows(What.unsubscribe, CANCELED, FINISHED)
def test_an_unsubscribe_of_one_that_has_ended_is_only_recorded(place: Place) -> None:
    story = at(place)
    before = story.enrollment

    assert story.then(What.unsubscribe).enrollment == before


@arrows(What.reply, CANCELED, FINISHED)
def test_a_reply_to_an_ended_enrollment_is_only_recorded(place: Place) -> None:
    story = at(place)
    before = story.enrollment

    assert story.then(What.reply).enrollment == before


@arrow(What.resume, PAUSED)
def test_a_wait_goes_on_with_the_time_that_was_left() -> None:
    story = enrolled(EMAIL).then(What.pause, HOUR / 2, by=ALICE).then(What.resume, DAY, by=ALICE)

    assert story.stands == (WAITING, 1)
    assert (story.enrollment.ready_at, story.enrollment.wait_left) == (story.now + 1.5 * HOUR, None)


@pytest.mark.parametrize(("pausing", "resuming"), [(What.pause, What.resume), (What.cancel, What.reactivate)])
def test_an_open_todo_comes_back(pausing: What, resuming: What) -> None:
    story = opened(CALL).then(pausing, by=ALICE).then(resuming, DAY, by=ALICE)

    assert story.stands == (TO_DO, 1)
    assert (story.enrollment.todo, story.enrollment.todo_status) == ("first", TodoStatus.open)


def test_without_business_days_a_wait_has_no_end_and_says_so() -> None:
    story = enrolled(CALL, calendar=NO_WINDOW, delay=Delay(1, Unit.business_days))

    assert (story.enrollment.due_at, story.enrollment.why) == (None, Why.no_business_days)


def test_a_wait_without_an_end_has_none_after_a_pause_either() -> None:
    story = enrolled(CALL, calendar=NO_WINDOW, delay=Delay(1, Unit.business_days))
    story.then(What.pause, by=ALICE).then(What.resume, DAY, by=ALICE)

    assert (story.enrollment.due_at, story.enrollment.why) == (None, Why.no_business_days)


def test_an_empty_window_sends_nothing_and_says_so() -> None:
    story = enrolled(EMAIL, calendar=NO_WINDOW)

    assert (story.enrollment.due_at, story.enrollment.why) == (None, Why.no_send_window)


def test_an_empty_window_lets_no_further_try_out_either() -> None:
    story = enrolled(EMAIL, calendar=NO_WINDOW).then(What.try_later, why=Why.mail_server_unreachable)

    assert (story.enrollment.due_at, story.enrollment.why) == (None, Why.no_send_window)


@arrow(What.settle, PAUSED)
def test_a_delivery_settled_as_left_brings_the_next_step() -> None:
    story = unknown(CALL).then(What.settle, settlement=Settlement.left, by=ALICE)

    assert story.stands == (WAITING, 2)


def test_a_delivery_settled_as_send_again_is_a_new_copy() -> None:
    story = unknown(CALL).then(What.settle, settlement=Settlement.send_again, by=ALICE)

    assert story.stands == (WAITING, 1)
    assert (story.enrollment.copy, story.enrollment.due_at) == (2, story.now)


def test_settling_a_delivery_does_not_end_the_pause_after_a_reply() -> None:
    story = unknown(CALL).then(What.reply).then(What.settle, settlement=Settlement.left, by=ALICE)

    assert story.aside == (PAUSED, Reason.replied, WAITING)
    assert (story.enrollment.step, story.enrollment.wait_left) == (2, TWO_HOURS)


def test_a_manual_email_to_be_sent_again_after_a_reply_is_a_todo_again() -> None:
    story = asked().then(What.claimed).then(What.lost).then(What.reply)
    story.then(What.settle, settlement=Settlement.send_again, by=ALICE)

    assert story.aside == (PAUSED, Reason.replied, TO_DO)
    assert (story.enrollment.wait_left, story.enrollment.asked_by) == (None, None)


# Ending, and beginning again


@arrows(What.cancel, *OPEN)
def test_a_cancel_ends_it_and_keeps_where_it_stood(place: Place) -> None:
    story = at(place)
    step = story.enrollment.step
    story.then(What.cancel, by=ALICE)

    assert (story.enrollment.status, story.enrollment.reason) == (CANCELED, Reason.by_user)
    assert (story.enrollment.step, story.enrollment.due_at) == (step, None)


def test_a_cancel_pressed_in_temporal_says_so() -> None:
    story = enrolled(EMAIL).then(What.cancel)

    assert story.aside[:2] == (CANCELED, Reason.in_temporal)


@arrow(What.reactivate, CANCELED)
def test_a_year_later_it_goes_on_with_the_wait_that_was_left() -> None:
    story = enrolled(EMAIL).then(What.cancel, HOUR, by=ALICE).then(What.reactivate, 365 * DAY, by=ALICE)

    assert story.stands == (WAITING, 1)
    assert story.enrollment.ready_at == story.now + HOUR


def test_reactivating_does_not_settle_what_nobody_knows() -> None:
    story = unknown().then(What.cancel, by=ALICE).then(What.reactivate, by=ALICE)

    assert story.aside == (PAUSED, Reason.delivery_unknown, SENDING)


@arrows(What.conclude, *OPEN)
def test_concluding_ends_it_by_hand_with_an_outcome(place: Place) -> None:
    story = at(place).then(What.conclude, by=ALICE, outcome=Outcome.negative)

    assert (story.enrollment.status, story.enrollment.reason) == (FINISHED, Reason.concluded)
    assert (story.enrollment.outcome, story.enrollment.todo) == (Outcome.negative, None)


@arrows(What.remove, *ANYWHERE)
def test_any_enrollment_can_be_removed(place: Place) -> None:
    story = at(place).then(What.remove, by=ALICE)

    assert story.enrollment.status is REMOVED
    assert story.enrollment.todo_status is TodoStatus.withdrawn


# Looking again


@arrow(What.look_again, WAITING)
def test_looking_again_holds_the_wait_against_the_window_of_now() -> None:
    story = enrolled(EMAIL)
    story.course = Course(story.course.actions, story.course.delays, NO_WINDOW)
    story.then(What.look_again)

    assert (story.enrollment.ready_at, story.enrollment.due_at) == (NOON + TWO_HOURS, None)
    assert story.enrollment.why is Why.no_send_window


@arrows(What.look_again, TO_DO, SENDING, PAUSED, CANCELED, FINISHED)
def test_looking_again_changes_nothing_where_nothing_waits(place: Place) -> None:
    story = at(place)
    before = story.enrollment

    assert story.then(What.look_again).enrollment == before


@pytest.mark.parametrize("failing", [False, True], ids=["on time", "failing"])
def test_a_message_that_missed_its_window_waits_for_the_next_one(failing: bool) -> None:
    story = enrolled(EMAIL)
    story = story.then(What.try_later, HOUR, why=Why.mail_server_unreachable) if failing else story
    story.then(What.look_again, 6 * HOUR)

    assert (story.enrollment.due_at, story.enrollment.why) == (NOON + 21 * HOUR, Why.send_window)


def test_a_manual_email_somebody_sends_keeps_to_no_window() -> None:
    story = asked().then(What.look_again, 6 * HOUR)

    assert story.enrollment.due_at == NOON + TWO_HOURS


@arrow(What.held, WAITING)
def test_a_held_message_waits_for_news_alone_and_is_due_again_once_it_is_released() -> None:
    story = enrolled(EMAIL).then(What.held, TWO_HOURS)

    assert (story.enrollment.due_at, story.enrollment.why) == (None, Why.held)
    assert story.then(What.look_again, HOUR).enrollment.due_at == NOON + TWO_HOURS


def test_a_held_manual_email_leaves_at_once_when_it_is_released() -> None:
    story = asked().then(What.held).then(What.look_again, 9 * HOUR)

    assert (story.enrollment.due_at, story.enrollment.why) == (story.now, None)


def in_the_queue(**course: Any) -> Story:
    """An email that is due and waits an hour for its sender's next slot."""
    story = enrolled(EMAIL, **course)
    return story.then(What.queued, TWO_HOURS, until=story.now + TWO_HOURS + HOUR, why=Why.sender_gap, sender=BOB)


@arrow(What.queued, WAITING)
def test_an_email_whose_sender_is_busy_waits_for_its_slot_and_says_whose() -> None:
    story = in_the_queue()

    assert (story.enrollment.due_at, story.enrollment.why) == (story.now + HOUR, Why.sender_gap)
    assert (story.enrollment.queued_for, story.enrollment.ready_at) == (BOB, story.now)


def test_looking_again_keeps_the_slot() -> None:
    story = in_the_queue()
    slot = story.enrollment.due_at

    assert story.then(What.look_again, HOUR / 2).enrollment.due_at == slot


def test_with_another_cap_or_gap_it_asks_anew() -> None:
    story = in_the_queue()
    story.course = replace(story.course, calendar_version=7)

    story.then(What.look_again, HOUR / 2)

    assert (story.enrollment.due_at, story.enrollment.why) == (story.now, Why.delay)
    assert story.enrollment.calendar_version == 7


def test_a_slot_outside_the_window_is_put_off() -> None:
    story = in_the_queue().then(What.look_again, 8 * HOUR)

    assert (story.enrollment.due_at, story.enrollment.why) == (NOON + 21 * HOUR, Why.send_window)


def test_bypassing_one_that_stands_in_the_queue_changes_nothing() -> None:
    with pytest.raises(Unchanged, match="waits for something else"):
        in_the_queue().then(What.bypass, by=ALICE)


def test_a_pause_gives_the_slot_up() -> None:
    story = in_the_queue().then(What.pause, by=ALICE).then(What.resume, HOUR, by=ALICE)

    assert (story.enrollment.due_at, story.enrollment.why) == (story.now, Why.delay)


def test_bypassing_a_held_one_lets_nothing_leave() -> None:
    story = enrolled(EMAIL).then(What.held, TWO_HOURS)

    assert refusal(story, What.bypass).code == "nothing_to_bypass"


def test_a_longer_delay_holds_those_who_wait_for_the_step() -> None:
    story = enrolled(EMAIL).edited(Delay(3, Unit.hours))

    assert story.enrollment.due_at == NOON + 3 * HOUR


def test_a_longer_delay_holds_those_too_who_only_wait_for_the_window() -> None:
    story = enrolled(EMAIL)
    story.now = NOON + 6 * HOUR
    story.then(What.look_again).edited(Delay(2, Unit.days))

    assert story.enrollment.due_at == NOON + 2 * DAY


def test_a_shorter_delay_counts_from_the_end_of_the_previous_step_and_may_be_over() -> None:
    story = enrolled(EMAIL, delay=Delay(4, Unit.hours))
    story.now = NOON + 3 * HOUR
    story.edited(Delay(1, Unit.hours))

    assert (story.enrollment.ready_at, story.enrollment.due_at) == (NOON + HOUR, NOON + HOUR)


def test_another_steps_delay_moves_nobody() -> None:
    story = enrolled(EMAIL, CALL)
    before = story.enrollment
    story.edited(Delay(9, Unit.hours), step=2)

    assert replace(story.enrollment, sequence_version=before.sequence_version) == before


def test_a_bypassed_wait_has_no_delay_that_could_be_made_longer() -> None:
    story = enrolled(EMAIL).then(What.bypass, HOUR).edited(Delay(9, Unit.days))

    assert story.enrollment.due_at == NOON + HOUR


def test_the_step_after_a_bypassed_one_has_its_delay_again() -> None:
    story = (
        enrolled(EMAIL, EMAIL).then(What.bypass, HOUR).then(What.claimed).left().edited(Delay(3, Unit.hours), step=2)
    )

    assert story.enrollment.due_at == NOON + 4 * HOUR


# Refusals


def refusal(story: Story, what: What, **said: Any) -> Refused:
    """What is said; nothing has changed."""
    before = story.enrollment
    with pytest.raises(Refused) as refused:
        story.then(what, **said)
    assert story.enrollment == before
    return refused.value


@pytest.mark.parametrize(("place", "what"), list(ALREADY))
def test_a_repeated_act_changes_nothing_and_says_so(place: Place, what: What) -> None:
    said = refusal(at(place), what, by=ALICE)

    assert isinstance(said, Unchanged)
    assert (said.code, said.sentence) == ALREADY[place, what]


def test_bypassing_a_delay_that_is_over_changes_nothing_and_says_so() -> None:
    said = refusal(enrolled(EMAIL).then(What.bypass, by=ALICE), What.bypass, by=ALICE)

    assert isinstance(said, Unchanged)
    assert said.code == "nothing_to_bypass"


@pytest.mark.parametrize("what", [What.result, What.skip, What.send, What.bypass, What.reactivate])
def test_a_paused_enrollment_wants_to_be_resumed_first(what: What) -> None:
    assert refusal(at(PAUSED), what, todo="first").code == "is_paused"


@pytest.mark.parametrize("place", [CANCELED, FINISHED, REMOVED])
@pytest.mark.parametrize("what", [What.result, What.send, What.bypass, What.pause, What.resume, What.conclude])
def test_an_ended_enrollment_refuses(what: What, place: Place) -> None:
    said = refusal(at(place), what, todo="first")

    assert not isinstance(said, Unchanged)
    assert said.code == "already_ended"


def test_a_finished_enrollment_is_neither_canceled_nor_reactivated() -> None:
    assert refusal(at(FINISHED), What.cancel).code == "already_ended"
    assert refusal(at(FINISHED), What.reactivate).code == "already_ended"


@pytest.mark.parametrize("what", [What.result, What.skip, What.send])
def test_whoever_comes_second_to_a_todo_is_too_late(what: What) -> None:
    assert refusal(answered(EMAIL), what, todo="first", result=Result.interested).code == "too_late"


@pytest.mark.parametrize("what", [What.result, What.skip, What.send])
def test_an_answer_to_another_todo_is_too_late(what: What) -> None:
    assert refusal(opened(MANUAL), what, todo="another", result=Result.none).code == "too_late"


@pytest.mark.parametrize("acting", [What.opened, What.claimed])
def test_a_result_is_taken_back_only_until_the_next_step_has_acted(acting: What) -> None:
    story = answered(CALL).then(acting, TWO_HOURS, todo="second")

    assert refusal(story, What.take_back, todo="first").code == "too_late"


def test_only_the_last_result_is_taken_back() -> None:
    assert refusal(answered(EMAIL), What.take_back, todo="another").code == "too_late"
    assert refusal(enrolled(EMAIL), What.take_back).code == "too_late"
    assert refusal(at(FINISHED), What.take_back).code == "too_late"


def test_a_late_message_of_an_earlier_step_moves_nothing() -> None:
    story = leaving(EMAIL, EMAIL).left()

    assert refusal(story, What.sent, step=1, copy=1).code == "too_late"


def test_a_late_first_copy_does_not_count_as_the_second() -> None:
    story = unknown(CALL).then(What.settle, settlement=Settlement.send_again).then(What.claimed)

    assert refusal(story, What.sent, step=1, copy=1).code == "too_late"


def test_a_bypass_aimed_at_another_step_is_too_late() -> None:
    assert refusal(enrolled(EMAIL, EMAIL), What.bypass, step=2).code == "too_late"


@pytest.mark.parametrize("place", [TO_DO, SENDING])
def test_only_a_wait_is_bypassed(place: Place) -> None:
    assert refusal(at(place), What.bypass).code == "not_waiting"


@pytest.mark.parametrize(("action", "result"), [(CALL, Result.positive), (TASK, Result.interested), (CALL, None)])
def test_a_todo_takes_only_results_of_its_kind(action: Action, result: Result | None) -> None:
    assert refusal(opened(action), What.result, todo="first", result=result).code == "unknown_result"


def test_only_an_email_is_sent() -> None:
    assert refusal(opened(CALL), What.send, todo="first").code == "not_an_email"


def test_an_unknown_delivery_is_settled_before_anything_goes_on() -> None:
    assert refusal(unknown(), What.resume).code == "settle_first"


@pytest.mark.parametrize("place", [WAITING, TO_DO, SENDING, PAUSED])
def test_where_no_delivery_is_unknown_nothing_is_settled(place: Place) -> None:
    assert refusal(at(place), What.settle, settlement=Settlement.left).code == "nothing_to_settle"


@pytest.mark.parametrize("aim", [{"step": 2}, {"copy": 2}, {"step": 1, "copy": 2}])
def test_settling_another_message_than_the_unknown_one_is_too_late(aim: dict[str, int]) -> None:
    assert refusal(unknown(), What.settle, settlement=Settlement.left, **aim).code == "too_late"


def test_settling_without_saying_how_sends_nothing_again() -> None:
    assert refusal(unknown(), What.settle).code == "unknown_settlement"


def settled(settlement: Settlement, story: Story | None = None) -> Story:
    return (story or unknown(EMAIL)).then(What.settle, settlement=settlement)


LATE: list[tuple[Callable[[], Story], str]] = [
    (lambda: settled(Settlement.left), "Its step is over"),
    (lambda: settled(Settlement.left).then(What.claimed).then(What.lost), "Its step is over"),
    (lambda: settled(Settlement.send_again), "sent again"),
    (lambda: settled(Settlement.send_again).then(What.claimed).then(What.lost), "sent again"),
    (lambda: settled(Settlement.send_again, asked().then(What.claimed).then(What.lost)), "sent again"),
]


@pytest.mark.parametrize(("story", "says"), LATE)
@pytest.mark.parametrize("settlement", Settlement)
def test_who_settles_a_message_that_is_not_in_question_any_more_is_told_what_became_of_it(
    story: Callable[[], Story], says: str, settlement: Settlement
) -> None:
    said = refusal(story(), What.settle, settlement=settlement, step=1, copy=1)

    assert (said.code, says in said.sentence) == ("too_late", True), said.sentence
