"""`sequencing users …`: who acts."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from sequencing.people import Level
from starter import users as users_door
from starter.commands.shell import As, Json, act, show
from starter.door import Door
from store import users as user_rows

app = typer.Typer(no_args_is_help=True, help="Who acts.")


@app.command("list")
def list_users(as_json: Json = False) -> None:
    """Who there is."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            return [asdict(user) for user in await user_rows.everybody(tx)]

    show(act(look), as_json)


@app.command("add")
def add_user(
    email: str, name: str, level: Level, number: Annotated[str | None, typer.Option()] = None, by: As = ""
) -> None:
    """Add a user with a level on sequences."""
    act(lambda door: users_door.add_user(door, email, name, level, number, by))
    print(f"User {email} added.")
