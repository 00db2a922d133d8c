"""`sequencing tasks …`: tasks that users write for themselves, which stand beside their to-dos."""

from typing import Annotated

import typer

from sequencing.days import read_day, read_time
from starter import own_tasks as acts
from starter.commands.shell import As, Json, act, read, show
from starter.door import Door
from starter.own_tasks import Page, Said
from store.own_tasks import Line

app = typer.Typer(no_args_is_help=True, help="Your own tasks, which stand beside your to-dos in Tasks & Events.")
Id = Annotated[str, typer.Argument(help="The task's id.", metavar="TASK")]
Day = Annotated[str, typer.Argument(help="2026-12-01", metavar="DAY")]


@app.command("list")
def list_(
    first: Annotated[str, typer.Option("--from", help="From this day on, as 2026-12-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="Through this day.")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only what is still to be done.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 100,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Your tasks, by day."""

    async def looked_up(door: Door) -> Page:
        since, until = read_day(first) if first else None, read_day(last) if last else None
        return await acts.listed(door, by, first=since, last=until, open_only=open_only, limit=limit)

    found: Page = read(looked_up)
    show([_row(line) for line in found.lines], as_json, "No tasks.")


@app.command()
def add(
    title: str,
    day: Day,
    time: Annotated[str, typer.Option(help="On your clock, as 09:30; without it any time that day.")] = "",
    note: Annotated[str, typer.Option(help="What else is to be known.")] = "",
    contact: Annotated[str, typer.Option(help="Whom it is about: id, external id or email.")] = "",
    by: As = "",
) -> None:
    """Write yourself a task."""

    async def write(door: Door) -> str:
        return await acts.add(door, Said(title, read_day(day), read_time(time), note, contact), by)

    print(f"Task {act(write, engine=False)} added.")


@app.command()
def done(task: Id, by: As = "") -> None:
    """It is done."""
    act(lambda door: acts.complete(door, task, by), engine=False)
    print("Done.")


@app.command()
def reopen(task: Id, by: As = "") -> None:
    """It is to be done again."""
    act(lambda door: acts.reopen(door, task, by), engine=False)
    print("It is to be done again.")


@app.command()
def move(task: Id, day: Day, by: As = "") -> None:
    """Put it on another day, at the time it had."""
    act(lambda door: acts.move(door, task, read_day(day), by), engine=False)
    print(f"It is on {day} now.")


@app.command()
def remove(task: Id, by: As = "") -> None:
    """Delete it for good."""
    act(lambda door: acts.remove(door, task, by), engine=False)
    print("Deleted.")


def _row(line: Line) -> dict[str, object]:
    task = line.task
    return {
        "id": task.id,
        "day": task.day.isoformat(),
        "time": f"{task.at:%H:%M}" if task.at else None,
        "title": task.title,
        "note": task.note,
        "contact": line.contact or None,
        "done": task.done_at.isoformat(timespec="seconds") if task.done_at else None,
    }
