"""Rows and runs that came apart, and how they find together again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.standing import take_in
from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Happening, Reason, What
from sequencing.runs import Ref
from starter.client import Runs
from starter.enrollments import Enrolled
from starter.reconcile import Repair, repair
from starter.sequencer import Sequencer
from starter.sweep import Sweep
from store import leases, news
from store.database import Database
from store.lives import COLUMNS, Life
from store.tables import EnrollmentRow, MessageRow
from tests.house import CALL, EMAIL, RITA, TASK, House
from tests.mail_server import MailServer, read_diary
from tests.patience import PATIENCE
from transports.smtp import SmtpTransport


async def test_a_terminated_run_is_canceled_and_only_a_person_reactivates_it(house: House) -> None:
    one = await house.enroll("ann", CALL)
    await house.todo(one)
    await (await house.run(one)).terminate()

    found = await repair(house.door, one)
    row = await house.row(one)
    await house.sequencer.reactivate(one, by=RITA)
    again = await house.todo(one)

    assert found is Repair.canceled
    assert row is not None
    assert (row.status, row.reason) == (Status.canceled, Reason.ended_in_temporal)
    assert again.step == 1


async def test_a_run_reset_in_temporal_finds_its_work_done_and_sends_nothing_twice(house: House) -> None:
    one = await house.enroll("ann", EMAIL, TASK)
    await house.todo(one)
    run = await house.run(one)
    described = await run.describe()

    await house.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=house.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=run.id, run_id=described.run_id),
            reason="a test",
            workflow_task_finish_event_id=4,
            request_id="reset-once",
        )
    )
    todo = await house.todo(one)
    await house.sequencer.resolve(todo.id, "positive", by=RITA)
    row = await house.place(one, "finished")

    assert row.outcome == "positive"
    assert house.sent() == [("ann@example.com", "Hi Ann")]


async def test_a_run_that_remembers_more_than_a_restored_row_is_held_and_sends_nothing_again(house: House) -> None:
    one = await house.enroll("ann", {**EMAIL, "delay": "1 day"}, {**EMAIL, "delay": "1 day"})
    ahead = Ref(one, run=1, step=2, noted=0)

    async with house.database.writing() as tx:
        life = await take_in(tx, ahead, house.door.now())
        assert isinstance(life, Life)
        await life.save()
    row = await house.row(one)

    assert row is not None
    assert (row.status, row.reason, row.step) == (Status.paused, Reason.delivery_unknown, 2)


async def test_a_message_that_was_in_doubt_before_an_older_database_came_back_is_not_sent_again_unasked(
    sqlite: Database, client: Client, tmp_path: Path
) -> None:
    async with MailServer(diary=tmp_path / "mail.jsonl", rules=["ann@* answer drop"]) as mail:
        smtp = SmtpTransport(f"smtp://127.0.0.1:{mail.port}", within=timedelta(seconds=PATIENCE))
        async with House.open(sqlite, client, tmp_path / "outbox", smtp) as house:
            one = await house.enroll("ann", {**EMAIL, "delay": "1 second"}, CALL)
            backup = await house.row(one)
            assert (await house.place(one, "paused")).reason is Reason.delivery_unknown
            await _restore(house, backup)

            assert await repair(house.door, one) is Repair.sound
            row = await house.until(one, lambda row: row is not None and row.place is not StepState.waiting)

        assert (row.status, row.reason, row.step) == (Status.paused, Reason.delivery_unknown, 1)
        assert len(read_diary(tmp_path / "mail.jsonl", "DATA-complete")) == 1


async def test_an_answer_that_comes_when_temporal_has_given_its_attempt_up_is_told_to_the_run(
    sqlite: Database, client: Client, tmp_path: Path
) -> None:
    async with MailServer(diary=tmp_path / "mail.jsonl", rules=["ann@* answer hold"]) as mail:
        smtp = SmtpTransport(f"smtp://127.0.0.1:{mail.port}", within=timedelta(seconds=PATIENCE))
        async with House.open(sqlite, client, tmp_path / "outbox", smtp, act_within=2) as house:
            one = await house.enroll("ann", EMAIL, CALL)
            assert (await house.place(one, "paused")).reason is Reason.delivery_unknown
            mail.rules.clear()

            await house.todo(one, 2)

        assert len(read_diary(tmp_path / "mail.jsonl", "DATA-complete")) == 1


async def _restore(house: House, backup: Enrollment | None) -> None:
    """The enrollment is as it was then, and nothing is known of what has left since."""
    assert backup is not None
    async with house.database.writing() as tx:
        await tx.execute(sa.delete(MessageRow).where(MessageRow.enrollment_id == backup.id))
        values = {name: getattr(backup, name) for name in COLUMNS}
        await tx.execute(sa.update(EnrollmentRow).where(EnrollmentRow.id == backup.id).values(**values))


async def test_the_sweep_tells_a_run_of_news_that_no_door_could_tell(house: House) -> None:
    one = await house.enroll("ann", CALL)
    await house.todo(one)
    long_ago = house.door.now() - timedelta(minutes=1)
    async with house.database.writing() as tx:
        life = await Life.lock(tx, one, long_ago)
        assert life is not None
        await news.append(tx, life.enrollment, Happening(What.pause, by=2), long_ago)

    counted = await _swept(house)
    row = await house.place(one, "paused")

    assert counted == {"untold": 1}
    assert row.reason is Reason.by_user


async def test_the_sweep_starts_what_a_door_could_not_start(house: House) -> None:
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    cut_off = Runs(nowhere, "nobody", act_within=10, patience=0.05)
    door = replace(house.door, runs=cut_off, now=lambda: datetime.now(UTC) - timedelta(minutes=1))
    (answer,) = await Sequencer(door).enroll(await house.sequence(EMAIL), ["ann"], by=RITA)
    assert isinstance(answer, Enrolled)
    one = answer.enrollment_id or ""

    counted = await _swept(house)
    await house.place(one, "finished")

    assert counted == {"unstarted": 1}
    assert house.sent() == [("ann@example.com", "Hi Ann")]


async def test_a_second_sweep_finds_the_lease_taken(house: House) -> None:
    await _swept(house)

    async with house.database.writing() as tx:
        taken = await leases.take(tx, "sweep", "another", house.door.now(), timedelta(seconds=30))

    assert not taken


async def _swept(house: House) -> dict[str, int]:
    counted: dict[str, int] = {}

    def count(kind: str, number: int) -> None:
        counted[kind] = counted.get(kind, 0) + number

    await Sweep(house.door, "this", timedelta(seconds=1), count).once()
    return counted
