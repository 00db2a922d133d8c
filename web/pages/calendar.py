"""Tasks & Events: the reader's day or week, his to-dos together with the tasks he writes for himself."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from sequencing.days import FIRST, LAST, monday_of, read_day, read_time, read_week, week_name
from sequencing.errors import Refused, Unchanged
from sequencing.own_tasks import OwnTask
from sequencing.people import User
from starter import own_tasks as acts
from starter.calendar import Agenda, agenda, overdue
from starter.door import Door
from starter.own_tasks import Said
from web.acting import At
from web.areas import Area
from web.guard import path_of_ours
from web.pages.frame import Form, Page, count, go_on, page, reader, sent, zone_of
from web.pages.making import made_once
from web.problems import status_of

router = Area(route_class=Page)
Day = Annotated[str, Query(max_length=10)]


@router.get("/calendar")
async def shown(request: Request, door: At, day: Day = "", week: Day = "", late: Day = "") -> Response:
    """A day, or a week, of the reader, or with `late` all that is overdue; without any of them his week."""
    user = await reader(request)
    if late:
        return _view(request, user, await overdue(door, user.email))
    first, number = (read_day(day), 1) if day else (read_week(week) if week else None, 7)
    return _view(request, user, await agenda(door, user.email, first, number))


def _view(request: Request, user: User, told: Agenda, refused: Refused | None = None, **typed: str) -> Response:
    """The days; with what was typed where that was refused."""
    start, number = next(iter(told.days), told.today), len(told.days)
    return page(
        request,
        "calendar.html",
        status_of(refused.code) if refused else 200,
        user=user,
        zone=told.zone,
        told=told,
        start=start,
        is_day=number == 1,
        before=_beside(start, number, -1),
        after=_beside(start, number, 1),
        here=_path(start, number) if told.days else "/calendar?late=1",
        week=_path(monday_of(start), 7),
        fields={"day": str(told.today if told.today in told.days else start)} | typed,
        **_trouble(refused),
    )


def _trouble(refused: Refused | None) -> dict[str, str]:
    return {"said": refused.sentence, "said_kind": "refused"} if refused else {}


@router.get("/calendar/tasks/{id}")
async def one(request: Request, door: At, id: str) -> Response:
    """A task, to be edited, moved or deleted."""
    user = await reader(request)
    task = await acts.look(door, id, user.email)
    words = {
        "title": task.title,
        "day": str(task.day),
        "at": f"{task.at:%H:%M}" if task.at else "",
        "note": task.note,
        "contact": await acts.about(door, task, user.email),
    }
    return await _task(request, door, user, task, words, words["contact"])


async def _task(
    request: Request,
    door: Door,
    user: User,
    task: OwnTask,
    fields: dict[str, str],
    contact: str,
    refused: Refused | None = None,
) -> Response:
    code, zone = status_of(refused.code) if refused else 200, await zone_of(door, user)
    words = {"fields": fields, "contact": contact, **_trouble(refused)}
    return page(request, "task.html", code, user=user, zone=zone, task=task, **words)


@router.post("/calendar/tasks")
async def add(request: Request, door: At) -> Response:
    """A new task."""
    form = await sent(request)
    try:
        said = _said(form)
        await made_once(door, form, "task", lambda at: acts.add(at, said, form.user.email))
    except Refused as refused:
        await count(request, form.user)
        return _view(request, form.user, await agenda(door, form.user.email, None, 7), refused, **_typed(form))
    return go_on(request, _next(form), f"Written down for {said.day:%a %-d %b}.")


@router.post("/calendar/tasks/{id}")
async def change(request: Request, door: At, id: str) -> Response:
    """It says something else, perhaps for another day."""
    form = await sent(request)
    try:
        said = _said(form)
        await acts.change(door, id, said, form.user.email)
    except Unchanged:
        raise
    except Refused as refused:
        await count(request, form.user)
        task = await acts.look(door, id, form.user.email)
        contact = await acts.about(door, task, form.user.email)
        return await _task(request, door, form.user, task, _typed(form), contact, refused)
    return go_on(request, _path(said.day, 1), "The task is changed.")


@router.post("/calendar/tasks/{id}/day")
async def move(request: Request, door: At, id: str) -> Response:
    """It is for another day."""
    form = await sent(request)
    day = read_day(form.text("day"))
    await acts.move(door, id, day, form.user.email)
    return go_on(request, _next(form), f"Moved to {day:%a %-d %b}.")


@router.post("/calendar/tasks/{id}/completion")
async def complete(request: Request, door: At, id: str) -> Response:
    """It is done, or with `undo` to be done again."""
    form = await sent(request)
    if form.text("undo"):
        await acts.reopen(door, id, form.user.email)
        return go_on(request, _next(form), "It is to be done again.")
    await acts.complete(door, id, form.user.email)
    return go_on(request, _next(form), "Done.")


@router.post("/calendar/tasks/{id}/removal")
async def remove(request: Request, door: At, id: str) -> Response:
    """It is deleted."""
    form = await sent(request)
    await acts.remove(door, id, form.user.email)
    return go_on(request, _next(form), "The task is deleted.")


@router.get("/calendar/tasks")
@router.get("/calendar/tasks/{id}/{noun}")
async def not_a_page(request: Request) -> Response:
    """Where a browser lands that reloads an act."""
    return RedirectResponse("/calendar", 303)


def _typed(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in ("title", "day", "at", "note", "contact")}


def _said(form: Form) -> Said:
    return Said(
        title=form.text("title"),
        day=read_day(form.text("day")),
        at=read_time(form.text("at")),
        note=form.text("note"),
        contact=_contact(form),
    )


def _contact(form: Form) -> str | int:
    """Whom the task is about; the one it was about where his name stands there as it stood."""
    said, known = form.text("contact").strip(), form.text("about")
    unchanged = bool(said) and said == form.text("about_name").strip()
    return int(known) if unchanged and known.isascii() and known.isdecimal() and len(known) < 10 else said


def _next(form: Form) -> str:
    return path_of_ours(form.text("next"), "/calendar")


def _path(day: date, number: int) -> str:
    return f"/calendar?day={day}" if number == 1 else f"/calendar?week={week_name(day)}"


def _beside(start: date, number: int, which: int) -> str:
    """The view before or after this one; at the ends of time the same."""
    day = start + which * timedelta(days=number)
    return _path(day if FIRST <= day < LAST - timedelta(days=7) else start, number)
