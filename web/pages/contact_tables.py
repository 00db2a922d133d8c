"""A page of contacts that a search finds, to be looked at or chosen: what its table shows."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from sequencing.people import Contact, Level, User
from sequencing.todos import Outcome
from starter import people
from starter.door import Door
from store import sequences, stages, users
from web.pages.searching import STATUSES, Search, written

SIZES = (100, 1000)
"""How many a page shows; the second as many as can be chosen at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which page of the list: behind that contact's number, so many."""

    after: int = 0
    size: int = SIZES[0]


def place_of(request: Request) -> Place:
    """The page that the address names; what is no number is passed over."""
    after, size = request.query_params.get("after", ""), request.query_params.get("show", "")
    number = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else 0
    return Place(number, SIZES[1] if size == str(SIZES[1]) else SIZES[0])


async def table(request: Request, door: Door, user: User, search: Search, place: Place) -> dict[str, Any]:
    """What the template of a table of contacts needs. Raises Refused."""
    found = await people.search(door, search.selection, user.email, after=place.after, limit=place.size + 1)
    shown, path = found[: place.size], request.url.path
    of_page = [("show", place.size)] if place.size != SIZES[0] else []
    later = written([*search.typed.items(), *of_page, ("after", shown[-1].id)]) if len(found) > place.size else None
    here = written([*search.typed.items(), *of_page, *([("after", place.after)] if place.after else [])])
    offered = await choices(door, user)
    return {
        "search": search,
        "found": search.words({"in": {str(one.id): one.name for one in offered["sequences"]}}),
        "items": shown,
        "more": f"{path}?{later}" if later else None,
        "here": f"{path}?{here}" if here else path,
        "larger": f"{path}?{written([*search.typed.items(), ('show', SIZES[1])])}" if len(found) > place.size else None,
        "is_first": not place.after,
        "may_use": user.level.reaches(Level.use),
        **offered,
    }


async def choices(door: Door, user: User) -> dict[str, Any]:
    """What the fields of a search offer: owners, sequences that the user sees, stages, words."""
    async with door.database.reading() as tx:
        everybody = await users.everybody(tx)
        shown = await sequences.all_shown(tx, user)
        known = await stages.in_order(tx)
    return {
        "owners": [one for one in everybody if one.active],
        "owner_names": {one.id: one.name for one in everybody},
        "sequences": sorted(shown, key=lambda one: one.name.lower()),
        "stages": [(one.name, one.name) for one in known],
        "statuses": [(one.value, one.value.capitalize()) for one in STATUSES],
        "outcomes": [(one.value, one.value.capitalize()) for one in Outcome],
    }


def position(one: Contact) -> str:
    """Title and company in a line."""
    return ", ".join(part for part in (one.title, one.company.name if one.company else "") if part)
