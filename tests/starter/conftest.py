"""A furnished place for commands, copied for each test."""

import shutil
from pathlib import Path

import pytest
from temporalio.client import Client

from store.database import Database
from tests.commands import Forks, Place, furnish
from tests.house import House


@pytest.fixture(scope="session")
async def furnished(
    client: Client, sqlite_to_copy: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> Place:
    """The place that all others are copies of."""
    folder = tmp_path_factory.mktemp("furnished")
    database = Database(f"sqlite:///{shutil.copy(sqlite_to_copy['furnished'], folder / 'sequencing.db')}")
    async with House.open(database, client, folder / "outbox") as house:
        names = await furnish(house)
    await database.close()
    return Place(folder, names, forks, {"TEMPORAL_ADDRESS": client.service_client.config.target_host})


@pytest.fixture
def place(furnished: Place, tmp_path: Path) -> Place:
    """A furnished place that is this test's own. Its engine answers, and no worker runs."""
    return furnished.copy(tmp_path / "place")
