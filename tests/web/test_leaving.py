"""Numbers that take long: nothing goes on for who has left, and the page says what can be asked instead."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from starter import reports
from store.database import Database
from tests.patience import PATIENCE
from tests.web.knocking import Knocking

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
TURNS = 2
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%chosen%'"


@pytest.mark.parametrize("path", ["/metrics", "/metrics/csv", "/api/metrics", "/api/sequences/1/metrics"])
async def test_whoever_leaves_ends_what_is_counted_for_him(resting: Knocking, path: str) -> None:
    await resting.house.sequence({"action": "call", "title": "Call"})
    async with _kept(resting.house.database) as counting:
        asking = asyncio.create_task(_ask(resting, path))
        async with asyncio.timeout(PATIENCE):
            while await counting() == 0:
                assert not asking.done()
                await asyncio.sleep(0.05)
            asking.cancel()
            while await counting() == 1 or reports.AT_ONCE._value < TURNS:
                await asyncio.sleep(0.05)

    assert asking.cancelled()


async def test_what_takes_too_long_is_said_at_the_form_and_to_services(
    resting: Knocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "WITHIN", timedelta(seconds=0.3))
    browser = await resting.signed_in()
    async with _kept(resting.house.database):
        page = await browser.get("/metrics?since=2026-03-02")
        code, problem = await resting.ask("GET", "/metrics")

    assert (page.status_code, code, problem["code"]) == (422, 422, "takes_too_long")
    assert "longer than 0.3 seconds" in page.text
    assert 'name="since" value="2026-03-02"' in page.text


async def _ask(resting: Knocking, path: str) -> None:
    if path.startswith("/api"):
        await resting.ask("GET", path.removeprefix("/api"))
    else:
        await (await resting.signed_in()).get(path)


@asynccontextmanager
async def _kept(database: Database) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """Whoever counts has to wait; how many do."""

    async def counting() -> int:
        async with database.reading() as tx:
            return int(await tx.scalar(sa.text(WAITING)) or 0)

    async with database.writing() as tx:
        await tx.execute(sa.text("LOCK TABLE link_uses IN ACCESS EXCLUSIVE MODE"))
        yield counting
