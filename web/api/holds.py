"""Holding a sequence, and releasing it."""

from starter import holds
from store.sequences import numbered
from web.acting import At, By
from web.api.words import Done, Number, changed
from web.areas import Area
from web.once import Once

router = Area(tags=["sequences"], route_class=Once)


@router.post("/sequences/{id}/hold")
async def hold(door: At, by: By, id: Number) -> Done:
    """No message leaves until it is released; waits and to-dos go on."""
    return await changed(holds.hold(door, numbered(id), by.email))


@router.post("/sequences/{id}/release")
@router.delete("/sequences/{id}/hold")
async def release(door: At, by: By, id: Number) -> Done:
    """What fell due meanwhile goes, in order, some each second."""
    return await changed(holds.release(door, numbered(id), by.email))
