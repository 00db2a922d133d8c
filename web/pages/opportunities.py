"""Opportunities, and their recruiting workflow as a board: who stands at which stage, coming in and moving on."""

from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.responses import RedirectResponse, Response

from sequencing.errors import Refused
from sequencing.people import Level, Opportunity, User
from sequencing.permissions import check_level
from starter import candidacies, companies
from starter import opportunities as acts
from starter.adds import read_list
from starter.candidacies import Moves
from starter.door import Door, permitted
from starter.enrollments import Enrolled, NotEnrolled
from store import companies as company_rows
from store import opportunities, sequences, stages, users
from web.acting import At
from web.api.words import LARGEST_ID, behind
from web.areas import Area
from web.pages.frame import Form, Page, go_on, page, reader, sent, zone_of
from web.pages.making import made_once
from web.pages.searching import written
from web.problems import status_of

router = Area(route_class=Page)
A_PAGE, ON_A_BOARD = 100, 200
Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
After = Annotated[str, Query(max_length=10)]
Text = Annotated[str, Query(max_length=200)]
FIELDS = ("title", "company", "owner", "external_id")


@router.get("/opportunities")
async def listed(
    request: Request, door: At, q: Annotated[str, Query(max_length=200)] = "", after: After = ""
) -> Response:
    """The opportunities, by number."""
    user = await reader(request)
    async with door.database.reading() as tx:
        await permitted(tx, user.email, "see")
        found = await opportunities.listed(tx, text=q.strip(), after=behind(after, 0), limit=A_PAGE + 1)
        names = await company_rows.names(tx, [one.company_id for one in found if one.company_id])
        owners = await users.some(tx, [one.owner_id for one in found if one.owner_id])
    more = written([("q", q), ("after", found[A_PAGE - 1].id)]) if len(found) > A_PAGE else None
    return page(
        request,
        "opportunities/list.html",
        user=user,
        zone=await zone_of(door, user),
        found=found[:A_PAGE],
        companies=names,
        owners={number: one.name for number, one in owners.items()},
        q=q,
        more=f"/opportunities?{more}" if more else None,
        may_use=user.level.reaches(Level.use),
    )


@router.get("/opportunities/new")
async def ask_for_new(request: Request, door: At) -> Response:
    """An empty form."""
    user = await reader(request)
    check_level(user, "opportunities")
    return await _form(request, door, user, {"owner": user.email}, None)


@router.post("/opportunities")
async def add(request: Request, door: At) -> Response:
    """A new opportunity."""
    form = await sent(request)
    typed = {name: form.text(name).strip() for name in FIELDS}
    try:
        if typed["company"]:
            await companies.known_or_new(door, typed["company"], form.user.email)
        number = await made_once(door, form, "opportunity", lambda at: _add(at, typed, form.user))
    except Refused as refused:
        return await _form(request, door, form.user, typed, None, refused)
    return go_on(request, f"/opportunities/{number}", "Added.")


async def _add(door: Door, typed: dict[str, str], user: User) -> int:
    said = {name: typed[name] or None for name in ("external_id", "company")}
    return await acts.add(door, typed["title"], user.email, owner=typed["owner"], **said)


@router.get("/opportunities/{id}")
async def board(request: Request, door: At, id: Number, after: After = "") -> Response:
    """One opportunity: its recruiting workflow by stage, each contact with his status in the stage's sequence."""
    user = await reader(request)
    zone = await zone_of(door, user)
    found = await acts.workflow(door, id, user.email, after=behind(after, 0), limit=ON_A_BOARD + 1)
    shown = found.standings[:ON_A_BOARD]
    async with door.database.reading() as tx:
        known = await stages.in_order(tx)
        offered = await sequences.some_shown(tx, user, [one.sequence_id for one in known if one.sequence_id])
        owner = await users.get(tx, found.opportunity.owner_id) if found.opportunity.owner_id else None
        company = await company_rows.names(tx, [found.opportunity.company_id or 0])
    columns = [(one, offered.get(one.sequence_id or 0), [s for s in shown if s.stage.id == one.id]) for one in known]
    return page(
        request,
        "opportunities/board.html",
        user=user,
        zone=zone,
        one=found.opportunity,
        here=f"/opportunities/{id}",
        owner=owner,
        company=company.get(found.opportunity.company_id or 0),
        columns=columns,
        stages=known,
        number=len(shown),
        may_use=user.level.reaches(Level.use),
        more=shown[-1].contact_id if len(found.standings) > ON_A_BOARD else None,
        is_first=not after,
        written=written,
    )


@router.get("/opportunities/{id}/details")
async def ask_for_changes(request: Request, door: At, id: Number) -> Response:
    """The form, with what is known."""
    user = await reader(request)
    check_level(user, "opportunities")
    async with door.database.reading() as tx:
        one = await opportunities.find(tx, id)
        names = await company_rows.names(tx, [one.company_id or 0])
        owner = await users.get(tx, one.owner_id) if one.owner_id else None
    typed = {
        "title": one.title,
        "company": names.get(one.company_id or 0, ""),
        "owner": owner.email if owner else "",
        "external_id": one.external_id or "",
    }
    return await _form(request, door, user, typed, one)


@router.post("/opportunities/{id}/details")
async def change(request: Request, door: At, id: Number) -> Response:
    """What was changed in the form is kept."""
    form = await sent(request)
    typed = {name: form.text(name).strip() for name in FIELDS}
    was = {name: form.text(f"was_{name}") for name in FIELDS}
    said = {name: value for name, value in typed.items() if value != was[name]}
    async with door.database.reading() as tx:
        one = await opportunities.find(tx, id)
    try:
        if said.get("company"):
            await companies.known_or_new(door, said["company"], form.user.email)
        await acts.change(door, id, form.user.email, **said)
    except Refused as refused:
        if refused.code == "unchanged":
            return go_on(request, f"/opportunities/{id}", refused.sentence)
        return await _form(request, door, form.user, typed, one, refused, was)
    return go_on(request, f"/opportunities/{id}", "Kept.")


@router.post("/opportunities/{id}/candidates")
async def enter(request: Request, door: At, id: Number) -> Response:
    """Contacts come into the workflow, at the stage that was chosen."""
    form = await sent(request)
    wanted = read_list(form.text("names"))
    if not wanted:
        raise Refused("nobody", "Name contacts by email, external id or number, one a line.")
    done = await candidacies.enter(door, id, wanted, form.user.email, stage=form.text("stage") or None)
    return _after(request, id, done)


@router.post("/opportunities/{id}/stage-moves")
async def move(request: Request, door: At, id: Number) -> Response:
    """Contacts move to a stage; where it is linked to a sequence, the next page offers to enroll them."""
    form = await sent(request)
    done = await candidacies.move(door, id, _chosen(form), form.text("stage"), form.user.email)
    return _after(request, id, done)


@router.get("/opportunities/{id}/{noun}")
async def not_a_page(request: Request, id: Number, noun: str) -> Response:
    """Where a browser lands that reloads an act."""
    return RedirectResponse(f"/opportunities/{id}", 303)


def _chosen(form: Form) -> list[int]:
    chosen = form.many("chosen")
    if not chosen:
        raise Refused("nobody", "Choose contacts first: tick them on their cards.")
    if len(chosen) > ON_A_BOARD or not all(one.isascii() and one.isdecimal() and len(one) < 10 for one in chosen):
        raise Refused("invalid_request", f"Choose at most {ON_A_BOARD} contacts of the board.")
    return [int(one) for one in chosen]


def _after(request: Request, opportunity_id: int, done: Moves) -> Response:
    """The move stands; the offer is made where there is one, and somebody whom it could enroll."""
    here, said = f"/opportunities/{opportunity_id}", _in_words(done)
    offered = _takes(done)
    if done.offer is None or not offered:
        nothing = not any(one.stands_there for one in done.contacts)
        return go_on(request, here, said, "refused" if nothing else "done")
    asked: list[tuple[str, Any]] = [("sequence", done.offer.sequence_id), ("regards", opportunity_id)]
    asked += [("offer", done.stage.name), ("back", here), *(("chosen", one) for one in offered)]
    return go_on(request, f"/add-to-sequence?{written(asked)}", said)


def _takes(done: Moves) -> list[int]:
    """Whom the stage's sequence would take."""
    return [one.contact_id for one in done.offer.answers if isinstance(one, Enrolled)] if done.offer else []


def _in_words(done: Moves) -> str:
    moved = [one for one in done.contacts if one.stands_there]
    refused = [f"{one.contact}: {one.sentence}" for one in done.contacts if not one.stands_there]
    many = f"{len(moved)} contact{'s' if len(moved) != 1 else ''}"
    said = [f"{many} {'stand' if len(moved) != 1 else 'stands'} at {done.stage.name} now."] if moved else []
    if done.offer is not None and done.offer.answers and not _takes(done):
        why = next(one.sentence for one in done.offer.answers if isinstance(one, NotEnrolled))
        said.append(f"The stage's sequence {done.offer.sequence!r} takes none of them: {why}")
    return " ".join([*said, *refused])


async def _form(
    request: Request,
    door: Door,
    user: User,
    typed: dict[str, str],
    one: Opportunity | None,
    refused: Refused | None = None,
    was: dict[str, str] | None = None,
) -> Response:
    """`was`: what stood there before anything was typed; None: what is typed."""
    async with door.database.reading() as tx:
        owners = [other for other in await users.everybody(tx) if other.active]
    said = {"said": refused.sentence, "said_kind": "refused"} if refused else {}
    status = status_of(refused.code) if refused else 200
    shown = {"typed": typed, "was": typed if was is None else was, "one": one, "owners": owners, **said}
    return page(request, "opportunities/form.html", status, user=user, zone=await zone_of(door, user), **shown)
