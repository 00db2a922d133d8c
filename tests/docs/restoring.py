"""A backup, and a database restored from it."""

import asyncio

from temporalio.client import WorkflowExecutionStatus

from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Reason
from tests.docs.desk import Desk
from tests.docs.page import section
from tests.docs.stories import lives
from tests.house import EMAIL, RITA, TASK
from tests.patience import PATIENCE

LATER = {"delay": "1 hour"}


@lives("A backup, and a database restored from it")
async def what_a_restored_database_has_forgotten_is_held_and_not_sent_again(desk: Desk) -> None:
    page, stage, house = section("A backup, and a database restored from it"), desk.stage, desk.stage.house
    sequencer = house.sequencer
    (backup,) = page.blocks
    names = ("vera", "viki", "vito", "vlad", "voss")
    addresses = [await stage.contact(name) for name in names]
    ahead, ended, unknown, asleep = [await desk.enroll(name, {**EMAIL, **LATER}, TASK | LATER) for name in names[:4]]
    for each in (ahead, ended, unknown, asleep):
        await desk.asleep(each)
    await desk.done(backup)

    await sequencer.bypass(ahead.id, by=RITA)
    await house.place(ahead.id, "waiting", 2)
    await sequencer.cancel(ended.id, by=RITA)
    assert await stage.run_ended(ended.id) == "canceled"
    await desk.done(f"echo y | temporal workflow delete --workflow-id {unknown.workflow_id}")
    await desk.is_so(lambda: _is_unknown(desk, unknown))
    forgotten = await desk.enroll("voss", EMAIL, TASK)
    run = await house.run(forgotten.id)
    await house.todo(forgotten.id)
    assert await desk.stop(stage.worker) == 0
    await house.database.close()
    await desk.done(page.code("rm -f"))
    await desk.done(page.code("sequencing setup"))
    first = await desk.done(page.code("sequencing reconcile"))
    assert "canceled" in first.line(ended.id)
    assert "started" in first.line(unknown.id)
    assert "ended" in first.line(forgotten.id)
    await stage.worker.start()
    await desk.until(page.code("sequencing reconcile"), page.says("Rows and runs agree"))

    held = await house.place(ahead.id, "paused")
    assert (held.reason, held.step) == (Reason.delivery_unknown, 2)
    gone = await house.row(ended.id)
    assert gone is not None
    assert (gone.status, gone.reason) == (Status.canceled, Reason.ended_in_temporal)
    assert await house.row(forgotten.id) is None
    await asyncio.wait_for(run.result(), PATIENCE)
    for each in (unknown, asleep):
        await sequencer.bypass(each.id, by=RITA)
        await house.place(each.id, "waiting", 2)
    assert [len(stage.arrived(address)) for address in addresses] == [1, 0, 1, 1, 1]

    await stage.engine.kill()
    for kept in desk.folder.glob(f"{page.code('var/temporal.db')}*"):
        kept.unlink()
    await stage.engine.start()
    await desk.until(page.code("sequencing reconcile"), f"{asleep.id} *started")
    assert (await (await house.run(asleep.id)).describe()).status is WorkflowExecutionStatus.RUNNING
    assert [len(stage.arrived(address)) for address in addresses] == [1, 0, 1, 1, 1], "nothing is sent again"


async def _is_unknown(desk: Desk, one: Enrollment) -> bool:
    return await desk.stage.house.door.runs.look(one.workflow_id) is None
