"""Large adds on the real engine: everybody answered, what died in between taken up, canceled half way."""

import asyncio
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from sequencing.adds import AddStatus
from starter.adds import AddStanding, cancel_add, lines
from starter.reconcile import Repair, reconcile
from starter.sweep import Sweep
from store import adds
from store.add_tables import BulkAddRow
from store.enrolling import Add, Wanted
from store.tables import EnrollmentRow
from tests.house import CALL, RITA, House
from tests.patience import PATIENCE
from workflows.bulk_adds import bulk_add_workflow_id

LATER = {**CALL, "delay": "1 day"}
MINUTE_AGO = timedelta(minutes=1)


async def ended(house: House, add: str, within: float = PATIENCE) -> AddStanding:
    """Where it stands once it has ended."""
    async with asyncio.timeout(within):
        while (standing := await house.sequencer.show_add(add, by=RITA)).status is AddStatus.running:
            await asyncio.sleep(0.05)
    return standing


async def written(house: House, names: list[str]) -> str:
    """An add that a door wrote a minute ago, and died before it started the run."""
    sequence, add = int(await house.sequence(LATER)), house.door.new_id()
    async with house.database.writing() as tx:
        wanted = [Wanted(name) for name in names]
        await adds.create(tx, add, Add(sequence, 2), wanted, datetime.now(UTC) - MINUTE_AGO)
    return add


def run_of(house: House, add: str) -> WorkflowHandle[object, object]:
    return house.client.get_workflow_handle(bulk_add_workflow_id(add))


async def runs_of(house: House, add: str) -> list[WorkflowExecutionStatus | None]:
    """The state of the run of each enrollment."""
    sequence = sa.select(BulkAddRow.sequence_id).where(BulkAddRow.id == add).scalar_subquery()
    async with house.database.reading() as tx:
        ids = list(await tx.scalars(sa.select(EnrollmentRow.id).where(EnrollmentRow.sequence_id == sequence)))
    return [(await (await house.run(one)).describe()).status for one in ids]


async def test_everybody_gets_an_answer_and_whoever_is_enrolled_a_run(house: House) -> None:
    add = await house.sequencer.add(await house.sequence(LATER), ["ann", "nobody", "dot", "ann"], by=RITA)

    standing = await ended(house, add)

    assert (standing.enrolled, standing.refused) == (2, {"unknown_contact": 1, "already_in_sequence": 1})
    told = [(line.named, line.code) for line in await lines(house.door, add, RITA, refused_only=False)]
    assert told == [
        ("ann", "enrolled"),
        ("nobody", "unknown_contact"),
        ("dot", "enrolled"),
        ("ann", "already_in_sequence"),
    ]
    assert await runs_of(house, add) == [WorkflowExecutionStatus.RUNNING] * 2


async def test_the_sweep_starts_an_add_whose_door_died(house: House) -> None:
    add = await written(house, ["ann", "ben"])
    found: list[str] = []
    sweep = Sweep(house.door, "me", timedelta(seconds=1), lambda kind, _: found.append(kind))

    await sweep.once()

    assert (await ended(house, add)).enrolled == 2
    assert found == ["unstarted_add"]


async def test_those_whom_a_dead_attempt_enrolled_and_did_not_start_are_started(house: House) -> None:
    add = await written(house, ["ann", "ben"])
    async with house.database.writing() as tx:
        await adds.add_some(tx, add, 0, 1, datetime.now(UTC), house.door.new_id)

    await house.door.runs.start_add(add)

    assert (await ended(house, add)).enrolled == 2
    await run_of(house, add).result()
    assert await runs_of(house, add) == [WorkflowExecutionStatus.RUNNING] * 2


async def test_reconcile_starts_an_add_that_temporal_does_not_know(house: House) -> None:
    add = await written(house, ["ann"])

    repairs = {found.enrollment_id: found.repair async for found in reconcile(house.door)}

    assert repairs[add] is Repair.started
    assert (await ended(house, add)).enrolled == 1


async def test_cancel_pressed_in_temporal_leaves_the_rest_un_added(house: House) -> None:
    add = await written(house, [f"nobody{number}" for number in range(5000)])
    await house.door.runs.start_add(add)

    await run_of(house, add).cancel()

    standing = await ended(house, add)
    assert standing.status is AddStatus.canceled
    assert standing.answered == standing.total
    assert standing.refused["canceled"] > 0
    async with asyncio.timeout(PATIENCE):
        while (await run_of(house, add).describe()).status is not WorkflowExecutionStatus.CANCELED:
            await asyncio.sleep(0.05)


async def test_canceling_at_the_door_ends_the_run_too(house: House) -> None:
    add = await written(house, [f"nobody{number}" for number in range(5000)])
    await house.door.runs.start_add(add)

    assert await cancel_add(house.door, add, RITA)

    await asyncio.wait_for(run_of(house, add).result(), PATIENCE)
    assert not await cancel_add(house.door, add, RITA)
