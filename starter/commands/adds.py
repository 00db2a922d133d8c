"""`sequencing adds …`: large adds, which run in the background."""

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from sequencing.adds import AddStatus
from starter import adds
from starter.adds import AddStanding
from starter.commands.shell import As, Json, act, harmless, read, show
from starter.door import Door

app = typer.Typer(no_args_is_help=True, help="Look at large adds, and cancel them.")
Id = Annotated[str, typer.Argument(help="The add's id.", metavar="ADD")]


@app.command("list")
def list_(
    before: Annotated[str, typer.Option(help="Go on with those begun before this one.", metavar="ADD")] = "",
    by: As = "",
    as_json: Json = False,
) -> None:
    """The adds you see, newest first, a hundred at a time."""
    found = read(lambda door: adds.listed(door, by, before=before))
    rows = [
        {
            "id": row.id,
            "sequence": name,
            "status": row.status,
            "enrolled": row.enrolled,
            "refused": row.refused,
            "total": row.total,
            "since": row.created_at.isoformat(timespec="seconds"),
        }
        for row, name in found
    ]
    show(rows, as_json, "No adds.")


@app.command("show")
def show_(
    add: Id,
    refused: Annotated[bool, typer.Option("--refused", help="List who was refused, and why.")] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Where an add stands; at a terminal, a bar until it ends."""
    if refused:
        show(read(lambda door: _refused(door, add, by)), as_json, "Nobody was refused.")
    elif as_json:
        standing: AddStanding = read(lambda door: adds.show_add(door, add, by))
        print(json.dumps(asdict(standing), indent=2, default=str, ensure_ascii=False))
    else:
        tell(read(lambda door: watch(door, add, by)))


@app.command()
def cancel(add: Id, by: As = "") -> None:
    """Leave the rest un-added; who is enrolled stays."""
    if act(lambda door: adds.cancel_add(door, add, by)):
        print(f"{harmless(add)}: canceled; who is enrolled stays, `sequencing adds show {harmless(add)}` tells.")
    else:
        print("It has ended already.")


def tell(standing: AddStanding) -> None:
    """Where it stands, in words."""
    print(f"{standing.id}: {standing.status}, {standing.answered} of {standing.total} answered")
    print("\n".join(map(harmless, standing.sentences)))


async def watch(door: Door, add_id: str, by: str) -> AddStanding:
    """Where it stands: at once, or at a terminal when it has ended, with a bar until then."""
    standing = await adds.show_add(door, add_id, by)
    if not sys.stdout.isatty() or standing.status is not AddStatus.running:
        return standing
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # slow to load

    refused = TextColumn("{task.fields[refused]} refused")
    columns = TextColumn("adding"), BarColumn(), MofNCompleteColumn(), refused, TimeRemainingColumn()
    try:
        with Progress(*columns, transient=True) as progress:
            bar = progress.add_task("adding", total=standing.total, refused=0)
            while standing.status is AddStatus.running:
                progress.update(bar, completed=standing.answered, refused=standing.answered - standing.enrolled)
                await asyncio.sleep(0.5)
                standing = await adds.show_add(door, add_id, by)
    except asyncio.CancelledError:
        print(f"It goes on in the background. `sequencing adds show {add_id}` shows how far it is,")
        print(f"`sequencing adds cancel {add_id}` leaves the rest un-added.", flush=True)
        raise
    return standing


async def _refused(door: Door, add_id: str, by: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    after = -1
    while page := await adds.lines(door, add_id, by, refused_only=True, after=after):
        told += [{"contact": line.named, "answer": line.code, "remark": line.sentence} for line in page]
        after = page[-1].position
    return told
