"""Sequences: making one from its document, and looking at them."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel

from starter.clocks import zone_of_reader
from starter.door import acting_user
from starter.holds import words
from starter.sequences import create_sequence
from starter.steps import document_of
from store import holds, sequences
from web.acting import At, By
from web.api.documents import DOCUMENT, document
from web.api.words import After, Created, Limit, Number, behind
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["sequences"], route_class=Once)


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
async def create(door: Making, by: By, request: Request) -> Created:
    """Makes a sequence from a document as in `examples/sequence.yaml`, in YAML or JSON."""
    return Created(id=await create_sequence(door, await document(request), by.email))


@router.get("/sequences")
async def listed(door: At, by: By, after: After = "", limit: Limit = 100) -> Sequences:
    """The sequences you see, in the order in which they were made."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by.email)
        found = await sequences.all_shown(tx, user, after=behind(after, 0), limit=limit + 1)
    items = [Sequence(id=row.id, name=row.name, sharing=row.sharing, archived=row.archived) for row in found[:limit]]
    return Sequences(items=items, next=str(items[-1].id) if len(found) > limit else None)


class Shown(BaseModel):
    """One sequence. `document` is what PUT takes back, with its version; `held`: by whom since when, or null."""

    id: int
    sharing: str
    archived: bool
    held: str | None
    document: dict[str, Any]


@router.get("/sequences/{id}")
async def shown(door: At, by: By, id: Number) -> Shown:
    """The sequence and its document."""
    async with door.database.reading() as tx:
        row = await sequences.find(tx, sequences.numbered(id), await acting_user(tx, by.email))
        hold = await holds.standing(tx, row.id)
        return Shown(
            id=row.id,
            sharing=row.sharing,
            archived=row.archived,
            held=await words(tx, hold, await zone_of_reader(tx, by)) if hold else None,
            document=await document_of(tx, row, await sequences.steps(tx, row.id)),
        )
