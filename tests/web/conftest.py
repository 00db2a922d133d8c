"""A house that is open by HTTP: a real server on a free port, and people who knock at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

from store.database import Database
from tests.conftest import furnished_copy
from tests.house import House
from tests.web.knocking import Knocking, app_at, knocking_at, served


@pytest.fixture
async def knocking(house: House) -> AsyncIterator[Knocking]:
    """Rita with a token, and a worker behind the door."""
    async with served(app_at(house.door)) as address, knocking_at(house, address) as opened:
        yield opened


@pytest.fixture
async def resting(database: Database, client: Client, tmp_path: Path) -> AsyncIterator[Knocking]:
    """The same on both databases, and no worker runs."""
    async with at_rest(database, client, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def undisturbed(
    request: pytest.FixtureRequest, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Knocking]:
    """The same, one for all tests of a module: for requests that change nothing."""
    folder = tmp_path_factory.mktemp("undisturbed")
    database = await furnished_copy(request, folder)
    async with at_rest(database, client, folder) as opened:
        yield opened
    await database.close()


@asynccontextmanager
async def at_rest(database: Database, client: Client, folder: Path) -> AsyncIterator[Knocking]:
    """A house without a worker, and its door."""
    async with (
        House.open(database, client, folder / "outbox", working=False) as house,
        served(app_at(house.door)) as address,
        knocking_at(house, address) as opened,
    ):
        yield opened
