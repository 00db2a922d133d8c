"""`sequencing todos …` and `sequencing attention`."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from sequencing.errors import Refused, quoted
from starter import todos as acts
from starter.attention import waiting_for
from starter.commands.shell import As, Json, acknowledge, act, show
from starter.door import Door, acting_user
from store import contacts, todos

app = typer.Typer(no_args_is_help=True, help="Work the to-do list.")
Id = Annotated[str, typer.Argument(help="The to-do's id.", metavar="TODO")]


@app.command("list")
def list_(by: As = "", as_json: Json = False) -> None:
    """Your open to-dos, the longest due first."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            user = await acting_user(tx, by)
            found = await todos.on_the_list_of(tx, user.id)
            people = await contacts.some(tx, [todo.contact_id for todo in found])
        return [
            {
                "id": todo.id,
                "kind": todo.action,
                "contact": people[todo.contact_id].name,
                "title": todo.title or todo.subject,
                "due": todo.due_at.isoformat(timespec="seconds"),
                "enrollment": todo.enrollment_id,
            }
            for todo in found
        ]

    show(act(look), as_json, "Nothing to do.")


@app.command()
def resolve(
    todo: Id,
    result: Annotated[str, typer.Argument(help="A call or task's result.")],
    note: Annotated[str | None, typer.Option(help="A note for the record.")] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Give a call or a task its result."""
    acknowledge(act(lambda door: acts.resolve(door, todo, result, by, note)), as_json)


@app.command()
def send(
    todo: Id,
    subject: Annotated[str | None, typer.Option(help="Instead of the draft's subject.")] = None,
    body: Annotated[str | None, typer.Option(help="Instead of the draft's body.")] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Send a manual email, as edited."""
    acknowledge(act(lambda door: acts.send(door, todo, by, subject, body)), as_json)


@app.command()
def skip(todo: Id, by: As = "", as_json: Json = False) -> None:
    """Go on without a result."""
    acknowledge(act(lambda door: acts.skip(door, todo, by)), as_json)


@app.command("take-back")
def take_back(todo: Id, by: As = "", as_json: Json = False) -> None:
    """Take a result back, as long as the next step has not acted."""
    acknowledge(act(lambda door: acts.take_back(door, todo, by)), as_json)


@app.command()
def postpone(
    todo: Id, until: Annotated[str, typer.Argument(help="Instant with zone: 2026-12-01T09:00+01:00")], by: As = ""
) -> None:
    """Make it due at another instant."""
    act(lambda door: acts.postpone(door, todo, _instant(until), by))
    print(f"Due at {until}.")


@app.command()
def reassign(todo: Id, to: Annotated[str, typer.Argument(help="The user's email.")], by: As = "") -> None:
    """Put it on another user's list."""
    act(lambda door: acts.reassign(door, todo, to, by))
    print(f"It is on the list of {to}.")


def attention(by: As = "", as_json: Json = False) -> None:
    """What waits for you besides to-dos: each with its cause, since when, and what mends it."""
    found = act(lambda door: waiting_for(door, by))
    since = {one.enrollment: one.since.isoformat(timespec="seconds") if one.since else None for one in found}
    show([asdict(one) | {"since": since[one.enrollment]} for one in found], as_json, "Nothing waits for you.")


def _instant(said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
        at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("invalid_instant", f"{quoted(said)} is no instant; write 2026-12-01T09:00+01:00.") from None
    if at.tzinfo is None:
        raise Refused("invalid_instant", f"{quoted(said)} has no zone; write 2026-12-01T09:00+01:00.")
    return at
