"""Signing in and out."""

import secrets
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from sequencing.errors import Refused
from sequencing.people import User
from starter import keys
from starter.door import Door
from store import users
from web import guard
from web.acting import At
from web.areas import Area
from web.pages.frame import Page, fields_of, page, sent
from web.problems import status_of, when

router = Area(route_class=Page)
Next = Annotated[str, Query(alias="next", max_length=500)]
CHOICES = 50
LENGTH = len(secrets.token_urlsafe(32))
"""Of a form's word. A second tab gets the one of the first, whose form would be out of date otherwise."""


@router.get("/")
async def home() -> Response:
    """The work that is there."""
    return RedirectResponse("/todos", 303)


@router.get("/sign-in")
async def ask(request: Request, door: At, wanted: Next = "") -> Response:
    """The form, with a word that only it can bring back."""
    return await _form(request, door, wanted)


@router.post("/sign-in")
async def sign_in(request: Request, door: At) -> Response:
    """A new session; the one that the browser showed ends, so that nobody can have chosen it."""
    fields = await fields_of(request)
    email, wanted = fields.get("email", ""), fields.get("next", "")
    guard.check_form(request, request.cookies.get(guard.FORM, ""), fields.get("form", ""))
    try:
        secret = await keys.sign_in(door, email, fields.get("password", ""), guard.whence(request))
    except Refused as refused:
        return await _form(request, door, wanted, refused, email)
    return await _let_in(request, door, secret, wanted)


@router.post("/sign-in/local")
async def sign_in_locally(request: Request, door: At) -> Response:
    """In local mode: a new session by one click, for who uses this machine."""
    guard.check_local(request)
    fields = await fields_of(request)
    guard.check_form(request, request.cookies.get(guard.FORM, ""), fields.get("form", ""))
    number = fields.get("user", "")
    secret = await keys.sign_in_locally(door, int(number) if number.isdecimal() and len(number) < 10 else 0)
    return await _let_in(request, door, secret, fields.get("next", ""))


async def _let_in(request: Request, door: Door, secret: str, wanted: str) -> Response:
    await keys.sign_out(door, request.cookies.get(guard.SESSION, ""))
    answer = RedirectResponse(guard.path_of_ours(wanted), 303)
    keep_session(request, answer, secret)
    answer.delete_cookie(guard.FORM, path="/")
    return answer


def keep_session(request: Request, answer: Response, secret: str) -> None:
    """Lets the browser keep a session."""
    lasts = int(keys.SESSION_LASTS.total_seconds())
    answer.set_cookie(guard.SESSION, secret, max_age=lasts, **guard.cookie(request.url))


@router.post("/sign-out")
async def sign_out(request: Request, door: At) -> Response:
    """The session is over, here and at the server."""
    await sent(request)
    await keys.sign_out(door, request.cookies[guard.SESSION])
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(guard.SESSION, path="/")
    return answer


async def _form(request: Request, door: Door, wanted: str, refused: Refused | None = None, email: str = "") -> Response:
    known = request.cookies.get(guard.FORM, "")
    word = known if len(known) == LENGTH else secrets.token_urlsafe(32)
    said = {"said": refused.sentence, "said_kind": "refused"} if refused else {}
    shown: dict[str, Any] = {"form": guard.form_word(word), "next": guard.path_of_ours(wanted), "email": email, **said}
    shown["people"] = await _people(door) if guard.is_local(request) else []
    answer = page(request, "sign_in.html", status_of(refused.code) if refused else 200, **shown)
    answer.headers.update(when(refused) if refused else {})
    answer.set_cookie(guard.FORM, word, max_age=3600, **guard.cookie(request.url))
    return answer


async def _people(door: Door) -> list[User]:
    """Who can be chosen in local mode."""
    async with door.database.reading() as tx:
        return [user for user in await users.listed(tx, limit=CHOICES) if user.active]
