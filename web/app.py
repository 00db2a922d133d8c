"""The web application: pages for people, an API for services, on one door."""

from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from starter.door import Door
from starter.keys import nobody_s
from web import guard, problems, texts
from web.acting import SCHEME
from web.api import registered as api_registered
from web.api.description import with_problems
from web.api.words import PROBLEMS
from web.areas import Area
from web.guard import Bounded, Headers
from web.pages import frame, registered

LARGEST_BODY = 3_000_000
STATIC = Path(__file__).parent / "static"
ABOUT = """Send a token with each request: `Authorization: Bearer …`. `sequencing tokens add NAME` makes one; it has the
rights of its user. An act is a noun. A write may carry an `Idempotency-Key`: repeated within 24 hours with the same
body it is answered as the first time. A refusal is a problem (RFC 9457) with a stable `code`."""


def web_app(
    door: Door, signed_texts: texts.Signed | None = None, temporal_ui: str = "", *, local: bool = False
) -> FastAPI:
    """Everything that is served by HTTP, but for the worker's /health. `signed_texts`: whose posts are believed;
    `temporal_ui`: where Temporal's own pages show the namespace; `local`: who uses this machine signs in by one click.
    """
    nobody_s()
    app = FastAPI(
        title="Contact sequencing",
        description=ABOUT,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )
    app.state.door, app.state.texts = door, signed_texts
    app.state.temporal_ui, app.state.local = temporal_ui, local
    app.include_router(_api())
    for pages in registered.PAGES:
        app.include_router(pages, include_in_schema=False)
    app.include_router(texts.router, include_in_schema=False)
    app.openapi = with_problems(app.openapi)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Bounded, most=LARGEST_BODY, refuse=_trouble)
    app.add_middleware(Headers)
    app.add_exception_handler(HTTPException, _trouble)
    app.add_exception_handler(ClientDisconnect, _nobody_there)
    app.add_exception_handler(Exception, _trouble)
    return app


def _api() -> APIRouter:
    api = Area(prefix="/api", dependencies=[Depends(SCHEME)], responses=PROBLEMS)
    for routes in api_registered.ROUTES:
        api.include_router(routes)
    return api


async def _nobody_there(request: Request, error: Exception) -> Response:
    """Whoever was sending has hung up: nobody reads the answer, and nothing is wrong here."""
    return Response(status_code=400)


async def _trouble(request: Request, error: Exception) -> Response:
    """What no route has answered; a fault is answered outside of what else puts headers on answers."""
    is_api = request.url.path.startswith("/api/")
    answer: Response = problems.answer(error) if is_api else frame.trouble(request, error)
    guard.put_on(answer.headers)
    return answer
