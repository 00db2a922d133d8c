"""Kinds of lives, each lived once to be recorded: `python -m tests.lives` writes those that tests/histories/ lacks.

A recorded history is never edited and never recorded again; it is what runs out there may still be replaying.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from sequencing.happenings import Settlement, Why
from sequencing.timing import Calendar, Frame
from starter.enrollments import Enrolled
from store import replans
from tests.conftest import temporal_program
from tests.house import CALL, EMAIL, LETTER, RITA, TASK, TEXT, House, search_attribute_keys
from tests.mail_server import MailServer
from tests.migrated import fresh_sqlite
from tests.patience import PATIENCE
from transports.smtp import SmtpTransport
from workflows.bulk_adds import bulk_add_workflow_id

HISTORIES = Path(__file__).parent / "histories"
SOON = {"delay": "1 second"}
Life = Callable[[House], Awaitable[list[WorkflowHistory]]]


async def five_actions_to_the_end(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", *({**step, **SOON} for step in (EMAIL, CALL, TEXT, LETTER, TASK)))
    await house.sequencer.resolve((await house.todo(one, 2)).id, "no_answer", by=RITA)
    await house.sequencer.send((await house.todo(one, 4)).id, by=RITA)
    await house.sequencer.resolve((await house.todo(one, 5)).id, "none", by=RITA)
    return await ended(house, one)


async def ended_by_a_result(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", CALL, EMAIL)
    await house.sequencer.resolve((await house.todo(one)).id, "interested", by=RITA)
    return await ended(house, one)


async def a_result_taken_back(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", CALL, {**TASK, "delay": "1 hour"})
    todo = await house.todo(one)
    await house.sequencer.resolve(todo.id, "no_answer", by=RITA)
    await house.place(one, "waiting", 2)
    await house.sequencer.take_back(todo.id, by=RITA)
    await house.sequencer.resolve((await house.todo(one)).id, "not_interested", by=RITA)
    return await ended(house, one)


async def replied_and_resumed(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", CALL)
    await house.todo(one)
    await house.sequencer.reply(one, by=RITA)
    await house.place(one, "paused")
    await asyncio.sleep(0.5)
    await house.sequencer.resume(one, by=RITA)
    await house.sequencer.resolve((await house.todo(one)).id, "interested", by=RITA)
    return await ended(house, one)


async def bypassed(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", {**EMAIL, "delay": "1 week"})
    await asyncio.sleep(0.5)
    await house.sequencer.bypass(one, by=RITA)
    return await ended(house, one)


async def let_go_at_any_hour(house: House) -> list[WorkflowHistory]:
    now = datetime.now(UTC)
    frame = Frame(time((now.hour + 6) % 24), time((now.hour + 7) % 24))
    await house.settle_on(Calendar("UTC", ((frame,),) * 7))
    one = await house.enroll("ann", EMAIL)
    await asyncio.sleep(0.5)
    await house.sequencer.bypass(one, by=RITA, any_hour=True)
    return await ended(house, one)


async def canceled_and_reactivated(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", CALL)
    await house.todo(one)
    await house.sequencer.cancel(one, by=RITA)
    first = await ended(house, one)
    await house.sequencer.reactivate(one, by=RITA)
    await house.sequencer.resolve((await house.todo(one)).id, "interested", by=RITA)
    return first + await ended(house, one)


async def removed(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", EMAIL, CALL)
    await house.todo(one)
    run = await house.run(one)
    await house.sequencer.remove(one, by=RITA)
    await run.result()
    return [await run.fetch_history()]


async def canceled_in_the_temporal_ui(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", CALL)
    await house.todo(one)
    await (await house.run(one)).cancel()
    return await ended(house, one)


async def signaled_from_outside(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", CALL)
    todo = await house.todo(one)
    run = await house.run(one)
    await run.signal("no_such_signal", {"enrollment_id": one})
    await run.signal("result", {"enrollment_id": one, "by": 2, "todo": todo.id, "result": "interested"})
    return await ended(house, one)


async def delivery_unknown_settled(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ann", EMAIL)
    await house.place(one, "paused")
    await asyncio.sleep(0.5)
    await house.sequencer.settle(one, Settlement.left, by=RITA)
    return await ended(house, one)


async def refused_by_the_mail_server(house: House) -> list[WorkflowHistory]:
    one = await house.enroll("ben", EMAIL)
    await house.place(one, "paused")
    await asyncio.sleep(0.5)
    await house.sequencer.cancel(one, by=RITA)
    return await ended(house, one)


async def tried_later_and_sent(house: House) -> list[WorkflowHistory]:
    return await ended(house, await house.enroll("pia", EMAIL))


async def held_and_released(house: House) -> list[WorkflowHistory]:
    """Its second history is the replan's."""
    sequence = await house.sequence(EMAIL)
    await house.sequencer.hold(sequence, by=RITA)
    (answer,) = await house.sequencer.enroll(sequence, ["ann"], by=RITA)
    assert isinstance(answer, Enrolled)
    one = answer.enrollment_id or ""
    await house.until(one, lambda e: e is not None and e.why is Why.held)
    await asyncio.sleep(0.5)
    await house.sequencer.release(sequence, by=RITA)
    replan = await replanned(house)
    return [*await ended(house, one), await replan.fetch_history()]


async def moved_by_a_new_timing(house: House) -> list[WorkflowHistory]:
    """Its second history is the replan's."""
    one = await house.enroll("ann", {**EMAIL, "delay": "1 week"})
    row = await house.place(one, "waiting")
    await asyncio.sleep(0.5)
    sooner = {"name": "Sooner", "steps": [{**EMAIL, "delay": "1 minute"}]}
    await house.sequencer.edit(str(row.sequence_id), sooner, by=RITA)
    replan = await replanned(house)
    await house.sequencer.bypass(one, by=RITA)
    return [*await ended(house, one), await replan.fetch_history()]


async def told_anew_by_new_instructions(house: House) -> list[WorkflowHistory]:
    """Its second history is the replan's."""
    one = await house.enroll("ann", {**CALL, "instructions": "Ask"})
    todo = await house.todo(one)
    await asyncio.sleep(0.5)
    kinder = {"name": "Kinder", "steps": [{**CALL, "instructions": "Thank"}]}
    await house.sequencer.edit(str(todo.sequence_id), kinder, by=RITA)
    replan = await replanned(house)
    await house.sequencer.resolve(todo.id, "interested", by=RITA)
    return [*await ended(house, one), await replan.fetch_history()]


async def replanned(house: House) -> WorkflowHandle[Any, Any]:
    """The house's one replan, once it is over."""
    async with house.database.reading() as tx:
        (replan,) = await replans.open_ones(tx, datetime.max.replace(tzinfo=UTC))
    run = house.client.get_workflow_handle(replan.workflow_id)
    await run.result()
    return run


async def added_in_the_background(house: House) -> list[WorkflowHistory]:
    sequence = await house.sequence({**CALL, "delay": "1 day"})
    add = await house.sequencer.add(sequence, ["ann", "nobody@example.com", "ben"], by=RITA)
    run = house.client.get_workflow_handle(bulk_add_workflow_id(add))
    await run.result()
    return [await run.fetch_history()]


async def gone_on_as_new_runs(house: House) -> list[WorkflowHistory]:
    """A history for each part, on an engine that wants a new one after each act."""
    one = await house.enroll("ann", EMAIL, CALL, LETTER)
    first = (await (await house.run(one)).describe()).raw_description.workflow_execution_info.first_run_id
    await house.sequencer.resolve((await house.todo(one, 2)).id, "no_answer", by=RITA)
    await house.sequencer.pause(one, by=RITA)
    await house.place(one, "paused")
    await house.sequencer.resume(one, by=RITA)
    await house.sequencer.send((await house.todo(one, 3)).id, by=RITA)
    await ended(house, one)
    return await _parts(house, one, first)


LIVES: dict[str, Life] = {
    life.__name__: life
    for life in (
        five_actions_to_the_end,
        ended_by_a_result,
        a_result_taken_back,
        replied_and_resumed,
        bypassed,
        let_go_at_any_hour,
        canceled_and_reactivated,
        removed,
        canceled_in_the_temporal_ui,
        signaled_from_outside,
        delivery_unknown_settled,
        refused_by_the_mail_server,
        tried_later_and_sent,
        held_and_released,
        moved_by_a_new_timing,
        told_anew_by_new_instructions,
        added_in_the_background,
        gone_on_as_new_runs,
    )
}

RULES: dict[str, str] = {
    "delivery_unknown_settled": "ann@example.com data drop once",
    "refused_by_the_mail_server": "ben@example.com rcpt 550",
    "tried_later_and_sent": "pia@example.com rcpt 451 once",
}
"""What the mail server does in lives that need one; its answers quote the address."""
AT_ONCE = ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=4"]
"""Of an engine that wants a new part of a run after each act."""


async def ended(house: House, enrollment_id: str) -> list[WorkflowHistory]:
    """The history of a run, once it has ended."""
    run = await house.run(enrollment_id)
    with suppress(WorkflowFailureError):
        await run.result()
    return [await run.fetch_history()]


async def _parts(house: House, enrollment_id: str, first: str) -> list[WorkflowHistory]:
    """The histories of a run and of all that it went on as."""
    workflow_id, part, parts = (await house.run(enrollment_id)).id, first, []
    while part:
        parts.append(await house.client.get_workflow_handle(workflow_id, run_id=part).fetch_history())
        last = parts[-1].events[-1]
        part = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return parts


@asynccontextmanager
async def a_house_for(name: str, client: Client, folder: Path) -> AsyncIterator[House]:
    """A house with the mail server that this life needs."""
    database = fresh_sqlite(folder / "life.db")
    if name not in RULES:
        async with House.open(database, client, folder / "outbox") as house:
            yield house
    else:
        async with MailServer(diary=folder / "diary", rules=[RULES[name]]) as server:
            mails = SmtpTransport(f"smtp://127.0.0.1:{server.port}", within=timedelta(seconds=PATIENCE))
            async with House.open(database, client, folder / "outbox", emails=mails) as house:
                yield house
    await database.close()


async def record() -> None:
    """Lives and writes what is missing."""
    for name, life in LIVES.items():
        if list(HISTORIES.glob(f"{name}-*.json")):
            continue
        async with await WorkflowEnvironment.start_local(
            data_converter=pydantic_data_converter,
            dev_server_existing_path=temporal_program(),
            dev_server_extra_args=AT_ONCE if life is gone_on_as_new_runs else [],
            search_attributes=search_attribute_keys(),
        ) as environment:
            with tempfile.TemporaryDirectory() as folder:
                async with a_house_for(name, environment.client, Path(folder)) as house:
                    for number, history in enumerate(await life(house), 1):
                        told = json.dumps(json.loads(history.to_json()), indent=1)
                        (HISTORIES / f"{name}-{number}.json").write_text(told + "\n")
                        print(f"recorded {name}-{number}")


if __name__ == "__main__":
    asyncio.run(record())
