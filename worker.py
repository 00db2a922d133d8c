"""The worker: builds store, transports and activities, runs them and the sweep, and stops gracefully on SIGTERM."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker
from ulid import ULID

from activities.bulk_adds import BulkAddActivities
from activities.emails import EmailActivities
from activities.news import NewsActivities
from activities.replans import ReplanActivities
from activities.silence import Silence
from activities.texts import TextActivities
from activities.todos import TodoActivities
from activities.world import World
from sequencing.errors import Misconfigured, quoted
from settings import Settings, read_settings
from starter.client import Runs, connect
from starter.door import Door
from starter.log import configure
from starter.mail_server import mail_server
from starter.sweep import Sweep
from store import clusters, schema
from store.database import Database
from transports.outbox import TextOutbox
from transports.texts import TextTransport
from web.health import Health, health_app
from web.listening import listen
from workflows.bulk_adds import BulkAddWorkflow
from workflows.enrollments import EnrollmentWorkflow
from workflows.replans import ReplanWorkflow

log = structlog.get_logger()

ENOUGH = 10.0
"""Seconds a start may take in the background, where nobody waits for it."""


def world(settings: Settings, database: Database) -> World:
    """What activities work with. Raises Refused where a setting cannot be read."""
    within = timedelta(seconds=settings.hand_over_seconds)
    texts = (
        TextTransport(settings.texts_url, public_url=settings.public_url, within=within) if settings.texts_url else None
    )
    return World(
        database=database,
        emails=mail_server(settings),
        texts=texts or TextOutbox(settings.outbox),
        new_id=lambda: str(ULID()),
        secret=settings.secret_bytes(),
        mail_domain=settings.mail_domain,
        public_url=settings.public_url,
        retry_after=settings.retry_after,
        record_within=timedelta(seconds=settings.hand_over_seconds / 2),
    )


def build(client: Client, settings: Settings, inside: World) -> Worker:
    """The Temporal worker."""
    runs = Runs(client, settings.task_queue, act_within=settings.act_within, patience=ENOUGH)
    adding = BulkAddActivities(inside, runs)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[EnrollmentWorkflow, ReplanWorkflow, BulkAddWorkflow],
        activities=[
            NewsActivities(inside).take_note,
            EmailActivities(inside).send_email,
            TextActivities(inside).send_text,
            TodoActivities(inside).open_todo,
            ReplanActivities(inside).plan_anew,
            adding.add_some,
            adding.stop_adding,
        ],
        interceptors=[Silence()],
        max_cached_workflows=settings.max_cached_workflows,
        graceful_shutdown_timeout=timedelta(seconds=settings.grace_seconds),
    )


async def run(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. An engine or a database that is away is waited for."""
    configure()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    database = Database(settings.database, secret=settings.secret_bytes, old_secrets=settings.old_secret_bytes)
    health = Health(database)
    served = asyncio.create_task(_serve(_listening(settings.health_address), health))
    working = asyncio.create_task(_work(settings, database, health, stopping))
    await asyncio.wait([working, asyncio.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED)
    health.stopping = True
    await _ends(working, settings.grace_seconds + ENOUGH)
    served.cancel()
    await database.close()
    log.info("worker stopped")


async def _ends(working: "asyncio.Task[None]", within: float) -> None:
    """Returns once it has ended. The SDK may wait for ever for a run whose tasks fail in this build: all ends then.

    Nothing is lost by that: whatever a worker does goes on after its death.
    """
    await asyncio.wait([working], timeout=within)
    if working.done():
        return await working
    log.warning("worker stopped without waiting any longer")
    sys.stdout.flush()
    os._exit(0)


async def _work(settings: Settings, database: Database, health: Health, stopping: asyncio.Event) -> None:
    runtime = _runtime(settings.metrics_address)
    inside = world(settings, database)
    client = await _connected(runtime, stopping)
    if client is None:
        return
    await _check_namespace(client)
    await schema.check_if_there(database)
    await clusters.check_if_there(database)
    finds = runtime.metric_meter.create_counter("sequencing_sweep_finds", "What doors left undone and the sweep ended")
    runs = Runs(client, settings.task_queue, act_within=settings.act_within)
    door = Door(database, runs, now=lambda: datetime.now(UTC), new_id=lambda: str(ULID()))
    sweep = Sweep(
        door,
        holder=f"{socket.gethostname()}:{os.getpid()}",
        every=timedelta(seconds=settings.sweep_seconds),
        found=lambda kind, number: finds.add(number, {"kind": kind}),
    )
    sweeping = asyncio.create_task(sweep.run())
    async with build(client, settings, inside):
        health.client = client
        log.info("worker started", task_queue=settings.task_queue)
        await stopping.wait()
        log.info("worker stopping")
    sweeping.cancel()


async def _connected(runtime: Runtime, stopping: asyncio.Event) -> Client | None:
    said = False
    while not stopping.is_set():
        try:
            return await connect(lazy=False, runtime=runtime)
        except RuntimeError:
            if not said:
                log.warning("Temporal cannot be reached yet; waiting for it")
            said = True
            await asyncio.sleep(1)
    return None


async def _check_namespace(client: Client) -> None:
    """Raises Misconfigured. The SDK would say so after the worker has said that it started."""
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Misconfigured(
                "no_namespace",
                f"TEMPORAL_NAMESPACE: Temporal has no namespace {quoted(client.namespace)}; make it first.",
            ) from None


def _runtime(metrics_address: str) -> Runtime:
    metrics = PrometheusConfig(bind_address=metrics_address) if metrics_address else None
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics))
    except (RuntimeError, ValueError):
        raise Misconfigured(
            "metrics_address", f"SEQUENCING_METRICS_ADDRESS: nothing can be served at {quoted(metrics_address)}."
        ) from None


def _listening(address: str) -> socket.socket | None:
    return listen(address, "HEALTH_ADDRESS") if address else None


async def _serve(listening: socket.socket | None, health: Health) -> None:
    if listening is None:
        return
    config = uvicorn.Config(health_app(health), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]  # SIGTERM is the worker's
    await server.serve(sockets=[listening])


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


def main() -> None:
    """Entry of `python -m worker`."""
    try:
        asyncio.run(run(read_settings()))
        code = 0
    except Misconfigured as trouble:
        print(trouble.sentence, file=sys.stderr)  # noqa: T201 - a worker that cannot start says why
        code = 2
    except SQLAlchemyError as error:
        print(f"The database cannot be used: {type(error).__name__}", file=sys.stderr)  # noqa: T201
        code = 3
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be used: {error.strerror}", file=sys.stderr)  # noqa: T201
        code = 3
    sys.stdout.flush()
    os._exit(code)  # a Temporal client may abort the interpreter while it winds down


if __name__ == "__main__":
    main()
