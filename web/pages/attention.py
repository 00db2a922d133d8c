"""Attention: everything that waits for the reader besides his to-dos, each with what mends it."""

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from sequencing.todos import Outcome
from starter import holds
from starter.attention import Waiting, attention_of
from store.sequences import chosen
from web.acting import At
from web.api.todos import cursor, read_cursor
from web.areas import Area
from web.pages.frame import Page, go_on, page, reader, sent, zone_of

router = Area(route_class=Page)
A_PAGE = 50

CONTACT, SEQUENCE, SETTINGS = "contact", "sequence", "settings"
WHERE = {
    "no_email_address": (CONTACT, "Add an address"),
    "no_address_of_type": (CONTACT, "Add an address"),
    "no_phone_number": (CONTACT, "Add a number"),
    "missing_merge_field": (CONTACT, "Fill in the field"),
    "bounced": (CONTACT, "Correct the address"),
    "quiet_hours": (CONTACT, "Correct the time zone"),
    "template_broken": (SEQUENCE, "Mend the wording"),
    "no_send_window": (SETTINGS, "Open the send window"),
    "no_business_days": (SETTINGS, "Open the send window"),
}
"""Where that is mended which no button can: the place, and what is done there."""

FILLED_IN_BY = {
    "contact.first_name": "first_name",
    "contact.last_name": "last_name",
    "contact.name": "first_name",
    "contact.title": "title",
    "contact.email": "email",
    "contact.phone": "number",
    "company.name": "company",
}
"""By which field of a contact's form a merge field gets a value; the others are the wording's to mend."""


@router.get("/attention")
async def listed(request: Request, door: At, after: Annotated[str, Query(max_length=80)] = "") -> Response:
    """What waits, the longest waiting first."""
    user = await reader(request)
    zone = await zone_of(door, user)
    told = await attention_of(door, user.email, after=read_cursor(after), limit=A_PAGE, zone=zone)
    return page(
        request,
        "attention.html",
        user=user,
        zone=zone,
        lines=[(one, _place(one)) for one in told.items],
        notices=told.notices,
        outcomes=list(Outcome),
        after=after,
        more=cursor(*told.more) if told.more else None,
    )


@router.post("/attention/release")
async def release(request: Request, door: At) -> Response:
    """Ends a hold: of a sequence, or without one of all sending."""
    form = await sent(request)
    await holds.release(door, chosen(form.text("sequence")) or None, form.user.email)
    return go_on(request, "/attention", "Released: what fell due meanwhile leaves, in order.")


@router.get("/attention/release")
async def not_a_page(request: Request) -> Response:
    """Where a browser lands that reloads the release."""
    return RedirectResponse("/attention", 303)


def _place(one: Waiting) -> tuple[str, str] | None:
    """The path and the words of the link to where it is mended."""
    if one.missing:
        return _gap(one)
    place, words = WHERE.get(one.cause, ("", ""))
    paths = {
        CONTACT: f"/contacts/{one.contact_id}",
        SEQUENCE: f"/sequences/{one.sequence_id}",
        SETTINGS: "/settings",
    }
    return (paths[place], words) if place else None


def _gap(one: Waiting) -> tuple[str, str]:
    """Where the first field gets its value that has none."""
    at = next((FILLED_IN_BY[name] for name in one.missing if name in FILLED_IN_BY), None)
    if at is None:
        return f"/sequences/{one.sequence_id}/steps#step-{one.step}", "Mend the wording"
    return f"/contacts/{one.contact_id}/details?missing={at}", f"Fill in the {at.replace('_', ' ')}"
