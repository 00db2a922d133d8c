"""Sequences: making one from its document, and looking at them."""

import asyncio
import json
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from sequencing.errors import Refused
from starter.door import acting_user
from starter.sequences import LARGEST_DOCUMENT, create_sequence, parse_yaml
from store import sequences
from web.acting import At, By
from web.api.words import After, Limit
from web.once import Once

router = APIRouter(tags=["sequences"], route_class=Once)
DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}, "application/yaml": {"schema": {}}},
    }
}


class Created(BaseModel):
    """The number of what was made."""

    id: int


class Sequence(BaseModel):
    """A sequence in a list."""

    id: int
    name: str
    sharing: str
    archived: bool


class Sequences(BaseModel):
    """A page of sequences. `next` is the cursor of the next page; null: this was the last."""

    items: list[Sequence]
    next: str | None


@router.post("/sequences", status_code=201, openapi_extra=DOCUMENT)
async def create(door: At, by: By, request: Request) -> Created:
    """Makes a sequence from a document as in `examples/sequence.yaml`, in YAML or JSON."""
    return Created(id=await create_sequence(door, await _document(request), by.email))


@router.get("/sequences")
async def listed(door: At, by: By, after: After = "", limit: Limit = 100) -> Sequences:
    """The sequences you see, in the order in which they were made."""
    if after and not (after.isascii() and after.isdecimal() and len(after) < 10):
        raise Refused("invalid_cursor", "That is no cursor; take `next` of an earlier answer.")
    async with door.database.reading() as tx:
        user = await acting_user(tx, by.email)
        found = await sequences.all_shown(tx, user, after=int(after or 0), limit=limit + 1)
    items = [Sequence(id=row.id, name=row.name, sharing=row.sharing, archived=row.archived) for row in found[:limit]]
    return Sequences(items=items, next=str(items[-1].id) if len(found) > limit else None)


async def _document(request: Request) -> Any:
    """Raises Refused with the place of the trouble."""
    body = await request.body()
    if len(body) > LARGEST_DOCUMENT:
        raise Refused("too_large", f"A document has at most {LARGEST_DOCUMENT:,} bytes.")
    try:
        text = body.decode("utf-8-sig")
        if "json" in request.headers.get("content-type", ""):
            return json.loads(text)
    except UnicodeDecodeError:
        raise Refused("invalid_text", "The document is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused("invalid_json", f"The document is no valid JSON: see {where}.") from None
    except (RecursionError, ValueError):
        raise Refused(
            "invalid_json", "The document nests too many levels, or holds a number that is too long."
        ) from None
    return await asyncio.to_thread(parse_yaml, text, "the document")
