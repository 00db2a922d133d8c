"""A house that is open by HTTP: a real server on a free port, and people who knock at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from temporalio.client import Client

from starter import keys
from store import keys as key_rows
from store import users
from store.database import Database
from tests.acceptance.conftest import furnished
from tests.conftest import furnished_copy
from tests.house import ADA, BOB, RITA, House
from tests.web.knocking import PASSWORD, Knocking, app_at, served

__all__ = ["furnished"]
"""A fixture of the tests of permissions, for tests here too."""


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


@asynccontextmanager
async def knocking_at(house: House, address: str) -> AsyncIterator[Knocking]:
    """Ada, Rita and Bob, each with a password and a token."""
    async with house.database.writing() as tx:
        for email in (ADA, RITA, BOB):
            await key_rows.set_password(tx, (await users.by_email(tx, email)).id, _hashed())
    tokens = {email: (await keys.add_token(house.door, "tests", email)).token for email in (ADA, RITA, BOB)}
    async with Knocking.at(house, address, tokens) as opened:
        yield opened


@cache
def _hashed() -> str:
    """Quick to compare, by parameters that stand in the hash; ours make it take long on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
