"""`sequencing suppressions …`: whom nobody may write to."""

from typing import Annotated, Any

import typer

from sequencing.errors import quoted
from starter import suppressions as suppressions_door
from starter.commands.shell import As, Json, act, read, show
from starter.door import Door, permitted
from store import suppressions as suppression_rows

app = typer.Typer(no_args_is_help=True, help="Whom nobody may write to.")
Target = Annotated[str, typer.Argument(help="An email address or a number.")]


@app.command("add")
def suppress(target: Target, reason: Annotated[str, typer.Option()] = "by_user", by: As = "") -> None:
    """Let nobody write to it any more."""
    new = act(lambda door: suppressions_door.suppress(door, target, reason, by))
    print(f"{target} is suppressed." if new else f"{target} was suppressed already.")


@app.command("lift")
def lift(target: Target, by: As = "") -> None:
    """Allow writing to it again."""
    lifted = act(lambda door: suppressions_door.lift(door, target, by))
    print(f"{quoted(target)} may be written to again." if lifted else f"{quoted(target)} was not suppressed.")


@app.command("list")
def list_suppressions(by: As = "", as_json: Json = False) -> None:
    """Whom nobody may write to."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "suppress")
            found = await suppression_rows.listed(tx)
            while page := await suppression_rows.listed(tx, before=found[-1].id) if found else []:
                found += page
            return [
                {"target": s.target, "reason": s.reason, "since": s.since.isoformat(timespec="seconds")} for s in found
            ]

    show(read(look), as_json, "Nobody is suppressed.")
