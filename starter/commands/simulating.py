"""`sequencing simulate`: recipients, phones and a company's mail server, for trying, demos and tests."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from sequencing.errors import quoted
from settings import read_settings
from simulator.browser import is_here
from simulator.copies import Door
from simulator.running import all_foreseen, run
from simulator.world import Settings
from starter.commands.shell import fail

SECONDS_IN_A_YEAR = 31_536_000


def simulate(
    smtp_port: Annotated[int, typer.Option(min=1, max=65535, help="Where mail is taken.")] = 1025,
    phones_port: Annotated[int, typer.Option(min=1, max=65535, help="Where texts are taken.")] = 8025,
    journal: Annotated[str, typer.Option(metavar="ADDRESS", help="Send copies of all mail to this address.")] = "",
    journal_door: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the journal listens.")
    ] = "127.0.0.1:2525",
    seed: Annotated[str, typer.Option(help="Who does what; the same seed, the same people.")] = "1",
    speed: Annotated[
        float, typer.Option(min=0.1, max=100_000, help="How much faster than life; 60: a minute takes a second.")
    ] = 60,
    log: Annotated[Path | None, typer.Option(help="The file of everything; simulator.jsonl in SEQUENCING_VAR.")] = None,
    for_: Annotated[
        float | None,
        typer.Option("--for", metavar="SECONDS", min=0, max=SECONDS_IN_A_YEAR, help="End after that time."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when all of what came has been dealt with.")] = False,
    foresee: Annotated[
        list[str] | None, typer.Option(metavar="WHO", help="Only say what that address or number would do.")
    ] = None,
) -> None:
    """Simulate the outside world on this machine: recipients that open, click, reply, bounce, unsubscribe, text."""
    if foresee:
        print(all_foreseen(seed, foresee))
        return
    product = read_settings()
    if not is_here(product.public_url):
        fail(
            f"The simulated world stays on this machine; SEQUENCING_PUBLIC_URL {quoted(product.public_url)} does not.",
            1,
        )
    settings = Settings(
        log=log or product.var / "simulator.jsonl",
        folder=(log or product.var / "simulator.jsonl").with_suffix(".copies"),
        smtp_port=smtp_port,
        phones_port=phones_port,
        journal=_door(journal, journal_door) if journal else None,
        public_url=product.public_url,
        seed=seed,
        speed=speed,
    )
    try:
        asyncio.run(run(settings, seconds=for_, once=once, say=lambda line: print(line, flush=True)))
    except OSError as error:
        fail(f"The world cannot be opened: {error.strerror or error}; choose other ports or another --log.", 1)


def _door(recipient: str, where: str) -> Door:
    host, _, port = where.rpartition(":")
    if not (port.isdigit() and 0 < int(port) < 2**16):
        fail(f"{quoted(where)} is no host and port, such as 127.0.0.1:2525.", 2)
    if not is_here(f"http://{where}"):
        fail(f"The simulated world stays on this machine; {quoted(host)} is not on it.", 1)
    if recipient.count("@") != 1 or not recipient.isprintable() or " " in recipient:
        fail(f"{quoted(recipient)} is no address.", 2)
    return Door(recipient, int(port))
