"""Nothing lost, nothing twice, whatever is killed with kill -9, counted where the mail arrives."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.kills.points import Outcome, Point, Victim, hand_over, play
from tests.kills.stage import PATIENCE, Stage

AT_ONCE = 3
"""Stages on which plays go on at the same time: most of a play is waiting for the engine's time-outs."""
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


Played = dict[Case, "asyncio.Future[Outcome]"]


@pytest.fixture(scope="module")
async def plays(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """The wanted cases of the sample: several at a time, one after the other on the same stage."""
    wanted = _wanted(request.session.items)
    played: Played = {case: asyncio.get_running_loop().create_future() for case in wanted}
    companies = [asyncio.create_task(_company(wanted, tmp_path_factory, played)) for _ in range(AT_ONCE)]
    yield played
    wanted.clear()
    await asyncio.wait(companies, timeout=PATIENCE)
    for company in companies:
        company.cancel()
    for ended in await asyncio.gather(*companies, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _company(waiting: list[Case], folders: pytest.TempPathFactory, played: Played) -> None:
    """Plays what waits, on one stage as long as it is of the right kind and no play has failed on it."""
    while waiting:
        case = waiting.pop(0)
        try:
            async with _stage(folders.mktemp("stage"), case) as stage:
                played[case].set_result(await play(stage, *case, _name(case)))
                while waiting and _kind(waiting[0]) == _kind(case):
                    case = waiting.pop(0)
                    played[case].set_result(await play(stage, *case, _name(case)))
        except Exception as error:
            if played[case].done():
                raise
            played[case].set_exception(error)


def _wanted(items: Iterable[pytest.Item]) -> list[Case]:
    wanted = {item.callspec.params.get("sample") for item in items if hasattr(item, "callspec")}
    return [case for case in SAMPLE if case in wanted]


def _kind(case: Case) -> tuple[bool, int]:
    """Whether its stage has a database server, and how many seconds a message has on it."""
    victim, _ = case
    return victim is Victim.database, hand_over(victim)


def _stage(folder: Path, case: Case) -> AbstractAsyncContextManager[Stage]:
    postgresql, seconds = _kind(case)
    return Stage.open(folder, postgresql=postgresql, hand_over=seconds)


@pytest.mark.parametrize("sample", SAMPLE, ids=_name)
async def test_a_kill_loses_nothing_and_sends_nothing_twice(plays: Played, sample: Case) -> None:
    print(await plays[sample])


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("case", EVERY, ids=_name)
async def test_twenty_kills_lose_nothing_and_send_nothing_twice(case: Case, tmp_path: Path) -> None:
    async with _stage(tmp_path / "stage", case) as stage:
        for number in range(ROUNDS):
            print(_name(case), number, await play(stage, *case, f"kim{number}"))
