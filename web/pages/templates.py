"""Templates of emails: the list, the form, a preview for a contact, and every act on one."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sequencing.errors import Refused, Unchanged
from sequencing.people import AddressType, Level, User
from sequencing.permissions import Tie, check_level, may
from sequencing.sequences import Format
from sequencing.wording import counted
from starter import templates as acts
from starter.door import Door
from starter.previews import Preview, preview_template
from starter.templates import Letter, Template, TemplateChange
from store import sequence_lists, users
from store.template_lists import Wanted
from store.templates import Users
from web.acting import At
from web.api.words import Number
from web.areas import Area
from web.pages.drafts import SEALED
from web.pages.frame import Form, Page, go_on, page, reader, sent, zone_of
from web.pages.making import made_once
from web.problems import status_of

router = Area(route_class=Page)
A_PAGE = 50
ACTS = ("edit_template", "copy_template", "archive_template", "hand_over_template")
FIELDS = ("name", "subject", "body", "format", "address_type", "version")
Asked = Annotated[str, Query(max_length=320)]


@router.get("/templates")
async def listed(
    request: Request,
    door: At,
    whose: str = "",
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=1_000)] = "",
) -> Response:
    """Templates by name, those in the archive apart."""
    user = await reader(request)
    mine = user.id if whose == "mine" else None
    wanted = Wanted(whose == "archived", mine, _line(q), _line(after), A_PAGE + 1)
    found = await acts.list_templates(door, user.email, wanted)
    return page(
        request,
        "templates/list.html",
        user=user,
        zone=await zone_of(door, user),
        found=found[:A_PAGE],
        whose=whose if whose in ("mine", "archived") else "",
        q=q,
        is_first=not after,
        more=found[A_PAGE - 1].row.name if len(found) > A_PAGE else "",
        may_create=user.level.reaches(Level.edit),
    )


@router.get("/templates/new")
async def ask_for_new(request: Request, door: At) -> Response:
    """An empty form."""
    user = await reader(request)
    check_level(user, "create_template")
    return await _form(request, door, user, dict.fromkeys(FIELDS, "") | {"format": "text", "address_type": "any"})


@router.post("/templates")
async def create(request: Request, door: At) -> Response:
    """Makes it, or shows the form with what was typed and what is wrong with it."""
    form = await sent(request)
    check_level(form.user, "create_template")
    typed = {name: form.text(name) for name in FIELDS}
    try:
        kind, written = _choices(form)
        said = typed["name"].strip(), typed["subject"].strip(), typed["body"], kind, form.user.email, written
        made = await made_once(door, form, "template", lambda at: acts.create_template(at, *said))
    except Refused as refused:
        return await _form(request, door, form.user, typed, refused=refused)
    return go_on(request, f"/templates/{made}", "The template is made. Steps of sequences can use it now.")


@router.get("/templates/{id}")
async def shown(request: Request, door: At, id: Number, contact: Asked = "") -> Response:
    """What it says, where it is used, and what one contact would get of it."""
    user = await reader(request)
    one, reached = await acts.show_template(door, id, user.email)
    row = one.row
    typed = {name: str(getattr(row, name)) for name in FIELDS}
    found, refused = await _preview(door, user, id, contact.strip())
    return await _form(
        request, door, user, typed, one, reached=reached, contact=contact, preview=found, refused=refused, kept=True
    )


@router.get("/templates/{id}/letter")
async def letter(request: Request, door: At, id: Number, contact: Asked) -> Response:
    """The HTML of it for a frame of our page, where it can do nothing. Raises Refused where there is none."""
    user = await reader(request)
    found = await preview_template(door, id, contact, user.email)
    return HTMLResponse(f'<!doctype html><meta charset="utf-8"><title>Preview</title>{found.html}', headers=SEALED)


@router.post("/templates/{id}")
async def change(request: Request, door: At, id: Number) -> Response:
    """Saves it, or says whom that would reach."""
    form = await sent(request)
    one, reached = await acts.show_template(door, id, form.user.email)
    typed = {name: form.text(name) for name in FIELDS}
    foresee = form.text("act") == "foresee"
    try:
        kind, written = _choices(form)
        said_version = typed["version"][:10]
        version = int(said_version) if said_version.isascii() and said_version.isdecimal() else None
        said = Letter(typed["subject"].strip(), typed["body"])
        wanted = TemplateChange(said, typed["name"].strip(), kind, version, written)
        edited = await acts.edit_template(door, id, wanted, form.user.email, dry_run=foresee)
    except Unchanged as so_already:
        return go_on(request, f"/templates/{id}", so_already.sentence)
    except Refused as refused:
        if refused.code in ("not_permitted", "unknown_template", "not_found"):
            raise
        return await _form(request, door, form.user, typed, one, reached=reached, refused=refused)
    words = _reached(edited.reached)
    if foresee:
        return await _form(request, door, form.user, typed, one, reached=edited.reached, foreseen=words)
    return go_on(request, f"/templates/{id}", f"Saved. {words}")


@router.post("/templates/{id}/copies")
async def copy(request: Request, door: At, id: Number) -> Response:
    """A copy that is the copier's."""
    form = await sent(request)

    async def act(at: Door) -> int:
        return (await acts.copied(at, id, form.user.email)).id

    made = await made_once(door, form, f"copy of template {id}", act)
    return go_on(request, f"/templates/{made}", "This is the copy, and it is yours.")


@router.post("/templates/{id}/archive")
async def archive(request: Request, door: At, id: Number) -> Response:
    """No new step can use it."""
    acting = acts.archive_template(door, id, (await sent(request)).user.email, archived=True)
    return await _done(request, id, acting, "Archived: no new step can use it, and steps that do go on.")


@router.post("/templates/{id}/unarchive")
async def unarchive(request: Request, door: At, id: Number) -> Response:
    """New steps can use it again."""
    acting = acts.archive_template(door, id, (await sent(request)).user.email, archived=False)
    return await _done(request, id, acting, "New steps can use it again.")


@router.post("/templates/{id}/owner")
async def hand_over(request: Request, door: At, id: Number) -> Response:
    """Gives it another owner."""
    form = await sent(request)
    acting = acts.hand_over_template(door, id, form.text("to"), form.user.email)
    return await _done(request, id, acting, f"It belongs to {form.text('to')} now.")


@router.get("/templates/{id}/{noun}")
async def not_a_page(request: Request, id: Number, noun: str) -> Response:
    """Where a browser lands that reloads an act."""
    return RedirectResponse(f"/templates/{id}", 303)


def _line(said: str) -> str:
    return said.replace("\0", "").strip()


def _choices(form: Form) -> tuple[AddressType, Format]:
    """Raises Refused."""
    kind, written = form.text("address_type") or "any", form.text("format") or "text"
    if kind not in list(AddressType) or written not in list(Format):
        raise Refused("invalid_request", "Choose the type of address and the format from the lists.")
    return AddressType(kind), Format(written)


async def _preview(door: Door, user: User, template: int, contact: str) -> tuple[Preview | None, Refused | None]:
    if not contact:
        return None, None
    try:
        return await preview_template(door, template, contact, user.email), None
    except Refused as refused:
        return None, refused


async def _form(
    request: Request,
    door: Door,
    user: User,
    typed: dict[str, str],
    one: Template | None = None,
    *,
    reached: Users | None = None,
    refused: Refused | None = None,
    kept: bool = False,
    foreseen: str = "",
    contact: str = "",
    preview: Preview | None = None,
) -> Response:
    """`kept`: nothing was typed, and a refusal regards the preview."""
    row = one.row if one else None
    tie = Tie(own=row is None or row.owner_id == user.id, seen=True)
    async with door.database.reading() as tx:
        uses = await sequence_lists.using(tx, row.id, user) if row else []
        everybody = await users.everybody(tx) if row and user.level is Level.manage else []
    return page(
        request,
        "templates/template.html",
        200 if refused is None or kept else status_of(refused.code),
        user=user,
        zone=await zone_of(door, user),
        typed=typed,
        row=row,
        owner=one.owner if one else user.email,
        can={act for act in ACTS if may(user, act, tie)} if row else {"edit_template"},
        heirs=[each for each in everybody if each.active and each.level.reaches(Level.edit)],
        uses=uses,
        whom=_reached(reached) if reached else "",
        foreseen=foreseen,
        wrong=_place(refused) if refused and not kept else "",
        trouble=refused.sentence if refused else "",
        contact=contact,
        preview=preview,
        formats=list(Format),
        address_types=list(AddressType),
        **({"said": refused.sentence, "said_kind": "refused"} if refused else {}),
    )


def _place(refused: Refused) -> str:
    """The field that a refusal speaks of."""
    if refused.code == "changed_meanwhile":
        return ""
    if refused.code == "template_exists" or "name" in refused.sentence.lower().split():
        return "name"
    return "subject" if refused.sentence.startswith("The subject") else "body"


def _reached(reached: Users) -> str:
    """Whom a change of it reaches."""
    have = "has an email from it before him" if reached.coming == 1 else "have an email from it before them"
    said = f"{counted(reached.coming, 'contact')} {have}, in {counted(reached.sequences, 'sequence')}."
    follow = "follows" if reached.drafts == 1 else "follow"
    drafts = f" {counted(reached.drafts, 'open draft')} {follow} a change." if reached.drafts else ""
    stay = "stays" if reached.touched == 1 else "stay"
    return said + drafts + (f" {reached.touched:,} that somebody typed in {stay}." if reached.touched else "")


async def _done(request: Request, template: int, acting: Awaitable[object], said: str) -> Response:
    try:
        await acting
    except Unchanged as so_already:
        said = so_already.sentence
    except Refused as refused:
        if refused.code in ("not_permitted", "not_found", "unknown_template"):
            raise
        return go_on(request, f"/templates/{template}", refused.sentence, "refused")
    return go_on(request, f"/templates/{template}", said)
