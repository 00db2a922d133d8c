"""One enrollment on the real engine, in virtual time."""

import asyncio
import json
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowFailureError
from temporalio.common import RawValue
from temporalio.exceptions import CancelledError

from sequencing.enrollments import Status
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Reason, Settlement
from sequencing.todos import Outcome
from store import enrollments
from tests.house import CALL, EMAIL, LETTER, RITA, TASK, TEXT, House


async def test_a_sequence_of_all_five_actions_runs_through_thirty_days(virtual_house: House) -> None:
    one = await virtual_house.enroll(
        "ann",
        {**EMAIL, "delay": "3 days"},
        {**CALL, "delay": "1 week"},
        {**TEXT, "delay": "5 days"},
        {**LETTER, "delay": "7 days"},
        {**TASK, "delay": "8 days"},
    )

    await virtual_house.sequencer.resolve((await virtual_house.todo(one, 2)).id, "left_voicemail", by=RITA)
    await virtual_house.sequencer.send((await virtual_house.todo(one, 4)).id, by=RITA)
    await virtual_house.sequencer.resolve((await virtual_house.todo(one, 5)).id, "none", by=RITA)
    ended = await (await virtual_house.run(one)).result()

    assert (ended.status, ended.reason, ended.outcome) == (Status.finished, Reason.steps_done, Outcome.neutral)
    assert [who for who, _ in virtual_house.sent()] == ["ann@example.com", "+4915112340001", "ann@example.com"]


async def test_twenty_enrollments_live_a_month_side_by_side(virtual_house: House) -> None:
    steps = [{**EMAIL, "delay": "15 days"}, {**TEXT, "delay": "15 days"}]
    many = [await virtual_house.enroll("ann", *steps) for _ in range(20)]

    ended = await asyncio.gather(*[(await virtual_house.run(one)).result() for one in many])

    assert {end.status for end in ended} == {Status.finished}
    assert len(virtual_house.sent()) == 40


@pytest.mark.parametrize(("result", "outcome"), [("interested", "positive"), ("not_interested", "negative")])
async def test_a_result_that_ends_it_ends_the_run(house: House, result: str, outcome: str) -> None:
    one = await house.enroll("ann", CALL, EMAIL)

    await house.sequencer.resolve((await house.todo(one)).id, result, by=RITA)
    ended = await (await house.run(one)).result()

    assert (ended.status, ended.outcome) == (Status.finished, outcome)
    assert house.sent() == []


async def test_a_result_can_be_taken_back_until_the_next_step_has_acted(house: House) -> None:
    one = await house.enroll("ann", CALL, {**EMAIL, "delay": "1 day"})
    todo = await house.todo(one)
    await house.sequencer.resolve(todo.id, "not_interested", by=RITA)
    await house.place(one, "finished")

    await house.sequencer.take_back(todo.id, by=RITA)
    again = await house.todo(one)
    await house.sequencer.resolve(again.id, "no_answer", by=RITA)
    await house.sequencer.bypass(one, by=RITA)
    await house.place(one, "finished")

    assert again.id == todo.id
    assert house.sent() == [("ann@example.com", "Hi Ann")]


async def test_without_an_address_it_pauses_and_goes_on_once_there_is_one(house: House) -> None:
    one = await house.enroll("dot", EMAIL)
    paused = await house.place(one, "paused")

    from starter.contacts import import_contacts

    mended = "external_id,first_name,work_email\ndot,Dot,dot@example.com"
    await import_contacts(house.door, mended, RITA)
    await house.sequencer.resume(one, by=RITA)
    await house.place(one, "finished")

    assert paused.reason is Reason.no_email_address
    assert house.sent() == [("dot@example.com", "Hi Dot")]


async def test_an_address_of_another_type_does_not_do(house: House) -> None:
    one = await house.enroll("pia", {**EMAIL, "address_type": "work"})

    paused = await house.place(one, "paused")

    assert paused.reason is Reason.no_address_of_type


async def test_a_reply_pauses_and_takes_the_todo_off_the_list(house: House) -> None:
    one = await house.enroll("ann", CALL)
    todo = await house.todo(one)

    await house.sequencer.reply(one, by=RITA)
    paused = await house.place(one, "paused")

    assert paused.reason is Reason.replied
    with pytest.raises(Refused, match="paused"):
        await house.sequencer.resolve(todo.id, "interested", by=RITA)


async def test_a_repeated_pause_changes_nothing_and_says_so(house: House) -> None:
    one = await house.enroll("ann", CALL)
    await house.todo(one)
    await house.sequencer.pause(one, by=RITA)

    with pytest.raises(Unchanged, match="already"):
        await house.sequencer.pause(one, by=RITA)


async def test_canceled_ones_are_reactivated_as_a_new_run_where_they_stopped(house: House) -> None:
    one = await house.enroll("ann", CALL)
    todo = await house.todo(one)
    await house.sequencer.cancel(one, by=RITA)
    first = await (await house.run(one)).result()
    await house.sequencer.reactivate(one, by=RITA)

    back = await house.todo(one)
    row = await house.row(one)

    assert first.status is Status.canceled
    assert back.id == todo.id
    assert row is not None
    assert row.run == 2


async def test_removed_ones_leave_one_line_and_what_was_done(house: House) -> None:
    one = await house.enroll("ann", EMAIL, CALL)
    await house.todo(one)
    run = await house.run(one)

    await house.sequencer.remove(one, by=RITA)
    ended = await run.result()

    assert ended.status is Status.removed
    assert await house.row(one) is None
    assert house.sent() == [("ann@example.com", "Hi Ann")]


async def test_cancel_pressed_in_temporal_cancels_and_shows_as_canceled_there(house: House) -> None:
    one = await house.enroll("ann", CALL)
    await house.todo(one)
    run = await house.run(one)

    await run.cancel()
    with pytest.raises(WorkflowFailureError) as failed:
        await run.result()

    assert isinstance(failed.value.cause, CancelledError)
    row = await house.row(one)
    assert row is not None
    assert (row.status, row.reason) == (Status.canceled, Reason.in_temporal)


async def test_a_signal_from_outside_is_obeyed_in_the_name_of_who_may(house: House) -> None:
    one = await house.enroll("ann", CALL)
    todo = await house.todo(one)

    body = {"enrollment_id": one, "by": 2, "todo": todo.id, "result": "interested", "signal_id": "x-1"}
    await (await house.run(one)).signal("result", body)
    row = await house.place(one, "finished")

    assert row.outcome is Outcome.positive


async def test_a_signal_with_an_id_that_was_heard_before_counts_once(house: House) -> None:
    one = await house.enroll("ann", CALL)
    todo, run = await house.todo(one), await house.run(one)
    pause = {"enrollment_id": one, "by": 2, "signal_id": "x-1"}

    await run.signal("pause", pause)
    await house.place(one, "paused")
    await run.signal("resume", pause)
    await house.place(one, "to_do")
    await run.signal("pause", pause)
    await run.signal("result", {**pause, "todo": todo.id, "result": "interested"})
    row = await house.place(one, "finished")

    assert (row.reason, row.last_news) == (Reason.result, 3)


WRONG_BODIES: list[tuple[str, object]] = [
    ("result", None),
    ("result", [1, 2]),
    ("result", "x" * 1_000_000),
    ("result", {"enrollment_id": "{one}", "by": 2, "result": "interested"}),
    ("result", {"enrollment_id": "{one}", "by": 2, "todo": "{todo}", "result": "delighted"}),
    ("conclude", {"enrollment_id": "{one}", "by": 2}),
    ("cancel", {"enrollment_id": "{one}"}),
    ("pause", {"enrollment_id": "another", "by": 2}),
    ("pause", {"enrollment_id": "{one}", "by": "root"}),
    ("pause", {"enrollment_id": "{one}", "by": 2, "colour": "red"}),
    ("pause", {"enrollment_id": "{one}", "by": 2, "signal_id": "half a \ud800 pair"}),
    ("pause", {"enrollment_id": "{one}", "by": 2, "signal_id": "a\0b"}),
    ("pause", {"enrollment_id": "{one}", "by": 2, "signal_id": "x" * 61}),
]
DEEP: list[bytes] = [
    b'{"by": ' + b"[" * 1900 + b"]" * 1900 + b"}",
    b'{"by": ' + b"[" * 400 + b"]" * 400 + b"}",
    b"\xff",
]


async def test_signals_with_a_wrong_body_change_nothing_and_are_kept_each_with_the_reason(house: House) -> None:
    one = await house.enroll("ann", CALL)
    todo, run = await house.todo(one), await house.run(one)

    for name, body in WRONG_BODIES:
        filled = json.dumps(body).replace("{one}", one).replace("{todo}", todo.id)
        await run.signal(name, RawValue(Payload(metadata={"encoding": b"json/plain"}, data=filled.encode())))
    for data in DEEP:
        await run.signal("pause", RawValue(Payload(metadata={"encoding": b"json/plain"}, data=data)))
    await run.signal("explode\0", {"now": True})
    row = await house.until(one, lambda e: e is not None and e.last_news == len(WRONG_BODIES) + len(DEEP) + 1)
    async with house.database.reading() as tx:
        codes = [event.code for event in await enrollments.timeline(tx, one) if event.code]

    assert codes == ["invalid_signal"] * (len(WRONG_BODIES) + len(DEEP)) + ["unknown_signal"]
    assert (row.place, row.noted, (await house.todo(one)).id) == ("to_do", row.last_news, todo.id)
    assert "WORKFLOW_TASK_FAILED" not in str((await run.fetch_history()).to_json())


async def test_a_number_no_news_has_is_only_a_knock(house: House) -> None:
    one = await house.enroll("ann", CALL)
    await house.todo(one)

    for number in (10**30, -1, 0):
        await (await house.run(one)).signal("pause", {"number": number})
    await (await house.run(one)).signal("pause", {"enrollment_id": one, "by": 2})
    row = await house.place(one, "paused")

    assert row.last_news == 1


async def test_a_signal_in_the_name_of_a_bystander_is_refused(house: House) -> None:
    one = await house.enroll("ann", CALL)
    await house.todo(one)

    await (await house.run(one)).signal("cancel", {"enrollment_id": one, "by": 3})
    row = await house.until(one, lambda e: e is not None and e.last_news == 1)

    assert row.status is Status.active


async def test_a_bypass_ends_the_delay_and_nothing_else(house: House) -> None:
    one = await house.enroll("ann", CALL, {**EMAIL, "delay": "300 days"})
    before = await house.todo(one)

    await house.sequencer.resolve(before.id, "no_answer", by=RITA)
    await house.sequencer.bypass(one, by=RITA)
    row = await house.place(one, "finished")

    assert row.reason is Reason.steps_done
    assert row.since is not None
    assert row.since - before.opened_at < timedelta(days=1)


async def test_what_is_not_unknown_cannot_be_settled(house: House) -> None:
    one = await house.enroll("ann", CALL)
    await house.todo(one)

    with pytest.raises(Refused, match="no message"):
        await house.sequencer.settle(one, Settlement.left, by=RITA)
