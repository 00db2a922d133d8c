"""Roles: what each grants."""

from typing import Annotated

from pydantic import BaseModel, Field

from sequencing.people import Level
from starter import roles
from web.acting import At, By
from web.api.words import Body, Created, Done, Number, Text, changed
from web.areas import Area
from web.once import Making, Once

router = Area(tags=["users"], route_class=Once)


class RoleShown(BaseModel):
    """A role, and the level on sequences that it grants."""

    id: int
    name: str
    level: Level


class Roles(BaseModel):
    """All roles."""

    items: list[RoleShown]


class NewRole(Body):
    """A role that nobody has yet."""

    name: Annotated[Text, Field(max_length=80)]
    level: Level


class LevelSaid(Body):
    """What a role shall grant."""

    level: Level


@router.get("/roles")
async def listed(door: At, by: By) -> Roles:
    """The roles, in the order in which they came."""
    found = await roles.listed(door, by.email)
    return Roles(items=[RoleShown(id=one.id, name=one.name, level=one.level) for one in found])


@router.post("/roles", status_code=201)
async def add(door: Making, by: By, new: NewRole) -> Created:
    """A new role."""
    return Created(id=(await roles.add_role(door, new.name, new.level, by.email)).id)


@router.patch("/roles/{id}")
async def change(door: At, by: By, id: Number, said: LevelSaid) -> Done:
    """Another level for everybody with that role; somebody active must keep the level `manage`."""
    role = await roles.show_role(door, id, by.email)
    return await changed(roles.change_role(door, role.name, said.level, by.email))
