"""A backup, and a database restored from it."""

import asyncio

from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Reason
from tests.docs.desk import Desk
from tests.docs.page import section
from tests.docs.stories import lives
from tests.house import EMAIL, RITA, TASK

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
    assert (await desk.run(backup)).code == 0

    await sequencer.bypass(ahead.id, by=RITA)
    await house.place(ahead.id, "waiting", 2)
    await sequencer.cancel(ended.id, by=RITA)
    assert await stage.run_ended(ended.id) == "canceled"
    await desk.run(f"temporal workflow delete --workflow-id {unknown.workflow_id}")
    await desk.is_so(lambda: _is_unknown(desk, unknown))
    forgotten = await desk.enroll("voss", EMAIL, TASK)
    run = await house.run(forgotten.id)
    await house.todo(forgotten.id)
    assert await desk.stop(stage.worker) == 0
    await house.database.close()
    assert (await desk.run(page.code("rm -f"))).code == 0
    assert (await desk.run(page.code("sequencing setup"))).code == 0
    first = await desk.run(page.code("sequencing reconcile"))
    assert first.code == 0, first.text
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
    await asyncio.wait_for(run.result(), 30)
    for each in (unknown, asleep):
        await sequencer.bypass(each.id, by=RITA)
        await house.place(each.id, "waiting", 2)
    assert [len(stage.arrived(address)) for address in addresses] == [1, 0, 1, 1, 1]


async def _is_unknown(desk: Desk, one: Enrollment) -> bool:
    return await desk.stage.house.door.runs.look(one.workflow_id) is None
