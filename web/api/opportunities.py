"""Opportunities, and contacts coming into their recruiting workflow and moving on in it."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Path, Query
from pydantic import BaseModel, Field

from sequencing.adds import Enrolled, NotEnrolled
from sequencing.enrollments import Status
from sequencing.errors import Refused
from sequencing.people import Opportunity
from sequencing.permissions import not_found
from starter import candidacies
from starter import opportunities as acts
from starter.candidacies import Moves, Offer
from starter.door import permitted
from starter.opportunities import Workflow
from store import opportunities
from store.stages import Standing
from web.acting import At, By
from web.api.enrollments import AT_ONCE, Added, NotAdded, added
from web.api.words import After, Body, Created, Limit, Named, Text, behind
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["opportunities"], route_class=Once)
Which = Annotated[str, Path(max_length=200, description="Id, external id or title.")]
Line = Annotated[Text, Field(max_length=200)]


class Listed(BaseModel):
    """A job or a deal."""

    id: int
    title: str
    external_id: str | None
    company_id: int | None
    owner_id: int | None

    @classmethod
    def of(cls, one: Opportunity) -> Self:
        """The opportunity."""
        return cls(**{name: getattr(one, name) for name in Listed.model_fields})


class Opportunities(BaseModel):
    """A page of opportunities. `next` is the cursor of the next page; null: this was the last."""

    items: list[Listed]
    next: str | None


class New(Body):
    """A new opportunity, owned by you unless told otherwise. `company` is an id, external id or name."""

    title: Line
    external_id: Annotated[Text, Field(max_length=120)] | None = None
    company: Line | None = None
    owner: Annotated[Text, Field(max_length=320)] | None = None


class Candidate(BaseModel):
    """A contact at his stage. `status`: of his newest enrollment in the stage's sequence, if you see it."""

    contact_id: int
    name: str
    stage: str
    since: datetime
    enrollment_id: str | None
    status: Status | None

    @classmethod
    def of(cls, one: Standing) -> Self:
        """Where he stands."""
        plain = ("contact_id", "name", "since", "enrollment_id", "status")
        return cls(stage=one.stage.name, **{name: getattr(one, name) for name in plain})


class Shown(Listed):
    """An opportunity with a page of its contacts, by id."""

    contacts: list[Candidate] = []
    next: str | None = None


class Coming(Body):
    """Contacts by id, external id or email; a number without quotes is an id alone.

    `enroll`: in the sequence that the stage is linked to, too.
    """

    contacts: list[Named] = Field(min_length=1, max_length=AT_ONCE)
    stage: Line | None = Field(None, description="Name or number; the one of type New, unless told otherwise.")
    enroll: bool = False


class Moving(Coming):
    """The same, to a stage that is named."""

    stage: Line = Field(description="Name or number.")


class MovedSaid(BaseModel):
    """What became of one contact: `entered`, `moved`, or why nothing changed."""

    contact: str
    contact_id: int | None
    code: str
    message: str


class OfferSaid(BaseModel):
    """The sequence of the stage; who is enrolled in it now or, where nobody asked for that, would be.

    `refusal`: why you may enroll nobody in it.
    """

    sequence_id: int
    sequence: str
    enrolled: bool
    answers: list[Added]
    refused: list[NotAdded]
    refusal: str | None

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """The offer."""
        word = Status.active if offer.enrolled else "would_be_enrolled"
        refused = [one for one in offer.answers if isinstance(one, NotEnrolled)]
        return cls(
            sequence_id=offer.sequence_id,
            sequence=offer.sequence,
            enrolled=offer.enrolled,
            answers=[added(one, word) for one in offer.answers if isinstance(one, Enrolled)],
            refused=[
                NotAdded(contact=one.contact, contact_id=one.contact_id, code=one.code, message=one.sentence)
                for one in refused
            ],
            refusal=offer.refusal,
        )


class MovesSaid(BaseModel):
    """An answer for each contact. The move stands, whatever becomes of the offer."""

    stage: str
    contacts: list[MovedSaid]
    offer: OfferSaid | None

    @classmethod
    def of(cls, done: Moves) -> Self:
        """What was done."""
        moved = [
            MovedSaid(contact=one.contact, contact_id=one.contact_id, code=one.code, message=one.sentence)
            for one in done.contacts
        ]
        return cls(stage=done.stage.name, contacts=moved, offer=OfferSaid.of(done.offer) if done.offer else None)


@router.get("/opportunities")
async def listed(
    door: At,
    by: By,
    q: Annotated[str, Query(max_length=200, description="What words of the title begin with.")] = "",
    after: After = "",
    limit: Limit = 100,
) -> Opportunities:
    """The opportunities."""
    async with door.database.reading() as tx:
        await permitted(tx, by.email, "see")
        found = await opportunities.listed(tx, text=q, after=behind(after, 0), limit=limit + 1)
    items = [Listed.of(one) for one in found[:limit]]
    return Opportunities(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.post("/opportunities", status_code=201)
async def add(door: Making, by: By, new: New) -> Created:
    """A new opportunity."""
    said = new.model_dump(exclude={"title"})
    return Created(id=await acts.add(door, new.title, by.email, **said))


@router.get("/opportunities/{opportunity}")
async def shown(door: At, by: By, opportunity: Which, after: After = "", limit: Limit = 100) -> Shown:
    """One opportunity, and who stands where in its workflow."""
    try:
        found: Workflow = await acts.workflow(door, opportunity, by.email, after=behind(after, 0), limit=limit + 1)
    except Refused as refused:
        raise _there(refused) from None
    said = Shown.of(found.opportunity)
    said.contacts = [Candidate.of(one) for one in found.standings[:limit]]
    said.next = str(said.contacts[-1].contact_id) if len(found.standings) > limit else None
    return said


@router.post("/opportunities/{opportunity}/candidates")
async def enter(door: At, by: By, opportunity: Which, coming: Coming) -> MovesSaid:
    """Contacts come into the workflow."""
    try:
        done = await candidacies.enter(
            door, opportunity, coming.contacts, by.email, stage=coming.stage, enrolls=coming.enroll
        )
    except Refused as refused:
        raise _there(refused) from None
    return MovesSaid.of(done)


@router.post("/opportunities/{opportunity}/stage-moves")
async def move(door: At, by: By, opportunity: Which, moving: Moving) -> MovesSaid:
    """Contacts move to another stage; without `enroll` the answer says what enrolling them would do."""
    try:
        done = await candidacies.move(door, opportunity, moving.contacts, moving.stage, by.email, enrolls=moving.enroll)
    except Refused as refused:
        raise _there(refused) from None
    return MovesSaid.of(done)


def _there(refused: Refused) -> Refused:
    """What a path names must be there."""
    return not_found() if refused.code == "unknown_opportunity" else refused
