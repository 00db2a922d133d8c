"""To-Do: what the reader has to do, one item whole and the others in line behind it, and every act on one of them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from sequencing.errors import Refused
from sequencing.people import User
from sequencing.todos import RESULTS, Due, DueWithin, due
from starter import todos as acts
from starter.door import Door
from starter.enrollments import Receipt
from starter.hearing import heard
from starter.todo_lists import Card, card, worklist
from store import todos
from store.todos import Line
from web.acting import At
from web.api.todos import cursor, write_cursor
from web.areas import Area
from web.guard import path_of_ours
from web.pages.frame import Form, Page, go_on, page, read_local, reader, sent, zone_of
from web.pages.worklist import KINDS, Viewed, item

router = Area(route_class=Page)
A_PAGE = 50
Id = Annotated[str, Query(max_length=40)]


@router.get("/todos")
async def listed(request: Request, door: At, view: Viewed, at: Id = "", undo: Id = "") -> Response:
    """The reader's open to-dos, overdue ones first; the one at hand is shown whole."""
    user = await reader(request)
    zone = await zone_of(door, user)
    found, more = await worklist(door, view.narrowed(A_PAGE), user.email)
    current = await _at_hand(door, user, at, found)
    async with door.database.reading() as tx:
        sequences = await todos.sequences_of(tx, user.id)
    return page(
        request,
        "todos.html",
        user=user,
        zone=zone,
        view=view,
        lines=[(line, _is_late(door, line, zone)) for line in found],
        item=await item(door, current, user, zone) if current else None,
        behind=_behind(current, found),
        kinds=KINDS,
        sequences=sequences,
        dues=list(DueWithin),
        results=RESULTS,
        undo=undo if undo.isalnum() else "",
        notices=(await heard(door, zone)).alarms,
        more=write_cursor(found[-1].todo) if more else None,
    )


async def _at_hand(door: Door, user: User, asked: str, found: Sequence[Line]) -> Card | None:
    """The to-do that is asked for, if it can still be done; else the next one behind it, else the first."""
    try:
        wanted = await card(door, asked, user.email) if asked else None
    except Refused:
        wanted = None
    if wanted is not None and wanted.is_open:
        return wanted
    place = (wanted.todo.due_at, wanted.todo.id) if wanted else None
    rest = [one for one in found if place is not None and (one.todo.due_at, one.todo.id) > place] or found
    try:
        return await card(door, rest[0].todo.id, user.email) if rest else None
    except Refused:  # removed since the list was read
        return None


def _behind(current: Card | None, found: Sequence[Line]) -> str:
    """The id of the to-do that comes up after the one at hand; empty where that is the first."""
    if current is None:
        return ""
    place = (current.todo.due_at, current.todo.id)
    return next((one.todo.id for one in found if (one.todo.due_at, one.todo.id) > place), "")


def _is_late(door: Door, line: Line, zone: str) -> bool:
    return due(line.todo.due_at, door.now(), zone) is Due.overdue


@router.get("/todos/{id}")
async def shown(request: Request, door: At, id: str, preview: bool = False) -> Response:
    """One to-do by itself; with a preview of a manual email's draft."""
    user = await reader(request)
    zone = await zone_of(door, user)
    one = await card(door, id, user.email)
    place = cursor(one.todo.due_at, one.todo.id)
    shown_whole = await item(door, one, user, zone)
    return page(request, "todo.html", user=user, zone=zone, item=shown_whole, preview=preview, place=place)


@router.post("/todos/{id}/result")
async def resolve(request: Request, door: At, id: str) -> Response:
    """A result by one click."""
    form = await sent(request)
    given = form.text("result")
    receipt = await acts.resolve(door, id, given, form.user.email, form.text("note").strip() or None)
    return _done(request, form, id, f"Done: {given.replace('_', ' ').title()}", receipt)


@router.post("/todos/{id}/skip")
async def skip(request: Request, door: At, id: str) -> Response:
    """The enrollment goes on without a result."""
    form = await sent(request)
    return _done(request, form, id, "Skipped", await acts.skip(door, id, form.user.email))


@router.post("/todos/{id}/postponement")
async def postpone(request: Request, door: At, id: str) -> Response:
    """It is due at another day and hour."""
    form = await sent(request)
    until = read_local(form.text("until"), await zone_of(door, form.user))
    await acts.postpone(door, id, until, form.user.email)
    return go_on(request, _next(form), f"Postponed to {form.text('until').replace('T', ' ')}.")


@router.post("/todos/{id}/assignment")
async def reassign(request: Request, door: At, id: str) -> Response:
    """It is somebody else's."""
    form = await sent(request)
    await acts.reassign(door, id, form.text("to"), form.user.email)
    return go_on(request, _next(form), f"It is on the list of {form.text('to')} now.")


@router.post("/todos/{id}/take-back")
async def take_back(request: Request, door: At, id: str) -> Response:
    """The result did not count."""
    form = await sent(request)
    await acts.take_back(door, id, form.user.email)
    return go_on(request, _next(form), "Taken back: it is to be done again.")


def _done(request: Request, form: Form, todo_id: str, what: str, receipt: Receipt) -> Response:
    """Goes on to the next item, where the answer can be taken back."""
    when = "" if receipt.engine_heard else f"; it takes effect {receipt.takes_effect}"
    then = _next(form)
    return go_on(request, f"{then}{'&' if '?' in then else '?'}undo={todo_id}", f"{what}{when}.")


def _next(form: Form) -> str:
    return path_of_ours(form.text("next"))
