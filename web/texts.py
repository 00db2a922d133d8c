"""What the provider of texts posts: what became of a text, and texts from phones. Only what it has signed is believed.

Everything that cannot be recorded is answered with 500, so that the provider posts it again; what is recorded is known
by the provider's name for it, and posted again changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sequencing.texts import is_signed, read_reference
from starter.door import Door
from starter.texts import Incoming, Status, take_status, take_text
from web.acting import door_of
from web.areas import Area

LARGEST_POST = 65_536
LONGEST_NAME = 64
MOST_FIELDS = 200
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'

router = Area()
log = structlog.get_logger()

Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Signed:
    """By which secret the provider signs, and the address under which it knows us."""

    token: str = field(repr=False)
    public_url: str


@router.post("/texts/status")
async def status(request: Request) -> Response:
    """What became of a text of ours."""

    async def take(door: Door, said: Fields) -> None:
        reference = read_reference(request.query_params.get("of", ""))
        word, code = said.get("MessageStatus", ""), said.get("ErrorCode", "")
        await take_status(door, Status(said["MessageSid"], reference, word, code if code.isalnum() else ""))

    return await _taken(request, take)


@router.post("/texts/incoming")
async def incoming(request: Request) -> Response:
    """A text from a phone."""

    async def take(door: Door, said: Fields) -> None:
        body = said.get("Body", "").replace("\x00", "")
        await take_text(door, Incoming(said["MessageSid"], said.get("From", ""), body, said.get("OptOutType", "")))

    return await _taken(request, take)


async def _taken(request: Request, take: Callable[[Door, Fields], Awaitable[None]]) -> Response:
    signed: Signed | None = request.app.state.texts
    if signed is None:
        return Response(status_code=404)
    body = await _bounded(request)
    if body is None:
        return Response(status_code=413)
    fields = _read(body)
    if fields is None or not is_signed(signed.token, _address(request, signed), fields, _signature(request)):
        return Response(status_code=403)
    said = dict(fields)
    if not 0 < len(said.get("MessageSid", "")) <= LONGEST_NAME or not said["MessageSid"].isalnum():
        return Response(status_code=400)
    try:
        await take(door_of(request), said)
    except Exception as error:
        log.error("a text's news could not be recorded", error=type(error).__name__)
        return Response(status_code=500)
    return Response(NOTHING_TO_SAY, media_type="text/xml")


async def _bounded(request: Request) -> bytes | None:
    """None for what is larger than anything a provider posts."""
    taken = b""
    try:
        async for part in request.stream():
            taken += part
            if len(taken) > LARGEST_POST:
                return None
    except ClientDisconnect:
        return None
    return taken


def _read(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None


def _signature(request: Request) -> str:
    return request.headers.get("x-twilio-signature", "")


def _address(request: Request, signed: Signed) -> str:
    """The address as the provider knows it, whatever stands between it and us."""
    query = request.scope["query_string"].decode("latin-1")
    return f"{signed.public_url.rstrip('/')}{request.url.path}" + (f"?{query}" if query else "")
