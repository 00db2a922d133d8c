"""`sequencing sequences …`: ordered steps."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sequencing.sequences import Sharing
from starter import sharing as sharing_door
from starter.commands.shell import As, Json, act, show
from starter.door import Door, acting_user
from starter.sequences import create_sequence, read_yaml
from store import sequences as sequence_rows

app = typer.Typer(no_args_is_help=True, help="Ordered steps.")


@app.command("create")
def create(file: Annotated[Path, typer.Argument(help="A YAML file.")], by: As = "") -> None:
    """Make a sequence from a YAML document."""
    number = act(lambda door: create_sequence(door, read_yaml(file), by))
    print(f"Sequence {number} created.")


@app.command("list")
def list_sequences(by: As = "", as_json: Json = False) -> None:
    """The sequences you see."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            found = await sequence_rows.all_shown(tx, await acting_user(tx, by))
            return [{"id": one.id, "name": one.name, "sharing": one.sharing, "archived": one.archived} for one in found]

    show(act(look), as_json, "No sequences.")


@app.command("show")
def show_sequence(sequence: str, by: As = "", as_json: Json = False) -> None:
    """The steps of a sequence."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            row = await sequence_rows.find(tx, sequence, await acting_user(tx, by))
            steps = await sequence_rows.steps(tx, row.id)
        return [
            {
                "step": s.position,
                "action": s.action,
                "delay": str(s.delay),
                "owner": s.owner,
                "title": s.title or s.subject,
            }
            for s in steps
        ]

    show(act(look), as_json)


@app.command("share")
def share(
    sequence: Annotated[str, typer.Argument(help="Number or name.")],
    sharing: Annotated[Sharing, typer.Argument(help="Who else may see it and enroll in it.")],
    emails: Annotated[list[str] | None, typer.Argument(help="With `users`: who.", metavar="[EMAIL…]")] = None,
    by: As = "",
) -> None:
    """Say who, besides its owner, sees a sequence and may enroll in it."""
    act(lambda door: sharing_door.share(door, sequence, sharing, emails or [], by))
    print(f"Sequence {sequence} is shared: {', '.join(emails or [sharing.value])}.")


@app.command("hand-over")
def hand_over(
    sequence: Annotated[str, typer.Argument(help="Number or name.")],
    to: Annotated[str, typer.Argument(help="The new owner's email.", metavar="EMAIL")],
    by: As = "",
) -> None:
    """Give a sequence another owner."""
    act(lambda door: sharing_door.hand_over(door, sequence, to, by))
    print(f"Sequence {sequence} belongs to {to} now.")
