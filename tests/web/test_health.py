"""/health says what this process reaches now."""

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path

import uvicorn
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from store.database import Database
from tests.conftest import temporal_program
from tests.patience import PATIENCE
from tests.ports import free_port
from web.health import Health, health_app

Said = tuple[int, dict[str, bool | str]]


async def test_health_is_well_while_temporal_and_the_database_answer(client: Client, sqlite: Database) -> None:
    assert await comes_to_say(
        Health(sqlite, client),
        (200, {"worker": True, "temporal": True, "database": True, "journal": "off", "mail_server": "open"}),
    )


async def test_health_says_that_temporal_has_gone_away(sqlite: Database) -> None:
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=temporal_program()) as gone:
        health = Health(sqlite, gone.client)
        assert await comes_to_say(
            health, (200, {"worker": True, "temporal": True, "database": True, "journal": "off", "mail_server": "open"})
        )

    assert await comes_to_say(
        health, (503, {"worker": True, "temporal": False, "database": True, "journal": "off", "mail_server": "open"})
    )


async def test_health_says_that_the_database_cannot_be_reached(client: Client, tmp_path: Path) -> None:
    nowhere = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")

    assert await told(Health(nowhere, client)) == (
        503,
        {"worker": True, "temporal": True, "database": False, "journal": "unknown", "mail_server": "unknown"},
    )


async def test_health_is_not_well_before_the_worker_polls_and_once_it_stops(client: Client, sqlite: Database) -> None:
    starting, stopping = Health(sqlite), Health(sqlite, client, stopping=True)

    assert await comes_to_say(
        starting, (503, {"worker": False, "temporal": False, "database": True, "journal": "off", "mail_server": "open"})
    )
    assert await comes_to_say(
        stopping, (503, {"worker": False, "temporal": True, "database": True, "journal": "off", "mail_server": "open"})
    )


async def comes_to_say(health: Health, expected: Said) -> bool:
    """Whether it says that, sooner or later: on a machine that stands still nobody answers within two seconds."""
    until = asyncio.get_running_loop().time() + PATIENCE
    while (said := await told(health)) != expected:
        assert asyncio.get_running_loop().time() < until, said
        await asyncio.sleep(0.1)
    return True


async def told(health: Health) -> Said:
    """The status and what it says, asked over HTTP."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(health_app(health), port=port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    answer = await asyncio.to_thread(asked, port)
    server.should_exit = True
    await serving
    return answer


def asked(port: int) -> Said:
    """GET /health."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
