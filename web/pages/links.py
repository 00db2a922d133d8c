"""The links of emails, for whoever gets them: no signing in, no cookies. What is not ours gets a page that says so.

What was fetched is written down after the answer, so that a slow or absent database keeps nobody from reading.
"""

import structlog
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, Response

from sequencing.machines import Fetch
from sequencing.tracking import Clicked, Viewed, read_click, read_unsubscribe, read_view
from starter import tracking
from starter.door import Door
from web.acting import At
from web.areas import Area
from web.pages.frame import TEMPLATES

router = Area()
log = structlog.get_logger()
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
READ = ["GET", "HEAD"]
UNTOLD = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
"""No cache answers for us, no target learns of the link, no search engine keeps it."""
PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")


@router.api_route("/o/{token}", methods=READ)
async def pixel(request: Request, door: At, token: str) -> Response:
    """A picture of one transparent pixel, always whole."""
    said = read_view(door.database.secrets(), token)
    if said is None:
        return _not_ours()
    task = BackgroundTask(_write_down, door, said, _fetch(request))
    return Response(PIXEL, media_type="image/gif", headers=UNTOLD, background=task)


@router.api_route("/c/{token}", methods=READ)
async def click(request: Request, door: At, token: str) -> Response:
    """On to the target that was signed with the link."""
    said = read_click(door.database.secrets(), token)
    if said is None:
        return _not_ours()
    task = BackgroundTask(_write_down, door, said, _fetch(request))
    return Response(status_code=302, headers={**UNTOLD, "location": said.target}, background=task)


@router.api_route("/u/{token}", methods=READ)
async def ask(door: At, token: str) -> Response:
    """Asks, and changes nothing: machines follow every link of a mail."""
    return _not_ours() if read_unsubscribe(door.database.secrets(), token) is None else _page("unsubscribe.html")


@router.post("/u/{token}")
async def unsubscribe(door: At, token: str) -> Response:
    """Unsubscribes, by the page's form or by a mail program's one click (RFC 8058); what is sent along is not read."""
    said = read_unsubscribe(door.database.secrets(), token)
    if said is None:
        return _not_ours()
    try:
        await tracking.unsubscribe(door, said)
    except (SQLAlchemyError, OSError) as error:
        log.error("unsubscribe not recorded", error=type(error).__name__)
        return _page("unsubscribe.html", 503, failed=True)
    return _page("unsubscribed.html")


async def _write_down(door: Door, said: Viewed | Clicked, fetch: Fetch) -> None:
    try:
        if isinstance(said, Viewed):
            await tracking.view(door, said, fetch)
        else:
            await tracking.click(door, said, fetch)
    except (SQLAlchemyError, OSError) as error:
        log.warning("open or click not written down", error=type(error).__name__)


def _fetch(request: Request) -> Fetch:
    purpose = " ".join(request.headers.get(name, "") for name in PURPOSES)
    return Fetch(request.method, request.headers.get("user-agent", ""), purpose)


def _not_ours() -> Response:
    return _page("no_link.html", 404)


def _page(template: str, code: int = 200, *, failed: bool = False) -> Response:
    headers = {"retry-after": "60"} if failed else {}
    words = TEMPLATES.get_template(template).render(failed=failed)
    return HTMLResponse(words, code, headers={**UNTOLD, **headers})
