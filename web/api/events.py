"""What has happened, for services that follow it."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import BaseModel

from starter.events import follow, write_cursor
from store.events import Event
from web.acting import At, By, Lasting
from web.api.words import After, Limit
from web.areas import Area
from web.once import Once

router = Area(tags=["events"], route_class=Once)


class Happened(BaseModel):
    """One event. `by` is a user's number, null the system's own doing; `code` says why it changed nothing."""

    cursor: str
    at: datetime
    what: str
    enrollment_id: str
    sequence_id: int | None
    contact_id: int | None
    step: int
    status: str
    by: int | None
    code: str | None
    details: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> Self:
        """The event with its cursor as text."""
        names = cls.model_fields.keys() - {"cursor"}
        return cls(cursor=write_cursor(event.cursor), **{name: getattr(event, name) for name in names})


class Events(BaseModel):
    """A page of events. `next` is always there: ask again with it, for what comes later."""

    items: list[Happened]
    next: str


@router.get("/events")
async def followed(
    looking: At,
    door: Lasting,
    by: By,
    after: After = "",
    limit: Limit = 100,
    wait: Annotated[float, Query(ge=0, le=30, description="Seconds to wait for the first one.")] = 0,
) -> Events:
    """What has happened to the enrollments you see, in the order in which it was committed; none is left out."""
    await looking.database.rest()
    found, cursor = await follow(door, by.email, after, limit, timedelta(seconds=wait))
    return Events(items=[Happened.of(event) for event in found], next=cursor)
