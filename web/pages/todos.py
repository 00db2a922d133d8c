"""To-Do, with Attention: what waits for the reader, and everything he can do about it."""

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from sequencing.people import Contact
from sequencing.todos import RESULTS
from starter import todos as acts
from starter.attention import waiting_for
from starter.door import Door
from starter.hearing import heard
from store import contacts, sequences, todos, users
from store.tables import TodoRow
from web.acting import At
from web.api.todos import read_cursor, write_cursor
from web.pages.frame import Page, go_on, page, read_local, reader, sent, zone_of

router = APIRouter(route_class=Page)
A_PAGE = 50


@router.get("/todos")
async def listed(request: Request, door: At, after: str = "") -> Response:
    """The reader's open to-dos, the longest due first, and beside them all else that waits for him."""
    user, zone = await reader(request), await zone_of(door)
    async with door.database.reading() as tx:
        found = await todos.on_the_list_of(tx, user.id, A_PAGE + 1, read_cursor(after))
        people = await contacts.some(tx, [todo.contact_id for todo in found])
        names = await sequences.names(tx, [todo.sequence_id for todo in found])
    items = [_item(door, row, people.get(row.contact_id), names[row.sequence_id], zone) for row in found[:A_PAGE]]
    return page(
        request,
        "todos.html",
        user=user,
        zone=zone,
        items=items,
        waiting=[] if after else await waiting_for(door, user.email),
        notices=(await heard(door)).alarms,
        more=write_cursor(found[A_PAGE - 1]) if len(found) > A_PAGE else None,
    )


@router.get("/todos/{id}")
async def shown(request: Request, door: At, id: str) -> Response:
    """One to-do with everything one needs for it, and a manual email's draft."""
    user, zone = await reader(request), await zone_of(door)
    row = await acts.look(door, id, user.email)
    async with door.database.reading() as tx:
        person = await contacts.get(tx, row.contact_id)
        names = await sequences.names(tx, [row.sequence_id])
        colleagues = [one for one in await users.everybody(tx) if one.active and one.id != row.assignee_id]
    item = _item(door, row, person, names[row.sequence_id], zone)
    return page(request, "todo.html", user=user, zone=zone, item=item, colleagues=colleagues)


@router.post("/todos/{id}/result")
async def resolve(request: Request, door: At, id: str) -> Response:
    """A result by one click."""
    form = await sent(request)
    receipt = await acts.resolve(door, id, form.text("result"), form.user.email, form.text("note") or None)
    said = f"Noted: {form.text('result').replace('_', ' ')}; takes effect {receipt.takes_effect}."
    return go_on(request, "/todos", f"{said} It can be taken back under its contact, until the next step has acted.")


@router.post("/todos/{id}/email")
async def send(request: Request, door: At, id: str) -> Response:
    """The manual email leaves, as edited."""
    form = await sent(request)
    receipt = await acts.send(door, id, form.user.email, form.text("subject"), form.text("body"))
    return go_on(request, "/todos", f"The email leaves {receipt.takes_effect}.")


@router.post("/todos/{id}/draft")
async def keep(request: Request, door: At, id: str) -> Response:
    """The draft is kept as typed."""
    form = await sent(request)
    await acts.edit(door, id, form.user.email, form.text("subject"), form.text("body"))
    return go_on(request, f"/todos/{id}", "The draft is kept.")


@router.post("/todos/{id}/skip")
async def skip(request: Request, door: At, id: str) -> Response:
    """The enrollment goes on without a result."""
    form = await sent(request)
    receipt = await acts.skip(door, id, form.user.email)
    return go_on(request, "/todos", f"Skipped; the sequence goes on {receipt.takes_effect}.")


@router.post("/todos/{id}/postponement")
async def postpone(request: Request, door: At, id: str) -> Response:
    """It is due at another day and hour."""
    form, zone = await sent(request), await zone_of(door)
    await acts.postpone(door, id, read_local(form.text("until"), zone), form.user.email)
    return go_on(request, "/todos", f"It is due at {form.text('until').replace('T', ' ')} now.")


@router.post("/todos/{id}/assignment")
async def reassign(request: Request, door: At, id: str) -> Response:
    """It is somebody else's."""
    form = await sent(request)
    await acts.reassign(door, id, form.text("to"), form.user.email)
    return go_on(request, "/todos", f"It is on the list of {form.text('to')} now.")


@router.post("/todos/{id}/take-back")
async def take_back(request: Request, door: At, id: str) -> Response:
    """The result did not count."""
    form = await sent(request)
    await acts.take_back(door, id, form.user.email)
    return go_on(request, "/todos", "The result is taken back; it is on the list again in a moment.")


def _item(door: Door, row: TodoRow, person: Contact | None, sequence: str, zone: str) -> dict[str, Any]:
    """What a to-do shows."""
    there = person.time_zone if person else None
    return {
        "row": row,
        "person": person,
        "sequence": sequence,
        "kind": row.action.words,
        "title": row.title or row.subject,
        "results": list(RESULTS.get(row.action, ())),
        "is_open": row.status.value == "open",
        "overdue": row.due_at.astimezone(ZoneInfo(zone)).date() < door.now().astimezone(ZoneInfo(zone)).date(),
        "their_time": f"{door.now().astimezone(ZoneInfo(there)):%a %H:%M}" if there else None,
    }
