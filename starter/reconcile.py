"""Repairing what a crash, a restored database or a hand in the Temporal UI left apart: rows and runs, one by one.

row open, Temporal knows no run        → start it from the row
row open, run ended                    → canceled (`ended_in_temporal`), reactivated only by a person
row open, run open                     → `look_again`: behind catches up, ahead is held as `delivery_unknown`
row closed or gone, run open           → `look_again`: the run finds that and ends
large add open, unknown or ended       → started, or canceled: the same two rules
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

from temporalio.client import WorkflowExecutionDescription

from sequencing.decisions import decide
from sequencing.enrollments import Enrollment
from sequencing.happenings import Happening, What
from starter.adds import start_add
from starter.door import Door, Reached
from starter.enrollments import start
from store import adds, enrollments, sequences
from store.lives import Life
from workflows.bulk_adds import bulk_add_workflow_id


class Repair(StrEnum):
    """What was found and done."""

    sound = "sound"
    started = "started"
    canceled = "canceled"
    ended = "ended"
    unreachable = "unreachable"


@dataclass(frozen=True, slots=True)
class Found:
    """One enrollment, or large add, that was looked at."""

    enrollment_id: str
    repair: Repair


async def reconcile(door: Door) -> AsyncIterator[Found]:
    """Looks at every open row, then at every open run. Raises RPCError when Temporal is out of reach."""
    after = ""
    while True:
        async with door.database.reading() as tx:
            ids = await enrollments.open_ids(tx, after)
        for enrollment_id in ids:
            yield Found(enrollment_id, await repair(door, enrollment_id))
        if not ids:
            break
        after = ids[-1]
    async for found in _orphans(door):
        yield found
    async for found in _large_adds(door):
        yield found


async def repair(door: Door, enrollment_id: str) -> Repair:
    """Makes row and run agree. Raises RPCError when Temporal is out of reach."""
    async with door.database.reading() as tx:
        enrollment = await enrollments.get(tx, enrollment_id)
        course = None if enrollment is None else await sequences.course(tx, enrollment.sequence_id)
    if enrollment is None or course is None or not enrollment.is_open:
        return Repair.sound
    run = await door.runs.look(enrollment.workflow_id)
    if run is None or await _is_an_older_one(run, enrollment):
        return Repair.started if await start(door, enrollment, decide(enrollment, course)) else Repair.unreachable
    if run.close_time is not None:
        return await _ended_in_temporal(door, enrollment)
    told = await door.runs.tell(enrollment.workflow_id, What.look_again.value, _knock(enrollment))
    return Repair.sound if told is Reached.yes else Repair.unreachable


async def _is_an_older_one(run: WorkflowExecutionDescription, enrollment: Enrollment) -> bool:
    return run.close_time is not None and await run.memo_value("run", default=0) < enrollment.run


async def _ended_in_temporal(door: Door, seen: Enrollment) -> Repair:
    """Its run was terminated, failed, timed out, or ended in a future that a restored database has forgotten."""
    async with door.database.writing() as tx:
        life = await Life.lock(tx, seen.id, door.now())
        if life is None or life.enrollment.run != seen.run or not life.enrollment.is_open:
            return Repair.sound
        await life.note_news()
        if life.enrollment.is_open:
            life.happen(Happening(What.ended_in_temporal))
        await life.save()
    return Repair.canceled


async def _orphans(door: Door) -> AsyncIterator[Found]:
    """Runs that are open although their row is closed or gone."""
    query = "WorkflowType = 'EnrollmentWorkflow' AND ExecutionStatus = 'Running'"
    async for run in door.runs.client.list_workflows(query):
        enrollment_id = run.id.rpartition("enrollment-")[2]
        async with door.database.reading() as tx:
            enrollment = await enrollments.get(tx, enrollment_id)
        if enrollment is None or not enrollment.is_open:
            await door.runs.tell(run.id, What.look_again.value, {"enrollment_id": enrollment_id, "number": 2**31})
            yield Found(enrollment_id, Repair.ended)


async def _large_adds(door: Door) -> AsyncIterator[Found]:
    """One whose run is unknown is started; one whose run was ended in Temporal is canceled."""
    async with door.database.reading() as tx:
        running = await adds.running(tx)
    for add_id in running:
        run = await door.runs.look(bulk_add_workflow_id(add_id))
        if run is None:
            yield Found(add_id, Repair.started if await start_add(door, add_id) else Repair.unreachable)
        elif run.close_time is not None:
            async with door.database.writing() as tx:
                await adds.cancel(tx, add_id, None, door.now())
            yield Found(add_id, Repair.canceled)


def _knock(enrollment: Enrollment) -> dict[str, str | int]:
    """A number above all others: the run takes note, finds nothing by that number, and is none the worse."""
    return {"enrollment_id": enrollment.id, "number": max(enrollment.last_news + 1, 2**31)}
