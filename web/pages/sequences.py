"""Sequences: the list, previews of what they send, and every act on a whole one."""

from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from sequencing.errors import Refused, Unchanged
from sequencing.people import Level, User
from sequencing.permissions import check, may
from sequencing.segments import in_words
from sequencing.sequences import Sharing, Step
from starter import holds as hold_acts
from starter import previews
from starter.counts import said
from starter.door import Door
from starter.editing import archive_sequence, copy_sequence
from starter.previews import Preview
from starter.sharing import hand_over, share
from store import contacts, enrollments, holds, sequence_lists, sequences, ties, users
from store.sequence_lists import Wanted, Whose
from store.sequences import numbered
from store.tables import SequenceRow
from web.acting import At
from web.api.words import Number
from web.areas import Area
from web.guard import path_of_ours
from web.pages.drafts import SEALED
from web.pages.frame import Page, go_on, page, reader, sent, zone_of
from web.pages.making import made_once

router = Area(route_class=Page)
A_PAGE = 50
OFFERED = 50
ACTS = ("edit_sequence", "copy_sequence", "share", "archive", "hold", "hand_over", "enroll", "preview", "send_test")
Asked = Annotated[str, Query(max_length=320)]


@router.get("/sequences")
async def listed(
    request: Request,
    door: At,
    whose: str = "",
    q: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """The sequences the reader sees, the newest first."""
    user, only = await reader(request), Whose(whose) if whose in list(Whose) else Whose.everybody
    async with door.database.reading() as tx:
        found = await sequence_lists.listed(tx, user, Wanted(only, q.strip(), before, A_PAGE + 1))
        shown = found[:A_PAGE]
        running = await sequence_lists.running(tx, [one.id for one in shown])
        owners = await users.some(tx, {one.owner_id for one in shown})
    return page(
        request,
        "sequences/list.html",
        user=user,
        zone=await zone_of(door, user),
        lines=[(one, *(said(number, sequence_lists.MOST) for number in running[one.id])) for one in shown],
        owners=owners,
        whose=only,
        words={Whose.everybody: "All", Whose.mine: "Mine", Whose.shared: "Shared with me", Whose.archived: "Archived"},
        q=q,
        is_first=not before,
        more=shown[-1].id if len(found) > A_PAGE else None,
        may_create=user.level.reaches(Level.edit),
    )


@router.get("/sequences/{id}/preview")
async def preview(request: Request, door: At, id: Number, step: int = 0, contact: Asked = "") -> Response:
    """What one contact would get of a step, or why it would pause."""
    user = await reader(request)
    zone = await zone_of(door, user)
    async with door.database.reading() as tx:
        row = await sequences.find_numbered(tx, id, user)
        check(user, "preview", await ties.to_sequence(tx, user, row))
        steps = [one for one in await sequences.steps(tx, id) if not one.action.for_a_person_alone]
        head = await heading(tx, user, row, zone)
        suggested = await _suggested(tx, user, id)
    at = step or (steps[0].position if steps else 0)
    found, refused = await _preview(door, user, id, at, contact.strip())
    words: dict[str, Any] = {}
    if refused:
        words = {"said": refused.sentence, "said_kind": "refused"}
    return page(
        request,
        "sequences/preview.html",
        user=user,
        zone=zone,
        steps=steps,
        at=next((one for one in steps if one.position == at), None),
        contact=contact,
        found=found,
        suggested=suggested,
        costs=in_words(found.text) if found and _is_text(steps, at) else None,
        **head,
        **words,
    )


@router.get("/sequences/{id}/letter")
async def letter(request: Request, door: At, id: Number, step: int, contact: Asked) -> Response:
    """The HTML of it for a frame of our page, where it can do nothing. Raises Refused where there is none."""
    user = await reader(request)
    found = await previews.preview(door, numbered(id), step, contact, user.email)
    return HTMLResponse(f'<!doctype html><meta charset="utf-8"><title>Preview</title>{found.html}', headers=SEALED)


@router.post("/sequences/{id}/test-mails")
async def test_mail(request: Request, door: At, id: Number) -> Response:
    """Sends it to oneself, marked as a test."""
    form = await sent(request)
    step = form.text("step")
    number = int(step) if step.isascii() and step.isdecimal() and len(step) < 5 else 0
    to = await previews.send_test(door, numbered(id), number, form.text("contact"), form.user.email)
    return go_on(request, path_of_ours(form.text("next"), _back(id, "preview")), f"A test was sent to {to}.")


@router.get("/sequences/{id}/managing")
async def managing(request: Request, door: At, id: Number) -> Response:
    """Everything that can be done with the whole sequence, and what each comes to."""
    user = await reader(request)
    zone = await zone_of(door, user)
    async with door.database.reading() as tx:
        row = await sequences.find_numbered(tx, id, user)
        head = await heading(tx, user, row, zone)
        named = await sequence_lists.shared_with(tx, id)
        everybody = [one for one in await users.everybody(tx) if one.active or one.id in named]
    return page(
        request,
        "sequences/managing.html",
        user=user,
        zone=zone,
        named=named,
        everybody=everybody,
        heirs=[one for one in everybody if one.active and one.level.reaches(Level.edit) and one.id != row.owner_id],
        sharings=list(Sharing),
        **head,
    )


@router.post("/sequences/{id}/sharing")
async def share_it(request: Request, door: At, id: Number) -> Response:
    """Says who else sees it."""
    form = await sent(request)
    said, named = form.text("sharing"), form.many("shared_with")
    if said not in list(Sharing):
        raise Refused("invalid_sharing", "Choose who else may see it: nobody, some users, or everyone.")
    emails = named if said == Sharing.users else ()
    return await _done(
        request, id, share(door, numbered(id), Sharing(said), emails, form.user.email), "It is shared so now."
    )


@router.post("/sequences/{id}/owner")
async def hand_it_over(request: Request, door: At, id: Number) -> Response:
    """Gives it another owner."""
    form = await sent(request)
    acting = hand_over(door, numbered(id), form.text("to"), form.user.email)
    return await _done(request, id, acting, f"It belongs to {form.text('to')} now.")


@router.post("/sequences/{id}/copies")
async def copy(request: Request, door: At, id: Number) -> Response:
    """A copy that can be changed freely."""
    form = await sent(request)
    made = await made_once(
        door, form, f"copy of sequence {id}", lambda at: copy_sequence(at, numbered(id), form.user.email)
    )
    return go_on(request, f"/sequences/{made}/steps", "This is the copy: yours alone, and nothing in it is frozen.")


@router.post("/sequences/{id}/archive")
async def archive(request: Request, door: At, id: Number) -> Response:
    """It takes no new contacts."""
    acting = archive_sequence(door, numbered(id), (await sent(request)).user.email, archived=True)
    return await _done(request, id, acting, "Archived: it takes no new contacts, and those in it go on.")


@router.post("/sequences/{id}/unarchive")
async def unarchive(request: Request, door: At, id: Number) -> Response:
    """It takes new contacts again."""
    acting = archive_sequence(door, numbered(id), (await sent(request)).user.email, archived=False)
    return await _done(request, id, acting, "It takes new contacts again.")


@router.post("/sequences/{id}/hold")
async def hold(request: Request, door: At, id: Number) -> Response:
    """Nothing more leaves."""
    acting = hold_acts.hold(door, numbered(id), (await sent(request)).user.email)
    return await _done(request, id, acting, "Held: nothing more leaves from this sequence until it is released.")


@router.post("/sequences/{id}/release")
async def release(request: Request, door: At, id: Number) -> Response:
    """What fell due goes."""
    acting = hold_acts.release(door, numbered(id), (await sent(request)).user.email)
    return await _done(request, id, acting, "Released: what fell due goes, in its order.")


async def heading(tx: AsyncSession, user: User, row: SequenceRow, zone: str) -> dict[str, Any]:
    """What stands above every page of one sequence, by the clock of that zone, and what the reader may do with it."""
    tie, standing = await ties.to_sequence(tx, user, row), await holds.standing(tx, row.id)
    owner = await users.get(tx, row.owner_id)
    return {
        "sequence": row,
        "owner": owner,
        "held": await hold_acts.words(tx, standing, zone) if standing else None,
        "held_here": standing is not None and standing.sequence_id is not None,
        "can": {act for act in ACTS if may(user, act, tie)},
    }


async def _preview(
    door: Door, user: User, sequence: int, step: int, contact: str
) -> tuple[Preview | None, Refused | None]:
    if not contact or not step:
        return None, None
    try:
        return await previews.preview(door, str(sequence), step, contact, user.email), None
    except Refused as refused:
        return None, refused


def _is_text(steps: list[Step], at: int) -> bool:
    return any(one.position == at and not one.action.is_email for one in steps)


async def _suggested(tx: AsyncSession, user: User, sequence: int) -> list[tuple[int, str]]:
    """Some who are in it, as choices."""
    found = await enrollments.listed(tx, user, enrollments.Filter(sequence_id=sequence, limit=OFFERED))
    names = await contacts.names(tx, [one.contact_id for one in found])
    return list(names.items())


async def _done(request: Request, sequence: int, acting: Awaitable[object], said: str) -> Response:
    try:
        await acting
    except Unchanged as so_already:
        said = so_already.sentence
    except Refused as refused:
        if refused.code in ("not_permitted", "not_found", "unknown_sequence"):
            raise
        return go_on(request, _back(sequence, "managing"), refused.sentence, "refused")
    return go_on(request, _back(sequence, "managing"), said)


def _back(sequence: int, noun: str) -> str:
    return f"/sequences/{sequence}/{noun}"
