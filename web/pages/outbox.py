"""Outbox, in local mode: what would have been sent, and here was kept. Elsewhere there is no such page."""

import asyncio
import re
from typing import Annotated

from fastapi import Path, Query, Request
from starlette.responses import HTMLResponse, Response

from sequencing.errors import Refused
from sequencing.permissions import not_found
from starter import outbox
from web import guard
from web.acting import At
from web.areas import Area
from web.pages.frame import Page, page, reader, zone_of

router = Area(route_class=Page)
A_PAGE = 50
Name = Annotated[str, Path(pattern="^[0-9A-HJKMNP-TV-Z]{26}$")]
SHUT = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
}
"""Of a letter that is shown: no script, no form, no picture from elsewhere, and a place of its own."""

FROM_ELSEWHERE = re.compile(
    r"""(<img\b[^>]*?)\ssrc\s*=\s*(?:"\s*(?!data:)[^"]*"|'\s*(?!data:)[^']*'|(?!["']|data:)[^\s>]+)""", re.IGNORECASE
)
"""The address of a picture, the tracking pixel's too. It is taken out, since browsers report what they had to block."""


@router.get("/outbox")
async def listed(request: Request, door: At, before: Annotated[str, Query(max_length=26)] = "") -> Response:
    """The newest first, as far as the reader sees what they belong to."""
    _only_locally(request)
    user = await reader(request)
    zone = await zone_of(door, user)
    found = await outbox.page_of(door, user.email, before=before, limit=A_PAGE + 1)
    more = found[A_PAGE - 1].path.stem if len(found) > A_PAGE else None
    return page(request, "outbox/list.html", user=user, zone=zone, found=found[:A_PAGE], more=more)


@router.get("/outbox/{id}")
async def shown(request: Request, door: At, id: Name) -> Response:
    """One message: who, to whom, its text, and its HTML in a frame that can do nothing."""
    _only_locally(request)
    user = await reader(request)
    zone = await zone_of(door, user)
    one = await outbox.one(door, id, user.email)
    has_html = await asyncio.to_thread(outbox.html_of, one) is not None
    return page(request, "outbox/message.html", user=user, zone=zone, one=one, has_html=has_html)


@router.get("/outbox/{id}/html")
async def html(request: Request, door: At, id: Name) -> Response:
    """The HTML of one message, by itself."""
    _only_locally(request)
    user = await reader(request)
    content = await asyncio.to_thread(outbox.html_of, await outbox.one(door, id, user.email))
    if content is None:
        raise not_found()
    shut = FROM_ELSEWHERE.sub(r"\1", content)
    whole = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>A letter</title><main>{shut}</main>'
    return HTMLResponse(whole, headers=SHUT)


def _only_locally(request: Request) -> None:
    if not guard.is_local(request):
        raise Refused("not_found", "There is nothing of that name.")
