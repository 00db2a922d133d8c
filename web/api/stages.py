"""The stages of the recruiting workflow, and the sequence that each is linked to."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from sequencing.limits import NAME_LENGTH
from sequencing.stage_links import Stage, StageType
from starter import stages
from store.sequences import numbered
from web.acting import At, By
from web.api.words import LARGEST_ID, Body, Created, Done, Number, Text, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["recruiting workflow"], route_class=Once)
Name = Annotated[Text, Field(max_length=NAME_LENGTH)]


class StageShown(BaseModel):
    """A stage. Contacts who come to it are offered its sequence; null where it has none, or none that you see."""

    id: int
    name: str
    type: StageType
    sequence_id: int | None
    sequence: str | None

    @classmethod
    def of(cls, stage: Stage, sequence: str | None) -> Self:
        """The stage."""
        shown = stage.sequence_id if sequence is not None else None
        return cls(id=stage.id, name=stage.name, type=stage.type, sequence_id=shown, sequence=sequence)


class Stages(BaseModel):
    """All stages, in order."""

    items: list[StageShown]


class NewStage(Body):
    """A last stage. There is exactly one of type `new`, so this is another type."""

    name: Name
    type: StageType


class StageChanged(Body):
    """What shall be otherwise; what is left out stays. Which becomes `new` relieves the one that was."""

    name: Name | None = None
    type: StageType | None = None


class Places(Body):
    """How many places further down; a negative number: up."""

    places: int = Field(ge=-1000, le=1000)


class Link(Body):
    """The sequence that contacts at the stage are offered."""

    sequence_id: int = Field(ge=1, le=LARGEST_ID)


@router.get("/stages")
async def listed(door: At, by: By) -> Stages:
    """The stages."""
    return Stages(items=[StageShown.of(*one) for one in await stages.shown(door, by.email)])


@router.post("/stages", status_code=201)
async def add(door: Making, by: By, new: NewStage) -> Created:
    """Adds a last stage."""
    return Created(id=await stages.add(door, new.name, new.type, by.email))


@router.patch("/stages/{id}")
async def change(door: At, by: By, id: Number, said: StageChanged) -> Done:
    """Gives it another name or type."""
    return await changed(stages.change(door, id, by.email, name=said.name, type_=said.type))


@router.delete("/stages/{id}")
async def remove(door: At, by: By, id: Number) -> Done:
    """Removes a stage at which nobody ever stood."""
    return await changed(stages.remove(door, id, by.email))


@router.post("/stages/{id}/place")
async def shift(door: At, by: By, id: Number, said: Places) -> Done:
    """Moves it among the others."""
    return await changed(stages.shift(door, id, said.places, by.email))


@router.put("/stages/{id}/link")
async def link(door: At, by: By, id: Number, said: Link) -> Done:
    """Links it to a sequence; a stage of type `new` takes none."""
    return await changed(stages.link(door, id, numbered(said.sequence_id), by.email))


@router.delete("/stages/{id}/link")
async def unlink(door: At, by: By, id: Number) -> Done:
    """Takes the link away; whoever was enrolled goes on."""
    return await changed(stages.unlink(door, id, by.email))
