"""Contacts: finding, showing, adding and changing them, and taking in a CSV file."""

from typing import Annotated, Any, Self

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from sequencing.enrollments import Status
from sequencing.errors import Refused
from sequencing.people import AddressType, Contact, ContactKind, PhoneType
from sequencing.permissions import not_found
from sequencing.todos import Outcome
from starter import people
from starter.contacts import import_contacts
from starter.people import Card, Said
from starter.sequences import LARGEST_FILE
from store.contact_lists import Been
from store.selections import Selection
from web.acting import At, By
from web.api.documents import CSV, csv_text
from web.api.words import After, Body, Created, Done, Limit, Text, behind, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["contacts"], route_class=Once)
Who = Annotated[str, Path(max_length=320, description="Id, external id or email.")]
Word = Annotated[str, Query(max_length=200)]
Line = Annotated[Text, Field(max_length=200)]


class Imports(BaseModel):
    """How many contacts came and how many were updated."""

    created: int
    updated: int


class Target(Body):
    """An email address or a number with its type: `work`, `personal`, `any`; `mobile`, `work`, `home`, `other`."""

    type: str = Field(max_length=20)
    value: Text = Field(max_length=320)


class Listed(BaseModel):
    """A contact. Preferred addresses and numbers come first."""

    id: int
    external_id: str | None
    first_name: str
    last_name: str
    kind: ContactKind
    title: str
    company: str | None
    owner_id: int | None
    emails: list[Target]
    numbers: list[Target]
    time_zone: str | None
    do_not_contact: bool

    @classmethod
    def of(cls, one: Contact) -> Self:
        """The contact."""
        plain = ("id", "external_id", "first_name", "last_name", "kind", "title", "owner_id", "time_zone")
        return cls(
            **{name: getattr(one, name) for name in plain},
            company=one.company.name if one.company else None,
            emails=[Target(type=kind, value=address) for kind, address in one.emails],
            numbers=[Target(type=kind, value=number) for kind, number in one.numbers],
            do_not_contact=one.do_not_contact,
        )


class Contacts(BaseModel):
    """A page of contacts, by id. `next` is the cursor of the next page; null: this was the last."""

    items: list[Listed]
    next: str | None


class InSequence(BaseModel):
    """A sequence the contact is or was in, as far as you see it. Of a removed enrollment only the line is left."""

    sequence_id: int
    sequence: str
    enrollment_id: str
    status: Status
    reason: str | None
    step: int | None

    @classmethod
    def of(cls, been: Been) -> Self:
        """The line."""
        return cls(**{name: getattr(been, name) for name in cls.model_fields})


class InWorkflow(BaseModel):
    """Where the contact stands in a recruiting workflow."""

    opportunity_id: int
    stage: str


class Shown(Listed):
    """A contact with everything he was in; `suppressed`: which of his addresses and numbers nobody writes to."""

    owner: str | None = None
    suppressed: list[str] = []
    workflows: list[InWorkflow] = []
    sequences: list[InSequence] = []

    @classmethod
    def by(cls, card: Card) -> Self:
        """The card."""
        said = cls.of(card.contact)
        said.owner, said.suppressed = card.owner, card.suppressed
        said.workflows = [InWorkflow(opportunity_id=number, stage=stage) for number, stage in card.workflows]
        said.sequences = [InSequence.of(been) for been in card.sequences]
        return said


class Change(Body):
    """What is said of a contact. What is left out stays; an empty text takes away; lists replace all.

    `company` is an id, external id or name, `owner` a user's email.
    """

    first_name: Line | None = None
    last_name: Line | None = None
    kind: ContactKind | None = None
    title: Line | None = None
    company: Line | None = None
    owner: Annotated[Text, Field(max_length=320)] | None = None
    time_zone: Annotated[Text, Field(max_length=64)] | None = None
    do_not_contact: bool | None = None
    external_id: Annotated[Text, Field(max_length=120)] | None = None
    emails: Annotated[list[Target], Field(max_length=50)] | None = None
    numbers: Annotated[list[Target], Field(max_length=50)] | None = None

    def said(self) -> Said:
        """The same for the door. Raises Refused(`unknown_type`)."""
        plain = self.model_dump(exclude={"emails", "numbers"})
        return Said(**plain, emails=_typed(self.emails, AddressType), numbers=_typed(self.numbers, PhoneType))


class New(Change):
    """A new contact, owned by you unless told otherwise."""

    first_name: Annotated[Text, Field(max_length=200, min_length=1)] = Field()


@router.get("/contacts")
async def found(
    door: At,
    by: By,
    q: Annotated[Word, Query(description="Words of name, company, address or number.")] = "",
    kind: ContactKind | None = None,
    owner: Annotated[str, Query(max_length=320, description="A user's email.")] = "",
    company: Annotated[Word, Query(description="A part of its name.")] = "",
    sequence: Annotated[Word, Query(description="Who is or was in it, by number or name.")] = "",
    status: Annotated[Status | None, Query(description="The one in that sequence, or in any.")] = None,
    outcome: Annotated[Outcome | None, Query(description="The one in that sequence, or in any.")] = None,
    any_sequence: Annotated[bool | None, Query(description="Has been in any sequence (true), or in none.")] = None,
    opportunity: Annotated[Word, Query(description="Number or external id: who is in its workflow.")] = "",
    stage: Annotated[Word, Query(description="Who stands at the stage of this name.")] = "",
    after: After = "",
    limit: Limit = 100,
) -> Contacts:
    """The contacts that fit all of it."""
    workflow = {"opportunity": opportunity, "stage": stage}
    of_sequences = {"sequence": sequence, "status": status, "outcome": outcome, "in_any": any_sequence}
    selection = Selection(text=q, kind=kind, owner=owner, company=company, **of_sequences, **workflow)  # type: ignore[arg-type]
    people_found = await people.search(door, selection, by.email, after=behind(after, 0), limit=limit + 1)
    items = [Listed.of(one) for one in people_found[:limit]]
    return Contacts(items=items, next=str(items[-1].id) if len(people_found) > limit else None)


@router.post("/contacts", status_code=201)
async def add(door: Making, by: By, new: New) -> Created:
    """A new contact; refused where another one has the external id, or an address."""
    return Created(id=(await people.add(door, new.said(), by.email)).id)


@router.get("/contacts/{contact}")
async def shown(door: At, by: By, contact: Who) -> Shown:
    """One contact, with all sequences and workflows he is or was in."""
    try:
        return Shown.by(await people.card(door, contact, by.email))
    except Refused as refused:
        raise _there(refused) from None


@router.patch("/contacts/{contact}")
async def change(door: At, by: By, contact: Who, said: Change) -> Done:
    """Changes what is said; the rest stays."""
    try:
        return await changed(people.change(door, contact, said.said(), by.email))
    except Refused as refused:
        raise _there(refused) from None


@router.post("/contacts/imports", openapi_extra=CSV)
async def take_in(door: At, by: By, request: Request) -> Imports:
    """Takes in a CSV file as `sequencing contacts import` does: all lines or none."""
    done = await import_contacts(door, await csv_text(request, LARGEST_FILE), by.email)
    return Imports(created=done.created, updated=done.updated)


def _there(refused: Refused) -> Refused:
    """Whom a path names must be there."""
    return not_found() if refused.code == "unknown_contact" else refused


def _typed(said: list[Target] | None, types: Any) -> list[tuple[Any, str]] | None:
    if said is None:
        return None
    for one in said:
        if one.type not in list(types):
            raise Refused("unknown_type", f"A type is one of {', '.join(types)}.")
    return [(types(one.type), one.value.strip()) for one in said]
