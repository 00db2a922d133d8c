"""Settings, User roles: users with their roles, who leaves with his heir, and what each role grants."""

from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.responses import RedirectResponse, Response

from sequencing.errors import Refused
from sequencing.people import Level, User
from starter import keys, roles, users
from starter.door import Door, permitted
from starter.users import UserChange
from store import users as rows
from web.acting import At
from web.api.words import behind
from web.areas import Area
from web.pages.frame import Form, Page, go_on, page, reader, sent, zone_of
from web.pages.trying import NOT_YET, Tried, trying

router = Area(route_class=Page)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
After = Annotated[str, Query(max_length=20)]
A_PAGE = 100
AT_FIELD = {
    "invalid_email": "email",
    "user_exists": "email",
    "unknown_time_zone": "time_zone",
    "invalid_number": "number",
    "invalid_text": "name",
}
AT_CHANGE = {**AT_FIELD, "invalid_email": "sending_address", "invalid_number": "sending_number"}


@router.get("/settings")
async def home(request: Request) -> Response:
    """Where settings begin."""
    await reader(request)
    return RedirectResponse("/settings/users", 303)


@router.get("/settings/users")
async def listed(request: Request, door: At, after: After = "") -> Response:
    """Everybody, and the form for one more."""
    return await _listed(request, door, after=after)


@router.post("/settings/users")
async def add(request: Request, door: At) -> Response:
    """One more."""
    form = await sent(request)
    email, name, number = form.text("email").strip(), form.text("name").strip(), form.text("number").strip() or None
    zone = form.text("time_zone").strip() or None
    act = users.add_user(door, email, name, form.many("role"), number, form.user.email, zone)
    if tried := await trying("user", form, act, AT_FIELD):
        return await _listed(request, door, tried)
    return go_on(request, "/settings/users", f"{name} is added. Give a first password on the page of {name}.")


@router.get("/settings/users/{id}")
async def shown(request: Request, door: At, id: Number) -> Response:
    """One user: what can be changed, and what would have to be handed over."""
    return await _shown(request, door, id)


@router.post("/settings/users/{id}/profile")
async def change(request: Request, door: At, id: Number) -> Response:
    """Name, address, number, zone."""
    form, user = await _about(request, door, id)
    names = ("name", "sending_address", "sending_number", "time_zone")
    change = UserChange(**{name: form.text(name).strip() for name in names})
    act = users.change_user(door, user.email, change, form.user.email)
    if tried := await trying("profile", form, act, AT_CHANGE):
        return await _shown(request, door, id, tried)
    return go_on(request, f"/settings/users/{id}", "It is kept.")


@router.post("/settings/users/{id}/roles")
async def change_roles(request: Request, door: At, id: Number) -> Response:
    """Exactly the roles that are ticked."""
    form, user = await _about(request, door, id)
    act = roles.set_roles(door, user.email, form.many("role"), form.user.email)
    if tried := await trying("roles", form, act, {}):
        return await _shown(request, door, id, tried)
    return go_on(request, f"/settings/users/{id}", "The roles are kept.")


@router.post("/settings/users/{id}/password")
async def set_password(request: Request, door: At, id: Number) -> Response:
    """A first or another password, which ends the sessions of that user."""
    form, user = await _about(request, door, id)
    act = keys.set_password(door, user.email, form.text("new_password"), form.user.email)
    if tried := await trying("password", form, act, {"invalid_password": "new_password"}):
        return await _shown(request, door, id, tried)
    return go_on(request, f"/settings/users/{id}", f"{user.name} signs in with that password now; tell it in person.")


@router.post("/settings/users/{id}/deactivation")
async def deactivate(request: Request, door: At, id: Number) -> Response:
    """Acts no more; somebody takes over."""
    form, user = await _about(request, door, id)
    heir = form.text("heir")
    act = users.deactivate_user(door, user.email, heir, form.user.email)
    if tried := await trying("deactivation", form, act, {"invalid_heir": "heir", "unknown_user": "heir"}):
        return await _shown(request, door, id, tried)
    return go_on(request, f"/settings/users/{id}", f"{user.name} is deactivated; {heir} has taken over.")


@router.post("/settings/users/{id}/activation")
async def activate(request: Request, door: At, id: Number) -> Response:
    """Acts again."""
    form, user = await _about(request, door, id)
    await users.activate_user(door, user.email, form.user.email)
    return go_on(request, f"/settings/users/{id}", f"{user.name} is active again.")


@router.get("/settings/roles")
async def all_roles(request: Request, door: At) -> Response:
    """The roles, and the form for one more."""
    return await _roles(request, door)


@router.post("/settings/roles")
async def add_role(request: Request, door: At) -> Response:
    """One more role."""
    form = await sent(request)
    act = roles.add_role(door, form.text("name").strip(), level_of(form), form.user.email)
    at_field = dict.fromkeys(("invalid_text", "role_exists"), "name")
    if tried := await trying("role", form, act, at_field):
        return await _roles(request, door, tried)
    return go_on(request, "/settings/roles", "The role is added; give it on the pages of users.")


@router.post("/settings/roles/{id}/level")
async def change_level(request: Request, door: At, id: Number) -> Response:
    """Another level, for everybody with that role."""
    form = await sent(request)
    role = await roles.show_role(door, id, form.user.email)
    await roles.change_role(door, role.name, level_of(form), form.user.email)
    return go_on(request, "/settings/roles", f"{role.name} grants {form.text('level')} now.")


def level_of(form: Form) -> Level:
    """The level that was chosen. Raises Refused(`invalid_request`)."""
    if form.text("level") not in list(Level):
        raise Refused("invalid_request", f"Choose a level: {', '.join(Level)}.")
    return Level(form.text("level"))


async def _about(request: Request, door: Door, number: int) -> tuple[Form, User]:
    form = await sent(request)
    user, _ = await users.show_user(door, number, form.user.email)
    return form, user


async def _listed(request: Request, door: Door, tried: Tried = NOT_YET, after: str = "") -> Response:
    user, zone = await _manager(request, door)
    found = await users.listed(door, user.email, after=behind(after, 0), limit=A_PAGE + 1)
    more = found[A_PAGE - 1][0].id if len(found) > A_PAGE else None
    known = await roles.listed(door, user.email)
    shown: dict[str, Any] = {"found": found[:A_PAGE], "more": more, "roles": known, "ticked": await _ticked(request)}
    return page(request, "settings/users.html", tried.status, user=user, zone=zone, tried=tried, **shown)


async def _shown(request: Request, door: Door, number: int, tried: Tried = NOT_YET) -> Response:
    user, zone = await _manager(request, door)
    one, held = await users.show_user(door, number, user.email)
    async with door.database.reading() as tx:
        templates, sequences = await rows.belongings(tx, one.email)
        todos = await rows.waits_for(tx, one.id)
        heirs = [other for other in await rows.everybody(tx) if other.active and other.id != one.id]
    return page(
        request,
        "settings/user.html",
        tried.status,
        user=user,
        zone=zone,
        tried=tried,
        one=one,
        held=held,
        roles=await roles.listed(door, user.email),
        heirs=heirs,
        counts_of={"sequences": len(sequences), "templates": len(templates), "open to-dos": todos},
        has_password=await keys.has_password(door, one.email),
        shortest=keys.PASSWORD_LENGTHS[0],
    )


async def _roles(request: Request, door: Door, tried: Tried = NOT_YET) -> Response:
    user, zone = await _manager(request, door)
    known = await roles.listed(door, user.email)
    words = {"found": known, "levels": list(Level), "tried": tried}
    return page(request, "settings/roles.html", tried.status, user=user, zone=zone, **words)


async def _manager(request: Request, door: Door) -> tuple[User, str]:
    """The reader, who manages. Raises Refused."""
    user = await reader(request)
    async with door.database.reading() as tx:
        await permitted(tx, user.email, "users")
    return user, await zone_of(door, user)


async def _ticked(request: Request) -> tuple[str, ...]:
    """The roles that were ticked when the form was refused."""
    if request.method == "GET":
        return ()
    return (await sent(request)).many("role")
