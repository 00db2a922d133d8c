"""What becomes of a contact in a sequence: work, pauses, stops and removals, and the run behind it."""

import asyncio
import json
from typing import Any

import pytest

from sequencing.happenings import Reason
from store import users
from tests.acceptance.agency import Agency
from tests.house import CALL, EMAIL, RITA, TASK
from tests.patience import PATIENCE

LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}
CALLS = {
    "no_answer": ("waiting", None),
    "left_voicemail": ("waiting", None),
    "interested": ("finished", "positive"),
    "not_interested": ("finished", "negative"),
}
TASKS = {"none": ("waiting", None), "positive": ("finished", "positive"), "negative": ("finished", "negative")}


@pytest.mark.statement(29)
async def test_what_is_due_stands_on_the_to_do_list_of_whom_it_concerns(agency: Agency) -> None:
    await agency.todo(await agency.enrolled("Tora", {**TASK, "title": "Look at Tora"}))

    assert "Look at Tora" in await agency.page("/todos")


@pytest.mark.statement(31)
async def test_a_call_and_a_task_are_not_done_without_a_result(agency: Agency) -> None:
    for name, step in {"Rike": CALL, "Rune": TASK}.items():
        one = await agency.enrolled(name, step)
        todo = await agency.todo(one)

        status, _ = await agency.ask("POST", f"/todos/{todo}/result", {})

        assert status == 422
        assert await agency.todo(one) == todo


@pytest.mark.statement(32)
@pytest.mark.statement(33)
@pytest.mark.parametrize("result", CALLS)
async def test_a_calls_result_goes_on_or_ends_it(agency: Agency, result: str) -> None:
    one = await agency.enrolled(f"Call{result}", CALL, LATER)

    await agency.ask("POST", f"/todos/{await agency.todo(one)}/result", {"result": result})

    row = await agency.house.place(one, CALLS[result][0])
    assert (row.place, row.outcome) == CALLS[result]


@pytest.mark.statement(34)
@pytest.mark.parametrize("result", TASKS)
async def test_a_tasks_result_goes_on_or_ends_it(agency: Agency, result: str) -> None:
    one = await agency.enrolled(f"Task{result}", TASK, LATER)

    await agency.ask("POST", f"/todos/{await agency.todo(one)}/result", {"result": result})

    row = await agency.house.place(one, TASKS[result][0])
    assert (row.place, row.outcome) == TASKS[result]


@pytest.mark.statement(37)
@pytest.mark.statement(38)
async def test_who_is_stopped_has_a_canceled_future_until_it_is_reactivated(agency: Agency) -> None:
    number = await agency.sequence(LATER, TASK)
    both = await agency.add(number, await agency.contact("Cano"), await agency.contact("Cada"))

    for one in both:
        await agency.done("enrollments", "cancel", one)
        await agency.house.place(one, "canceled")
    told = await agency.done("enrollments", "show", both[0])
    await agency.done("enrollments", "reactivate", both[0])

    assert "step 1 and all later ones" in told
    assert (await agency.house.place(both[0], "waiting")).step == 1
    assert (await agency.house.place(both[1], "canceled")).step == 1


@pytest.mark.statement(39)
async def test_a_removed_one_leaves_what_was_done_and_nothing_else_for_good(agency: Agency) -> None:
    one = await agency.enrolled("Remy", EMAIL, LATER)
    await agency.house.place(one, "waiting", 2)

    await agency.done("enrollments", "remove", one, "--yes")
    async with asyncio.timeout(PATIENCE):
        while (await agency.ask("GET", f"/enrollments/{one}"))[0] != 404:
            await asyncio.sleep(0.05)

    again = await agency.typed("enrollments", "reactivate", one)
    number = (await agency.told("contacts", "show", "remy"))["id"]
    history = await agency.page(f"/contacts/{number}/history")
    assert again.code == 1
    assert "Hi Remy" in history
    assert one not in history


@pytest.mark.statement(40)
@pytest.mark.statement(41)
async def test_it_pauses_by_itself_without_an_address_and_without_one_of_the_right_type(agency: Agency) -> None:
    personal = {**EMAIL, "address_type": "personal"}
    none, other = await agency.contact("Nemo", work_email=""), await agency.contact("Werk")
    one, *_ = await agency.add(await agency.sequence(EMAIL), none)
    two, *_ = await agency.add(await agency.sequence(personal), other)

    for paused in (one, two):
        await agency.house.place(paused, "paused")
    _, waiting = await agency.ask("GET", "/attention")

    causes = {item["enrollment"]: item["cause"] for item in waiting["items"]}
    assert (causes[one], causes[two]) == (Reason.no_email_address, Reason.no_address_of_type)


@pytest.mark.statement(53)
@pytest.mark.statement(56)
async def test_an_operator_finds_its_run_with_its_timer_and_what_it_waits_for_in_temporal(agency: Agency) -> None:
    number = await agency.sequence({**EMAIL, "delay": "3 days"})
    one, *_ = await agency.add(number, await agency.contact("Tempo"))
    _, shown = await agency.ask("GET", f"/enrollments/{one}")
    async with asyncio.timeout(PATIENCE):
        while not (runs := await agency.temporal("workflow", "list", "--query", f"SequenceId={number}")):
            await asyncio.sleep(0.2)
    history = await agency.temporal("workflow", "show", "--workflow-id", shown["workflow_id"])

    (run,) = runs
    assert run["execution"]["workflowId"] == shown["workflow_id"]
    assert run["status"] == "WORKFLOW_EXECUTION_STATUS_RUNNING"
    timers = [event for event in history["events"] if event["eventType"] == "EVENT_TYPE_TIMER_STARTED"]
    assert [event["timerStartedEventAttributes"]["startToFireTimeout"] for event in timers] != []


@pytest.mark.statement(54)
async def test_signals_bring_results_replies_bypasses_pauses_and_cancellations(agency: Agency) -> None:
    async with agency.house.database.reading() as tx:
        rita = (await users.by_email(tx, RITA)).id
    ends = {"result": "finished", "bypass": "finished", "pause": "paused", "reply": "paused", "cancel": "canceled"}

    for name, place in ends.items():
        one = await agency.enrolled(f"Signal{name}", CALL if name == "result" else LATER)
        said: dict[str, Any] = {"enrollment_id": one, "by": rita, "signal_id": f"{name}-{one}"}
        if name == "result":
            said |= {"todo": await agency.todo(one), "result": "interested"}
        _, shown = await agency.ask("GET", f"/enrollments/{one}")
        about = ["--workflow-id", shown["workflow_id"], "--name", name, "--input", json.dumps(said)]
        await agency.temporal("workflow", "signal", *about)
        await agency.house.place(one, place)
