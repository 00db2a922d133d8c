"""Users: who there is, with which roles; adding, changing, deactivating with an heir."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from sequencing.people import Level, User
from starter import roles, users
from starter.door import Door
from starter.users import UserChange
from web.acting import At, By
from web.api.words import After, Body, Created, Done, Limit, Number, Text, behind, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["users"], route_class=Once)
Address = Annotated[Text, Field(max_length=320)]
Name = Annotated[Text, Field(max_length=200)]
Zone = Annotated[Text, Field(max_length=80, description="As Europe/Berlin; empty: that of the settings.")]
Phone = Annotated[Text, Field(max_length=40, description="In international form, +4930900000.")]
Roles = Annotated[list[Annotated[Text, Field(max_length=80)]], Field(max_length=50, description="By name.")]


class UserShown(BaseModel):
    """A user. Messages leave from `sending_address` and `sending_number`; `level` is the highest of the roles'."""

    id: int
    email: str
    name: str
    level: Level
    active: bool
    sending_address: str | None
    sending_number: str | None
    time_zone: str | None
    roles: list[str]

    @classmethod
    def of(cls, user: User, held: list[str]) -> Self:
        """The user, with the names of his roles."""
        names = cls.model_fields.keys() - {"roles"}
        return cls(roles=held, **{name: getattr(user, name) for name in names})


class Users(BaseModel):
    """A page of users. `next` is the cursor of the next page; null: this was the last."""

    items: list[UserShown]
    next: str | None


class NewUser(Body):
    """Who comes. A role is named by its name, or by the word of a level."""

    email: Address
    name: Name
    roles: Roles = []
    sending_number: Phone | None = None
    time_zone: Zone | None = None


class UserChanged(Body):
    """What shall be otherwise; what is left out stays, an empty text takes it away."""

    name: Name | None = None
    sending_address: Address | None = None
    sending_number: Phone | None = None
    time_zone: Zone | None = None


@router.get("/me")
async def oneself(door: At, by: By) -> UserShown:
    """Whose token this is."""
    return UserShown.of(*await users.show_user(door, by.id, by.email))


class ProfileChanged(Body):
    """What shall be otherwise of oneself."""

    sending_address: Address | None = None
    time_zone: Zone | None = None


@router.patch("/me")
async def change_oneself(door: At, by: By, said: ProfileChanged) -> Done:
    """Your own time zone and sending address."""
    return await changed(users.change_oneself(door, UserChange(**said.model_dump()), by.email))


@router.get("/users")
async def listed(door: At, by: By, after: After = "", limit: Limit = 100) -> Users:
    """Everybody, in the order in which they came."""
    found = await users.listed(door, by.email, after=behind(after, 0), limit=limit + 1)
    items = [UserShown.of(*one) for one in found[:limit]]
    return Users(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.post("/users", status_code=201)
async def add(door: Making, by: By, new: NewUser) -> Created:
    """Somebody new. A first password is set on the pages, or by `sequencing passwords set`."""
    number, zone = new.sending_number or None, new.time_zone or None
    return Created(id=await users.add_user(door, new.email, new.name, new.roles, number, by.email, zone))


@router.get("/users/{id}")
async def shown(door: At, by: By, id: Number) -> UserShown:
    """One user."""
    return UserShown.of(*await users.show_user(door, id, by.email))


@router.patch("/users/{id}")
async def change(door: At, by: By, id: Number, said: UserChanged) -> Done:
    """Changes what is named."""
    return await changed(users.change_user(door, await _email(door, id, by), UserChange(**said.model_dump()), by.email))


class RolesSaid(Body):
    """All the roles that a user shall have."""

    roles: Roles


@router.put("/users/{id}/roles")
async def set_roles(door: At, by: By, id: Number, said: RolesSaid) -> Done:
    """Gives the user exactly these; somebody active must keep the level `manage`."""
    return await changed(roles.set_roles(door, await _email(door, id, by), said.roles, by.email))


class HeirSaid(Body):
    """Who takes over, by email."""

    heir: Address


@router.post("/users/{id}/deactivation")
async def deactivate(door: At, by: By, id: Number, said: HeirSaid) -> Done:
    """The user acts no more; the heir has his sequences, templates and open to-dos."""
    return await changed(users.deactivate_user(door, await _email(door, id, by), said.heir, by.email))


@router.delete("/users/{id}/deactivation")
async def activate(door: At, by: By, id: Number) -> Done:
    """The user acts again; what was taken over stays where it is."""
    return await changed(users.activate_user(door, await _email(door, id, by), by.email))


async def _email(door: Door, number: int, by: User) -> str:
    return (await users.show_user(door, number, by.email))[0].email
