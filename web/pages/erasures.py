"""Erasing a contact: what would go, asked before; then the person is gone for good."""

from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from sequencing.errors import Refused
from sequencing.permissions import check_level
from starter import erasures, people
from web.acting import At
from web.api.words import LARGEST_ID
from web.areas import Area
from web.pages.frame import Page, go_on, page, reader, sent, zone_of

router = Area(route_class=Page)
Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
MOST_LINES = 200
"""Of a history that is read."""


@router.get("/contacts/{id}/erasure")
async def ask_before(request: Request, door: At, id: Number) -> Response:
    """Everything that would go, by name, and what stays."""
    user = await reader(request)
    check_level(user, "erase")
    card = await people.card(door, id, user.email)
    done = await people.history(door, id, user.email)
    return page(
        request,
        "contacts/erasure.html",
        user=user,
        zone=await zone_of(door, user),
        card=card,
        one=card.contact,
        lines=len(done),
        most=len(done) == MOST_LINES,
    )


@router.post("/contacts/{id}/erasure")
async def erase(request: Request, door: At, id: Number) -> Response:
    """Erases the person; only with the tick that says so."""
    form = await sent(request)
    check_level(form.user, "erase")
    if form.text("sure") != "yes":
        raise Refused("not_sure", "Tick that everything about this contact shall go, then press the button again.")
    done = await erasures.erase(door, id, form.user.email)
    return go_on(request, "/contacts", " ".join(done.sentences))
