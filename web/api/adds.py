"""Bulk adds: contacts by the thousand, named or selected, enrolled in the background."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Self

from fastapi import Response
from pydantic import BaseModel, Field

from sequencing.adds import AddStatus, NotEnrolled
from sequencing.enrollments import Status
from sequencing.people import ContactKind
from sequencing.todos import Outcome
from starter import adds
from starter.adds import AddStanding, Forecast
from store.selections import Selection
from store.sequences import numbered
from web.acting import At, By
from web.api.words import LARGEST_ID, After, Body, Done, Id, Limit, Named, Number, Text, behind
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["bulk adds"], route_class=Once)
Word = Annotated[Text, Field(max_length=320)]


class Selected(Body):
    """Contacts by what they have in common; every part narrows. `status` and `outcome`: in `sequence`, or any."""

    kind: ContactKind | None = None
    owner: Word = Field("", description="A user's email.")
    company: Word = Field("", description="A part of its name.")
    sequence: Word = Field("", description="Number or name: who is or was in it.")
    status: Status | None = None
    opportunity: Word = Field("", description="Number or external id: its candidates, added with regard to it.")
    stage: Word = Field("", description="The name of a stage.")
    text: Word = Field("", description="Words of name, company, address or number.")
    outcome: Outcome | None = None
    in_any: bool | None = Field(None, description="Has been in any sequence (true), or in none.")


class BulkAdding(Body):
    """Whom to add: those named by id, external id or email, and those the selection finds.

    A number without quotes is an id alone.
    """

    contacts: list[Named] = []
    selection: Selected = Selected()
    opportunity_id: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None


class Begun(BaseModel):
    """The id of an add that goes on in the background."""

    id: str


class Foreseen(BaseModel):
    """What adding would do, in numbers and in sentences; `refused` counts by code."""

    total: int
    enrolled: int
    refused: dict[str, int]
    sentences: list[str]

    @classmethod
    def of(cls, forecast: Forecast) -> Self:
        """The answers in sum."""
        refused = Counter(one.code for one in forecast.answers if isinstance(one, NotEnrolled))
        total = len(forecast.answers)
        return cls(total=total, enrolled=total - refused.total(), refused=refused, sentences=forecast.sentences)


@router.post("/sequences/{id}/bulk-adds", status_code=202, responses={200: {"description": "Dry run: only foreseen"}})
async def begin(
    door: Making, by: By, id: Number, wanted: BulkAdding, response: Response, dry_run: bool = False
) -> Begun | Foreseen:
    """Adds them in the background; `GET /bulk-adds/{id}` tells how far it is. `dry_run` only says what would happen."""
    whom = adds.Whom(wanted.contacts, selection=Selection(**wanted.selection.model_dump()))
    doing = adds.foresee if dry_run else adds.begin_add
    done = await doing(door, numbered(id), whom, by.email, wanted.opportunity_id)
    if isinstance(done, str):
        return Begun(id=done)
    response.status_code = 200
    return Foreseen.of(done)


class RefusedLine(BaseModel):
    """A contact as it was named, and why it was not enrolled."""

    contact: str
    code: str
    message: str | None


class BulkAdd(BaseModel):
    """Where an add stands: `answered` of `total`, `refused` by code. `items` is a page of who was refused.

    `next` is the cursor of the next page; null: this was the last.
    """

    id: str
    sequence_id: int
    sequence: str
    status: AddStatus
    total: int
    answered: int
    enrolled: int
    refused: dict[str, int]
    created_at: datetime
    ended_at: datetime | None
    sentences: list[str]
    items: list[RefusedLine]
    next: str | None

    @classmethod
    def of(cls, standing: AddStanding, items: list[RefusedLine], following: str | None) -> Self:
        """The numbers with a page of lines."""
        names = cls.model_fields.keys() - {"items", "next"}
        return cls(items=items, next=following, **{name: getattr(standing, name) for name in names})


@router.get("/bulk-adds/{id}")
async def shown(door: At, by: By, id: Id, after: After = "", limit: Limit = 100) -> BulkAdd:
    """How far it is, in numbers, and who was refused, page by page."""
    standing = await adds.show_add(door, id, by.email)
    found = await adds.lines(door, id, by.email, refused_only=True, after=behind(after, -1), limit=limit + 1)
    items = [RefusedLine(contact=one.named, code=one.code, message=one.sentence) for one in found[:limit]]
    return BulkAdd.of(standing, items, str(found[limit - 1].position) if len(found) > limit else None)


@router.delete("/bulk-adds/{id}")
async def cancel(door: At, by: By, id: Id) -> Done:
    """Leaves the rest un-added; who is enrolled stays."""
    if await adds.cancel_add(door, id, by.email):
        return Done(changed=True)
    return Done(changed=False, message="It has ended already.")
