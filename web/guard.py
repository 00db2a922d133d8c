"""What stands before every page: headers, cookies, and the word that a form must bring back."""

import hmac
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import URL, MutableHeaders
from starlette.datastructures import Headers as Fields
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sequencing.errors import Refused
from starter.local import is_loopback

SESSION = "sequencing_session"
FORM = "sequencing_form"
SAID = "sequencing_said"
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Headers:
    """Puts on every answer what browsers must keep to; nothing but what all pages share is kept by them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer of the app, with the headers."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                put_on(MutableHeaders(scope=message), kept=scope["path"].startswith("/static/"))
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


def put_on(headers: MutableHeaders, *, kept: bool = False) -> None:
    """The headers that an answer has not got. `kept`: browsers may keep it for an hour."""
    for name, value in {**HEADERS, "cache-control": "max-age=3600" if kept else "no-store"}.items():
        headers.setdefault(name, value)


class Bounded:
    """A body of more bytes than that is refused unread where the request says so, else as soon as they have come.

    The framework's own limit answers by itself, in plain text and without the headers of all answers.
    """

    def __init__(self, app: ASGIApp, most: int, refuse: Callable[[Request, Exception], Awaitable[Response]]) -> None:
        self.app, self.most, self.refuse = app, most, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer of the app; whoever reads too large a body in it gets an HTTPException."""
        if scope["type"] == "http" and _announced(scope) > self.most:
            answer = await self.refuse(Request(scope), _too_large())
            await answer(scope, receive, send)
        else:
            await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def receiving() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise _too_large()
            return message

        return receiving


def _too_large() -> HTTPException:
    return HTTPException(413, "The body is too large")


def _announced(scope: Scope) -> int:
    """How many bytes are to come, as the request says; none: it does not say."""
    length = Fields(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def cookie(url: URL) -> dict[str, Any]:
    """How a cookie is set: out of reach of scripts and of other sites; over plain HTTP only on this machine."""
    plain = url.scheme == "http" and is_loopback(url.hostname)
    return {"httponly": True, "samesite": "lax", "secure": not plain, "path": "/"}


def is_local(request: Request) -> bool:
    """Whether this house is in local mode, and no proxy passed the request on: behind one on this machine anybody may
    be, although it asks from here.
    """
    return bool(getattr(request.app.state, "local", False)) and not _was_passed_on(request)


def _was_passed_on(request: Request) -> bool:
    return any(name == "forwarded" or name.startswith("x-forwarded-") for name in request.headers)


def check_local(request: Request) -> None:
    """Raises Refused(`not_found`) unless the house is in local mode, and the request was made at this machine for it.

    A name that somebody else has let lead here (DNS rebinding), or a proxy, is not this machine.
    """
    asked_for, asked_by = request.url.hostname, request.client.host if request.client else ""
    if not (is_local(request) and is_loopback(asked_for) and is_loopback(asked_by)):
        raise Refused("not_found", "Sign in with your address and your password.")


def whence(request: Request) -> str:
    """The network address a request comes from; of IPv6 the half that a network gives to one place."""
    said = request.client.host if request.client else ""
    try:
        address = ip_address(said)
    except ValueError:
        return said
    if address.version == 4:
        return said
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((address, 64), strict=False))


def form_word(secret: str) -> str:
    """What a form brings back to show that it is one of ours. Derived, so that it gives nothing of the secret away."""
    return hmac.new(secret.encode(), b"form", sha256).hexdigest()


def check_form(request: Request, secret: str, word: str) -> None:
    """Raises Refused(`wrong_form`) unless the form came from our page for that secret."""
    if not (
        secret
        and is_from_us(request)
        and hmac.compare_digest(form_word(secret).encode(), word.encode(errors="replace"))
    ):
        raise Refused("wrong_form", "This form is out of date. Go back, load the page again, and repeat it.")


def came_from(request: Request) -> str:
    """The path of the page of ours on which a form stood, as the browser says; To-Do where it says none of ours."""
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc != request.url.netloc:
        return path_of_ours("")
    return path_of_ours(f"{page.path}?{page.query}" if page.query else page.path, path_of_ours(page.path))


def is_from_us(request: Request) -> bool:
    """Whether a page of ours sent it, as far as the browser says."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def path_of_ours(said: str, otherwise: str = "/todos") -> str:
    """The path, if it leads to us and nowhere else."""
    return said if re.fullmatch(r"/(?![/\\])[A-Za-z0-9/_\-?=&.%]*", said) else otherwise
