"""The API's description as a plain page."""

import re
from functools import lru_cache

from fastapi import FastAPI, Request
from markupsafe import Markup, escape
from starlette.responses import Response

from web.areas import Area
from web.pages.frame import TEMPLATES, Page, page

router = Area(route_class=Page)


@router.get("/api/docs")
async def shown(request: Request) -> Response:
    """Every operation, with what it takes and gives."""
    return page(request, "documentation.html", operations=_described(request.app))


@lru_cache(maxsize=1)
def _described(app: FastAPI) -> Markup:
    """Made once: what is served does not change."""
    return Markup(TEMPLATES.get_template("operations.html").render(api=app.openapi()))  # noqa: S704 - a template's own


def code(said: str) -> Markup:
    """What stands between backticks, as code; all of it is safe to show."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(said))))  # noqa: S704 - escaped before


TEMPLATES.filters["code"] = code
