"""The API's description as a plain page."""

from fastapi import Request
from starlette.responses import Response

from web.areas import Area
from web.pages.frame import Page, page

router = Area(route_class=Page)


@router.get("/api/docs")
async def shown(request: Request) -> Response:
    """Every operation, with what it takes and gives."""
    return page(request, "documentation.html", api=request.app.openapi())
