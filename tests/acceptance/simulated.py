"""The whole product as processes, with the simulated world around it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import sqlalchemy as sa

from simulator.log import Log
from simulator.recruiters import Recruiter
from store import settings
from store.database import Database
from tests.kills.stage import DIES_WITH_US, ROOT
from tests.ports import free_port

RITA = "rita@example.org"
PATIENCE = 600.0


@dataclass(frozen=True)
class Place:
    """Everything running on free ports, in a folder of its own."""

    folder: Path
    environment: dict[str, str]
    database: Database
    address: str

    def run(self, *words: str) -> str:
        """What a command prints."""
        command = [sys.executable, "-m", "starter", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    async def rows(self, *columns: Any, of: Any = True) -> list[Any]:
        """What stands in the database."""
        async with self.database.reading() as tx:
            return list((await tx.execute(sa.select(*columns).where(of))).all())

    @property
    def log(self) -> Path:
        """What the world has done."""
        return self.folder / "var" / "simulator.jsonl"

    def is_quiet(self, seconds: float) -> bool:
        """Whether nobody outside has done anything for so long."""
        return self.log.exists() and time.time() - self.log.stat().st_mtime > seconds


@asynccontextmanager
async def running(folder: Path, speed: float = 600) -> AsyncIterator[Place]:
    """The place, until the end of the block."""
    ports = {name: free_port() for name in ("temporal", "ui", "metrics", "health", "web", "journal", "smtp", "phones")}
    given = {name: value for name, value in os.environ.items() if not name.startswith("SEQUENCING_")}
    place = Place(
        folder,
        given
        | {
            "TEMPORAL_ADDRESS": f"localhost:{ports['temporal']}",
            "SEQUENCING_VAR": str(folder / "var"),
            "SEQUENCING_USER": RITA,
            "SEQUENCING_RETRY_SECONDS": "1",
            "SEQUENCING_HAND_OVER_SECONDS": "15",  # a task that an overloaded engine loses is given out again sooner
        },
        Database(f"sqlite:///{folder / 'var' / 'sequencing.db'}"),
        f"http://127.0.0.1:{ports['web']}",
    )
    options = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
    command = [*DIES_WITH_US, sys.executable, "-m", "starter", "up", "--simulate", "--speed", str(speed), *options]
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=place.environment, stdout=log, stderr=log)
    try:
        await _until_it_says(process, folder / "up.log", "Ctrl-C stops everything")
        yield place
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.to_thread(process.wait, PATIENCE)
        await place.database.close()


@asynccontextmanager
async def recruiters(place: Place, *emails: str) -> AsyncIterator[list[Recruiter]]:
    """Those users at work, each with a token; they write into the world's log."""
    async with AsyncExitStack() as stack:
        log, who, at_work = Log(place.log), dict[str, str](), []
        stack.callback(log.close)
        for email in emails:
            (made,) = json.loads(place.run("tokens", "add", "work", "--as", email, "--json"))
            bearer = {"Authorization": f"Bearer {made['token']}"}
            client = httpx2.AsyncClient(base_url=place.address, headers=bearer, timeout=PATIENCE)
            at_work.append(Recruiter(email, await stack.enter_async_context(client), log, who))
        yield at_work


async def clock(place: Place) -> timedelta:
    """How far the clock of the settings is ahead."""
    async with place.database.reading() as tx:
        zone = (await settings.current(tx)).calendar.zone
    return datetime.now(ZoneInfo(zone)).utcoffset() or timedelta()


async def _until_it_says(process: "subprocess.Popen[bytes]", log: Path, words: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while words not in log.read_text():
            assert process.poll() is None, log.read_text()
            await asyncio.sleep(0.1)
