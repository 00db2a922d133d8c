"""`sequencing simulate`: recipients, phones and a company's mail server, for trying, demos and tests."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from sequencing.errors import Misconfigured, Refused, quoted
from settings import read_settings
from simulator.browser import is_here
from simulator.copies import Door
from simulator.running import foreseen, run
from simulator.world import Settings
from starter.commands.shell import fail, harmless

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
        print("\n".join(harmless(foreseen(seed, who)) for who in foresee))
        return
    try:
        product = read_settings()
        where = log or product.var / "simulator.jsonl"
        settings = Settings(
            log=where,
            folder=where.with_suffix(".copies"),
            smtp_port=smtp_port,
            phones_port=phones_port,
            journal=_door(journal, journal_door) if journal else None,
            public_url=_here(product.public_url, "SEQUENCING_PUBLIC_URL"),
            seed=seed,
            speed=speed,
        )
        asyncio.run(run(settings, seconds=for_, once=once, say=lambda line: print(line, flush=True)))
    except Misconfigured as trouble:
        fail(trouble.sentence, 2)
    except Refused as refusal:
        fail(refusal.sentence, 1)
    except OSError as error:
        fail(f"The world cannot be opened: {error.strerror or error}; choose other ports or another --log.", 1)


def _door(recipient: str, where: str) -> Door:
    port = where.rpartition(":")[2]
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 2**16):
        raise Misconfigured("invalid_door", f"{quoted(where)} is no host and port, such as 127.0.0.1:2525.")
    _here(f"http://{where}", "--journal-door")
    if recipient.count("@") != 1 or not recipient.isprintable() or " " in recipient:
        raise Misconfigured("invalid_address", f"{quoted(recipient)} is no address.")
    return Door(recipient, int(port))


def _here(address: str, name: str) -> str:
    if not is_here(address):
        raise Refused("not_here", f"The simulated world stays on this machine; {name} {quoted(address)} leads away.")
    return address
