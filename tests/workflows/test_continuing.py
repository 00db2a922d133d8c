"""Continue-as-new at every turn: the engine suggests it from the first events on. Nothing that was heard is lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from sequencing.decisions import Decision, Do
from sequencing.enrollments import Status
from sequencing.runs import Answer, Ended, Outside, Ref, Start
from store.database import Database
from tests.conftest import temporal_program
from tests.house import CALL, EMAIL, LETTER, RITA, House, search_attribute_keys
from tests.lives import AT_ONCE
from workflows.enrollments import EnrollmentWorkflow


@pytest.fixture(scope="module")
async def impatient() -> AsyncIterator[Client]:
    """An engine that wants a new part of the run after each activity."""
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=temporal_program(),
        dev_server_extra_args=AT_ONCE,
        search_attributes=search_attribute_keys(),
    ) as environment:
        yield environment.client


@dataclass
class Script:
    """Activities by the book: while the to-do is opened something comes, and `take_note` is what ends the run."""

    client: Client
    comes: str
    noted: list[Ref] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)

    @activity.defn
    async def open_todo(self, ref: Ref) -> Answer:
        """Answers that the run has to wait for news, of which it heard before that answer."""
        run = self.client.get_workflow_handle(activity.info().workflow_id or "")
        if self.comes == "cancel":
            await run.cancel()
        else:
            await run.signal("pause", {"number": 1} if self.comes == "news" else {})
        await asyncio.sleep(0.3)
        return Answer(Decision(Do.wait_for_news, 1), 0)

    @activity.defn
    async def take_note(self, ref: Ref, outside: list[Outside]) -> Answer:
        """Ends it."""
        self.noted.append(ref)
        self.outside += outside
        return Answer(Decision(Do.end, 1, status=Status.canceled), 1)


async def _lived(client: Client, script: Script) -> Ended:
    queue, first = f"queue-{uuid4()}", Decision(Do.open_todo, 1, at=datetime.now(UTC))
    async with Worker(
        client,
        task_queue=queue,
        workflows=[EnrollmentWorkflow],
        activities=[script.open_todo, script.take_note],
    ):
        start = Start("01ARZ3NDEKTSV4RRFFQ69G5FAV", 1, first)
        run = await client.start_workflow(EnrollmentWorkflow.run, start, id=f"run-{uuid4()}", task_queue=queue)
        async with asyncio.timeout(20):
            ended: Ended = await run.result()
        assert (await run.describe()).run_id != run.first_execution_run_id, "it went on as a new one"
        return ended


@pytest.mark.parametrize("comes", ["news", "signal"])
async def test_what_was_heard_during_the_last_activity_is_taken_note_of_in_the_next_part(
    impatient: Client, comes: str
) -> None:
    script = Script(impatient, comes)

    ended = await _lived(impatient, script)

    assert ended.status is Status.canceled
    assert len(script.noted) == 1
    assert [one.name for one in script.outside] == ([] if comes == "news" else ["pause"])


async def test_cancel_pressed_during_the_last_activity_shows_as_canceled(impatient: Client) -> None:
    script = Script(impatient, "cancel")

    with pytest.raises(WorkflowFailureError) as failure:
        await _lived(impatient, script)

    assert isinstance(failure.value.cause, CancelledError)
    assert [one.by_engine for one in script.outside] == [True]


async def test_a_life_of_many_parts_is_the_same_life(sqlite: Database, impatient: Client, tmp_path: Path) -> None:
    async with House.open(sqlite, impatient, tmp_path / "outbox") as house:
        one = await house.enroll("ann", EMAIL, CALL, LETTER, {**EMAIL, "delay": "2 days"})
        await house.sequencer.resolve((await house.todo(one, 2)).id, "no_answer", by=RITA)
        await house.sequencer.pause(one, by=RITA)
        await house.place(one, "paused")
        await house.sequencer.resume(one, by=RITA)
        await house.sequencer.send((await house.todo(one, 3)).id, by=RITA)
        await house.place(one, "waiting", 4)
        await house.sequencer.bypass(one, by=RITA)
        row = await house.place(one, "finished")
        last = await (await house.run(one)).describe()
        parts = [part async for part in impatient.list_workflows(f"WorkflowId = '{row.workflow_id}'")]

    assert house.sent() == [
        ("ann@example.com", "Hi Ann"),
        ("ann@example.com", "A letter"),
        ("ann@example.com", "Hi Ann"),
    ]
    assert len(parts) > 3
    assert await last.memo_value("run") == 1
