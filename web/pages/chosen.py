"""Many to-dos at once: each is answered by itself, line by line what was done, and what was refused and why."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from sequencing.errors import Refused
from starter import todos as acts
from starter.door import Door
from starter.todos import Answered
from store import todos
from web.acting import At
from web.areas import Area
from web.guard import path_of_ours
from web.pages.frame import Form, Page, at, count, page, read_local, sent, zone_of

router = Area(route_class=Page)
MOST = 100


@router.post("/todos/chosen")
async def act(request: Request, door: At) -> Response:
    """One act on all that were chosen."""
    form = await sent(request)
    ids = list(dict.fromkeys(form.many("chosen")))
    if not ids:
        raise Refused("nothing_chosen", "Tick the to-dos first for which it shall be done.")
    if len(ids) > MOST:
        raise Refused("limit_reached", f"At most {MOST} can be done at once; choose fewer.")
    words, on_one = await _asked(door, form)
    names = await _names(door, form, ids)
    answers = await acts.each(ids, on_one)
    await count(request, form.user)
    done = [one for one in answers if one.code == "done"]
    return page(
        request,
        "chosen.html",
        user=form.user,
        zone=await zone_of(door, form.user),
        words=words,
        answers=[(one, names.get(one.todo, "A to-do"), _came_of(one)) for one in answers],
        done=done,
        can_be_taken_back=done if form.text("act") in ("result", "skip") else [],
        next=path_of_ours(form.text("next")),
    )


@router.get("/todos/chosen")
async def not_a_page(request: Request) -> Response:
    """Where a browser lands that reloads the answers."""
    return RedirectResponse("/todos", 303)


async def _asked(door: Door, form: Form) -> tuple[str, Callable[[str], Awaitable[object]]]:
    """What shall be done, in words, and how it is done to one. Raises Refused."""
    by, result, to = form.user.email, form.text("result"), form.text("to")
    match form.text("act"):
        case "result" if result:
            return result.replace("_", " ").title(), lambda one: acts.resolve(door, one, result, by)
        case "skip":
            return "Skipped", lambda one: acts.skip(door, one, by)
        case "take-back":
            return "Taken back", lambda one: acts.take_back(door, one, by)
        case "postpone":
            zone = await zone_of(door, form.user)
            until = read_local(form.text("until"), zone)
            return f"Postponed to {at(until, zone)}", lambda one: acts.postpone(door, one, until, by)
        case "reassign" if to:
            return f"Given to {to}", lambda one: acts.reassign(door, one, to, by)
    raise Refused("invalid_request", "Say what shall be done: choose a result, a day and hour, or a person.")


def _came_of(one: Answered) -> str:
    if one.code == "unknown_result" and one.sentence:
        return one.sentence.replace("_", " ")
    if one.code != "done":
        return one.sentence or "Refused."
    return f"Done; {one.sentence}." if one.sentence else "Done."


async def _names(door: Door, form: Form, ids: list[str]) -> dict[str, str]:
    """Whom and what they are about, of those that are his who asks."""
    async with door.database.reading() as tx:
        found = await todos.lines_of(tx, form.user.id, ids)
    return {one.todo.id: f"{one.contact} – {one.todo.title or one.todo.subject}" for one in found}
