"""Editing a sequence as a document, copying it, archiving it."""

from datetime import datetime
from typing import Self

from fastapi import Request
from pydantic import BaseModel

from sequencing.errors import Unchanged
from starter.editing import Edited, archive_sequence, copy_sequence, edit_sequence
from store.sequences import numbered
from web.acting import At, By
from web.api.documents import DOCUMENT, document
from web.api.words import Created, Done, Number, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["sequences"], route_class=Once)


class FieldChange(BaseModel):
    """One field of one step, and whom its change reaches."""

    step: int
    field: str
    reach: str


class Edit(BaseModel):
    """What was changed, or on a dry run would be.

    `waiting` wait for a step whose timing changes; `moved` are the new instants of those who move, null where they wait
    for a change of the settings.
    """

    changed: bool
    message: str | None = None
    version: int | None = None
    changes: list[FieldChange] = []
    waiting: int = 0
    moved: list[datetime | None] = []

    @classmethod
    def of(cls, edited: Edited, *, dry_run: bool) -> Self:
        """Of an accepted edit."""
        return cls(
            changed=not dry_run,
            version=edited.version,
            changes=[FieldChange(step=one.step, field=one.field, reach=one.reach) for one in edited.changes],
            waiting=edited.waiting,
            moved=edited.moved,
        )


@router.put("/sequences/{id}", openapi_extra=DOCUMENT)
async def edit(door: At, by: By, id: Number, request: Request, dry_run: bool = False) -> Edit:
    """Makes it what the document says. With a `version` that is not the newest: 409, `changed_meanwhile`."""
    wanted = await document(request)
    try:
        return Edit.of(await edit_sequence(door, numbered(id), wanted, by.email, dry_run=dry_run), dry_run=dry_run)
    except Unchanged as unchanged:
        return Edit(changed=False, message=unchanged.sentence)


@router.post("/sequences/{id}/copy", status_code=201)
@router.post("/sequences/{id}/copies", status_code=201)
async def copy(door: Making, by: By, id: Number) -> Created:
    """A copy that is yours alone and can be changed freely."""
    return Created(id=await copy_sequence(door, numbered(id), by.email))


@router.post("/sequences/{id}/archive")
async def archive(door: At, by: By, id: Number) -> Done:
    """It takes no new contacts; running enrollments go on."""
    return await changed(archive_sequence(door, numbered(id), by.email, archived=True))


@router.post("/sequences/{id}/unarchive")
async def unarchive(door: At, by: By, id: Number) -> Done:
    """It takes new contacts again."""
    return await changed(archive_sequence(door, numbered(id), by.email, archived=False))
