"""Following all events: nothing is left out, in whatever order transactions end."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from ulid import ULID

from sequencing.enrollments import Status
from sequencing.happenings import What
from starter import reports
from starter.events import follow
from starter.sequences import create_sequence
from store.database import Database
from store.tables import EventRow
from tests.house import ADA, BOB, EMAIL, RITA
from tests.web.knocking import Knocking, bearer

WRITERS, EACH = 8, 60


async def test_eight_writers_at_once_and_no_event_is_lost_or_told_twice(resting: Knocking) -> None:
    database = resting.house.database
    writing = [asyncio.create_task(_write(database, writer)) for writer in range(WRITERS)]
    told: list[str] = []
    cursor = ""

    while not all(task.done() for task in writing):
        cursor = await _read(resting, cursor, told)
        await asyncio.sleep(0.005)
    await asyncio.gather(*writing)
    await _read(resting, cursor, told)

    assert sorted(told) == sorted(f"{writer}-{number}" for writer in range(WRITERS) for number in range(EACH))


async def test_who_waits_for_events_keeps_nobody_from_reading(resting: Knocking) -> None:
    _, said = await resting.ask("GET", "/events")
    path = f"/events?wait=2&after={said['next']}"
    waiting = [asyncio.create_task(resting.ask("GET", path)) for _ in range(5)]

    kept = [await kept_now(resting.house.database) async for _ in moments(1)]
    await asyncio.gather(*waiting)

    assert min(kept) == 0


@pytest.mark.parametrize("path", ["/api/metrics", "/metrics"])
async def test_who_waits_for_his_numbers_keeps_nobody_from_reading(resting: Knocking, path: str) -> None:
    browser = await resting.signed_in(ADA)
    async with reports.AT_ONCE, reports.AT_ONCE:
        asking = browser.client.get(path, headers=bearer(resting.tokens[RITA]))
        waiting = [asyncio.create_task(asking)]
        await asyncio.sleep(0.5)

        kept = await kept_now(resting.house.database)

    answers = await asyncio.gather(*waiting)
    assert (kept, [one.status_code for one in answers]) == (0, [200])


async def moments(seconds: float) -> AsyncIterator[None]:
    for _ in range(50):
        await asyncio.sleep(seconds / 50)
        yield


async def kept_now(database: Database) -> int:
    """How many connections are with somebody."""
    return database.engine.sync_engine.pool.checkedout()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_an_event_committed_late_is_told_although_its_id_is_smaller(resting: Knocking) -> None:
    database = resting.house.database
    told: list[str] = []
    async with database.writing() as slow:
        await slow.execute(_event("slow"))
        async with database.writing() as quick:
            await quick.execute(_event("quick"))
        cursor = await _read(resting, "", told)

    await _read(resting, cursor, told)

    assert sorted(told) == ["quick", "slow"]


async def test_the_line_of_a_removal_is_told_to_who_saw_the_enrollment(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", {**EMAIL, "delay": "300 days"})
    await knocking.ask("DELETE", f"/enrollments/{one}")
    while await knocking.house.row(one) is not None:
        await asyncio.sleep(0.05)

    _, said = await knocking.ask("GET", "/events")

    assert [(event["what"], event["enrollment_id"]) for event in said["items"]] == [("remove", one)]


async def test_events_of_what_is_not_shown_are_not_told(resting: Knocking) -> None:
    hidden = await create_sequence(resting.house.door, {"name": "Hidden", "steps": [EMAIL]}, ADA)
    await resting.house.sequencer.enroll(str(hidden), ["pia"], by=ADA)

    seen = {by: (await resting.ask("GET", "/events", by=by))[1]["items"] for by in (ADA, RITA, BOB)}

    assert (len(seen[ADA]), seen[RITA], seen[BOB]) == (1, [], [])


@pytest.mark.parametrize("cursor", ["x", "1", "-1-2", "1-2-3", "９-９", "9" * 40 + "-1"])
async def test_what_is_no_cursor_is_refused(resting: Knocking, cursor: str) -> None:
    status, said = await resting.ask("GET", "/events", params={"after": cursor})

    assert (status, said["code"]) == (422, "invalid_cursor")


async def _write(database: Database, writer: int) -> None:
    for number in range(EACH):
        async with database.writing() as tx:
            await tx.execute(_event(f"{writer}-{number}"))
            await asyncio.sleep(random.random() / 200)


async def _read(knocking: Knocking, cursor: str, told: list[str]) -> str:
    while True:
        found, after = await follow(knocking.house.door, ADA, cursor, 50, timedelta(0))
        told += [event.details["name"] for event in found]
        if after == cursor or not found:
            return after
        cursor = after


def _event(name: str) -> sa.Insert:
    return sa.insert(EventRow).values(
        enrollment_id=str(ULID()),
        at=datetime.now(UTC),
        what=What.enrolled,
        step=1,
        status=Status.active,
        details={"name": name},
    )
