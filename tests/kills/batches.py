"""The worker killed while many messages are at the same point of being sent; each is counted where it arrives."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

from sequencing.enrollments import Enrollment
from sequencing.happenings import Settlement
from starter.enrollments import Enrolled
from store.tables import MessageState
from tests.house import EMAIL, RITA
from tests.kills.anew import anew, standing
from tests.kills.stage import PATIENCE, Stage

SIZE = 10
HAND_OVER_SECONDS = 6
"""Long enough for all of a batch to come to the point before the first gives up."""


class Point(StrEnum):
    """Of a send."""

    before_the_claim = "before_the_claim"
    before_data = "before_data"
    during_data = "during_data"
    after_the_250 = "after_the_250"
    before_recording = "before_recording"


@dataclass(frozen=True)
class Batch:
    """Enrollments by the recipient of their message."""

    name: str
    enrollments: dict[str, str]

    @property
    def pattern(self) -> str:
        """Of all its recipients, for the mail server's rules."""
        return f"{self.name}-*@example.com"


@dataclass(frozen=True)
class Counted:
    """What became of a batch before anybody settled anything.

    With journaling also the seconds for which one was unknown, at most, after the copy of it had come.
    """

    sent: int
    unknown: int
    unknown_and_arrived: int
    unknown_after_its_copy: float = 0


async def strike(stage: Stage, point: Point, name: str) -> Counted:
    """Brings a batch to the point, kills the worker, starts another, and counts: nothing lost, nothing twice."""
    return await anew(lambda number: _strike(stage, point, f"{name}x{number}"))


async def _strike(stage: Stage, point: Point, name: str) -> Counted:
    stage.rule()
    if not stage.worker.alive:
        await stage.start(stage.worker)
    with standing():
        async with REACH[point](stage, name) as batch:
            await stage.worker.kill()
            await _stood_there(stage, batch, point)
    stage.rule()
    await stage.start(stage.worker)
    rows = {to: await stage.rests(one) for to, one in batch.enrollments.items()}
    longest = 0.0 if stage.journal is None else await _settled_by_copies(stage, batch)
    if stage.journal is not None:
        rows = {to: await stage.rests(one) for to, one in batch.enrollments.items()}
    counted = replace(_count(stage, rows, point), unknown_after_its_copy=longest)
    await _settle(stage, batch, rows)
    arrived = [len(stage.arrived(to)) for to in batch.enrollments]
    assert arrived == [1] * SIZE, f"how often each arrived: {arrived}"
    return counted


def _count(stage: Stage, rows: dict[str, Enrollment], point: Point) -> Counted:
    """Sent once, or unknown and once at most; before the first byte nobody is asked."""
    arrived = {to: len(stage.arrived(to)) for to in rows}
    unknown = {to for to, row in rows.items() if stage.is_unknown(row)}
    assert all(row.status == "finished" for to, row in rows.items() if to not in unknown), rows
    assert all(arrived[to] == 1 for to in rows if to not in unknown), arrived
    assert all(arrived[to] <= 1 for to in unknown), arrived
    assert point not in (Point.before_the_claim, Point.before_data) or not unknown, unknown
    assert stage.journal is None or not any(arrived[to] for to in unknown), "its copy settles what arrived"
    assert stage.journal is not None or point is not Point.before_recording or len(unknown) == SIZE
    return Counted(len(rows) - len(unknown), len(unknown), sum(arrived[to] for to in unknown))


async def _settled_by_copies(stage: Stage, batch: Batch) -> float:
    """What arrived ends by itself, asking nobody; for how long one was still unknown after its copy had come."""
    arrived = {to: one for to, one in batch.enrollments.items() if stage.arrived(to)}
    copied = {to: (await stage.said("copied", to))["at_second"] for to in arrived}
    longest, left = 0.0, set(arrived)
    async with asyncio.timeout(PATIENCE):
        while left:
            for to in list(left):
                row = await stage.row(arrived[to])
                if stage.is_unknown(row):
                    longest = max(longest, time.time() - copied[to])
                elif row.status == "finished":
                    left.discard(to)
            await asyncio.sleep(0.05)
    return longest


async def _settle(stage: Stage, batch: Batch, rows: dict[str, Enrollment]) -> None:
    """As a person does who looks whether it arrived: each stands on a list."""
    for to, one in batch.enrollments.items():
        if stage.is_unknown(rows[to]):
            assert await stage.attention(one) == [RITA]
            settlement = Settlement.left if stage.arrived(to) else Settlement.send_again
            await stage.house.sequencer.settle(one, settlement, by=RITA)
    for one in batch.enrollments.values():
        await stage.finishes(one)
        assert await stage.run_ended(one) == "finished"


STATES: dict[Point, set[tuple[MessageState, ...]]] = {
    Point.before_the_claim: {()},
    Point.before_data: {(MessageState.claimed,)},
    Point.during_data: {(MessageState.handing_over,)},
    Point.after_the_250: {
        (MessageState.handing_over,),
        (MessageState.sent,),
        (MessageState.claimed,),
        (MessageState.unknown,),
        (),
    },
    Point.before_recording: {(MessageState.handing_over,)},
}


async def _stood_there(stage: Stage, batch: Batch, point: Point) -> None:
    """A dead worker moves nothing, so what is recorded is where it died."""
    states = Counter([tuple(await stage.claims(one)) for one in batch.enrollments.values()])
    assert set(states) <= STATES[point], states


# --- reaching the points -----------------------------------------------------------------------------------------


async def _enroll(stage: Stage, name: str) -> Batch:
    names = [f"{name}-{n}" for n in range(SIZE)]
    await stage.contact(*names)
    answers = await stage.house.sequencer.enroll(await stage.house.sequence(EMAIL), names, by=RITA)
    ids = [one.enrollment_id or "" for one in answers if isinstance(one, Enrolled)]
    return Batch(name, {f"{one}@example.com": enrollment for one, enrollment in zip(names, ids, strict=True)})


async def _are(stage: Stage, batch: Batch, event: str, many: int = SIZE) -> None:
    """Waits until the mail server has seen that of so many."""
    try:
        async with asyncio.timeout(PATIENCE):
            while len({entry.get("recipient") for entry in stage.told(event)} & set(batch.enrollments)) < many:
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not {many} came to {event}") from None


def _stalled_at(place: str) -> Callable[[Stage, str], AbstractAsyncContextManager[Batch]]:
    @asynccontextmanager
    async def reach(stage: Stage, name: str) -> AsyncIterator[Batch]:
        stage.rule(f"{name}-*@example.com {place} stall 60")
        batch = await _enroll(stage, name)
        await _are(stage, batch, "stalled")
        yield batch

    return reach


@asynccontextmanager
async def _after_the_250(stage: Stage, name: str) -> AsyncIterator[Batch]:
    """Half of them have been answered; some of those are recorded already, some are not. The others are wherever a
    busy machine has let them come to.
    """
    stage.rule(f"{name}-*@example.com answer stall 0.5")
    batch = await _enroll(stage, name)
    await _are(stage, batch, "answered", SIZE // 2)
    yield batch


@asynccontextmanager
async def _before_recording(stage: Stage, name: str) -> AsyncIterator[Batch]:
    stage.rule(f"{name}-*@example.com answer hold")
    batch = await _enroll(stage, name)
    await _are(stage, batch, "stalled")
    async with stage.lock(*batch.enrollments.values()):
        stage.rule()
        await _are(stage, batch, "answered")
        await asyncio.sleep(0.1)  # the answers are read, and the records wait for the lock
        yield batch


REACH: dict[Point, Callable[[Stage, str], AbstractAsyncContextManager[Batch]]] = {
    Point.before_the_claim: _stalled_at("rcpt"),
    Point.before_data: _stalled_at("354"),
    Point.during_data: _stalled_at("data"),
    Point.after_the_250: _after_the_250,
    Point.before_recording: _before_recording,
}
