"""A furnished place for the tests of permissions."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from store import schema
from store.database import Database
from tests.house import House
from tests.permitted import Furnished, furnish


@pytest.fixture(scope="session")
async def furnished(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Furnished]:
    """A database on which every act is lawful; no engine and no worker."""
    folder = tmp_path_factory.mktemp("permitted")
    database = Database(f"sqlite:///{folder / 'base.db'}")
    await schema.migrate(database)
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    async with House.open(database, nowhere, folder / "outbox", working=False) as house:
        house.door.runs.patience = 0.02
        names = await furnish(house)
        await database.close()
        yield Furnished(folder / "base.db", house, names)
