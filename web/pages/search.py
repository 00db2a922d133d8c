"""Search: contacts by every field, and by sequence, by status and outcome in it, by whether there is any."""

from fastapi import Request
from starlette.responses import Response

from sequencing.errors import Refused
from sequencing.permissions import check_level
from web.acting import At
from web.areas import Area
from web.pages.contact_tables import choices, place_of, position, table
from web.pages.frame import Page, page, reader, zone_of
from web.pages.searching import Search, read_search
from web.problems import status_of

router = Area(route_class=Page)


@router.get("/search")
async def search(request: Request, door: At) -> Response:
    """The fields, and whom they find; without any, nobody is looked for yet."""
    user = await reader(request)
    check_level(user, "see")
    said = dict(request.query_params)
    typed = {name: value for name, value in said.items() if value.strip()}
    try:
        asked = read_search(said)
        if asked.selection.is_empty:
            shown = {"search": asked, "items": None, **await choices(door, user)}
        else:
            shown = await table(request, door, user, asked, place_of(request))
    except Refused as refused:
        if refused.code in ("not_permitted", "not_found"):
            raise
        kept = {"search": Search(typed), "items": None, **await choices(door, user)}
        words = {"said": refused.sentence, "said_kind": "refused"}
        return page(
            request,
            "contacts/search.html",
            status_of(refused.code),
            user=user,
            zone=await zone_of(door, user),
            **kept,
            **words,
        )
    return page(request, "contacts/search.html", user=user, zone=await zone_of(door, user), position=position, **shown)
