"""`sequencing up|worker|web|journal|setup|reconcile|outbox`: running it."""

import os
import sys
from collections import Counter
from typing import Annotated

import typer

from settings import read_settings
from starter.commands.shell import As, Json, act, fail, read, run, show
from starter.door import Door, permitted
from starter.hearing import journal_address_of
from starter.outbox import kept
from starter.reconcile import Repair, reconcile
from starter.setup import set_up
from starter.up import Ports, up


def up_(
    temporal_port: Annotated[int, typer.Option(min=1, max=65535, help="Temporal.")] = 7233,
    ui_port: Annotated[int, typer.Option(min=1, max=65535, help="Temporal's UI.")] = 8233,
    metrics_port: Annotated[int, typer.Option(min=1, max=65535, help="The worker's metrics.")] = 9090,
    health_port: Annotated[int, typer.Option(min=1, max=65535, help="The worker's /health.")] = 9091,
    web_port: Annotated[int, typer.Option(min=1, max=65535, help="The pages and the HTTP API.")] = 8000,
    journal_port: Annotated[int, typer.Option(min=1, max=65535, help="The journal, which takes mail in.")] = 2525,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="With recipients that answer; docs/simulator.md.")
    ] = False,
    smtp_port: Annotated[int, typer.Option(min=1, max=65535, help="The simulated world's mail server.")] = 1025,
    phones_port: Annotated[int, typer.Option(min=1, max=65535, help="The simulated world's phones.")] = 8025,
    speed: Annotated[float, typer.Option(min=0.1, max=100_000, help="How much faster than life that world is.")] = 60,
) -> None:
    """Run everything on this machine: Temporal with its UI, a worker, pages, journal; at first with the demo cast."""
    world = (smtp_port, phones_port) if simulate else (None, None)
    ports = Ports(temporal_port, ui_port, metrics_port, health_port, web_port, journal_port, *world)
    act(lambda door: up(door, read_settings(), ports, speed=speed))


def worker() -> None:
    """Run a worker with the sweep, until SIGTERM."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "worker"])  # noqa: S606 - the same program, in its other role


def web() -> None:
    """Serve the pages and the HTTP API, until SIGTERM."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "web"])  # noqa: S606 - the same program, in its other role


def journal(
    address: Annotated[bool, typer.Option("--address", help="Only say to which address copies are sent.")] = False,
    by: As = "",
) -> None:
    """Take in copies of all mail by SMTP, so that replies pause, until SIGTERM."""
    if address:
        print(read(lambda door: journal_address_of(door, read_settings(), by)))
    else:
        from starter.journaling import serve  # here, because others need not wait for its imports

        run(lambda: serve(read_settings()))


def setup(
    admin: Annotated[str, typer.Option(help="Email of the first admin.")] = "",
    restored: Annotated[
        bool,
        typer.Option("--restored", help="The database came back from a backup; events are numbered on."),
    ] = False,
) -> None:
    """Make database and Temporal ready; repeating it changes nothing."""
    anew = act(lambda door: set_up(door, admin, read_settings().retention_days, restored=restored))
    print("The database has the present schema; Temporal has the search attributes and the retention.")
    if anew:
        print("Events are numbered above all that were before: whoever follows them goes on with the cursor he has.")


def outbox(by: As = "", as_json: Json = False) -> None:
    """What was kept instead of sent, because no mail server is set."""
    rows = [
        {"at": one.at.isoformat(timespec="seconds"), "to": one.recipient, "subject": one.subject, "file": str(one.path)}
        for one in read(lambda door: kept(door, by))
    ]
    show(rows, as_json, "The outbox is empty.")


def reconcile_(by: As = "", as_json: Json = False) -> None:
    """Make rows and runs agree after a crash, a restore, or a hand in the Temporal UI."""

    async def look(door: Door) -> list[tuple[str, Repair]]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "reconcile")
        return [(found.enrollment_id, found.repair) async for found in reconcile(door)]

    found = act(look)
    mended = [{"enrollment": one, "repair": repair} for one, repair in found if repair is not Repair.sound]
    show(mended, as_json, "Rows and runs agree.")
    if not as_json:
        print(
            ", ".join(f"{number} {repair}" for repair, number in Counter(r for _, r in found).items()) or "nothing open"
        )
    if any(repair is Repair.unreachable for _, repair in found):
        fail("Temporal did not answer for some; repeat this when it is back.", 3)
