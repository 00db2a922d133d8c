"""What all pages share: who reads, how a page is made, what a form must bring, and where it goes on afterwards."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sequencing.errors import Refused, Unchanged
from sequencing.people import User
from starter import keys
from starter.clocks import as_read
from starter.counts import counts_of
from starter.door import Door
from store import settings
from web import guard, problems
from web.acting import door_of, looking
from web.pages.navigation import Section, shown_to

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
LONGEST_SAID, LARGEST_COOKIE = (600, 280), 3_500
"""Signs of a sentence, and where they are many bytes each; a browser throws a larger cookie away, sentence and all."""
MOST_FIELDS = 1_200
TYPED = ("subject", "body", "note")
"""Fields whose text took somebody time: a refusal shows it again."""
PLUMBING = ("form", "next", "here", "back", "was", "once", "key", "seen", "chosen")
SIGN_IN_AGAIN = "Your session is over, and nothing was done. Sign in again in another tab; then repeat it."
WORTH_KEEPING = 40
"""Signs from which on any text is shown again to whose session was over when he sent it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody sent from one of our pages, and who he is."""

    user: User
    fields: Mapping[str, str]
    several: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """A field, with the ends of lines as the rest of the house has them; empty where there is none."""
        return self.fields.get(name, "").replace("\r\n", "\n")

    def many(self, name: str) -> tuple[str, ...]:
        """Everything that was ticked or sent under one name, in the order of the page."""
        return self.several.get(name, ())


class Page(APIRoute):
    """A route for people: a refusal is a sentence on a page, and whoever is not signed in is asked to."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that FastAPI calls."""
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                async with looking(request) if request.method == "GET" else nullcontext():
                    return await handler(request)
            except Unchanged as so_already:
                return go_on(request, await _next(request), so_already.sentence)
            except Exception as error:
                refused = problems.refusal(error)
                if refused is None:
                    raise
                return await _refused(request, refused)

        return answered


async def reader(request: Request) -> User:
    """Who is signed in. Raises Refused(`not_signed_in`)."""
    secret = request.cookies.get(guard.SESSION, "")
    user = await keys.signed_in(door_of(request), secret) if secret else None
    if user is None:
        raise Refused("not_signed_in", "Please sign in.")
    if request.method == "GET":
        await count(request, user)
    return user


async def count(request: Request, user: User) -> None:
    """Finds what waits for the reader, for the navigation of the page that this request makes."""
    request.state.counts = await counts_of(door_of(request), user)


async def sent(request: Request, most: int = MOST_FIELDS) -> Form:
    """The form, if it is ours and its sender is signed in, with at most so many fields. Raises Refused."""
    user = await reader(request)
    several = await _several(request, most)
    fields = {name: values[-1] for name, values in several.items()}
    guard.check_form(request, request.cookies[guard.SESSION], fields.get("form", ""))
    return Form(user, fields, several)


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form that are text."""
    return {name: values[-1] for name, values in (await _several(request)).items()}


async def read_form(request: Request, **bounds: int) -> FormData:
    """What was sent, which can be read once. Raises Refused."""
    try:
        return await request.form(**bounds)
    except (HTTPException, UnicodeError) as unread:
        request.state.unread = True
        why = unread.detail if isinstance(unread, HTTPException) else "its letters have no form that is known."
        raise Refused("too_large", f"This form cannot be read, and nothing of it was kept: {why}") from None


async def _several(request: Request, most: int = MOST_FIELDS) -> dict[str, tuple[str, ...]]:
    form = await read_form(request, max_files=0, max_fields=most)
    named = {name: [one for one in form.getlist(name) if isinstance(one, str)] for name in form}
    return {name: tuple(values) for name, values in named.items() if values}


def page(request: Request, template: str, code: int = 200, **words: Any) -> HTMLResponse:
    """The page, with what was said by the one before; that is said once."""
    secret = request.cookies.get(guard.SESSION, "")
    kind, _, sentence = unquote(request.cookies.get(guard.SAID, "")).partition("|")
    shown: dict[str, Any] = {"user": None, "zone": "UTC", "said": sentence, "said_kind": kind, "path": request.url.path}
    shown |= {"form": guard.form_word(secret) if secret else "", "typed": {}, "once": door_of(request).new_id()}
    shown["local"] = guard.is_local(request)
    shown |= {"groups": _groups(request, words.get("user")), "counts": getattr(request.state, "counts", {})}
    answer = HTMLResponse(TEMPLATES.get_template(template).render({**shown, **words}), code)
    if sentence:
        answer.delete_cookie(guard.SAID, path="/")
    return answer


def go_on(request: Request, path: str, sentence: str, kind: str = "done") -> RedirectResponse:
    """Goes on to a page of ours, which then says the sentence."""
    answer = RedirectResponse(path, 303)
    whole, short = (quote(f"{kind}|{sentence[:most]}".encode(errors="replace")) for most in LONGEST_SAID)
    said = whole if len(whole) <= LARGEST_COOKIE else short
    answer.set_cookie(guard.SAID, said, max_age=60, **guard.cookie(request.url))
    return answer


def trouble(request: Request, error: Exception, typed: Mapping[str, str] | None = None) -> HTMLResponse:
    """The page that says what went wrong, and what to do next."""
    refused = problems.refusal(error)
    if refused is None:
        return page(request, "trouble.html", 500, sentence="Something is wrong here. The log of this server says what.")
    status = getattr(error, "status_code", None) or problems.status_of(refused.code)
    return page(request, "trouble.html", status, sentence=refused.sentence, typed=typed or {})


async def zone_of(door: Door, user: User | None = None) -> str:
    """The time zone in which pages show and read times: that of the settings, or where this user works."""
    if user is not None and user.time_zone:
        return user.time_zone
    async with door.database.reading() as tx:
        return (await settings.current(tx)).calendar.zone


def at(instant: datetime | None, zone: str) -> str:
    """An instant as people read it."""
    return "" if instant is None else as_read(instant, zone)


def read_local(said: str, zone: str) -> datetime:
    """What a field for date and time holds. Raises Refused(`invalid_instant`)."""
    try:
        return datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("invalid_instant", "Choose a day and an hour, as 2026-12-01 09:00.") from None


def _groups(request: Request, user: User | None) -> list[tuple[str, list[Section]]]:
    return shown_to(user, local=guard.is_local(request)) if user else []


async def _refused(request: Request, refused: Refused) -> Response:
    if refused.code == "not_signed_in":
        if (
            request.method == "POST"
            and guard.is_from_us(request)
            and (typed := _worth_keeping(await fields_of(request)))
        ):
            return trouble(request, Refused(refused.code, SIGN_IN_AGAIN), typed)
        wanted = request.url.path if request.method == "GET" else "/todos"
        return RedirectResponse(f"/sign-in?next={quote(wanted)}", 303)
    if request.method == "GET" or getattr(request.state, "unread", False):
        return trouble(request, refused)
    fields = await fields_of(request)
    typed = {name: fields[name] for name in TYPED if fields.get(name)}
    if typed or refused.code in ("wrong_form", "database_unreachable") or problems.status_of(refused.code) == 404:
        return trouble(request, refused, typed)
    return go_on(request, await _next(request), refused.sentence, "refused")


def _worth_keeping(fields: Mapping[str, str]) -> dict[str, str]:
    said = {name: text for name, text in fields.items() if name not in PLUMBING and "password" not in name}
    return {name: text for name, text in said.items() if text and (name in TYPED or len(text) >= WORTH_KEEPING)}


async def _next(request: Request) -> str:
    """Where the form says that one goes on, else the page on which it stood."""
    return guard.path_of_ours((await fields_of(request)).get("next", ""), guard.came_from(request))


TEMPLATES.filters["at"] = at
