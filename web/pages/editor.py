"""The editor of a sequence: a form that is sent whole, shown again with what was typed, and saved when all is well."""

from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from sequencing.errors import Refused, Unchanged
from sequencing.people import AddressType, User
from sequencing.permissions import check_level, may
from sequencing.sequences import Action, Format, Sharing
from sequencing.timing import Unit
from sequencing.wording import counted
from starter.door import Door
from starter.editing import Edited, edit_sequence
from starter.sequences import create_sequence
from starter.steps import document_of
from store import enrollments, opportunities, sequence_lists, sequences, settings, template_lists, ties, users
from store.sequences import numbered
from store.tables import SequenceRow
from web.acting import At
from web.api.words import Number
from web.areas import Area
from web.pages.editor_forms import MOST_FIELDS, Typed, fresh, place
from web.pages.frame import Page, at, go_on, page, reader, sent, zone_of
from web.pages.making import made_once
from web.pages.sequences import heading
from web.problems import status_of

router = Area(route_class=Page)
OFFERED = 200
OWNERS = (
    ("enroller", "whoever enrolls the contact"),
    ("contact owner", "the contact’s owner"),
    ("company owner", "the owner of the contact’s company"),
)
FIRST_STEPS = (fresh(Action.automatic_email, first=True),)
TOLD = 5


@router.get("/sequences/new")
async def ask_for_new(request: Request, door: At) -> Response:
    """An empty form, with a first step to begin with."""
    user = await reader(request)
    check_level(user, "create_sequence")
    return await _form(request, door, user, Typed(steps=FIRST_STEPS))


@router.post("/sequences")
async def create(request: Request, door: At) -> Response:
    """Makes it; or, by a button of the steps, shows the form with one step more, less, or elsewhere."""
    form = await sent(request, MOST_FIELDS)
    check_level(form.user, "create_sequence")
    typed, act = Typed.sent(form), form.text("act")
    if act not in ("", "save"):
        return await _form(request, door, form.user, typed.changed(act))
    try:
        number = await made_once(
            door, form, "sequence", lambda at: create_sequence(at, typed.document(), form.user.email)
        )
    except Refused as refused:
        return await _form(request, door, form.user, typed, refused=refused)
    return go_on(request, f"/sequences/{number}", "The sequence is made. Now preview its messages, or add contacts.")


@router.get("/sequences/{id}/steps")
async def steps(request: Request, door: At, id: Number) -> Response:
    """The form with what stands there; to who may not change it, what stands there."""
    user = await reader(request)
    row, typed = await _read(door, user, id)
    return await _form(request, door, user, typed, row)


@router.post("/sequences/{id}/steps")
async def save(request: Request, door: At, id: Number) -> Response:
    """Saves it, says what that would change, or shows the form with the steps otherwise."""
    form = await sent(request, MOST_FIELDS)
    row, _ = await _read(door, form.user, id)
    typed, act = Typed.sent(form), form.text("act")
    if act not in ("", "save", "foresee"):
        return await _form(request, door, form.user, typed.changed(act), row)
    try:
        foresee = act == "foresee"
        edited = await edit_sequence(door, numbered(id), typed.document(), form.user.email, dry_run=foresee)
    except Unchanged as so_already:
        return await _form(request, door, form.user, typed, row, said=so_already.sentence)
    except Refused as refused:
        if refused.code in ("not_permitted", "unknown_sequence", "not_found"):
            raise
        return await _form(request, door, form.user, typed, row, refused=refused)
    if foresee:
        return await _form(request, door, form.user, typed, row, edited=edited)
    return go_on(request, f"/sequences/{id}/steps", f"Saved. {_reached(edited)}")


async def _read(door: Door, user: User, number: int) -> tuple[SequenceRow, Typed]:
    async with door.database.reading() as tx:
        row = await sequences.find_numbered(tx, number, user)
        document = await document_of(tx, row, await sequences.steps(tx, row.id))
        named = await users.some(tx, await sequence_lists.shared_with(tx, row.id))
    return row, Typed.of(document, row.sharing, tuple(sorted(one.email for one in named.values())))


async def _form(
    request: Request,
    door: Door,
    user: User,
    typed: Typed,
    row: SequenceRow | None = None,
    *,
    refused: Refused | None = None,
    edited: Edited | None = None,
    said: str = "",
) -> Response:
    zone = await zone_of(door, user)
    async with door.database.reading() as tx:
        offered = await _offered(tx, typed)
        tie = await ties.to_sequence(tx, user, row) if row else None
        frozen = row is not None and await enrollments.ever_in(tx, row.id)
        head = await heading(tx, user, row, zone) if row else {}
    where = place(refused) if refused else ""
    words = {"said": said, "said_kind": "done"} if said else {}
    if refused:
        words = {"said": refused.sentence, "said_kind": "refused"}
    return page(
        request,
        "sequences/editor.html",
        status_of(refused.code) if refused else 200,
        user=user,
        zone=zone,
        typed=typed,
        row=row,
        frozen=frozen,
        editable=tie is None or may(user, "edit_sequence", tie),
        wrong=where,
        trouble=refused.sentence if refused else "",
        edited=edited,
        reached=_reached(edited) if edited else "",
        moved=[at(one, zone) or "when the settings change" for one in edited.moved[:TOLD]] if edited else [],
        action="/sequences" if row is None else f"/sequences/{row.id}/steps",
        **offered,
        **head,
        **words,
    )


async def _offered(tx: AsyncSession, typed: Typed) -> dict[str, Any]:
    """What can be chosen; what is chosen already is among it, archived or gone as it may be."""
    now = await settings.current(tx)
    chosen, owners = ({step[name] for step in typed.steps} for name in ("template", "owner"))
    seconds = now.seconds_allowed or any(step["unit"] == Unit.seconds for step in typed.steps)
    staying = [one for one in await users.everybody(tx) if one.active or one.email in {*typed.shared_with, *owners}]
    units = [unit for unit in Unit if unit is not Unit.seconds or seconds]
    return {
        "templates": await template_lists.names(tx, chosen),
        "colleagues": staying,
        "owners": OWNERS,
        "jobs": await opportunities.newest(tx, OFFERED),
        "units": units,
        "actions": list(Action),
        "formats": list(Format),
        "address_types": list(AddressType),
        "sharings": list(Sharing),
        "limits": now.limits,
    }


def _reached(edited: Edited) -> str:
    """Whom it reaches, in a sentence or two."""
    said = [f"{one.field.replace('_', ' ')} of step {one.step}: {one.reach}" for one in edited.changes[:TOLD]]
    if len(edited.changes) > TOLD:
        said.append(f"and {len(edited.changes) - TOLD} more")
    words = f"It reaches, {'; '.join(said)}." if said else "No step changes."
    if edited.waiting:
        wait = "waits" if edited.waiting == 1 else "wait"
        move = "moves" if len(edited.moved) == 1 else "move"
        words += f" {counted(edited.waiting, 'contact')} {wait} for a step whose timing changes, and "
        words += f"{len(edited.moved):,} of them {move}."
    follow = "follows" if edited.todos == 1 else "follow"
    return words + (f" {counted(edited.todos, 'open to-do')} {follow}." if edited.todos else "")
