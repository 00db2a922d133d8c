"""Nothing lost, nothing twice, whatever is killed with kill -9, counted where the mail arrives."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.kills.points import Outcome, Point, Victim, play
from tests.kills.stage import Stage

AT_ONCE = 3
"""Stages that play at the same time: most of a play is waiting for the engine's time-outs."""
ROUNDS = 20
Case = tuple[Victim, Point]
SAMPLE: tuple[Case, ...] = (
    *((Victim.worker, point) for point in reversed(Point)),  # the longest first
    (Victim.engine, Point.during_data),
    (Victim.engine, Point.wait),
    (Victim.database, Point.after_the_claim),
)
EVERY: tuple[Case, ...] = tuple((victim, point) for victim in Victim for point in Point)


def _name(case: Case) -> str:
    victim, point = case
    return f"{victim}-{point}"


@pytest.fixture(scope="module")
async def plays(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[Case, "asyncio.Task[Outcome]"]]:
    """The wanted cases of the sample, several at a time, each on a stage of its own."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> Outcome:
        async with turns, _stage(tmp_path_factory.mktemp(_name(case)), case[0]) as stage:
            return await play(stage, *case, "kim")

    tasks = {case: asyncio.create_task(one(case)) for case in _wanted(request.session.items)}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


def _wanted(items: Iterable[pytest.Item]) -> list[Case]:
    wanted = {item.callspec.params.get("sample") for item in items if hasattr(item, "callspec")}
    return [case for case in SAMPLE if case in wanted]


def _stage(folder: Path, victim: Victim) -> AbstractAsyncContextManager[Stage]:
    return Stage.open(folder, postgresql=victim is Victim.database)


@pytest.mark.parametrize("sample", SAMPLE, ids=_name)
async def test_a_kill_loses_nothing_and_sends_nothing_twice(
    plays: dict[Case, "asyncio.Task[Outcome]"], sample: Case
) -> None:
    print(await plays[sample])


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("case", EVERY, ids=_name)
async def test_twenty_kills_lose_nothing_and_send_nothing_twice(case: Case, tmp_path: Path) -> None:
    async with _stage(tmp_path / "stage", case[0]) as stage:
        for number in range(ROUNDS):
            print(_name(case), number, await play(stage, *case, f"kim{number}"))
