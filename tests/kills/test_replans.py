"""A new timing while something is killed: everybody is moved once, and nobody left behind."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sequencing.happenings import What
from starter.steps import document_of
from store import replans, sequences
from store.tables import EnrollmentRow, NewsRow, ReplanRow, SequenceRow
from tests.house import RITA, House
from tests.kills import test_bulk_adds as bulk_adds
from tests.kills.anew import Missed, anew
from tests.kills.stage import Child, Stage

SOONER = 20
"""Days of the shorter delay; of a play that is played anew, a day less each time."""


async def test_a_kill_of_engine_and_database_in_a_large_add_and_in_a_new_timing_loses_nobody(tmp_path: Path) -> None:
    async with Stage.open(tmp_path / "stage", postgresql=True) as stage:
        assert stage.postgres is not None
        sequence = await bulk_adds.play(stage, contacts=150, kills=1, victim=stage.postgres)
        await play(stage, sequence, 150, [stage.engine, stage.postgres])


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["worker", "engine", "postgres"])
async def test_five_kills_in_a_new_timing_for_a_thousand_leave_nobody_behind(tmp_path: Path, name: str) -> None:
    async with Stage.open(tmp_path / "stage", postgresql=True) as stage:
        sequence = await bulk_adds.play(stage, contacts=1000, kills=0)
        await play(stage, sequence, 1000, [getattr(stage, name)] * 5)


async def play(stage: Stage, sequence: str, waiting: int, victims: list[Child]) -> None:
    """Gives those who wait a shorter delay, kills the victims on the way, and counts."""
    await anew(lambda number: _play(stage, sequence, waiting, victims, number))


async def _play(stage: Stage, sequence: str, waiting: int, victims: list[Child], before: int) -> None:
    house, sooner = stage.house, timedelta(days=SOONER - before)
    document = await _document(house, sequence)
    document["steps"][0]["delay"] = f"{sooner.days} days"
    edited = await house.sequencer.edit(sequence, document, by=RITA)
    assert len(edited.moved) == waiting
    in_time = True
    for number, victim in enumerate(victims, 1):
        moved = await _moved(house, at_least=waiting * number // (len(victims) + 2))
        await victim.kill()
        in_time &= moved < waiting
        await stage.start(victim)

    assert await _moved(house, at_least=waiting, over=True) == waiting
    await _taken_in(house, sequence)
    async with house.database.reading() as tx:
        told = sa.select(sa.func.count(), sa.func.count(sa.distinct(NewsRow.enrollment_id)))
        counted = (await tx.execute(told.where(NewsRow.what == What.look_again))).one()
        rows = list(await tx.scalars(sa.select(EnrollmentRow).where(EnrollmentRow.sequence_id == int(sequence))))
    assert tuple(counted) == (waiting * (before + 1), waiting)
    assert {row.due_at - row.previous_end for row in rows if row.due_at is not None} == {sooner}
    assert len({row.id for row in rows if row.due_at is not None}) == waiting
    if not in_time:
        raise Missed("it was over before it was killed")


async def _document(house: House, sequence: str) -> dict[str, Any]:
    async with house.database.reading() as tx:
        row = await tx.get_one(SequenceRow, int(sequence))
        return await document_of(tx, row, await sequences.steps(tx, row.id))


async def _moved(house: House, at_least: int, *, over: bool = False) -> int:
    """How many were moved by the newest change, as soon as they are that many (and, if wanted, it is over)."""
    async with asyncio.timeout(900):
        while True:
            async with house.database.reading() as tx:
                moved = await tx.scalar(sa.select(ReplanRow.moved).order_by(ReplanRow.id.desc()).limit(1)) or 0
                open_ones = await replans.open_ones(tx, datetime.max.replace(tzinfo=UTC))
            if moved >= at_least and not (over and open_ones):
                return moved
            await asyncio.sleep(0.05)


async def _taken_in(house: House, sequence: str) -> None:
    """Waits until every run has noted what it was told."""
    behind = sa.select(sa.func.count()).where(
        EnrollmentRow.sequence_id == int(sequence), EnrollmentRow.noted != EnrollmentRow.last_news
    )
    async with asyncio.timeout(120):
        while True:
            async with house.database.reading() as tx:
                if await tx.scalar(behind) == 0:
                    return
            await asyncio.sleep(0.2)
