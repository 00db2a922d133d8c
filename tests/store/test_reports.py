"""What counts, to the unit, in houses small enough to be counted by hand."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from sequencing.enrollments import Status
from sequencing.errors import Refused
from sequencing.happenings import Happening, Reason, What
from sequencing.periods import Every
from sequencing.replies import Meaning
from sequencing.reports import Measure, Report, Time
from sequencing.sequences import Action, Sharing
from sequencing.text_words import TextKind
from sequencing.timing import always
from sequencing.todos import Outcome, Result, TodoStatus
from sequencing.tracking import Sign, Use
from starter.sharing import share
from store import todos, users
from store.lives import Life
from store.tables import Channel, MessageState
from tests.house import ADA, BOB, CALL, EMAIL, RITA, TASK, TEXT, House
from tests.ledger import DAY, HOUR, NOON, Ledger, counted

ANSWERS = (Measure.replied, Measure.unsubscribed, Measure.bounced)
FUNNEL = (Measure.tried, Measure.sent, Measure.opened, Measure.clicked, *ANSWERS)


@pytest.fixture
async def ledger(alone: House) -> Ledger:
    await alone.settle_on(always("UTC"))
    return Ledger(alone)


async def test_everybody_stands_in_one_place_by_status_step_reason_and_outcome(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, CALL, EMAIL)
    await ledger.enroll(sequence, "ann", step=2)
    await ledger.enroll(sequence, "ben", Status.paused, step=2, reason=Reason.replied)
    await ledger.enroll(sequence, "dot", Status.canceled, reason=Reason.by_user)
    await ledger.enroll(sequence, "pia", Status.finished, step=3, reason=Reason.result, outcome=Outcome.positive)
    told = await ledger.report(sequence)

    standing = (Measure.enrolled, Measure.active, Measure.paused, Measure.canceled, Measure.finished)
    ones = ("active", "paused", "paused: replied", "canceled", "finished", "finished: positive")
    assert counted(told, *standing) == Counter({"enrolled": 4, **dict.fromkeys(ones, 1)})
    assert told.active_at == {2: 1}
    assert [line.figures.of(Measure.reached) for line in told.steps] == [4, 3, 1]
    assert str(told.all.rate(Measure.finished, "positive")) == str(told.all.rate(Measure.paused))


async def test_who_was_added_again_counts_once_and_stands_where_he_is_now(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, CALL)
    first = await ledger.enroll(sequence, "ann", Status.finished, step=2, outcome=Outcome.neutral)
    await ledger.send(first)
    await ledger.enroll(sequence, "ann", Status.canceled, at=NOON + DAY)
    told = await ledger.report(sequence)

    assert counted(told) == Counter(["enrolled", "canceled", "reached", "tried", "sent", "sent: email"])
    assert [line.figures.of(Measure.reached) for line in told.steps] == [1, 1]


async def test_an_older_enrollment_that_was_reactivated_is_where_he_stands(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL)
    await ledger.enroll(sequence, "ann", Status.active)
    await ledger.enroll(sequence, "ann", Status.finished, outcome=Outcome.neutral, at=NOON + DAY)

    assert counted(await ledger.report(sequence)) == Counter(["enrolled", "active", "reached"])


async def test_an_email_is_opened_by_a_person_or_his_proxy_or_by_following_its_link_and_by_no_machine(
    ledger: Ledger,
) -> None:
    sequence = await ledger.house.sequence(EMAIL)
    used = {
        "ann": [(Use.view, Sign.prefetch), (Use.click, Sign.hidden_link)],
        "ben": [(Use.view, Sign.mail_proxy), (Use.view, Sign.scanner)],
        "pia": [(Use.click, Sign.person)],
    }
    for who, uses in used.items():
        message = await ledger.send(await ledger.enroll(sequence, who))
        for kind, sign in uses:
            await ledger.use(message, kind, sign)
    told = await ledger.report(sequence)

    assert counted(told, Measure.sent, Measure.opened, Measure.clicked) == Counter(
        {"sent": 3, "sent: email": 3, "opened": 2, "clicked": 1}
    )
    opened = told.steps[0].figures.rate(Measure.opened)
    assert opened is not None
    assert (opened.of, opened.of_what, opened.percent) == (3, (Measure.sent, "email"), 66.7)


async def test_what_was_sent_again_is_one_person_and_what_never_left_is_nobody(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, TEXT)
    ann, ben = [await ledger.enroll(sequence, who, step=2) for who in ("ann", "ben")]
    for copy in (1, 2):
        await ledger.send(ann, copy=copy)
    await ledger.send(ann, 2, channel=Channel.text)
    for step, state in enumerate((MessageState.not_sent, MessageState.unknown), start=1):
        await ledger.send(ben, step, state=state)

    assert counted(await ledger.report(sequence), *FUNNEL) == Counter(["sent", "sent: email", "sent: text", "tried"])


async def test_a_bounce_counts_refused_or_returned_and_after_an_open_too(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, TEXT)
    ann, ben, pia, dot = [await ledger.enroll(sequence, who, step=2) for who in ("ann", "ben", "pia", "dot")]
    letter = await ledger.send(ann)
    await ledger.use(letter)
    await ledger.mail("ann", Meaning.bounce, letter)
    await ledger.tell(ben, What.blocked, 1, reason=Reason.bounced)
    await ledger.tell(dot, What.blocked, 1, reason=Reason.no_email_address)
    await ledger.mail("pia", Meaning.soft_bounce, await ledger.send(pia))
    for code in ("30005", "30003"):
        await ledger.undeliver(await ledger.send(pia if code == "30005" else dot, 2, channel=Channel.text), code)
    told = await ledger.report(sequence)

    first, second = (line.figures for line in told.steps)
    assert [first.of(one) for one in (Measure.tried, Measure.sent, Measure.opened, Measure.bounced)] == [3, 2, 1, 2]
    assert [second.of(one) for one in (Measure.tried, Measure.sent, Measure.bounced)] == [2, 2, 1]
    assert counted(told, Measure.bounced) == Counter(bounced=3)


async def test_a_reply_counts_for_what_it_answers_or_else_for_the_last_that_he_had_got(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, EMAIL, TEXT)
    other = await ledger.house.sequence(EMAIL)
    ann, ben, pia = [await ledger.enroll(sequence, who, step=3) for who in ("ann", "ben", "pia")]
    letter = await ledger.send(ann, at=NOON)
    await ledger.send(ann, 2, at=NOON + HOUR)
    await ledger.mail("ann", answers=letter, at=NOON + 2 * HOUR)
    for step in (1, 2):
        await ledger.send(ben, step, at=NOON + step * HOUR)
    await ledger.send(await ledger.enroll(other, "ben"), at=NOON + 5 * HOUR)
    await ledger.mail("ben", at=NOON + 3 * HOUR)
    await ledger.mail("ben", Meaning.auto_reply, at=NOON + 6 * HOUR)
    for channel in (Channel.email, Channel.text):
        await ledger.send(pia, 1 if channel is Channel.email else 3, channel=channel)
    await ledger.text("pia", at=NOON + HOUR)
    told = await ledger.report(sequence)

    assert [line.figures.of(Measure.replied) for line in told.steps] == [1, 1, 1]
    assert counted(told, *ANSWERS) == Counter(replied=3)
    assert counted(await ledger.report(other), *ANSWERS) == Counter()


async def test_a_reply_that_somebody_noted_counts_for_the_last_message_of_that_enrollment(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, CALL, EMAIL)
    ann, ben = [await ledger.enroll(sequence, who, step=3) for who in ("ann", "ben")]
    await ledger.send(ann)
    await ledger.send(ann, 3, at=NOON + 2 * HOUR)
    await ledger.tell(ann, What.reply, 3, at=NOON + HOUR)
    await ledger.tell(ann, What.reply, 3, at=NOON + 3 * HOUR, mail="from the journal")
    await ledger.tell(ann, What.reply, 3, at=NOON + 3 * HOUR, code="too_late")
    await ledger.tell(ben, What.reply, 2)

    assert [line.figures.of(Measure.replied) for line in (await ledger.report(sequence)).steps] == [1, 0, 0]


async def test_an_unsubscribe_counts_where_its_link_was_and_ends_other_sequences_without_counting_there(
    ledger: Ledger,
) -> None:
    one, other = [await ledger.house.sequence(EMAIL, EMAIL) for _ in range(2)]
    ended: dict[str, Any] = {"reason": Reason.unsubscribed, "outcome": Outcome.negative}
    ann, too = [await ledger.enroll(where, "ann", Status.finished, 2, **ended) for where in (one, other)]
    for enrollment in (ann, too):
        await ledger.send(enrollment)
    await ledger.tell(ann, What.unsubscribe, 1, copy=1)
    await ledger.tell(too, What.unsubscribe, 2)

    told = await ledger.report(one)
    assert [line.figures.of(Measure.unsubscribed) for line in told.steps] == [1, 0]
    assert counted(await ledger.report(other), Measure.unsubscribed, Measure.finished) == Counter(
        ["finished", "finished: negative"]
    )


async def test_a_stop_counts_for_the_last_text_and_start_and_stop_are_no_replies(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(TEXT, TEXT)
    ann = await ledger.enroll(sequence, "ann", step=2)
    for step in (1, 2):
        await ledger.send(ann, step, channel=Channel.text, at=NOON + step * HOUR)
    await ledger.text("ann", TextKind.stop, at=NOON + 90 * timedelta(minutes=1))
    await ledger.text("ann", TextKind.start, at=NOON + 3 * HOUR)
    told = await ledger.report(sequence)

    assert [line.figures.of(Measure.unsubscribed) for line in told.steps] == [1, 0]
    assert counted(told, *ANSWERS) == Counter(unsubscribed=1)


async def test_todos_count_by_result_and_skipped_and_withdrawn_ones_have_none(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(CALL, TASK)
    ann, ben, pia = [await ledger.enroll(sequence, who, step=2) for who in ("ann", "ben", "pia")]
    done: dict[str, Any] = {"status": TodoStatus.done, "by": RITA}
    await ledger.todo(ann, 1, result=Result.no_answer, **done)
    await ledger.todo(ann, 2, Action.task, result=Result.positive, **done)
    await ledger.todo(ben, 1, status=TodoStatus.skipped, by=RITA)
    await ledger.todo(ben, 2, Action.task, status=TodoStatus.withdrawn)
    await ledger.todo(pia, 1, result=Result.no_answer, **done)
    told = await ledger.report(sequence)

    call, task = (line.figures for line in told.steps)
    assert (call.of(Measure.todos), call.words(Measure.result), call.of(Measure.skipped)) == (3, {"no_answer": 2}, 1)
    assert (task.of(Measure.todos), task.words(Measure.result), task.of(Measure.skipped)) == (2, {"positive": 1}, 0)


async def test_a_result_that_was_taken_back_counts_not_and_nobody_has_come_further_by_it(ledger: Ledger) -> None:
    house = ledger.house
    one = await house.enroll("ann", CALL, EMAIL)
    row = await house.row(one)
    assert row is not None
    said: dict[str, Any] = {"step": 1, "todo": "call", "by": 2}
    given = Happening(What.result, result=Result.no_answer, **said)
    await _live(house, one, Happening(What.opened, todo="call"), given)
    before = await ledger.report(str(row.sequence_id))
    await _live(house, one, Happening(What.take_back, **said))
    after = await ledger.report(str(row.sequence_id))

    assert [_of(before, one) for one in (Measure.reached, Measure.result)] == [[1, 1], [1, 0]]
    assert [_of(after, one) for one in (Measure.reached, Measure.result)] == [[1, 0], [0, 0]]
    assert (before.active_at, after.active_at) == ({2: 1}, {1: 1})


def _of(told: Report, measure: Measure) -> list[int]:
    return [line.figures.of(measure) for line in told.steps]


async def _live(house: House, enrollment_id: str, *happenings: Happening) -> None:
    async with house.database.writing() as tx:
        rita, life = await users.by_email(tx, RITA), await Life.lock(tx, enrollment_id, NOON)
        assert life is not None
        for happening in happenings:
            if happening.what is What.opened:
                opening = todos.Opening(happening.todo or "", Action.call, rita.id, None, "T", "")
                await todos.open_one(tx, life.enrollment, opening, NOON, NOON)
            life.happen(happening)
            await life.save()


async def test_who_is_in_two_sequences_counts_once_over_all_and_stands_in_both(ledger: Ledger) -> None:
    one, other = [await ledger.house.sequence(EMAIL, CALL, name=name) for name in ("One", "Other")]
    for where, step in ((one, 1), (other, 2)):
        await ledger.send(await ledger.enroll(where, "ann", step=step))
    await ledger.enroll(other, "ben", Status.paused, reason=Reason.by_user)
    told = await ledger.report()

    assert counted(told, Measure.enrolled, Measure.active, Measure.paused, Measure.sent) == Counter(
        {"enrolled": 2, "active": 1, "paused": 1, "paused: by_user": 1, "sent": 1, "sent: email": 1}
    )
    assert told.active_at == {1: 1, 2: 1}
    lines = {line.name: [line.figures.of(one) for one in (Measure.enrolled, Measure.sent)] for line in told.sequences}
    assert lines == {"One": [1, 1], "Other": [2, 1]}


async def test_a_removed_enrollment_counts_as_if_it_had_never_been_and_is_stated(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, CALL)
    gone = await ledger.enroll(sequence, "ann", step=2)
    letter = await ledger.send(gone)
    await ledger.use(letter)
    await ledger.mail("ann", answers=letter)
    await ledger.todo(gone, 2, status=TodoStatus.done, result=Result.interested, by=RITA)
    await ledger.remove(gone)
    told = await ledger.report(sequence)
    await ledger.send(await ledger.enroll(sequence, "ann", at=NOON + DAY), at=NOON + DAY)
    await ledger.mail("ann", at=NOON + HOUR)
    again = await ledger.report(sequence)

    assert (counted(told), told.removed) == (Counter(), 1)
    assert counted(again) == Counter(["enrolled", "active", "reached", "tried", "sent", "sent: email"])
    assert again.removed == 1


async def test_a_removal_counts_for_whoever_removed_and_on_its_own_day(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL)
    await ledger.remove(await ledger.enroll(sequence, "ann"), by=BOB, at=NOON + DAY)
    before, then = (at.date().isoformat() for at in (NOON, NOON + DAY))

    by = [(await ledger.report(sequence, user=user)).removed for user in (RITA, BOB)]
    on = [(await ledger.report(sequence, since=day, until=day)).removed for day in (before, then)]

    assert (by, on) == ([0, 1], [0, 1])


async def test_a_period_is_of_those_added_in_it_or_of_what_happened_in_it(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL)
    early, late = await ledger.enroll(sequence, "ann"), await ledger.enroll(sequence, "ben", at=NOON + 2 * DAY)
    for enrollment in (early, late):
        await ledger.use(await ledger.send(enrollment, at=NOON + 2 * DAY), at=NOON + 3 * DAY)
    day = (NOON + 2 * DAY).date().isoformat()
    added = await ledger.report(sequence, since=day, until=day)
    happened = await ledger.report(sequence, since=day, until=day, time=Time.happened)

    of = (Measure.enrolled, Measure.sent, Measure.opened)
    assert [added.all.of(one) for one in of] == [1, 1, 1]
    assert [happened.all.of(one) for one in of] == [1, 2, 0]
    assert added.all.rate(Measure.opened) is not None
    assert happened.all.rate(Measure.opened) is None


async def test_a_period_begins_with_the_first_instant_of_its_day_and_ends_before_that_of_the_next(
    ledger: Ledger,
) -> None:
    await ledger.house.settle_on(always("Europe/Berlin"))
    sequence = await ledger.house.sequence(EMAIL)
    for who, at in (("ann", "27T22:59:59"), ("ben", "27T23:00:00"), ("dot", "28T22:59:59"), ("pia", "28T23:00:00")):
        await ledger.enroll(sequence, who, at=datetime.fromisoformat(f"2026-03-{at}+00:00"))

    told = await ledger.report(sequence, since="2026-03-28", until="2026-03-28")

    assert told.all.of(Measure.enrolled) == 2


@pytest.mark.parametrize(
    ("every", "days"),
    [
        (Every.day, {"2026-03-28": 1, "2026-03-29": 1, "2026-03-30": 2}),
        (Every.week, {"2026-03-23": 2, "2026-03-30": 2}),
    ],
)
async def test_days_and_weeks_are_those_of_the_settings_zone_across_a_change_of_clocks(
    ledger: Ledger, every: Every, days: dict[str, int]
) -> None:
    await ledger.house.settle_on(always("Europe/Berlin"))
    sequence = await ledger.house.sequence(EMAIL)
    instants = ["28T22:59", "28T23:00", "29T22:00", "30T21:59"]
    for who, at in zip(("ann", "ben", "dot", "pia"), instants, strict=True):
        await ledger.enroll(sequence, who, at=datetime.fromisoformat(f"2026-03-{at}+00:00"))
    told = await ledger.report(sequence, every=every)

    assert {line.key: line.figures.of(Measure.enrolled) for line in told.times} == days


async def test_by_user_it_is_who_added_who_sent_and_who_gave_the_result(ledger: Ledger) -> None:
    sequence = await ledger.house.sequence(EMAIL, CALL)
    ann, ben = await ledger.enroll(sequence, "ann", step=2), await ledger.enroll(sequence, "ben", step=2, by=BOB)
    for enrollment in (ann, ben):
        await ledger.send(enrollment, by=BOB)
        await ledger.todo(enrollment, 2, status=TodoStatus.done, result=Result.no_answer, by=ADA)
    told = await ledger.report(sequence)
    his = await ledger.report(sequence, user=BOB)

    of = (Measure.enrolled, Measure.sent, Measure.result)
    assert {line.name: [line.figures.of(one) for one in of] for line in told.users} == {
        "Ada Admin": [0, 0, 2],
        "Rita Recruiter": [1, 0, 0],
        "Bob Bystander": [1, 2, 0],
    }
    assert [his.all.of(one) for one in of] == [1, 1, 1]


async def test_numbers_are_of_sequences_that_one_sees_and_no_other(ledger: Ledger) -> None:
    hidden, shown = [await ledger.house.sequence(EMAIL, name=name, by=ADA) for name in ("Hidden", "Shown")]
    await share(ledger.house.door, hidden, Sharing.private, [], ADA)
    for where in (hidden, shown):
        await ledger.remove(await ledger.enroll(where, "ben"))
        await ledger.enroll(where, "ann", by=BOB)
    told = await ledger.report(by=BOB)

    assert (told.removed, [line.name for line in told.sequences]) == (1, ["Shown"])
    assert counted(told, Measure.enrolled) == Counter(enrolled=1)
    with pytest.raises(Refused) as refused:
        await ledger.report(hidden, by=BOB)
    assert refused.value.code == "unknown_sequence"
