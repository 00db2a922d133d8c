"""Add to sequence: one dialog for all doors, which says what will happen; and how far an add is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, RedirectResponse, Response

from sequencing.adds import AddStatus, Enrolled
from sequencing.errors import Refused
from sequencing.people import User
from starter import adding, adds
from starter.adding import Foreseen
from starter.adds import AddStanding, Whom, read_list
from starter.door import Door
from starter.hearing import heard
from store import contacts, opportunities, selections
from store.sequences import chosen
from web.acting import At
from web.api.words import Id, behind
from web.areas import Area
from web.guard import path_of_ours
from web.pages.frame import Form, Page, count, go_on, page, reader, sent, zone_of
from web.pages.searching import Search, read_search
from web.problems import status_of

router = Area(route_class=Page)
MOST_CHOSEN = 1_000
NAMED_AT_MOST = 12
OFFERED = 200
"""Opportunities that the field suggests."""
LINES = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the dialog was opened with, or sent: whom to add to what, and where one came from.

    `listed` is what was typed as a list of names; `offer` the stage that offers it; `seen` what was foreseen last.
    `key` is of the page that was sent: each time the dialog is shown it is a new one, so that a page to which somebody
    went back does not pass for the add that was made from it.
    """

    chosen: tuple[int, ...]
    listed: str
    search: Search
    sequence: str
    regards: str
    back: str
    key: str
    offer: str = ""
    seen: str = ""

    @property
    def names_nobody(self) -> bool:
        """Whether it is still to be said whom to add."""
        return not (self.chosen or self.listed.strip()) and self.search.selection.is_empty

    @property
    def meant(self) -> str:
        """The sequence: the dialog offers numbers, and a number is no other's name."""
        return chosen(self.sequence)

    @property
    def as_seen(self) -> str:
        """What a forecast is of, as far as the form lets it be changed."""
        return f"{self.sequence}|{self.regards}|{self.listed}"

    def whom(self) -> Whom:
        """Whom it means. Raises Refused."""
        if self.chosen:
            return Whom(chosen=self.chosen)
        if self.listed.strip():
            return Whom(names=read_list(self.listed))
        return Whom(selection=self.search.selection)


@router.get("/add-to-sequence")
async def opened(request: Request, door: At) -> Response:
    """The dialog, as a link opens it; with a sequence and somebody to add it says at once what will happen."""
    user = await reader(request)
    query = request.query_params
    asked = _asked(door, query, [*query.getlist("chosen"), *query.getlist("contact")])
    return await _dialog(request, door, user, asked)


@router.post("/add-to-sequence")
async def asked_again(request: Request, door: At) -> Response:
    """The same for many who were chosen in a list, or for another sequence. It changes nothing."""
    form = await sent(request)
    return await _dialog(request, door, form.user, _sent(door, form))


@router.get("/adds")
async def all_adds(request: Request, door: At, before: Annotated[str, Query(max_length=40)] = "") -> Response:
    """The adds that the reader sees, newest first."""
    user = await reader(request)
    zone = await zone_of(door, user)
    found = await adds.listed(door, user.email, before=before)
    more = found[-1][0].id if len(found) == 100 else None
    return page(request, "adding/adds.html", user=user, zone=zone, found=found, more=more)


@router.post("/adds")
async def add(request: Request, door: At) -> Response:
    """Adds them, once however often the form is sent; then shows what became of each, or the board that offered it."""
    form = await sent(request)
    asked = _sent(door, form)
    if asked.seen != asked.as_seen:
        return await _dialog(request, door, form.user, asked)
    try:
        regards = await _regards(door, asked)
        await adding.add_once(door, asked.key, asked.meant, asked.whom(), form.user.email, regards=regards)
    except Refused as refused:
        if refused.code in ("not_found", "unknown_sequence", "wrong_form", "database_unreachable"):
            raise
        return await _dialog(request, door, form.user, asked, refused)
    standing = await adds.show_add(door, asked.key, form.user.email)
    running = standing.status is AddStatus.running
    said = "They are being added in the background." if running else " ".join(standing.sentences)
    return go_on(request, asked.back if asked.offer and not running else f"/adds/{asked.key}", said)


@router.get("/adds/{id}")
async def shown(
    request: Request, door: At, id: Id, after: Annotated[str, Query(max_length=10)] = "", only: str = ""
) -> Response:
    """How far it is; who was refused, and why; while it runs the page follows it."""
    user = await reader(request)
    zone = await zone_of(door, user)
    standing = await adds.show_add(door, id, user.email)
    refused_only = only == "refused" or (only != "all" and standing.answered > standing.enrolled)
    lines = await adds.lines(door, id, user.email, refused_only=refused_only, after=behind(after, -1), limit=LINES + 1)
    return page(
        request,
        "adding/add.html",
        user=user,
        zone=zone,
        one=standing,
        running=standing.status is AddStatus.running,
        lines=lines[:LINES],
        refused_only=refused_only,
        more=lines[LINES - 1].position if len(lines) > LINES else None,
        notices=(await heard(door, zone)).notices,
    )


@router.get("/adds/{id}/progress")
async def progress(request: Request, door: At, id: Id) -> Response:
    """The numbers, for the page's script."""
    user = await reader(request)
    return JSONResponse(_numbers(await adds.show_add(door, id, user.email)))


@router.post("/adds/{id}/cancellation")
async def cancel(request: Request, door: At, id: Id) -> Response:
    """Leaves the rest un-added."""
    form = await sent(request)
    stopped = await adds.cancel_add(door, id, form.user.email)
    said = "Canceled: the rest is left un-added; who is enrolled stays." if stopped else "It has ended already."
    return go_on(request, f"/adds/{id}", said)


@router.get("/adds/{id}/cancellation")
async def not_a_page(request: Request, id: str) -> Response:
    """Where a browser lands that reloads the act."""
    return RedirectResponse(f"/adds/{id}", 303)


def _numbers(one: AddStanding) -> dict[str, Any]:
    return {
        "status": one.status,
        "answered": one.answered,
        "total": one.total,
        "enrolled": one.enrolled,
        "sentences": one.sentences,
    }


def _sent(door: Door, form: Form) -> Asked:
    fields = {name: form.text(name) for name in form.fields}
    return _asked(door, fields, list(form.many("chosen")))


def _asked(door: Door, said: Mapping[str, str] | QueryParams, chosen: list[str]) -> Asked:
    """Raises Refused where a number is none, or too many were chosen."""
    if not all(one.isascii() and one.isdecimal() and len(one) < 10 for one in chosen):
        raise Refused("unknown_contact", "There is no such contact; go back, and choose from the list again.")
    if len(chosen) > MOST_CHOSEN:
        raise Refused("limit_reached", f"At most {MOST_CHOSEN:,} can be chosen at once; add all that a search finds.")
    search = read_search(said)
    return Asked(
        chosen=tuple(dict.fromkeys(map(int, chosen))),
        listed=said.get("names", ""),
        search=search,
        sequence=said.get("sequence", "").strip(),
        regards=said.get("regards", search.typed.get("workflow", "")).strip(),
        back=path_of_ours(said.get("back", ""), "/contacts"),
        key=said.get("key", ""),
        offer=said.get("offer", ""),
        seen=said.get("seen", ""),
    )


async def _dialog(request: Request, door: Door, user: User, asked: Asked, refused: Refused | None = None) -> Response:
    """The dialog; with a forecast where it can be made, and with the reason where it cannot."""
    if request.method == "POST":
        await count(request, user)
    foreseen: Foreseen | None = None
    offered = await adding.choices(door, user.email)
    if refused is None and asked.sequence and not asked.names_nobody:
        try:
            regards = await _regards(door, asked)
            foreseen = await adding.foresee(door, asked.meant, asked.whom(), user.email, regards=regards)
        except Refused as trouble:
            if trouble.code in ("not_found", "unknown_sequence"):
                raise
            refused = trouble
    elif not offered:
        raise Refused("not_permitted", _nothing_offered(user))
    zone = await zone_of(door, user)
    said = {"said": refused.sentence, "said_kind": "refused"} if refused else {}
    return page(
        request,
        "adding/dialog.html",
        status_of(refused.code) if refused else 200,
        user=user,
        zone=zone,
        asked=replace(asked, key=door.new_id()),
        offered=offered,
        foreseen=foreseen,
        ready=foreseen is not None and foreseen.enrolled > 0,
        is_enrolled=lambda answer: isinstance(answer, Enrolled),
        notices=(await heard(door, zone)).notices,
        **await _names(door, asked, foreseen, {str(one.id): one.name for one in offered}),
        **said,
    )


def _nothing_offered(user: User) -> str:
    return (
        f"There is no sequence to which you may add contacts; your level on sequences is {user.level.value!r}. "
        "Somebody who may edit one can share it with you."
    )


async def _names(
    door: Door, asked: Asked, foreseen: Foreseen | None, sequence_names: Mapping[str, str]
) -> dict[str, Any]:
    """What those are called who were chosen, or are told of one by one; and the opportunities that are suggested."""
    told = [one.contact_id for one in foreseen.told if one.contact_id] if foreseen else []
    async with door.database.reading() as tx:
        names = await contacts.names(tx, [*asked.chosen[:NAMED_AT_MOST], *told])
        jobs = await opportunities.newest(tx, OFFERED)
        of = asked.search.selection.opportunity
        titles = {str(one.id): one.title for one in await opportunities.some(tx, [of] if isinstance(of, int) else [])}
    named = [names[one] for one in asked.chosen[:NAMED_AT_MOST] if one in names]
    searched = asked.search.words({"workflow": titles, "in": sequence_names})
    return {"names": names, "jobs": jobs, "named": named, "searched": searched}


async def _regards(door: Door, asked: Asked) -> int | None:
    """The opportunity that the enrollments regard. Raises Refused."""
    async with door.database.reading() as tx:
        if asked.regards:
            return (await opportunities.find(tx, asked.regards)).id
        named = asked.search.selection.opportunity
        return await selections.opportunity(tx, named) if named and not asked.chosen else None
