"""What the API's description promises, held against what is answered."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
from fastapi import FastAPI

from starter.door import Door
from web.app import web_app
from web.problems import MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class Promised:
    """One operation: the paths it is found at, and by each status of its answers the codes that go with it."""

    method: str
    path: re.Pattern[str]
    statuses: Mapping[str, frozenset[str]]


def check(answer: httpx2.Response) -> None:
    """Fails unless the operation promises that answer. What is asked of no operation is promised nothing."""
    path = urlsplit(str(answer.request.url)).path
    operation = next((one for one in _promised() if one.method == answer.request.method and one.path.match(path)), None)
    if operation is None:
        return
    asked = f"{operation.method} {path} answered {answer.status_code}"
    assert str(answer.status_code) in operation.statuses, asked
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == MEDIA_TYPE, asked
        code = json.loads(answer.content)["code"]
        assert code in operation.statuses[str(answer.status_code)], f"{asked} with {code}"


async def check_read(answer: httpx2.Response) -> None:
    """The same of an answer that has just begun to come."""
    await answer.aread()
    check(answer)


@cache
def app_of_all() -> FastAPI:
    """The application without a door. Its routes take long to make, and are those of all tests."""
    return web_app(cast("Door", None))


@cache
def _promised() -> list[Promised]:
    """Of two paths that fit, the one with fewer words to fill in is meant."""
    operations = _operations(app_of_all().openapi())
    return sorted(operations, key=lambda one: one.path.groups)


def _operations(description: Mapping[str, Any]) -> Iterator[Promised]:
    for path, operations in description["paths"].items():
        words = re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path)).replace("suppressions/([^/]+)", "suppressions/(.+)")
        for method, operation in operations.items():
            statuses = {status: _codes(one) for status, one in operation["responses"].items()}
            yield Promised(method.upper(), re.compile(f"{words}$"), statuses)


def _codes(answer: Mapping[str, Any]) -> frozenset[str]:
    _, named = answer.get("content", {}).get(MEDIA_TYPE, {}).get("schema", {}).get("allOf", ({}, {}))
    return frozenset(named.get("properties", {}).get("code", {}).get("enum", ()))
