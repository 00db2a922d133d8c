"""Contacts in Sequence: who is where in a sequence, why, and every act on an enrollment."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from sequencing.enrollments import Enrollment, Status
from sequencing.errors import Refused
from sequencing.happenings import Happening, Reason, Settlement, What
from sequencing.people import Contact
from sequencing.todos import Outcome
from sequencing.transitions import ARROWS
from starter import enrollments as acts
from starter.attention import REMEDIES
from starter.door import Door
from starter.hearing import heard
from starter.timeline import story
from store import contacts, sequences
from store import enrollments as rows
from web.acting import At
from web.guard import path_of_ours
from web.pages.frame import Page, go_on, page, reader, sent, zone_of

router = APIRouter(route_class=Page)
A_PAGE = 100
NOUNS = {
    "bypass": What.bypass,
    "pause": What.pause,
    "resumption": What.resume,
    "cancellation": What.cancel,
    "reactivation": What.reactivate,
    "reply": What.reply,
    "removal": What.remove,
    "conclusion": What.conclude,
    "delivery": What.settle,
}
BUTTONS = {
    "bypass": "Bypass",
    "pause": "Pause",
    "resumption": "Resume",
    "cancellation": "Stop",
    "reactivation": "Reactivate",
}
"""What can be done by one click; all else is asked more about."""
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/sequences")
async def all_sequences(request: Request, door: At) -> Response:
    """The sequences the reader sees."""
    user = await reader(request)
    async with door.database.reading() as tx:
        found = await sequences.all_shown(tx, user)
    return page(request, "sequences.html", user=user, found=found)


@router.get("/sequences/{id}")
async def in_sequence(
    request: Request,
    door: At,
    id: Number,
    status: str = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Who is in a sequence: status, step, when, why."""
    user, zone = await reader(request), await zone_of(door)
    only = Status(status) if status in list(Status) else None
    async with door.database.reading() as tx:
        sequence = await sequences.find(tx, str(id), user)
        steps = await sequences.steps(tx, sequence.id)
        wanted = rows.Filter(sequence_id=sequence.id, status=only, after=after, limit=A_PAGE + 1)
        found = await rows.listed(tx, user, wanted)
        people = await contacts.some(tx, [one.contact_id for one in found])
    page_of = [_line(one, people.get(one.contact_id)) for one in found[:A_PAGE]]
    return page(
        request,
        "sequence.html",
        user=user,
        zone=zone,
        sequence=sequence,
        steps=steps,
        lines=page_of,
        status=only or "",
        statuses=[one for one in Status if one is not Status.removed],
        buttons=BUTTONS,
        more=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
        notices=(await heard(door)).notices,
    )


@router.get("/enrollments/{id}")
async def shown(request: Request, door: At, id: str) -> Response:
    """Where it stands, what is next, and everything that has happened."""
    return await _shown(request, door, id, "enrollment.html")


@router.get("/enrollments/{id}/removal")
async def ask_before_removing(request: Request, door: At, id: str) -> Response:
    """What will be lost, before it is."""
    return await _shown(request, door, id, "removal.html")


@router.post("/enrollments/{id}/{noun}")
async def act(request: Request, door: At, id: str, noun: str) -> Response:
    """Every act."""
    form = await sent(request)
    if noun not in NOUNS:
        raise Refused("not_found", "There is no such act.")
    happening = Happening(
        NOUNS[noun],
        outcome=_word(Outcome, form.text("outcome")) if noun == "conclusion" else None,
        settlement=_word(Settlement, form.text("settlement")) if noun == "delivery" else None,
    )
    receipt = await acts.act(door, id, happening, form.user.email)
    one = receipt.enrollment
    then = (
        f"/sequences/{one.sequence_id}" if noun == "removal" else path_of_ours(form.text("next"), f"/enrollments/{id}")
    )
    if noun == "removal":
        return go_on(request, then, f"Removed; takes effect {receipt.takes_effect}.")
    why = f" ({one.outcome or one.reason})" if one.reason or one.outcome else ""
    said = f"It is {one.status}{why} at step {one.step}; takes effect {receipt.takes_effect}."
    return go_on(request, then, said.replace("_", " "))


@router.get("/enrollments/{id}/{noun}")
async def not_a_page(request: Request, id: str, noun: str) -> Response:
    """Where a browser lands that reloads an act."""
    return RedirectResponse(f"/enrollments/{id}", 303)


async def _shown(request: Request, door: Door, enrollment_id: str, template: str) -> Response:
    user, zone = await reader(request), await zone_of(door)
    told = await story(door, enrollment_id, user.email)
    return page(
        request,
        template,
        user=user,
        zone=zone,
        story=told,
        one=told.enrollment,
        offered=_offered(told.enrollment),
        buttons=BUTTONS,
        outcomes=list(Outcome),
        plain=("at", "what", "step", "by", "status", "refused", "mail", "text", "said"),
    )


def _line(one: Enrollment, person: Contact | None) -> dict[str, Any]:
    state = one.state if one.status is Status.active else one.outcome or one.reason
    why = REMEDIES.get(str(one.reason), "") if one.status is Status.paused else str(one.why or "").replace("_", " ")
    return {"one": one, "person": person, "state": state, "why": why or "–", "offered": _offered(one)}


def _offered(one: Enrollment) -> list[str]:
    """The acts that the rules know for where it stands."""
    offered = [noun for noun, what in NOUNS.items() if (one.place, what) in ARROWS]
    return [noun for noun in offered if noun != "delivery" or one.reason is Reason.delivery_unknown]


def _word(words: Any, said: str) -> Any:
    known: Sequence[str] = list(words)
    if said not in known:
        raise Refused("invalid_request", f"Choose one of {', '.join(known)}.")
    return words(said)
