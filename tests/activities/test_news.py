"""What take_note makes of what was recorded and of signals from outside: in order, and each once. No engine."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from temporalio.testing import ActivityEnvironment

from activities.news import NewsActivities
from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Happening, What
from sequencing.runs import Answer, Outside, Ref
from store import enrollments, news
from store.lives import Life
from tests.activities.test_emails import LATER
from tests.house import House

Told = tuple[What, str | None]


async def record(house: House, enrollment_id: str, *whats: What) -> None:
    """Each in a transaction of its own, as doors do."""
    for what in whats:
        async with house.database.writing() as tx:
            life = await Life.lock(tx, enrollment_id, house.door.now())
            assert life is not None
            await news.append(tx, life.enrollment, Happening(what, by=2), life.now)


async def take_note(house: House, ref: Ref, *outside: Outside) -> Answer:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    return await environment.run(NewsActivities(house.world).take_note, ref, list(outside))


async def began(house: House) -> tuple[str, Ref]:
    one = await house.enroll("ann", LATER)
    return one, Ref(one, 1, 1, 0)


async def stands(house: House, enrollment_id: str) -> Enrollment:
    row = await house.row(enrollment_id)
    assert row is not None
    return row


async def told(house: House, enrollment_id: str) -> list[Told]:
    """What its timeline says since it was enrolled: what, and why it changed nothing."""
    async with house.database.reading() as tx:
        return [(event.what, event.code) for event in await enrollments.timeline(tx, enrollment_id)][1:]


def signal(enrollment_id: str, name: str, key: str) -> Outside:
    return Outside(f"signal-{name}-{key}", name, {"enrollment_id": enrollment_id, "by": 2, "signal_id": key})


@pytest.mark.parametrize(
    ("recorded", "status"),
    [
        ((What.pause, What.resume), Status.active),
        ((What.pause, What.resume, What.pause), Status.paused),
        ((What.resume, What.pause), Status.paused),
    ],
)
async def test_news_is_taken_in_in_the_order_in_which_it_was_recorded(
    alone: House, recorded: tuple[What, ...], status: Status
) -> None:
    one, ref = await began(alone)
    await record(alone, one, *recorded)
    async with alone.database.writing() as tx:
        await news.signaled(tx, one, 1)  # whose run was told last stands last in PostgreSQL's table

    answer = await take_note(alone, ref)

    row, timeline = await stands(alone, one), await told(alone, one)
    assert [what for what, _ in timeline] == list(recorded)
    assert [code is None for _, code in timeline] == [
        what is not What.resume or n > 0 for n, what in enumerate(recorded)
    ]
    assert (row.status, row.noted, answer.noted) == (status, len(recorded), len(recorded))


async def test_news_that_was_taken_in_is_not_taken_in_again(alone: House) -> None:
    one, ref = await began(alone)
    await record(alone, one, What.pause)
    await take_note(alone, ref)
    await record(alone, one, What.resume)

    await take_note(alone, replace(ref, noted=1))

    assert await told(alone, one) == [(What.pause, None), (What.resume, None)]


async def test_a_signal_that_comes_twice_is_obeyed_once(alone: House) -> None:
    one, ref = await began(alone)
    pause, resume = signal(one, "pause", "x-1"), signal(one, "resume", "x-1")

    await take_note(alone, ref, pause, resume, pause)
    answer = await take_note(alone, ref, pause, resume)  # the attempt before died when this was written, and unheard

    row = await stands(alone, one)
    assert await told(alone, one) == [(What.pause, None), (What.resume, None)]
    assert (row.status, row.last_news, row.noted, answer.noted) == (Status.active, 2, 2, 2)


async def test_a_signal_that_was_refused_stays_refused_when_it_comes_again(alone: House) -> None:
    one, ref = await began(alone)
    resume = signal(one, "resume", "x-1")

    await take_note(alone, ref, resume)
    await take_note(alone, replace(ref, noted=1), signal(one, "pause", "x-2"), resume)

    row = await stands(alone, one)
    assert await told(alone, one) == [(What.resume, "already_active"), (What.pause, None)]
    assert (row.status, row.last_news) == (Status.paused, 2)
