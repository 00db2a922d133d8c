"""The points at which a process is killed: each is reached, proven, left again, and its outcome counted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from temporalio.api.enums.v1 import EventType

from sequencing.happenings import Settlement
from sequencing.todos import TodoStatus
from store.tables import MessageState, TodoRow
from tests.house import CALL, EMAIL, RITA
from tests.kills.anew import anew, standing
from tests.kills.stage import PATIENCE, Stage

STALL, HOLD = "stall 300 once", "hold"
"""For a victim that ends the conversation by dying; for one without which it goes on once the rules are lifted."""


class Victim(StrEnum):
    worker = "worker"
    engine = "engine"
    mail = "mail"
    database = "database"


class Point(StrEnum):
    wait = "wait"
    before_the_claim = "before_the_claim"
    after_the_claim = "after_the_claim"
    during_data = "during_data"
    after_the_250 = "after_the_250"
    open_todo = "open_todo"
    unnoted_news = "unnoted_news"


UNKNOWABLE = {
    (Victim.worker, Point.during_data): True,
    (Victim.worker, Point.after_the_250): True,
    (Victim.mail, Point.during_data): True,
    (Victim.database, Point.during_data): None,
    (Victim.database, Point.after_the_250): None,
}
"""Where `delivery_unknown` is the right answer: always (True), or if the record came too late (None). Else never."""


@dataclass
class Scene:
    """One enrollment at one point. `proof` fails unless it stands there; `resume` is what a person does later."""

    enrollment: str
    recipient: str
    proof: Callable[[], Awaitable[None]]
    resume: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Outcome:
    """What was seen, for the report."""

    unknown: bool
    arrived_before_settling: int
    seconds: float


def hand_over(victim: Victim) -> int:
    """The seconds that a stage for it gives a message. A dead worker's activity is tried again after thrice as long;
    where the worker lives, nobody waits for that, and the machine may stand still.
    """
    return 2 if victim is Victim.worker else 20


async def play(stage: Stage, victim: Victim, point: Point, name: str) -> Outcome:
    """Kills the victim at the point, starts it again, and counts: nothing lost, nothing twice."""
    return await anew(lambda number: _play(stage, victim, point, f"{name}-{number}"))


async def _play(stage: Stage, victim: Victim, point: Point, name: str) -> Outcome:
    began = asyncio.get_running_loop().time()
    await _all_live(stage)
    child = {
        Victim.worker: stage.worker,
        Victim.engine: stage.engine,
        Victim.mail: stage.mail,
        Victim.database: stage.postgres,
    }[victim]
    assert child is not None, "that stage has no database server"
    act = STALL if victim in (Victim.worker, Victim.mail) else HOLD
    with standing():
        async with REACH[point](stage, name, act) as scene:
            await scene.proof()
            if (victim, point) != (Victim.engine, Point.unnoted_news):  # there the engine has been killed already
                await child.kill()
            if victim is Victim.worker:
                await scene.proof()  # a dead worker moves nothing, so this is where it died
    await _all_live(stage)
    if scene.resume is not None:
        await scene.resume()
    return await _outcome(stage, victim, point, scene, began)


async def _all_live(stage: Stage) -> None:
    """Nothing stalls, and what was killed is started again."""
    stage.rule()
    for each in (stage.postgres, stage.engine, stage.mail, stage.worker):
        if each is not None and not each.alive:
            await stage.start(each)


async def _outcome(stage: Stage, victim: Victim, point: Point, scene: Scene, began: float) -> Outcome:
    row = await stage.rests(scene.enrollment)
    before = len(stage.arrived(scene.recipient))
    unknown = stage.is_unknown(row)
    expected = UNKNOWABLE.get((victim, point), False)
    assert expected is None or unknown is expected, (row, stage.told(recipient=scene.recipient))
    if unknown:
        lists = await stage.attention(scene.enrollment)
        assert lists == [RITA], lists
        assert before in (0, 1), stage.told(recipient=scene.recipient)
        if victim is Victim.worker:
            assert before == (1 if point is Point.after_the_250 else 0)
        settlement = Settlement.left if before else Settlement.send_again
        await stage.house.sequencer.settle(scene.enrollment, settlement, by=RITA)
        row = await stage.finishes(scene.enrollment)
    assert (row.status, row.reason) == ("finished", "steps_done"), row
    assert await stage.run_ended(scene.enrollment) == "finished"
    assert await stage.attention(scene.enrollment) == []
    arrived = stage.arrived(scene.recipient)
    assert len(arrived) == 1, (arrived, stage.told(recipient=scene.recipient))
    states = await stage.claims(scene.enrollment)
    settled = [MessageState.unknown] if unknown and not before else []
    assert states == [*settled, MessageState.sent], f"one message arrived, and the records say {states}"
    return Outcome(unknown, before, asyncio.get_running_loop().time() - began)


# --- reaching the points -----------------------------------------------------------------------------------------


@asynccontextmanager
async def _wait(stage: Stage, name: str, act: str) -> AsyncIterator[Scene]:
    recipient = await stage.contact(name)
    enrollment = await stage.house.enroll(name, {**EMAIL, "delay": "4 seconds"})
    await _timer_runs(stage, enrollment)

    async def proof() -> None:
        row = await stage.row(enrollment)
        assert row.place == "waiting", row
        assert row.due_at is not None, row
        assert row.due_at > datetime.now(UTC), row
        assert await stage.claims(enrollment) == []

    yield Scene(enrollment, recipient, proof)


@asynccontextmanager
async def _stalled_at(stage: Stage, name: str, act: str, place: str) -> AsyncIterator[tuple[str, str]]:
    recipient = await stage.contact(name)
    stage.rule(f"{recipient} {place} {act}")
    enrollment = await stage.house.enroll(name, EMAIL)
    assert (await stage.said("stalled", recipient))["at"] == place
    yield enrollment, recipient


@asynccontextmanager
async def _before_the_claim(stage: Stage, name: str, act: str) -> AsyncIterator[Scene]:
    async with _stalled_at(stage, name, act, "rcpt") as (enrollment, recipient):

        async def proof() -> None:
            assert (await stage.row(enrollment)).place == "waiting"
            assert await stage.claims(enrollment) == []
            assert _events(stage, recipient) == ["RCPT", "stalled"]

        yield Scene(enrollment, recipient, proof)


@asynccontextmanager
async def _after_the_claim(stage: Stage, name: str, act: str) -> AsyncIterator[Scene]:
    async with _stalled_at(stage, name, act, "354") as (enrollment, recipient):

        async def proof() -> None:
            assert await stage.claims(enrollment) == [MessageState.claimed]
            assert _events(stage, recipient) == ["RCPT", "DATA", "stalled"]

        yield Scene(enrollment, recipient, proof)


@asynccontextmanager
async def _during_data(stage: Stage, name: str, act: str) -> AsyncIterator[Scene]:
    async with _stalled_at(stage, name, act, "data") as (enrollment, recipient):

        async def proof() -> None:
            assert await stage.claims(enrollment) == [MessageState.handing_over]
            assert _events(stage, recipient) == ["RCPT", "DATA", "DATA-begun", "stalled"]

        yield Scene(enrollment, recipient, proof)


@asynccontextmanager
async def _after_the_250(stage: Stage, name: str, act: str) -> AsyncIterator[Scene]:
    async with _stalled_at(stage, name, HOLD, "answer") as (enrollment, recipient), stage.lock(enrollment):
        assert stage.told("answered", recipient) == [], "the lock came after the answer"
        stage.rule()
        assert (await _answered(stage, recipient))["code"] == 250
        await asyncio.sleep(0.1)  # the answer is read, and the record waits for the lock

        async def proof() -> None:
            assert await stage.claims(enrollment) == [MessageState.handing_over]
            assert len(stage.arrived(recipient)) == 1

        yield Scene(enrollment, recipient, proof)


@asynccontextmanager
async def _open_todo(stage: Stage, name: str, act: str) -> AsyncIterator[Scene]:
    recipient = await stage.contact(name)
    enrollment = await stage.house.enroll(name, CALL, EMAIL)
    todo = await stage.house.todo(enrollment, 1)

    async def proof() -> None:
        async with stage.house.database.reading() as tx:
            of = sa.select(TodoRow.id, TodoRow.status).where(TodoRow.enrollment_id == enrollment)
            assert [tuple(row) for row in await tx.execute(of)] == [(todo.id, TodoStatus.open)]

    async def resume() -> None:
        await proof()
        await stage.house.sequencer.resolve(todo.id, "no_answer", by=RITA)

    yield Scene(enrollment, recipient, proof, resume)


@asynccontextmanager
async def _unnoted_news(stage: Stage, name: str, act: str) -> AsyncIterator[Scene]:
    recipient = await stage.contact(name)
    enrollment = await stage.house.enroll(name, {**EMAIL, "delay": "1 hour"})
    await _timer_runs(stage, enrollment)
    await stage.engine.kill()
    receipt = await stage.house.sequencer.bypass(enrollment, by=RITA)
    assert not receipt.engine_heard

    async def proof() -> None:
        row = await stage.row(enrollment)
        assert (row.noted, row.last_news) == (0, 1), row
        assert await stage.claims(enrollment) == []

    yield Scene(enrollment, recipient, proof)


Reach = Callable[[Stage, str, str], AbstractAsyncContextManager[Scene]]
REACH: dict[Point, Reach] = {
    Point.wait: _wait,
    Point.before_the_claim: _before_the_claim,
    Point.after_the_claim: _after_the_claim,
    Point.during_data: _during_data,
    Point.after_the_250: _after_the_250,
    Point.open_todo: _open_todo,
    Point.unnoted_news: _unnoted_news,
}


async def _timer_runs(stage: Stage, enrollment: str) -> None:
    """The engine has the timer of the wait, so everything before it is over."""
    run = await stage.house.run(enrollment)
    async with asyncio.timeout(PATIENCE):
        while True:
            history = await run.fetch_history()
            if any(event.event_type == EventType.EVENT_TYPE_TIMER_STARTED for event in history.events):
                return
            await asyncio.sleep(0.05)


async def _answered(stage: Stage, recipient: str) -> Any:
    """The answer to the message. Where whoever sent it no longer waits for one, none comes."""
    try:
        return await stage.said("answered", recipient, within=30)
    except TimeoutError:
        raise AssertionError("nobody waited for the answer") from None


def _events(stage: Stage, recipient: str) -> list[str]:
    return [entry["event"] for entry in stage.told(recipient=recipient)]
