"""The draft of a manual email: kept as typed, looked at as its reader would, and sent."""

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from sequencing.letters import worded
from starter import todos as acts
from starter.todo_lists import card
from web.acting import At
from web.areas import Area
from web.guard import path_of_ours
from web.pages.frame import Page, go_on, reader, sent

router = Area(route_class=Page)
SEALED = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
    "x-frame-options": "SAMEORIGIN",
}
"""A letter fetches nothing, leads nowhere and runs nothing."""


@router.post("/todos/{id}/email")
async def send(request: Request, door: At, id: str) -> Response:
    """The manual email leaves, as edited."""
    form = await sent(request)
    receipt = await acts.send(door, id, form.user.email, form.text("subject"), form.text("body"))
    return go_on(request, path_of_ours(form.text("next")), f"The email leaves {receipt.takes_effect}.")


@router.post("/todos/{id}/draft")
async def keep(request: Request, door: At, id: str) -> Response:
    """The draft is kept as typed; then it is looked at, or work goes on. `quiet`: a script keeps it in passing."""
    form = await sent(request)
    subject, body = form.text("subject"), form.text("body")
    before = await acts.look(door, id, form.user.email)
    if (subject, body) != (before.subject, before.body):
        await acts.edit(door, id, form.user.email, subject, body)
    if form.text("quiet"):
        return Response(status_code=204)
    if form.text("show"):
        worded(subject, body, before.format)
        return go_on(request, f"/todos/{id}?preview=true", "The draft is kept.")
    return go_on(request, path_of_ours(form.text("here"), f"/todos/{id}"), "The draft is kept.")


@router.get("/todos/{id}/letter")
async def letter(request: Request, door: At, id: str) -> Response:
    """The kept draft as a mail program shows it, for a frame of our page. Raises Refused where it cannot be made."""
    user = await reader(request)
    todo = (await card(door, id, user.email)).todo
    said = worded(todo.subject, todo.body, todo.format, with_html=True)
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Preview</title>{said.html}', headers=SEALED
    )
