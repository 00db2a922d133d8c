"""Taking in contacts from a CSV file: first what would happen line by line, then for real. Nothing typed is lost."""

from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from sequencing.contact_lines import COLUMNS
from sequencing.errors import Refused
from sequencing.lines import BadLine, BadLines
from sequencing.people import User
from sequencing.permissions import check_level
from starter.contacts import ForeseenImport, Imported, foresee_import, import_contacts
from starter.door import Door
from web.acting import At
from web.areas import Area
from web.pages.frame import Page, page, read_form, reader, sent, zone_of
from web.problems import status_of

router = Area(route_class=Page)
LARGEST_FIELD = 3_000_000
SHOWN = 300
"""Good lines that are told one by one; bad ones are all told, up to as many as anybody mends by hand."""
MOST_BAD = 1_000


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of a file: what would happen, or what has."""

    foreseen: ForeseenImport | None = None
    done: Imported | None = None
    bad: tuple[BadLine, ...] = field(default=())


@router.get("/contacts/imports")
async def ask(request: Request, door: At) -> Response:
    """Where a file is chosen, or its text put in."""
    user = await reader(request)
    check_level(user, "import_contacts")
    return await _shown(request, door, user, "", Told())


@router.post("/contacts/imports")
async def take_in(request: Request, door: At) -> Response:
    """`do` says how: `check` only foresees, `import` takes in all lines or none, `import_good` leaves the bad ones."""
    sent_along = (await read_form(request, max_files=1, max_fields=20, max_part_size=LARGEST_FIELD)).get("file")
    form = await sent(request)
    text = form.text("text")
    try:
        text = await _text_of(sent_along) or text
        told = await _done(door, text, form.text("do"), form.user)
    except BadLines as refused:
        return await _shown(request, door, form.user, text, Told(bad=refused.lines), refused)
    except Refused as refused:
        if refused.code == "not_permitted":
            raise
        return await _shown(request, door, form.user, text, Told(), refused)
    return await _shown(request, door, form.user, "" if told.done and not told.bad else text, told)


async def _text_of(file: UploadFile | str | None) -> str:
    """The text of the file, if one was chosen. Raises Refused(`invalid_text`)."""
    if not isinstance(file, UploadFile):
        return ""
    try:
        return (await file.read()).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused("invalid_text", "The file is not UTF-8 text; save it as CSV in UTF-8, then choose it.") from None


async def _done(door: Door, text: str, how: str, user: User) -> Told:
    if not text.strip():
        raise Refused("unreadable_file", "Choose a file, or put its lines into the field.")
    if how in ("import", "import_good"):
        done = await import_contacts(door, text, user.email, skip_bad_lines=how == "import_good")
        return Told(done=done, bad=done.refused)
    foreseen = await foresee_import(door, text, user.email)
    return Told(foreseen, bad=foreseen.refused)


async def _shown(
    request: Request, door: Door, user: User, text: str, told: Told, refused: Refused | None = None
) -> Response:
    said = {"said": refused.sentence, "said_kind": "refused"} if refused else {}
    return page(
        request,
        "contacts/imports.html",
        status_of(refused.code) if refused else 200,
        user=user,
        zone=await zone_of(door, user),
        text=text,
        told=told,
        bad=told.bad[:MOST_BAD],
        lines=told.foreseen.lines[:SHOWN] if told.foreseen else (),
        columns=COLUMNS,
        **said,
    )
