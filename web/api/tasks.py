"""Tasks that users write for themselves."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field

from sequencing.days import read_day, read_time
from sequencing.errors import Refused, quoted
from sequencing.limits import NOTE_LENGTH
from sequencing.own_tasks import TITLE_LENGTH
from starter import own_tasks as acts
from starter.own_tasks import Said
from store.own_tasks import Line
from web.acting import At, By
from web.api.words import After, Body, Done, Id, Limit, Text, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["tasks"], route_class=Once)
Day = Annotated[str, Query(max_length=10, description="2026-12-01")]


class Task(BaseModel):
    """A task of one's own. `time` null: any time that day. `done`: since when; null: it is still to be done."""

    id: str
    title: str
    note: str
    day: date
    time: str | None
    contact_id: int | None
    contact: str | None
    done: datetime | None

    @classmethod
    def of(cls, line: Line) -> Self:
        """The task, with its contact's name."""
        task = line.task
        at = f"{task.at:%H:%M}" if task.at else None
        about = line.contact or None
        return cls(
            id=task.id,
            title=task.title,
            note=task.note,
            day=task.day,
            time=at,
            contact_id=task.contact_id,
            contact=about,
            done=task.done_at,
        )


class Tasks(BaseModel):
    """A page of tasks. `next` is the cursor of the next page; null: this was the last."""

    items: list[Task]
    next: str | None


class TaskSaid(Body):
    """What the task says. `time`: 09:30 on your clock, wherever you are; null: any time that day. `contact`: by id,
    external id or email; empty: it is about nobody.
    """

    title: Annotated[Text, Field(max_length=TITLE_LENGTH)]
    day: date
    time: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    note: Annotated[Text, Field(max_length=NOTE_LENGTH)] = ""
    contact: Annotated[Text, Field(max_length=320)] = ""

    @property
    def said(self) -> Said:
        """The same at the door."""
        day, at = read_day(self.day.isoformat()), read_time(self.time or "")
        return Said(self.title, day, at, self.note, self.contact)


class TaskMade(BaseModel):
    """The id of the new task."""

    id: str


@router.get("/tasks")
async def listed(
    door: At,
    by: By,
    first: Day = "",
    last: Day = "",
    open_only: bool = False,
    after: After = "",
    limit: Limit = 100,
) -> Tasks:
    """Your own tasks by day, from `first` through `last`; done ones too, unless `open_only`."""
    since, until = read_day(first) if first else None, read_day(last) if last else None
    page = await acts.listed(
        door, by.email, first=since, last=until, open_only=open_only, after=_read_cursor(after), limit=limit
    )
    more = f"{page.more[0].isoformat()}_{page.more[1]}" if page.more else None
    return Tasks(items=[Task.of(one) for one in page.lines], next=more)


@router.post("/tasks", status_code=201)
async def add(door: Making, by: By, said: TaskSaid) -> TaskMade:
    """Writes a task for yourself."""
    return TaskMade(id=await acts.add(door, said.said, by.email))


@router.put("/tasks/{id}")
async def change(door: At, by: By, id: Id, said: TaskSaid) -> Done:
    """Makes it say that, which also moves it to another day."""
    return await changed(acts.change(door, id, said.said, by.email))


@router.delete("/tasks/{id}")
async def remove(door: At, by: By, id: Id) -> Done:
    """Deletes it for good."""
    return await changed(acts.remove(door, id, by.email))


@router.post("/tasks/{id}/completion")
async def complete(door: At, by: By, id: Id) -> Done:
    """It is done."""
    return await changed(acts.complete(door, id, by.email))


@router.delete("/tasks/{id}/completion")
async def reopen(door: At, by: By, id: Id) -> Done:
    """It is to be done again."""
    return await changed(acts.reopen(door, id, by.email))


def _read_cursor(said: str) -> tuple[date, str] | None:
    if not said:
        return None
    day, _, task = said.partition("_")
    try:
        return read_day(day), task
    except Refused:
        raise Refused("invalid_cursor", f"{quoted(said)} is no cursor; take `next` of an earlier answer.") from None
