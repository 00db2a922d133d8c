"""Settings, Recruiting workflow: its stages, in order, and the sequence each is linked to."""

from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from sequencing.errors import Refused
from sequencing.stage_links import StageType
from starter import stages
from starter.door import Door, permitted
from store import sequences
from web.acting import At
from web.areas import Area
from web.pages.frame import Form, Page, go_on, page, reader, sent, zone_of
from web.pages.trying import NOT_YET, Tried, trying

router = Area(route_class=Page)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
HERE = "/settings/stages"
PLACES = {"up": -1, "down": 1}
AT_FIELD = {"invalid_text": "name", "stage_exists": "name", "one_new_stage": "type", "new_takes_no_link": "type"}


@router.get("/settings/stages")
async def shown(request: Request, door: At) -> Response:
    """The stages in order, and the form for one more."""
    return await _shown(request, door)


@router.post("/settings/stages")
async def add(request: Request, door: At) -> Response:
    """A last stage."""
    form = await sent(request)
    act = stages.add(door, form.text("name"), _type(form), form.user.email)
    if tried := await trying("new", form, act, AT_FIELD):
        return await _shown(request, door, tried)
    return go_on(
        request, HERE, f"{form.text('name').strip()} is the last stage now; move it up if it belongs elsewhere."
    )


@router.post("/settings/stages/{id}")
async def change(request: Request, door: At, id: Number) -> Response:
    """Another name, another type; each only where it is another one."""
    form = await sent(request)
    one = next((stage for stage, _ in await stages.shown(door, form.user.email) if stage.id == id), None)
    name = form.text("name").strip()
    other_name = name if one is None or one.name != name else None
    other_type = _type(form) if one is None or one.type is not _type(form) or other_name is None else None
    act = stages.change(door, id, form.user.email, name=other_name, type_=other_type)
    if tried := await trying(str(id), form, act, AT_FIELD):
        return await _shown(request, door, tried)
    return go_on(request, HERE, "The stage is kept.")


@router.post("/settings/stages/{id}/place")
async def shift(request: Request, door: At, id: Number) -> Response:
    """One place up or down."""
    form = await sent(request)
    if form.text("to") not in PLACES:
        raise Refused("invalid_request", "Choose up or down.")
    await stages.shift(door, id, PLACES[form.text("to")], form.user.email)
    return go_on(request, HERE, "The order is kept.")


@router.post("/settings/stages/{id}/link")
async def link(request: Request, door: At, id: Number) -> Response:
    """Another sequence, or none."""
    form = await sent(request)
    chosen, by = form.text("sequence"), form.user.email
    act = stages.link(door, id, sequences.chosen(chosen), by) if chosen else stages.unlink(door, id, by)
    if tried := await trying(f"link {id}", form, act, {}):
        return await _shown(request, door, tried)
    said = "Contacts who come to this stage are offered that sequence." if chosen else "The stage offers no sequence."
    return go_on(request, HERE, said)


@router.post("/settings/stages/{id}/removal")
async def remove(request: Request, door: At, id: Number) -> Response:
    """A stage at which nobody ever stood is gone."""
    form = await sent(request)
    await stages.remove(door, id, form.user.email)
    return go_on(request, HERE, "The stage is removed.")


def _type(form: Form) -> StageType:
    if form.text("type") not in list(StageType):
        raise Refused("invalid_request", f"Choose a type: {', '.join(StageType)}.")
    return StageType(form.text("type"))


async def _shown(request: Request, door: Door, tried: Tried = NOT_YET) -> Response:
    user = await reader(request)
    zone = await zone_of(door, user)
    async with door.database.reading() as tx:
        await permitted(tx, user.email, "stages")
        known = [row for row in await sequences.all_shown(tx, user) if not row.archived]
    found = await stages.shown(door, user.email)
    words = {"found": found, "types": list(StageType), "sequences": known, "tried": tried}
    return page(request, "settings/stages.html", tried.status, user=user, zone=zone, **words)
