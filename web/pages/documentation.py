"""The API's description as a plain page."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from web.pages.frame import Page, page

router = APIRouter(route_class=Page)


@router.get("/api/docs")
async def shown(request: Request) -> Response:
    """Every operation, with what it takes and gives."""
    return page(request, "documentation.html", api=request.app.openapi())
