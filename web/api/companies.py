"""Companies: where contacts work."""

from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field

from sequencing.people import Company
from starter import companies
from web.acting import At, By
from web.api.words import After, Body, Created, Done, Limit, Number, Text, behind, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["companies"], route_class=Once)
Name = Annotated[Text, Field(max_length=companies.NAME_LENGTH)]
ExternalId = Annotated[Text, Field(max_length=120, description="What another system calls it.")]
Owner = Annotated[Text, Field(max_length=320, description="A user's email.")]


class CompanyShown(BaseModel):
    """A company. `owner` is a user's email."""

    id: int
    name: str
    external_id: str | None
    owner: str | None

    @classmethod
    def of(cls, company: Company, owner: str | None) -> Self:
        """The company."""
        return cls(id=company.id, name=company.name, external_id=company.external_id, owner=owner)


class Companies(BaseModel):
    """A page of companies. `next` is the cursor of the next page; null: this was the last."""

    items: list[CompanyShown]
    next: str | None


class NewCompany(Body):
    """What it is called, and whose it is."""

    name: Name
    external_id: ExternalId | None = None
    owner: Owner | None = None


class CompanyChanged(Body):
    """What shall be otherwise; what is left out stays, an empty owner or external id takes it away."""

    name: Name | None = None
    external_id: ExternalId | None = None
    owner: Owner | None = None


@router.get("/companies")
async def listed(
    door: At,
    by: By,
    text: Annotated[str, Query(max_length=200, description="What words of its name begin with.")] = "",
    after: After = "",
    limit: Limit = 100,
) -> Companies:
    """The companies, in the order in which they came."""
    found = await companies.listed(door, by.email, text=text, after=behind(after, 0), limit=limit + 1)
    items = [CompanyShown.of(*one) for one in found[:limit]]
    return Companies(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.post("/companies", status_code=201)
async def add(door: Making, by: By, new: NewCompany) -> Created:
    """A new company."""
    made = companies.add(door, new.name, by.email, external_id=new.external_id, owner=new.owner)
    return Created(id=await made)


@router.get("/companies/{id}")
async def shown(door: At, by: By, id: Number) -> CompanyShown:
    """One company."""
    return CompanyShown.of(*await companies.show(door, id, by.email))


@router.patch("/companies/{id}")
async def change(door: At, by: By, id: Number, said: CompanyChanged) -> Done:
    """Changes what is named."""
    return await changed(companies.change(door, id, by.email, **said.model_dump()))
