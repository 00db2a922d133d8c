"""Suppressions: whom nobody may write to, who may be written to again, and all of it as CSV."""

from typing import Annotated, Any

from fastapi import Query, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response, StreamingResponse

from sequencing.errors import Refused
from sequencing.lines import BadLine, BadLines
from sequencing.people import Level
from sequencing.suppressions import KEYED
from sequencing.wording import counted
from starter import suppressions as acts
from starter.suppressions import LARGEST_CSV, Imported
from store.suppressions import Wanted
from web.acting import At, Lasting
from web.api.documents import utf8
from web.api.words import behind
from web.areas import Area
from web.pages.frame import Page, go_on, page, reader, sent, zone_of
from web.pages.trying import NOT_YET, Tried, trying

router = Area(route_class=Page)
HERE = "/suppressions"
A_PAGE = 100
SHOWN_LINES = 50
After = Annotated[str, Query(max_length=20)]
Target = Annotated[str, Query(max_length=320)]
Reason = Annotated[str, Query(max_length=40)]
AT_FIELD = {"invalid_target": "target", "invalid_text": "reason"}


@router.get("/suppressions")
async def listed(request: Request, target: Target = "", reason: Reason = "", after: After = "") -> Response:
    """The newest first; with a target, everything by which that one is suppressed, and what was lifted."""
    return await _listed(request, target=target.strip(), reason=reason.strip(), after=after)


@router.post("/suppressions")
async def add(request: Request, door: At) -> Response:
    """Nobody writes to it from now on."""
    form = await sent(request)
    target, reason = form.text("target").strip(), form.text("reason").strip() or "by_user"
    done: list[bool] = []

    async def act() -> None:
        done.append(await acts.suppress(door, target, reason, form.user.email))

    if tried := await trying("new", form, act(), AT_FIELD):
        return await _listed(request, tried)
    said = "is suppressed: nobody writes to it any more" if done[0] else "was suppressed already; nothing was changed"
    return go_on(request, HERE, f"{target} {said}.")


@router.post("/suppressions/lifting")
async def lift(request: Request, door: At) -> Response:
    """It may be written to again, unless its domain is suppressed."""
    form = await sent(request)
    target, by = form.text("target"), form.user.email
    lifted = await acts.lift(door, target, by)
    target = "An erased contact's address or number" if target.startswith(KEYED) else target
    still = await acts.covering(door, target, by)
    if still:
        done = "Lifted" if lifted else "It had nothing of its own to lift"
        return go_on(request, HERE, f"{done}, but {still[0].target} is suppressed, and {target} belongs to that.")
    said = f"{target} may be written to again." if lifted else f"{target} was not suppressed; nothing was changed."
    return go_on(request, HERE, said)


@router.get("/suppressions/lifts")
async def lifts(request: Request, door: At, after: After = "") -> Response:
    """What was lifted, by whom and when."""
    user = await reader(request)
    zone = await zone_of(door, user)
    found = await acts.lifts(door, user.email, after=behind(after, 0), limit=A_PAGE + 1)
    more = found[A_PAGE - 1].id if len(found) > A_PAGE else None
    return page(request, "suppressions/lifts.html", user=user, zone=zone, found=found[:A_PAGE], more=more)


@router.get("/suppressions/export.csv")
async def export(request: Request, door: Lasting) -> Response:
    """Everything as CSV, which the import reads again."""
    user = await reader(request)
    pieces = acts.exported(door, user.email)
    first = await anext(pieces)

    async def whole() -> Any:
        yield first
        async for piece in pieces:
            yield piece

    headers = {"content-disposition": 'attachment; filename="suppressions.csv"'}
    return StreamingResponse(whole(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/suppressions/imports")
async def take_in(request: Request, door: At) -> Response:
    """A CSV file: all lines or none, or the good ones."""
    await request.form(max_files=1, max_fields=20)
    form = await sent(request)
    try:
        text = await _file(request)
        skip = bool(form.text("skip_bad_lines"))
        done = await acts.import_suppressions(door, text, form.user.email, skip_bad_lines=skip)
    except BadLines as bad:
        tried = Tried("import", {}, {"file": bad.sentence}, 422)
        return await _listed(request, tried, refused=bad.lines)
    except Refused as refused:
        if refused.code in ("not_permitted", "not_signed_in"):
            raise
        return await _listed(request, Tried("import", {}, {"file": refused.sentence}, 422))
    if done.refused:
        return await _listed(request, Tried("import", {}, {"file": _counted(done)}), refused=done.refused)
    return go_on(request, HERE, _counted(done))


def _counted(done: Imported) -> str:
    said = f"{done.created:,} came, {_were(done.updated)} updated, {_were(done.unchanged)} so already."
    many = len(done.refused)
    return f"{said} {counted(many, 'line')} {'was' if many == 1 else 'were'} refused." if many else said


def _were(number: int) -> str:
    return f"{number:,} {'was' if number == 1 else 'were'}"


async def _file(request: Request) -> str:
    """What the file says. Raises Refused."""
    chosen = (await request.form()).get("file")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise Refused("invalid_request", "Choose a CSV file.")
    content = await chosen.read(LARGEST_CSV + 1)
    if len(content) > LARGEST_CSV:
        raise Refused("too_large", f"A file has at most {LARGEST_CSV:,} bytes.")
    return utf8(content)


async def _listed(
    request: Request,
    tried: Tried = NOT_YET,
    *,
    target: str = "",
    reason: str = "",
    after: str = "",
    refused: tuple[BadLine, ...] = (),
) -> Response:
    door = request.app.state.door
    user = await reader(request)
    zone = await zone_of(door, user)
    if target:
        found, more = await acts.covering(door, target, user.email), None
        lifted = await acts.lifts(door, user.email, target=target, limit=20)
    else:
        wanted = Wanted(reason=reason, after=behind(after, 0), limit=A_PAGE + 1)
        found, lifted = await acts.listed(door, wanted, user.email), []
        more = found[A_PAGE - 1].id if len(found) > A_PAGE else None
    words: dict[str, Any] = {"found": found[:A_PAGE], "more": more, "lifted": lifted}
    words |= {"target": target, "reason": reason}
    words |= {"tried": tried, "refused": refused[:SHOWN_LINES], "manages": user.level is Level.manage}
    return page(request, "suppressions/list.html", tried.status, user=user, zone=zone, **words)
