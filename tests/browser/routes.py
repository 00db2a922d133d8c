"""What the server has registered for people, and what of it the browser really drove."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import guard
from web.pages.enrollments import NOUNS

Route = tuple[str, str]
"""Method and path, as it is registered."""

WORDS: dict[Route, Iterable[str]] = {("POST", "/enrollments/{id}/{noun}"): NOUNS}
"""Routes that are many acts: each word is an act of its own."""

ELSEWHERE = {
    ("POST", "/texts/incoming"): "the provider of texts posts it, signed: tests/web/test_texts.py",
    ("POST", "/texts/status"): "the same",
}
"""What no person ever asks for."""


def registered(app: FastAPI) -> set[Route]:
    """Every page and act: all that is no operation of the API, and not asked for by machines."""
    described = {("GET", str(app.openapi_url)), *_operations(app)}
    return {one for route in _routes(app) for one in _acts(route) if route not in described} - set(ELSEWHERE)


def _routes(app: FastAPI) -> Iterator[Route]:
    for route in app.routes:
        for one in route.effective_route_contexts() if isinstance(route, _IncludedRouter) else [route]:
            for method in set(getattr(one, "methods", None) or ()) - {"HEAD"}:
                yield method, _without_converter(str(getattr(one, "path", "")))


def _without_converter(path: str) -> str:
    return re.sub(r":\w+}", "}", path)


def _operations(app: FastAPI) -> Iterator[Route]:
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path


def _acts(route: Route) -> Iterable[Route]:
    method, path = route
    return [(method, path.replace("{noun}", word)) for word in WORDS.get(route, ("{noun}",))]


@dataclass
class Driven:
    """In front of the app. `routes`: what was answered and not refused; `pages`: what was answered with a page.

    A letter in a sandbox is none: it is what others wrote, and no checker can run in it.
    """

    app: ASGIApp
    routes: set[Route] = field(default_factory=set)
    pages: dict[str, Route] = field(default_factory=dict)
    """The route of the last page that stood at a path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the app answers, and a note of it."""
        heads: list[Message] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                heads.append(message)
                self._note(scope, message)
            await send(message)

        await self.app(scope, receive, noting)

    def _note(self, scope: Scope, head: Message) -> None:
        route = _route_of(scope)
        headers = [(name.decode().lower(), value.decode("latin-1")) for name, value in head["headers"]]
        if route is None:
            return
        if any(name == "content-type" and value.startswith("text/html") for name, value in headers) and not any(
            name == "content-security-policy" and "sandbox" in value for name, value in headers
        ):
            self.pages[scope["path"]] = route
        if head["status"] < 400 and not any(_says_no(*one) for one in headers):
            self.routes.add(route)


def _route_of(scope: Scope) -> Route | None:
    if scope.get("route") is None:
        return None
    path = _without_converter(scope["route"].path)
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    words: dict[str, Any] = scope.get("path_params", {})
    return method, path.replace("{noun}", str(words.get("noun"))) if (method, path) in WORDS else path


def _says_no(name: str, value: str) -> bool:
    """A refusal that the next page will say."""
    return name == "set-cookie" and unquote(value).startswith(f"{guard.SAID}=refused|")
