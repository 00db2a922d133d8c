"""The API's description as a plain page."""

import re

from fastapi import Request
from markupsafe import Markup, escape
from starlette.responses import Response

from web.areas import Area
from web.pages.frame import TEMPLATES, Page, page

router = Area(route_class=Page)


@router.get("/api/docs")
async def shown(request: Request) -> Response:
    """Every operation, with what it takes and gives."""
    return page(request, "documentation.html", api=request.app.openapi())


def code(said: str) -> Markup:
    """What stands between backticks, as code; all of it is safe to show."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(said))))  # noqa: S704 - escaped before


TEMPLATES.filters["code"] = code
