"""Contacts: the list, one contact's record with its tabs, adding and changing one, and the list as CSV."""

from typing import Annotated, Any

from fastapi import Path, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from sequencing.errors import Refused
from sequencing.people import AddressType, ContactKind, Level, PhoneType, User
from sequencing.permissions import check_level
from starter import companies, people
from starter.candidacies import enter
from starter.contact_exports import export
from starter.door import Door
from starter.people import Card
from store import opportunities, users
from web.acting import At, Lasting
from web.api.words import LARGEST_ID
from web.areas import Area
from web.guard import path_of_ours
from web.pages.contact_forms import Typed, of_contact, read_contact
from web.pages.contact_tables import choices, place_of, position, table
from web.pages.frame import Form, Page, go_on, page, reader, sent, zone_of
from web.pages.making import made_once
from web.pages.searching import read_search
from web.problems import status_of

router = Area(route_class=Page)
Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
MISSING = {
    "first_name": "first name",
    "last_name": "last name",
    "title": "title",
    "company": "company",
    "email": "email address",
    "number": "mobile number",
}
"""Fields that the wording of a step may need, and what they are called."""
TABS = {"": "Sequencing", "/history": "History", "/addresses": "Addresses", "/opportunities": "Opportunities"}


@router.get("/contacts")
async def listed(request: Request, door: At) -> Response:
    """The contacts, searched and filtered, to be looked at or chosen."""
    user = await reader(request)
    search = read_search(dict(request.query_params))
    shown = await table(request, door, user, search, place_of(request))
    return page(request, "contacts/list.html", user=user, zone=await zone_of(door, user), position=position, **shown)


@router.get("/contacts/export")
async def as_csv(request: Request, door: Lasting) -> Response:
    """Whom the search finds, in the columns in which contacts are imported."""
    user = await reader(request)
    check_level(user, "see")
    pieces = export(door, read_search(dict(request.query_params)).selection, user.email)
    first = await anext(pieces)

    async def file() -> Any:
        yield first
        async for piece in pieces:
            yield piece

    headers = {"content-disposition": 'attachment; filename="contacts.csv"'}
    return StreamingResponse(file(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/contacts/new")
async def ask_for_new(request: Request, door: At) -> Response:
    """An empty form."""
    user = await reader(request)
    check_level(user, "change_contacts")
    return await _form(request, door, user, Typed({"owner": user.email}), None)


@router.post("/contacts")
async def add(request: Request, door: At) -> Response:
    """A new contact; what cannot be taken is said above the form, as it was typed."""
    form = await sent(request)
    typed = read_contact(form)
    said = ["Added."]

    async def act(at: Door) -> int:
        kept = await people.add(at, typed.said(None), form.user.email)
        said.extend(kept.remarks)
        return kept.id

    try:
        await _company(door, typed, form)
        made = await made_once(door, form, "contact", act)
    except Refused as refused:
        return await _form(request, door, form.user, typed, None, refused, was=form.text("was"))
    return go_on(request, f"/contacts/{made}", " ".join(said))


@router.get("/contacts/{id}")
async def sequencing(request: Request, door: At, id: Number) -> Response:
    """The record: every sequence the contact was ever in."""
    return await _record(request, door, id, "")


@router.get("/contacts/{id}/history")
async def history(request: Request, door: At, id: Number) -> Response:
    """What was done with him."""
    user = await reader(request)
    return await _record(request, door, id, "/history", lines=await people.history(door, id, user.email))


@router.get("/contacts/{id}/addresses")
async def addresses(request: Request, door: At, id: Number) -> Response:
    """Addresses and numbers, and which of them nobody writes to."""
    return await _record(request, door, id, "/addresses")


@router.get("/contacts/{id}/opportunities")
async def in_workflows(request: Request, door: At, id: Number) -> Response:
    """Where he stands in which workflow."""
    return await _record(request, door, id, "/opportunities")


@router.post("/contacts/{id}/opportunities")
async def enter_workflow(request: Request, door: At, id: Number) -> Response:
    """He comes into the workflow of an opportunity."""
    form, here = await sent(request), f"/contacts/{id}/opportunities"
    done = await enter(door, form.text("opportunity").strip(), [id], form.user.email)
    (moved,) = done.contacts
    return go_on(request, here, moved.sentence[:1].upper() + moved.sentence[1:].rstrip(".") + ".")


@router.get("/contacts/{id}/details")
async def ask_for_changes(request: Request, door: At, id: Number, missing: str = "") -> Response:
    """The form, with what is known. `missing`: the field that a step's wording needs, to be filled in first."""
    user = await reader(request)
    check_level(user, "change_contacts")
    card = await people.card(door, id, user.email)
    return await _form(request, door, user, of_contact(card), card, missing=missing)


@router.post("/contacts/{id}/details")
async def change(request: Request, door: At, id: Number) -> Response:
    """What was changed in the form is kept; what somebody else changed meanwhile stays."""
    form = await sent(request)
    card, typed = await people.card(door, id, form.user.email), read_contact(form)
    try:
        await _company(door, typed, form)
        kept = await people.change(door, id, typed.said(form.text("was"), of_contact(card)), form.user.email)
    except Refused as refused:
        if refused.code == "unchanged":
            return go_on(request, f"/contacts/{id}", refused.sentence)
        return await _form(
            request, door, form.user, typed, card, refused, missing=form.text("missing"), was=form.text("was")
        )
    return go_on(request, path_of_ours(form.text("next"), f"/contacts/{id}"), " ".join(["Kept.", *kept.remarks]))


@router.get("/contacts/{id}/{noun}")
async def not_a_page(request: Request, id: Number, noun: str) -> Response:
    """Where a browser lands that reloads an act."""
    return RedirectResponse(f"/contacts/{id}", 303)


async def _record(request: Request, door: Door, contact_id: int, tab: str, **more: Any) -> Response:
    user = await reader(request)
    zone = await zone_of(door, user)
    card = await people.card(door, contact_id, user.email)
    async with door.database.reading() as tx:
        regarded = await opportunities.some(tx, [number for number, _ in card.workflows])
        owner = await users.get(tx, card.contact.owner_id) if card.contact.owner_id else None
    return page(
        request,
        "contacts/record.html",
        user=user,
        zone=zone,
        card=card,
        one=card.contact,
        owner=owner,
        position=position(card.contact),
        tabs=TABS,
        tab=tab,
        here=f"/contacts/{contact_id}",
        titles={one.id: one.title for one in regarded},
        may_use=user.level.reaches(Level.use),
        may_erase=user.level is Level.manage,
        local_time=door.now(),
        **more,
    )


async def _form(
    request: Request,
    door: Door,
    user: User,
    typed: Typed,
    card: Card | None,
    refused: Refused | None = None,
    *,
    missing: str = "",
    was: str | None = None,
) -> Response:
    """`was`: what stood there before anything was typed, as the form brought it; None: what is typed."""
    offered = await choices(door, user)
    said = {"said": refused.sentence, "said_kind": "refused"} if refused else {}
    return page(
        request,
        "contacts/form.html",
        status_of(refused.code) if refused else 200,
        user=user,
        zone=await zone_of(door, user),
        typed=typed,
        was=typed.was if was is None else was,
        one=card.contact if card else None,
        missing=MISSING.get(missing, ""),
        first=missing if missing in MISSING else "",
        owners=offered["owners"],
        kinds=list(ContactKind),
        address_types=list(AddressType),
        phone_types=list(PhoneType),
        **said,
    )


async def _company(door: Door, typed: Typed, form: Form) -> None:
    """A company that nobody knows is made, as by an import."""
    name = typed.fields.get("company", "").strip()
    if name and name != typed.shown(form.text("was"), "company"):
        await companies.known_or_new(door, name, form.user.email)
