"""Many enrollments at once: each is answered by itself; removing asks first. And where reloading an act leads."""

from typing import Any

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from sequencing.errors import Refused
from sequencing.happenings import Happening, What
from sequencing.todos import Outcome
from starter.door import Door
from starter.enrollments import act_on_each
from store import contacts, sequences
from store import enrollments as rows
from web.acting import At
from web.api.words import Number
from web.areas import Area
from web.guard import path_of_ours
from web.pages.enrollments import number_of
from web.pages.frame import Form, Page, count, page, sent, zone_of

router = Area(route_class=Page)
MOST = 100
ACTS = {
    "bypass": (What.bypass, "Bypassed"),
    "pause": (What.pause, "Paused"),
    "resumption": (What.resume, "Resumed"),
    "cancellation": (What.cancel, "Stopped"),
    "reactivation": (What.reactivate, "Reactivated"),
    "conclusion": (What.conclude, "Concluded"),
    "removal": (What.remove, "Removed"),
}


@router.post("/sequences/{id}/chosen")
async def act(request: Request, door: At, id: Number) -> Response:
    """One act on all that were chosen; before removing, what will be lost."""
    form = await sent(request)
    back = path_of_ours(form.text("next"), f"/sequences/{id}")
    ids = list(dict.fromkeys(form.many("chosen")))
    if not ids:
        raise Refused("nothing_chosen", "Tick the contacts first for whom it shall be done.")
    if len(ids) > MOST:
        raise Refused("limit_reached", f"At most {MOST} can be done at once; choose fewer.")
    what, words, outcome = _asked(form)
    sequence, names = await _names(door, form, id, ids)
    shown: dict[str, Any] = {"user": form.user, "zone": await zone_of(door, form.user), "sequence": sequence}
    shown |= {"next": back, "names": names}
    if what is What.remove and form.text("sure") != "yes":
        return page(request, "sequences/removal.html", ids=ids, **shown)
    happening = Happening(what, outcome=outcome)
    answers = await act_on_each(door, ids, happening, form.user.email, _steps(form, ids, what))
    done = [one for one in answers if one.done]
    await count(request, form.user)
    return page(
        request, "sequences/chosen.html", words=words, answers=answers, done=done, gone=what is What.remove, **shown
    )


@router.get("/sequences/{id}/{noun}")
async def not_a_page(request: Request, id: Number, noun: str) -> Response:
    """Where a browser lands that reloads an act."""
    return RedirectResponse(f"/sequences/{id}", 303)


def _steps(form: Form, ids: list[str], what: What) -> dict[str, int]:
    """At which step the reader saw them whose wait he bypasses."""
    seen = {one: number_of(form.text(f"step-{one}")) for one in ids} if what is What.bypass else {}
    return {one: step for one, step in seen.items() if step is not None}


def _asked(form: Form) -> tuple[What, str, Outcome | None]:
    """What shall be done, in a word, and with which outcome. Raises Refused."""
    noun, outcome = form.text("act"), form.text("outcome")
    if noun not in ACTS:
        raise Refused("invalid_request", "Say what shall be done with those who are chosen.")
    what, words = ACTS[noun]
    if what is not What.conclude:
        return what, words, None
    if outcome not in list(Outcome):
        raise Refused("invalid_request", "Choose with which outcome they are concluded.")
    return what, f"{words} as {outcome}", Outcome(outcome)


async def _names(door: Door, form: Form, sequence: int, ids: list[str]) -> tuple[object, dict[str, str]]:
    """The sequence, and whom they are about, of those that the user sees."""
    async with door.database.reading() as tx:
        row = await sequences.find_numbered(tx, sequence, form.user)
        found = await rows.some(tx, form.user, ids)
        names = await contacts.names(tx, [one.contact_id for one in found])
    return row, {one.id: names.get(one.contact_id, "?") for one in found}
