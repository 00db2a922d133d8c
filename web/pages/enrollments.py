"""Contacts in Sequence: who is where in a sequence, why, and every act on an enrollment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.errors import Refused
from sequencing.happening_words import BECAME, detail, in_words
from sequencing.happenings import Happening, Reason, Settlement, What
from sequencing.people import Contact, Level, User
from sequencing.sequences import Action
from sequencing.todos import Outcome
from sequencing.transitions import ARROWS
from starter import enrollments as acts
from starter.attention import REMEDIES
from starter.clocks import clock_of
from starter.door import Door
from starter.headlines import headlines
from starter.hearing import heard
from starter.timeline import story
from store import contacts, sequences
from store import enrollments as rows
from web.acting import At
from web.api.words import Number
from web.areas import Area
from web.guard import path_of_ours
from web.pages.frame import TEMPLATES, Page, at, go_on, page, reader, sent, zone_of
from web.pages.sequences import heading

router = Area(route_class=Page)
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
AIMED = ("bypass", "delivery")
"""Acts on what the reader saw, a wait or a message: a page that is old, or sent twice, hits no later one."""
BUTTONS = {
    "bypass": "Bypass",
    "pause": "Pause",
    "resumption": "Resume",
    "cancellation": "Stop",
    "reactivation": "Reactivate",
}
"""What can be done by one click; all else is asked more about."""


@router.get("/sequences/{id}")
async def in_sequence(
    request: Request,
    door: At,
    id: Number,
    status: str = "",
    outcome: str = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Who is in a sequence: status, step, when, why."""
    user = await reader(request)
    zone = await zone_of(door, user)
    only = Status(status) if status in list(Status) else None
    ended = Outcome(outcome) if outcome in list(Outcome) else None
    async with door.database.reading() as tx:
        sequence = await sequences.find_numbered(tx, id, user)
        steps = await sequences.steps(tx, sequence.id)
        head = await heading(tx, user, sequence, zone)
        wanted = rows.Filter(sequence_id=id, status=only, outcome=ended, after=after, limit=A_PAGE + 1)
        found = await rows.listed(tx, user, wanted)
        people = await contacts.some(tx, [one.contact_id for one in found])
    return page(
        request,
        "sequence.html",
        user=user,
        zone=zone,
        steps=steps,
        lines=[_line(one, people.get(one.contact_id)) for one in found[:A_PAGE]],
        moving=any(one.is_moving(door.now()) for one in found[:A_PAGE]),
        status=only or "",
        outcome=ended or "",
        outcomes=list(Outcome),
        here=_list_at(id, only, ended),
        is_first=not after,
        statuses=[one for one in Status if one is not Status.removed],
        buttons=BUTTONS,
        more=found[A_PAGE - 1].id if len(found) > A_PAGE else None,
        notices=(await heard(door, zone)).notices,
        **head,
    )


def _list_at(sequence: int, status: Status | None, outcome: Outcome | None) -> str:
    said = {name: word for name, word in (("status", status), ("outcome", outcome)) if word}
    return f"/sequences/{sequence}?{urlencode(said)}"


@router.get("/enrollments/{id}")
async def shown(request: Request, door: At, id: str) -> Response:
    """Where it stands, what is next, and everything that has happened."""
    return await _shown(request, door, id, "enrollment.html", with_headlines=True)


@router.get("/enrollments/{id}/removal")
async def ask_before_removing(request: Request, door: At, id: str) -> Response:
    """What will be lost, before it is."""
    return await _shown(request, door, id, "removal.html")


@router.get("/enrollments/{id}/any-hour")
async def ask_before_any_hour(request: Request, door: At, id: str) -> Response:
    """What time it is at the contact's place, before an email leaves outside the send window."""
    user = await reader(request)
    return await _shown(request, door, id, "any_hour.html", clock=await clock_of(door, id, user.email))


@router.post("/enrollments/{id}/{noun}")
async def act(request: Request, door: At, id: str, noun: str) -> Response:
    """Every act."""
    form = await sent(request)
    if noun not in NOUNS:
        raise Refused("not_found", "There is no such act.")
    happening = Happening(
        NOUNS[noun],
        step=number_of(form.text("step") or request.query_params.get("step", "")) if noun in AIMED else None,
        copy=number_of(form.text("copy")) if noun == "delivery" else None,
        any_hour=noun == "bypass" and form.text("any_hour") == "yes",
        outcome=_word(Outcome, form.text("outcome")) if noun == "conclusion" else None,
        settlement=_word(Settlement, form.text("settlement")) if noun == "delivery" else None,
    )
    receipt = await acts.act(door, id, happening, form.user.email)
    one = receipt.enrollment
    then = path_of_ours(form.text("next"), f"/enrollments/{id}")
    then = f"/sequences/{one.sequence_id}" if noun == "removal" else then
    if noun == "removal":
        return go_on(request, then, f"Removed; takes effect {receipt.takes_effect}.")
    why = f" ({one.outcome or one.reason})" if one.reason or one.outcome else ""
    said = f"It is {one.status}{why} at step {one.step}; takes effect {receipt.takes_effect}."
    return go_on(request, then, said.replace("_", " "))


@router.get("/enrollments/{id}/{noun}")
async def not_a_page(request: Request, id: str, noun: str) -> Response:
    """Where a browser lands that reloads an act."""
    return RedirectResponse(f"/enrollments/{id}", 303)


async def _shown(
    request: Request, door: Door, enrollment_id: str, template: str, *, with_headlines: bool = False, **more: Any
) -> Response:
    user = await reader(request)
    zone = await zone_of(door, user)
    told = await story(door, enrollment_id, user.email, zone)
    one = told.enrollment
    async with door.database.reading() as tx:
        steps = await sequences.steps(tx, one.sequence_id)
        called = await headlines(tx, one, steps) if with_headlines else []
    due = steps[one.step - 1].action if one.step <= len(steps) else None
    return page(
        request,
        template,
        user=user,
        zone=zone,
        story=told,
        one=one,
        headlines=called,
        moving=one.is_moving(door.now()),
        offered=_offered(one),
        buttons=BUTTONS,
        outcomes=list(Outcome),
        plain=("at", "what", "step", "by", "status", "refused", "mail", "text", "said"),
        may_any_hour=one.place is StepState.waiting and not one.any_hour and due is Action.automatic_email,
        run_at=run_at(request, user, one.workflow_id),
        **more,
    )


def run_at(request: Request, user: User, workflow_id: str) -> str:
    """Where Temporal's own pages show the run; empty for who does not manage, or where none were named."""
    at: str = getattr(request.app.state, "temporal_ui", "")
    if not at or user.level is not Level.manage:
        return ""
    return f"{at}/workflows/{quote(workflow_id, safe='')}"


def number_of(said: str) -> int | None:
    """The number of the step, or of the copy, that the reader saw; None where none was said."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 5 else None


def _line(one: Enrollment, person: Contact | None) -> dict[str, Any]:
    state = one.state if one.status is Status.active else one.outcome or one.reason
    why = REMEDIES.get(str(one.reason), "") if one.status is Status.paused else str(one.why or "").replace("_", " ")
    return {"one": one, "person": person, "state": state, "why": why or "–", "offered": _offered(one)}


def _offered(one: Enrollment) -> list[str]:
    """The acts that the rules know for where it stands."""
    offered = [noun for noun, what in NOUNS.items() if (one.place, what) in ARROWS]
    return [noun for noun in offered if noun != "delivery" or one.reason is Reason.delivery_unknown]


def _detail(name: str, value: Any, zone: str) -> str:
    """A detail of what happened; an instant by the reader's clock."""
    return detail(name, at(datetime.fromisoformat(value), zone) if name == "until" else value)


TEMPLATES.filters |= {"happened": in_words, "detail": _detail, "became": lambda state: BECAME.get(state, state)}


def _word(words: Any, said: str) -> Any:
    known: Sequence[str] = list(words)
    if said not in known:
        raise Refused("invalid_request", f"Choose one of {', '.join(known)}.")
    return words(said)
