"""A furnished place for the tests of permissions, and an agency at work for what was asked for."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from store.database import Database
from tests.acceptance.agency import Agency
from tests.commands import Forks
from tests.house import House
from tests.permitted import Furnished, furnish


@pytest.fixture(scope="session")
async def furnished(
    sqlite_to_copy: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Furnished]:
    """A database on which every act is lawful; no engine and no worker."""
    folder = tmp_path_factory.mktemp("permitted")
    database = Database(f"sqlite:///{shutil.copy(sqlite_to_copy['furnished'], folder / 'base.db')}")
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    async with House.open(database, nowhere, folder / "outbox", working=False) as house:
        house.door.runs.patience = 0.02
        names = await furnish(house)
        await database.close()
        yield Furnished(folder / "base.db", house, names)


@pytest.fixture(scope="session")
async def agency(
    client: Client, forks: Forks, sqlite_to_copy: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Agency]:
    """One for all statements: each test makes its own contacts and sequences."""
    file = tmp_path_factory.mktemp("agency") / "sequencing.db"
    shutil.copy(sqlite_to_copy["furnished"], file)
    async with Agency.open(file, client, forks) as opened:
        yield opened
