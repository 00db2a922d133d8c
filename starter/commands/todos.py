"""`sequencing todos …` and `sequencing attention`."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from sequencing.errors import Refused, quoted
from sequencing.sequences import Action
from sequencing.todos import Due
from starter import todo_lists
from starter import todos as acts
from starter.attention import attention_of
from starter.commands.shell import As, Json, acknowledge, act, fail, leave, read, say, show
from starter.door import Door
from starter.enrollments import Receipt
from starter.todo_lists import Wanted

app = typer.Typer(no_args_is_help=True, help="Work the to-do list.")
Id = Annotated[str, typer.Argument(help="The to-do's id.", metavar="TODO")]
Ids = Annotated[list[str], typer.Argument(help="Ids of to-dos; each is answered on its own.", metavar="TODO…")]


@app.command("list")
def list_(
    of: Annotated[str, typer.Option(help="Somebody else's, by email; needs the level manage.")] = "",
    everybody: Annotated[bool, typer.Option("--everybody", help="Everybody's; needs the level manage.")] = False,
    kind: Annotated[Action | None, typer.Option(help="Only of this kind.")] = None,
    sequence: Annotated[str, typer.Option(help="Only of this sequence.")] = "",
    due: Annotated[Due | None, typer.Option(help="In the assignee's zone.")] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Your open to-dos: overdue ones first, then the longest due."""
    listed = read(lambda door: todo_lists.todo_list(door, Wanted(of, everybody, kind, sequence, due), by))
    rows = [
        {
            "id": one.todo.id,
            "kind": one.todo.action,
            "contact": one.contact,
            "title": one.todo.title or one.todo.subject,
            "due": one.todo.due_at.isoformat(timespec="seconds"),
            "when": one.due,
            "assignee": one.assignee,
            "enrollment": one.todo.enrollment_id,
        }
        for one in listed
    ]
    show(rows, as_json, "Nothing to do.")


@app.command("show")
def show_(todo: Id, by: As = "", as_json: Json = False) -> None:
    """All that a to-do shows: whom it is about, their local time and numbers, the instructions or the draft."""
    told = read(lambda door: todo_lists.shown(door, todo, by))
    show([told] if as_json else [{"what": what, "is": said} for what, said in told.items()], as_json)


@app.command()
def resolve(
    todos: Ids,
    result: Annotated[str, typer.Argument(help="A call or task's result.")],
    note: Annotated[str | None, typer.Option(help="A note for the record.")] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Give calls or tasks their result."""
    _each(todos, lambda door, todo: acts.resolve(door, todo, result, by, note), as_json)


@app.command()
def send(
    todos: Ids,
    subject: Annotated[str | None, typer.Option(help="Instead of the draft's subject.")] = None,
    body: Annotated[str | None, typer.Option(help="Instead of the draft's body.")] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Send manual emails: one as edited, or many as their drafts stand."""
    if len(todos) > 1 and (subject is not None or body is not None):
        fail("A subject or a body is for one email; give one id with it.", 1)
    _each(todos, lambda door, todo: acts.send(door, todo, by, subject, body), as_json)


@app.command()
def skip(todos: Ids, by: As = "", as_json: Json = False) -> None:
    """Go on without a result."""
    _each(todos, lambda door, todo: acts.skip(door, todo, by), as_json)


@app.command("take-back")
def take_back(todos: Ids, by: As = "", as_json: Json = False) -> None:
    """Take a result back, as long as the next step has not acted."""
    _each(todos, lambda door, todo: acts.take_back(door, todo, by), as_json)


@app.command()
def postpone(
    todos: Ids,
    until: Annotated[str, typer.Argument(help="2026-12-01T09:00 in the assignee's zone, or with +01:00 after it.")],
    by: As = "",
    as_json: Json = False,
) -> None:
    """Make them due at another day and hour."""
    _each(todos, lambda door, todo: acts.postpone(door, todo, _instant(until), by), as_json, "Due at {}.")


@app.command()
def reassign(
    todos: Ids, to: Annotated[str, typer.Argument(help="The user's email.")], by: As = "", as_json: Json = False
) -> None:
    """Put them on another user's list."""
    _each(todos, lambda door, todo: acts.reassign(door, todo, to, by), as_json, f"It is on the list of {to}.")


def _each(ids: list[str], act_on: Callable[[Door, str], Awaitable[Any]], as_json: bool, said: str = "") -> None:
    """One is answered as such; of many each gets its line, and the exit code is 1 when all were refused."""
    if len(ids) == 1:
        done = act(lambda door: act_on(door, ids[0]))
        if isinstance(done, Receipt):
            acknowledge(done, as_json)
        else:
            print(said.format(done))
        return
    answers = act(lambda door: acts.each(ids, lambda todo: act_on(door, todo)))
    show([{"todo": one.todo, "answer": one.code, "remark": one.sentence} for one in answers], as_json)
    leave(0 if any(one.code in ("done", "unchanged") for one in answers) else 1)


def attention(by: As = "", as_json: Json = False) -> None:
    """What waits for you besides to-dos: each with its cause, since when, and what mends it."""
    told = read(lambda door: attention_of(door, by))
    say(told.notices, aloud=not as_json)
    found = told.items
    since = [one.since.isoformat(timespec="seconds") if one.since else None for one in found]
    rows = [asdict(one) | {"since": at} for one, at in zip(found, since, strict=True)]
    if not as_json:
        rows = [_in_short(row) for row in rows]
    show(rows, as_json, "Nothing waits for you.")


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    """A hold stands under the name of what it holds."""
    whom = row["contact"] or row["sequence"] or "all sending"
    return {name: row[name] for name in ("enrollment", "contact", "cause", "since", "remedy")} | {"contact": whom}


def _instant(said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
        (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("invalid_instant", f"{quoted(said)} is no instant; write 2026-12-01T09:00+01:00.") from None
    return at
