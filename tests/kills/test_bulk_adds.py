"""A large add while the worker is killed: everybody enrolled once, nobody lost, counted in rows and in runs."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from sequencing.adds import AddStatus
from starter.contacts import import_contacts
from store.tables import EnrollmentRow
from tests.house import CALL, RITA, House
from tests.kills.anew import Missed, anew
from tests.kills.stage import Child, Stage

LATER = {**CALL, "delay": "30 days"}


async def test_one_kill_in_a_large_add_loses_nobody_and_enrolls_nobody_twice(tmp_path: Path) -> None:
    async with Stage.open(tmp_path / "stage") as stage:
        await play(stage, contacts=300, kills=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("postgresql", [False, True], ids=["sqlite", "postgresql"])
async def test_two_kills_in_an_add_of_ten_thousand_lose_nobody(tmp_path: Path, postgresql: bool) -> None:
    async with Stage.open(tmp_path / "stage", postgresql=postgresql) as stage:
        await play(stage, contacts=10_000, kills=2)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["engine", "postgres"])
async def test_five_kills_of_the_engine_or_the_database_in_an_add_of_a_thousand_lose_nobody(
    tmp_path: Path, name: str
) -> None:
    async with Stage.open(tmp_path / "stage", postgresql=True) as stage:
        await play(stage, contacts=1000, kills=5, victim=getattr(stage, name))


async def play(stage: Stage, contacts: int, kills: int, victim: Child | None = None) -> str:
    """Adds them, kills the victim (else the worker) that many times on the way, and counts; the sequence's number."""
    return await anew(lambda number: _play(stage, f"k{number}x", contacts, kills, victim or stage.worker))


async def _play(stage: Stage, name: str, contacts: int, kills: int, victim: Child) -> str:
    names = [f"{name}{number}" for number in range(contacts)]
    await import_contacts(stage.house.door, "external_id,first_name\n" + "".join(f"{n},Kay\n" for n in names), RITA)
    sequence = await stage.house.sequence(LATER)
    add = await stage.house.sequencer.add(sequence, names, by=RITA)
    for number in range(1, kills + 1):
        await _until(stage.house, add, at_least=contacts * number // (kills + 2))
        standing = await stage.house.sequencer.show_add(add, by=RITA)
        await victim.kill()
        await stage.start(victim)
        if standing.status is not AddStatus.running:
            raise Missed("it was over before it was killed")
    await _until(stage.house, add, at_least=contacts)
    standing = await stage.house.sequencer.show_add(add, by=RITA)
    assert (standing.status, standing.enrolled, standing.refused) == (AddStatus.done, contacts, {})
    assert await _rows(stage.house, sequence) == (contacts, contacts)
    await _runs(stage.house, sequence, contacts)
    return sequence


async def _until(house: House, add: str, at_least: int) -> None:
    """Until that many have their answer; all of them: until it says that it is done."""
    async with asyncio.timeout(3000):
        while True:
            standing = await house.sequencer.show_add(add, by=RITA)
            if standing.status is AddStatus.done or at_least <= standing.answered < standing.total:
                return
            await asyncio.sleep(0.05)


async def _rows(house: House, sequence: str) -> tuple[int, int]:
    """How many enrollments there are, and of how many contacts."""
    counted = sa.select(sa.func.count(), sa.func.count(sa.distinct(EnrollmentRow.contact_id)))
    async with house.database.reading() as tx:
        found = (await tx.execute(counted.where(EnrollmentRow.sequence_id == int(sequence)))).one()
    return found[0], found[1]


async def _runs(house: House, sequence: str, expected: int) -> None:
    """Waits until Temporal lists a run, open, for each; its list is a little behind."""
    query = f"WorkflowType = 'EnrollmentWorkflow' AND ExecutionStatus = 'Running' AND SequenceId = {sequence}"
    async with asyncio.timeout(60):
        while (await house.client.count_workflows(query)).count != expected:
            await asyncio.sleep(0.2)
