"""Every list and act of a large house at 50 requests a second: `python -m benchmarks.lists [--sqlite] [--only WORD]`.

The house has a million contacts, 200,000 enrollments and 100,000 open to-dos in PostgreSQL (50,000 contacts in SQLite).
The web application serves it with as many processes as there are cores (`--processes`); whoever asks sends his requests
when they are due, however late the answers come (an open loop), and counts from that instant. Beside them, in the same
way: `SELECT 1` by the same driver, and a static file. Every GET route that the application has registered is asked, or
named as left out. Acts meet a Temporal server of this run, and no worker. A house that was filled before is used again
with `--database URL`.
"""

import argparse
import asyncio
import os
import re
import socket
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import sqlalchemy as sa
from temporalio.client import Client

from benchmarks.enrollments import _database, _engine
from starter.keys import digest
from store import keys, schema
from store.database import Database
from tests.browser.routes import _routes
from tests.house import House
from tests.ports import free_port
from tests.store import crowd
from web import guard
from web.app import web_app

A_SECOND = 50
AIM = 50.0, 200.0
"""Milliseconds: the median, and 99 of 100."""
SLOW = 0.5
"""Seconds; so long an answer may take alone, and still be asked for many times a second."""
READER = crowd.FIRST_USER + 1
"""He manages, and has as many to-dos as anybody."""
FIRST = f"{1:026d}"
EXAMPLES = {
    "/adds/{id}": crowd.LARGE_ADD,
    "/bulk-adds/{id}": crowd.LARGE_ADD,
    "/calendar/tasks/{id}": FIRST,
    "/companies/{id}": "101",
    "/contacts/{contact}": "102",
    "/contacts/{id}": "102",
    "/enrollments/{id}": FIRST,
    "/opportunities/{id}": "101",
    "/opportunities/{opportunity}": "101",
    "/sequences/{id}": "101",
    "/todos/{id}": FIRST,
    "/users/{id}": str(READER),
}
LEFT_OUT = {
    "/": "it leads to another page",
    "/api/openapi.json": "no list",
    "/c/{token}": "a recipient asks for it, by a signed link",
    "/contacts/export": "a file of everybody",
    "/o/{token}": "the same as /c",
    "/outbox": "only in local mode",
    "/outbox/{id}": "only in local mode",
    "/sequences/{id}/letter": "a part of the preview",
    "/u/{token}": "the same as /c",
}
NARROWED = (
    "/contacts?q=last1",
    "/contacts?q=last77+first77",
    "/search?q=first77+company",
    "/search?in=101",
    "/search?in=101&status=paused",
    "/search?status=finished&outcome=positive",
    "/search?data=none",
    "/todos?kind=call",
    "/api/enrollments?sequence=101&limit=100",
    "/api/enrollments?status=paused&limit=100",
    "/api/todos?kind=call&limit=100",
)
"""Lists that are asked for something as well."""
NUMBERS = ("/metrics", "/api/metrics", "/api/sequences/101/metrics")
"""Asked by fifty in the same moment too; who gets no turn is refused (503), and the house must bear it."""

Ask = Callable[[int], Awaitable[int]]
"""The status of the answer to a request of that number."""


@dataclass(frozen=True, slots=True)
class Said:
    """A request, how long it took in each try, in seconds, and the statuses of the answers that were refusals."""

    name: str
    took: list[float]
    failed: list[int]


@dataclass(frozen=True, slots=True)
class Bench:
    """The house, and a client that has signed in and shows a token."""

    database: Database
    client: httpx2.AsyncClient
    token: str
    seconds: float

    async def asked(self, name: str, ask: Ask) -> Said:
        """Asks so many a second, each when it is due."""
        began, loop = time.perf_counter() + 0.05, asyncio.get_running_loop()
        tries = range(int(self.seconds * A_SECOND))
        tasks = [loop.create_task(_timed(began + number / A_SECOND, ask, number)) for number in tries]
        answers = await asyncio.gather(*tasks)
        return Said(name, [took for took, _ in answers], _refusals(answers))

    async def asked_at_once(self, path: str) -> Said:
        """As many ask as else in a second."""
        began, ask = time.perf_counter(), self.get(path)
        answers = await asyncio.gather(*(_timed(began, ask, number) for number in range(A_SECOND)))
        return Said(f"{path} ({A_SECOND} at once)", [took for took, _ in answers], _refusals(answers))

    def get(self, path: str) -> Ask:
        """Asks for a page, or for a list of the API."""

        async def ask(number: int) -> int:
            return (await self.client.get(path, headers=self._headers(path))).status_code

        return ask

    def act(self, method: str, paths: list[str], body: dict[str, Any]) -> Ask:
        """Acts on one after the other; `{}` in the body is its place."""

        async def ask(number: int) -> int:
            said = {name: _placed(value, paths[number]) for name, value in body.items()}
            path = paths[number].partition(" ")[0]
            return (await self.client.request(method, path, json=said, headers=self._headers(path))).status_code

        return ask

    async def select_one(self, number: int) -> int:
        """The least that a database can be asked."""
        async with self.database.reading() as tx:
            return 200 * int(await tx.scalar(sa.text("SELECT 1")))

    def _headers(self, path: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if path.startswith("/api/") else {}


async def _timed(due: float, ask: Ask, number: int) -> tuple[float, int]:
    """Seconds, and the status; 599 is no answer."""
    await asyncio.sleep(max(0, due - time.perf_counter()))
    try:
        status = await ask(number)
    except httpx2.HTTPError:
        status = 599
    return time.perf_counter() - due, status


def _placed(value: Any, path: str) -> Any:
    """A word behind the path, which is not sent with it, stands where `{}` stands."""
    if isinstance(value, list):
        return [_placed(one, path) for one in value]
    return value.replace("{}", path.partition(" ")[2]) if isinstance(value, str) else value


async def main(*, sqlite: bool, database_url: str, seconds: float, only: str, processes: int) -> None:
    """Fills the house, asks everything, prints the table."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = Database(database_url) if database_url else None
        database = database or stack.enter_context(_database(folder, postgresql=not sqlite))
        client, _ = await stack.enter_async_context(_engine(folder))
        await _fill(database, client, folder, crowd.YEARS if sqlite else crowd.LARGE)
        secret, token = await _signed_in(database)
        address = await stack.enter_async_context(_web(database, client, folder, processes))
        cookies = {guard.SESSION: secret}
        limits = httpx2.Limits(max_connections=200)
        asking = httpx2.AsyncClient(base_url=address, cookies=cookies, timeout=300, limits=limits)
        bench = Bench(database, await stack.enter_async_context(asking), token, seconds)
        _say(f"web processes: {processes}, on {os.cpu_count()} cores")
        await _print(bench, only)
        await database.close()


async def _fill(database: Database, client: Client, folder: Path, size: crowd.Size) -> None:
    await schema.migrate(database)
    async with database.reading() as tx:
        if await tx.scalar(sa.text("SELECT max(id) FROM contacts")) not in (None, 0):
            return
    async with House.open(database, client, folder / "outbox", working=False):
        pass
    _say("filling the house, some minutes")
    await crowd.fill(database, size)
    async with database.writing() as tx:
        await tx.execute(sa.text(BUSY))
    analyzing = {"isolation_level": "AUTOCOMMIT", "outside": True}
    async with database.engine.execution_options(**analyzing).connect() as connection:
        await connection.exec_driver_sql("VACUUM ANALYZE" if database.url.get_backend_name() != "sqlite" else "ANALYZE")


BUSY = """UPDATE enrollments SET todo = id, step = 2, due_at = NULL WHERE status = 'active' AND state = 'to_do'
AND id IN (SELECT enrollment_id FROM todos WHERE status = 'open')"""
"""So that whoever has a to-do is where it says."""


async def _signed_in(database: Database) -> tuple[str, str]:
    """The secrets of a session and of a token."""
    secret, token, now = os.urandom(16).hex(), f"seq_{os.urandom(16).hex()}", datetime.now(UTC)
    async with database.writing() as tx:
        await tx.execute(sa.text("UPDATE users SET level = 'manage' WHERE id = :reader"), {"reader": READER})
        await keys.open_session(tx, digest(secret), READER, now + timedelta(days=1), now)
        await keys.add_token(tx, READER, "bench", digest(token), now)
    return secret, token


@asynccontextmanager
async def _web(database: Database, client: Client, folder: Path, processes: int) -> AsyncIterator[str]:
    """The address of the application, served by so many processes of its own."""
    port = free_port()
    said = {
        "SEQUENCING_VAR": str(folder / "var"),
        "SEQUENCING_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "SEQUENCING_WEB_ADDRESS": f"127.0.0.1:{port}",
        "SEQUENCING_WEB_PROCESSES": str(processes),
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": client.namespace,
    }
    errors = (folder / "errors").open("w")  # what the application says stays out of the table
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web", stderr=errors, env={**os.environ, **said}
    )
    try:
        await _listening(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
        errors.close()


async def _listening(process: Process, port: int) -> None:
    async with asyncio.timeout(30):
        while process.returncode is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError("the application did not start")


async def _print(bench: Bench, only: str) -> None:
    lists = [path for path in [*_pages(), *NARROWED] if only in path]
    acts = {name: act for name, act in (await _acts(bench)).items() if only in name}
    _say(f"{A_SECOND} requests a second, {bench.seconds:g} s each; milliseconds")
    _say(f"{'':58}{'median':>8}{'99 %':>8}{'failed':>12}")
    said = [await bench.asked("SELECT 1", bench.select_one)]
    said.append(await bench.asked("/static/style.css", bench.get("/static/style.css")))
    for measured in said:
        _line(measured)
    for path in lists:
        said.append(await _asked(bench, path))
        _line(said[-1])
    for name, act in acts.items():
        said.append(await bench.asked(name, act))
        _line(said[-1])
    for path in (one for one in NUMBERS if only in one):
        _line(await bench.asked_at_once(path))
    late = [one.name for one in said if _beyond(one)]
    _say(
        f"{len(said) - len(late)} of {len(said)} within {AIM[0]:g} and {AIM[1]:g} ms"
        + "".join(f"\n  not: {one}" for one in late)
    )
    for path, why in LEFT_OUT.items():
        _say(f"left out: {path}: {why}")
    for path in _without_example():
        _say(f"left out: {path}: " + ("the form of one act" if "{noun}" in path else "no example of it"))


async def _asked(bench: Bench, path: str) -> Said:
    """Whoever is first pays for what is made once. What takes too long alone is asked five times in a row, or once."""
    ask = bench.get(path)
    alone = [await _timed(time.perf_counter(), ask, 0)]
    if alone[0][0] < 10 * SLOW:
        alone = [await _timed(time.perf_counter(), ask, 0)]
        if alone[0][0] < SLOW:
            return await bench.asked(path, ask)
        alone += [await _timed(time.perf_counter(), ask, 0) for _ in range(4)]
    return Said(f"{path} (one by one)", [took for took, _ in alone], _refusals(alone))


def _refusals(answers: list[tuple[float, int]]) -> list[int]:
    return [status for _, status in answers if not 200 <= status < 400]


def _pages() -> Iterator[str]:
    """Every page and list, with an example in its place, and a page of a hundred where it may be asked for."""
    limited = {
        path
        for path, operations in web_app(cast("Any", None)).openapi()["paths"].items()
        if any(one["name"] == "limit" for one in operations.get("get", {}).get("parameters", []))
    }
    for route in _registered():
        if (path := _filled(route)) is not None:
            yield f"{path}?limit=100" if route in limited else path


def _without_example() -> list[str]:
    return [route for route in _registered() if _filled(route) is None]


def _registered() -> list[str]:
    gets = {path for method, path in _routes(web_app(cast("Any", None))) if method == "GET"}
    return sorted(gets - set(LEFT_OUT))


def _filled(route: str) -> str | None:
    path = route
    for pattern, example in EXAMPLES.items():
        path = path.replace(pattern, re.sub(r"{\w+}", example, pattern))
    return None if "{" in path else path


async def _acts(bench: Bench) -> dict[str, Ask]:
    """Acts of the API, each on as many as it will be tried with."""
    many = int(bench.seconds * A_SECOND)
    waiting = await _ids(bench, f"{ACTIVE} AND state = 'waiting' AND last_news = 1", 3 * many)
    at_a_todo = await _ids(bench, f"{ACTIVE} AND state = 'to_do' AND todo IS NOT NULL AND last_news = 1", 4 * many)
    run = os.urandom(3).hex()
    free = await _ids(bench, FREE, many)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    def on(ids: list[str], part: int, path: str) -> list[str]:
        return [path.format(one) for one in ids[part * many : (part + 1) * many]]

    def enrollments(part: int, noun: str) -> list[str]:
        return on(waiting, part, "/api/enrollments/{}/" + noun)

    def todos(part: int, noun: str) -> list[str]:
        return on(at_a_todo, part, "/api/todos/{}/" + noun)

    fresh = [f"/api/suppressions bench-{run}-{number}@example.com" for number in range(many)]
    return {
        "act: enroll one": bench.act("POST", on(free, 0, "/api/sequences/101/enrollments {}"), {"contacts": ["{}"]}),
        "act: pause": bench.act("POST", enrollments(0, "pause"), {}),
        "act: cancel": bench.act("POST", enrollments(1, "cancellation"), {}),
        "act: bypass": bench.act("POST", enrollments(2, "bypass"), {}),
        "act: result": bench.act("POST", todos(0, "result"), {"result": "no_answer"}),
        "act: skip": bench.act("POST", todos(1, "skip"), {}),
        "act: postpone": bench.act("POST", todos(2, "postponement"), {"until": tomorrow}),
        "act: assign": bench.act("POST", todos(3, "assignment"), {"to": "user9@example.org"}),
        "act: suppress": bench.act("POST", fresh, {"target": "{}"}),
    }


ACTIVE = "SELECT id FROM enrollments WHERE status = 'active'"
FREE = "SELECT external_id FROM contacts WHERE NOT EXISTS (SELECT 1 FROM enrollments WHERE contact_id = contacts.id)"


async def _ids(bench: Bench, statement: str, many: int) -> list[str]:
    async with bench.database.reading() as tx:
        found = list(await tx.scalars(sa.text(f"{statement} ORDER BY id LIMIT {many}")))
    assert len(found) == many, f"only {len(found)} of {many}: {statement}"
    return [str(one) for one in found]


def _line(said: Said) -> None:
    median, most = _figures(said)
    failed = f"{len(said.failed)} × {said.failed[0]}" if said.failed else ""
    _say(f"{said.name:58}{median:8.1f}{most:8.1f}{failed:>12}{'  !' if _beyond(said) else ''}")


def _figures(said: Said) -> tuple[float, float]:
    """Median, and what 99 of 100 did not exceed, in milliseconds."""
    if len(said.took) == 1:
        return said.took[0] * 1000, said.took[0] * 1000
    return statistics.median(said.took) * 1000, statistics.quantiles(said.took, n=100, method="inclusive")[98] * 1000


def _beyond(said: Said) -> bool:
    return any(figure > aim for figure, aim in zip(_figures(said), AIM, strict=True)) or bool(said.failed)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--sqlite", action="store_true", help="50,000 contacts in SQLite")
    parser.add_argument("--database", default="", help="address of a house that was filled before")
    parser.add_argument("--seconds", type=float, default=4, help="how long each is asked")
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="web processes that serve; else one a core"
    )
    said = parser.parse_args()
    asyncio.run(
        main(
            sqlite=said.sqlite,
            database_url=said.database,
            seconds=said.seconds,
            only=said.only,
            processes=said.processes,
        )
    )
