"""Templates of emails: made, looked at, changed, copied, archived, handed over."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from sequencing.errors import Refused, Unchanged
from sequencing.limits import LINE_LENGTH, NAME_LENGTH, WORDING_LENGTH
from sequencing.people import AddressType
from sequencing.sequences import Format
from starter import templates as acts
from starter.templates import EditedTemplate, Letter, TemplateChange
from store.templates import Users
from web.acting import At, By
from web.api.words import After, Body, Created, Done, Limit, Number, Text, behind, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["templates"], route_class=Once)
Name = Annotated[Text, Field(max_length=NAME_LENGTH)]
Subject = Annotated[Text, Field(max_length=LINE_LENGTH)]
Wording = Annotated[Text, Field(max_length=WORDING_LENGTH)]


class Template(BaseModel):
    """A template in a list. `owner`: the email of whose it is."""

    id: int
    name: str
    subject: str
    format: Format
    address_type: AddressType
    owner: str | None
    archived: bool
    version: int

    @classmethod
    def of(cls, one: acts.Template) -> Self:
        """The template."""
        row = one.row
        same = ("id", "name", "subject", "format", "address_type", "archived", "version")
        return cls(owner=one.owner, **{name: getattr(row, name) for name in same})


class Templates(BaseModel):
    """A page of templates. `next` is the cursor of the next page; null: this was the last."""

    items: list[Template]
    next: str | None


class Reached(BaseModel):
    """Whom a change reaches, in sequences that you see: `coming` have an email from it before them, `drafts` are open
    and untouched, `touched` are drafts that somebody has typed in, which stay.
    """

    sequences: int
    coming: int
    drafts: int
    touched: int

    @classmethod
    def of(cls, users: Users) -> Self:
        """The same, told."""
        return cls(sequences=users.sequences, coming=users.coming, drafts=users.drafts, touched=users.touched)


class Shown(Template):
    """One template with its wording."""

    body: str
    changed_at: datetime | None
    reached: Reached


class New(Body):
    """A template that is to be."""

    name: Name
    subject: Subject
    body: Wording
    format: Format = Format.text
    address_type: AddressType = AddressType.any


class Change(Body):
    """What shall be otherwise; what is left out stays. `version`: the one that was read and is now edited."""

    name: Name | None = None
    subject: Subject | None = None
    body: Wording | None = None
    format: Format | None = None
    address_type: AddressType | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class Edit(BaseModel):
    """What was changed, or on a dry run would be."""

    changed: bool
    message: str | None = None
    version: int | None = None
    reached: Reached | None = None

    @classmethod
    def of(cls, edited: EditedTemplate, *, dry_run: bool) -> Self:
        """Of an accepted change."""
        return cls(changed=not dry_run, version=edited.version, reached=Reached.of(edited.reached))


class Heir(Body):
    """Whose it will be."""

    to: Annotated[Text, Field(max_length=320, description="An email.")]


@router.post("/templates", status_code=201)
async def create(door: Making, by: By, new: New) -> Created:
    """Makes a template; steps name it by its name."""
    made = await acts.create_template(door, new.name, new.subject, new.body, new.address_type, by.email, new.format)
    return Created(id=made)


@router.get("/templates")
async def listed(door: At, by: By, after: After = "", limit: Limit = 100) -> Templates:
    """All templates, in the order in which they were made."""
    first = behind(after, 0)
    found = await acts.templates_in_order(door, by.email, first, limit + 1)
    items = [Template.of(one) for one in found[:limit]]
    return Templates(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.get("/templates/{id}")
async def shown(door: At, by: By, id: Number) -> Shown:
    """The template, and whom a change of it would reach."""
    one, reached = await acts.show_template(door, id, by.email)
    more = {"body": one.row.body, "changed_at": one.row.changed_at, "reached": Reached.of(reached)}
    return Shown(**Template.of(one).model_dump(), **more)


@router.patch("/templates/{id}")
async def change(door: At, by: By, id: Number, said: Change, dry_run: bool = False) -> Edit:
    """Changes what is named. With a `version` that is not the newest: 409, `changed_meanwhile`."""
    letter = None
    if said.subject is not None or said.body is not None:
        row = (await acts.show_template(door, id, by.email))[0].row
        if None in (said.subject, said.body) and said.version is None:
            raise Refused("invalid_request", "Send `version` with it, or subject and body together.")
        letter = Letter(
            row.subject if said.subject is None else said.subject, row.body if said.body is None else said.body
        )
    wanted = TemplateChange(letter, said.name, said.address_type, said.version, said.format)
    try:
        return Edit.of(await acts.edit_template(door, id, wanted, by.email, dry_run=dry_run), dry_run=dry_run)
    except Unchanged as unchanged:
        return Edit(changed=False, message=unchanged.sentence)


@router.post("/templates/{id}/copies", status_code=201)
async def copy(door: Making, by: By, id: Number) -> Created:
    """A copy that is yours."""
    return Created(id=(await acts.copied(door, id, by.email)).id)


@router.post("/templates/{id}/archive")
async def archive(door: At, by: By, id: Number) -> Done:
    """No new step can use it; steps that use it go on."""
    return await changed(acts.archive_template(door, id, by.email, archived=True))


@router.post("/templates/{id}/unarchive")
async def unarchive(door: At, by: By, id: Number) -> Done:
    """New steps can use it again."""
    return await changed(acts.archive_template(door, id, by.email, archived=False))


@router.put("/templates/{id}/owner")
async def hand_over(door: At, by: By, id: Number, heir: Heir) -> Done:
    """Gives it another owner, who must be able to edit it."""
    return await changed(acts.hand_over_template(door, id, heir.to, by.email))
