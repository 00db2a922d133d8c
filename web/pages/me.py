"""A user's own page: password, time zone, sending address, tokens."""

from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from sequencing.errors import Refused
from starter import keys, users
from starter.door import Door
from starter.users import UserChange
from web import guard
from web.acting import At
from web.areas import Area
from web.pages.frame import Page, go_on, page, reader, sent, zone_of
from web.pages.signing_in import keep_session
from web.pages.trying import NOT_YET, Tried, trying
from web.problems import status_of

router = Area(route_class=Page)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
AT_FIELD = {"invalid_email": "sending_address", "unknown_time_zone": "time_zone"}
AT_PASSWORD = {"wrong_password": "present", "invalid_password": "new", "too_many_tries": "present"}


@router.get("/me")
async def shown(request: Request, door: At) -> Response:
    """What one can change about oneself."""
    return await _shown(request, door)


@router.post("/me/password")
async def change_password(request: Request, door: At) -> Response:
    """Another password; everywhere else one is signed out."""
    form = await sent(request)
    new, whence = form.text("new_password"), guard.whence(request)
    try:
        if new != form.text("again_password"):
            raise Refused("invalid_password", "The two are not the same; type the new password twice.")
        secret = await keys.change_password(door, form.user.email, form.text("present_password"), new, whence)
    except Refused as refused:
        tried = Tried("password", {}, {AT_PASSWORD.get(refused.code, ""): refused.sentence}, status_of(refused.code))
        return await _shown(request, door, tried)
    answer = go_on(request, "/me", "Your password is changed. Wherever else you were signed in, you are not any more.")
    keep_session(request, answer, secret)
    return answer


@router.post("/me/profile")
async def change_profile(request: Request, door: At) -> Response:
    """Another time zone, another sending address."""
    form = await sent(request)
    change = UserChange(sending_address=form.text("sending_address").strip(), time_zone=form.text("time_zone").strip())
    act = users.change_oneself(door, change, form.user.email)
    if tried := await trying("profile", form, act, AT_FIELD):
        return await _shown(request, door, tried)
    return go_on(request, "/me", "It is kept.")


@router.post("/me/tokens")
async def add_token(request: Request, door: At) -> Response:
    """A token, shown on this page and never again."""
    form = await sent(request)
    try:
        made = await keys.add_token(door, form.text("name").strip(), form.user.email)
    except Refused as refused:
        tried = Tried("token", {"name": form.text("name")}, {"name": refused.sentence}, status_of(refused.code))
        return await _shown(request, door, tried)
    return await _shown(request, door, token=made.token)


@router.post("/me/tokens/{id}/revocation")
async def revoke_token(request: Request, door: At, id: Number) -> Response:
    """The token opens nothing any more."""
    form = await sent(request)
    await keys.revoke_token(door, id, form.user.email)
    return go_on(request, "/me", "The token is revoked.")


async def _shown(request: Request, door: Door, tried: Tried = NOT_YET, token: str = "") -> Response:
    user = await reader(request)
    zone = await zone_of(door, user)
    own = [one for one, _ in await keys.tokens(door, user.email) if one.user_id == user.id]
    return page(
        request,
        "me.html",
        tried.status,
        user=user,
        zone=zone,
        tried=tried,
        token=token,
        tokens=own,
        has_password=await keys.has_password(door, user.email),
        shortest=keys.PASSWORD_LENGTHS[0],
    )
