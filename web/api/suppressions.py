"""Whom nobody may write to."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.responses import StreamingResponse

from starter import suppressions as acts
from store.suppressions import Suppression, Wanted
from web.acting import At, By, Lasting
from web.api.documents import CSV, csv_text
from web.api.words import After, Body, Done, Limit, Text, behind
from web.areas import Area
from web.once import Once

router = Area(tags=["suppressions"], route_class=Once)


class Anything(PathConvertor):
    """A rest of a path: Starlette's own ends at a line break, and nothing would be found there."""

    regex = r"[\s\S]*"


register_url_convertor("anything", Anything())
Target = Annotated[str, Path(max_length=320, description="As it is listed; percent-encoded.")]


class Suppressed(BaseModel):
    """An address, a number, a domain (`@example.org`), or an erased contact's fingerprint. `by` is a user's email."""

    id: int
    target: str
    reason: str
    since: datetime
    by: str | None

    @classmethod
    def of(cls, one: Suppression) -> Self:
        """The suppression."""
        return cls(id=one.id, target=one.target, reason=one.reason, since=one.since, by=one.by)


class Suppressions(BaseModel):
    """A page of suppressions, newest first. `next` is the cursor of the next page; null: this was the last."""

    items: list[Suppressed]
    next: str | None


class New(Body):
    """What to suppress, and why."""

    target: Text = Field(max_length=320, description="An address, a number, or a domain: @example.org.")
    reason: Text = Field("by_user", max_length=40)


@router.get("/suppressions")
async def listed(
    door: At,
    by: By,
    target: Annotated[str, Query(max_length=320, description="Only what concerns this address or number.")] = "",
    reason: Annotated[str, Query(max_length=40)] = "",
    after: After = "",
    limit: Limit = 100,
) -> Suppressions:
    """The suppressions; with `target`, everything by which that one is suppressed: itself, or its domain."""
    if target:
        found = await acts.covering(door, target, by.email)
        return Suppressions(items=[Suppressed.of(one) for one in found], next=None)
    wanted = Wanted(reason=reason, after=behind(after, 0), limit=limit + 1)
    found = await acts.listed(door, wanted, by.email)
    items = [Suppressed.of(one) for one in found[:limit]]
    return Suppressions(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.post("/suppressions")
async def suppress(door: At, by: By, new: New) -> Done:
    """Nobody writes to it from now on."""
    if await acts.suppress(door, new.target, new.reason, by.email):
        return Done(changed=True)
    return Done(changed=False, message="It was suppressed already.")


class Lifted(BaseModel):
    """What stood until somebody lifted it. `lifted_by` is a user's email; null: the owner of the number, by START."""

    id: int
    target: str
    reason: str
    since: datetime
    lifted_by: str | None
    lifted_at: datetime


class Lifts(BaseModel):
    """A page of them, newest first. `next` is the cursor of the next page; null: this was the last."""

    items: list[Lifted]
    next: str | None


@router.get("/suppressions/lifts")
async def lifts(door: At, by: By, after: After = "", limit: Limit = 100) -> Lifts:
    """What was lifted, by whom and when."""
    found = await acts.lifts(door, by.email, after=behind(after, 0), limit=limit + 1)
    items = [Lifted(**asdict(one)) for one in found[:limit]]
    return Lifts(items=items, next=str(items[-1].id) if len(found) > limit else None)


CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "All suppressions", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("/suppressions/export", response_class=StreamingResponse, responses=CSV_ANSWER)
async def export(door: Lasting, by: By) -> StreamingResponse:
    """All of them as CSV, oldest first, as the import takes it."""
    pieces = acts.exported(door, by.email)
    first = await anext(pieces)

    async def whole() -> AsyncIterator[str]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(whole(), media_type="text/csv")


class Imports(BaseModel):
    """How many came, were updated, were so already; and the lines that were refused, with their sentences."""

    created: int
    updated: int
    unchanged: int
    refused: list[str]


@router.post("/suppressions/imports", openapi_extra=CSV)
async def take_in(door: At, by: By, request: Request, skip_bad_lines: bool = False) -> Imports:
    """Takes in a CSV file as the export gives it: all lines or none, or with `skip_bad_lines` the good ones."""
    text = await csv_text(request, acts.LARGEST_CSV)
    done = await acts.import_suppressions(door, text, by.email, skip_bad_lines=skip_bad_lines)
    refused = [line.sentence for line in done.refused]
    return Imports(created=done.created, updated=done.updated, unchanged=done.unchanged, refused=refused)


@router.delete("/suppressions/{target:anything}")
async def lift(door: At, by: By, target: Target) -> Done:
    """It may be written to again, unless its domain is suppressed."""
    if await acts.lift(door, target, by.email):
        return Done(changed=True)
    return Done(changed=False, message="It was not suppressed itself.")
