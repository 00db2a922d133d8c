"""What an enrollment costs, counted: history events and billable actions. The table stands in docs/costs.md.

Events come from the history, less the one a skip of virtual time adds; actions from the server's own counter.
"""

import asyncio
import re
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from sequencing.timing import Calendar, Frame, always
from store.tables import TodoRow
from tests.house import CALL, EMAIL, LETTER, RITA, House
from tests.patience import PATIENCE

DAY = {"delay": "1 day"}


@pytest.mark.parametrize("steps", [1, 5, 20])
async def test_automatic_steps_with_delays(virtual_house: House, metrics_port: int, steps: int) -> None:
    events, actions = await cost(virtual_house, metrics_port, [{**EMAIL, **DAY}] * steps)

    assert (events, actions) == (11 * steps + 5, 2 * steps + 1)


@pytest.mark.parametrize("steps", [1, 5])
async def test_automatic_steps_without_delays(virtual_house: House, metrics_port: int, steps: int) -> None:
    events, actions = await cost(virtual_house, metrics_port, [EMAIL] * steps)

    assert (events, actions) == (6 * steps + 5, steps + 1)


async def test_a_manual_step_adds_one_signal_and_one_activity(virtual_house: House, metrics_port: int) -> None:
    async def resolve(one: str) -> None:
        await virtual_house.sequencer.resolve((await todo_at_rest(virtual_house, one)).id, "none", by=RITA)

    events, actions = await cost(virtual_house, metrics_port, [{"action": "task", "title": "Think", **DAY}], resolve)

    assert (events, actions) == (5 + 11 + 10, 1 + 2 + 2)


async def test_a_manual_email_adds_one_signal_and_two_activities(virtual_house: House, metrics_port: int) -> None:
    async def send(one: str) -> None:
        await virtual_house.sequencer.send((await todo_at_rest(virtual_house, one)).id, by=RITA)

    events, actions = await cost(virtual_house, metrics_port, [{**LETTER, **DAY}], send)

    assert (events, actions) == (5 + 11 + 10 + 6, 1 + 2 + 3)


async def test_a_closed_window_costs_nothing_more(virtual_house: House, metrics_port: int) -> None:
    opens = (datetime.now(UTC) + timedelta(hours=6)).time().replace(microsecond=0)
    frame = Frame(opens, time((opens.hour + 1) % 24, opens.minute, opens.second))
    await virtual_house.settle_on(Calendar("UTC", ((frame,),) * 7))

    events, actions = await cost(virtual_house, metrics_port, [EMAIL])
    await virtual_house.settle_on(always("UTC"))

    assert (events, actions) == (16, 3)


async def test_pause_and_resume_cost_a_signal_an_activity_and_a_search_attribute_each(
    virtual_house: House, metrics_port: int
) -> None:
    async def pause_and_resume(one: str) -> None:
        todo = await todo_at_rest(virtual_house, one)
        await virtual_house.sequencer.pause(one, by=RITA)
        await virtual_house.place(one, "paused")
        await at_rest(virtual_house, one)
        await virtual_house.sequencer.resume(one, by=RITA)
        await todo_at_rest(virtual_house, one)
        await virtual_house.sequencer.resolve(todo.id, "interested", by=RITA)

    events, actions = await cost(virtual_house, metrics_port, [CALL], pause_and_resume)

    assert (events, actions) == (5 + 6 + 10 + 2 * (10 + 1), 1 + 1 + 2 + 2 * 3)


async def test_a_bypass_costs_a_signal_and_an_activity(house: House, metrics_port: int) -> None:
    """The wait that is bypassed had set its timer, which is started and canceled: two events and an action."""

    async def bypass(one: str) -> None:
        await at_rest(house, one)
        await house.sequencer.bypass(one, by=RITA)

    events, actions = await cost(house, metrics_port, [{**EMAIL, **DAY}], bypass)

    assert (events, actions) == (5 + 6 + 10 + 2, 1 + 1 + 2 + 1)


async def todo_at_rest(house: House, one: str) -> TodoRow:
    """Its to-do, once its run has taken in that it is there."""
    todo = await house.todo(one)
    await at_rest(house, one)
    return todo


async def at_rest(house: House, one: str) -> None:
    """Returns once its run waits: nothing that it is to do is pending, so what comes next costs its own events."""
    run = await house.run(one)
    async with asyncio.timeout(PATIENCE):
        while True:
            described = (await run.describe()).raw_description
            if not described.pending_activities and not described.HasField("pending_workflow_task"):
                return
            await asyncio.sleep(0.02)


async def cost(
    house: House, port: int, steps: list[dict[str, Any]], life: Callable[[str], Awaitable[None]] | None = None
) -> tuple[int, int]:
    """(events, actions) of one enrollment from enrolling to its end."""
    before = await counted(port)
    one = await house.enroll("ann", *steps)
    if life is not None:
        await life(one)
    run = await house.run(one)
    await run.result()
    history = await run.fetch_history()
    skips = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED
    return sum(event.event_type != skips for event in history.events), await counted(port) - before


async def counted(port: int) -> int:
    """The server's counter of billable actions, once it has stood still for two seconds."""
    last, still = -1, 0
    while still < 4:
        now = await asyncio.to_thread(_counter, port)
        still = still + 1 if now == last else 0
        last = now
        await asyncio.sleep(0.5)
    return last


def _counter(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    mine = [line for line in lines if re.match(r'action\{.*namespace="default"', line)]
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in mine))
