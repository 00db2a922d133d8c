"""A house that is open by HTTP: a real server on a free port, and people who knock at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from temporalio.client import Client

from starter import keys
from store.database import Database
from tests.conftest import free_port
from tests.house import ADA, BOB, RITA, House
from tests.web.knocking import PASSWORD, Knocking
from web.app import web_app


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address at which a real server serves the app."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def knocking(house: House) -> AsyncIterator[Knocking]:
    """Rita with a token, and a worker behind the door."""
    async with served(web_app(house.door)) as address, _knocking(house, address) as opened:
        yield opened


@pytest.fixture
async def resting(database: Database, client: Client, tmp_path: Path) -> AsyncIterator[Knocking]:
    """The same on both databases, and no worker runs."""
    async with (
        House.open(database, client, tmp_path / "outbox", working=False) as house,
        served(web_app(house.door)) as address,
        _knocking(house, address) as opened,
    ):
        yield opened


@asynccontextmanager
async def _knocking(house: House, address: str) -> AsyncIterator[Knocking]:
    for email in (ADA, RITA, BOB):
        await keys.set_password(house.door, email, PASSWORD, by=email)
    tokens = {email: (await keys.add_token(house.door, "tests", email)).token for email in (ADA, RITA, BOB)}
    async with Knocking.at(house, address, tokens) as opened:
        yield opened
