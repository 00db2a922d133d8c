"""Settings, Sequencing: when and how many messages leave, and the limits; and holding all sending."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from sequencing import settings_fields
from sequencing.errors import Refused
from sequencing.settings import differences_by_version
from starter import holds, settings
from starter.door import Door, permitted
from web.acting import At
from web.areas import Area
from web.pages.frame import Form, Page, go_on, page, reader, sent, zone_of
from web.pages.trying import NOT_YET, Tried, trying, without_secrets

router = Area(route_class=Page)
HERE = "/settings/sequencing"
CHANGES = 20
AT_FIELD = {"changed_meanwhile": "", "unknown_time_zone": "zone"}


@router.get("/settings/sequencing")
async def shown(request: Request, door: At) -> Response:
    """What is in force, each with its meaning and its limits."""
    return await _shown(request, door)


@router.post("/settings/sequencing")
async def change(request: Request, door: At) -> Response:
    """All fields as they are typed, as a new version; unless somebody made a newer one meanwhile."""
    form = await sent(request)
    wanted, errors = settings_fields.read(form.fields)
    if errors:
        return await _shown(request, door, Tried("settings", without_secrets(form), errors, 422))
    act = settings.change_settings(door, wanted, form.user.email, _version(form))
    if tried := await trying("settings", form, act, AT_FIELD):
        return await _shown(request, door, tried)
    return go_on(request, HERE, "The settings are in force. Waits that they concern are moved in the background.")


@router.post("/settings/sequencing/hold")
async def hold(request: Request, door: At) -> Response:
    """Nothing leaves any more, from any sequence."""
    form = await sent(request)
    await holds.hold(door, None, form.user.email)
    return go_on(request, HERE, "All sending is held. To-dos stay, waits run on; what falls due waits here.")


@router.post("/settings/sequencing/release")
async def release(request: Request, door: At) -> Response:
    """What fell due meanwhile goes."""
    form = await sent(request)
    await holds.release(door, None, form.user.email)
    return go_on(request, HERE, "All sending is released. What fell due goes in order, in window, cap and gap.")


def _version(form: Form) -> int | None:
    said = form.text("version")
    if not (said.isascii() and said.isdecimal() and len(said) < 10):
        raise Refused("invalid_request", "This form is out of date. Load the page again, and repeat it.")
    return int(said)


async def _shown(request: Request, door: Door, tried: Tried = NOT_YET) -> Response:
    user = await reader(request)
    zone = await zone_of(door, user)
    async with door.database.reading() as tx:
        await permitted(tx, user.email, "settings")
    now = await settings.in_force(door, user.email)
    typed = dict(tried.typed) if tried.of else settings_fields.written(now)
    words: dict[str, Any] = {
        "tried": tried,
        "typed_in": typed,
        "version": typed.get("version", now.version),
        "window": settings_fields.WINDOW,
        "switches": settings_fields.SWITCHES,
        "limits": settings_fields.LIMITS,
        "held": await holds.of_everything(door, user.email),
        "changes": await _changes(door, user.email),
    }
    return page(request, "settings/sequencing.html", tried.status, user=user, zone=zone, **words)


async def _changes(door: Door, by: str) -> list[dict[str, Any]]:
    """Who changed what and when, the newest first."""
    versions = (await settings.settings_history(door, by))[: CHANGES + 1]
    told = differences_by_version([one.settings for one in versions])
    return [
        {"version": one.settings.version, "by": one.by or "the system", "at": one.at, "what": what}
        for one, what in zip(versions[:CHANGES], told, strict=False)
    ]
