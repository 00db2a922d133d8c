"""Acts on roles: making them, changing what they grant, giving and taking them."""

from collections.abc import Collection
from dataclasses import replace

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.people import Level, Role
from sequencing.permissions import not_found
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import roles, users


async def listed(door: Door, by: str) -> list[Role]:
    """The roles there are. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_roles")
        return await roles.all_of_them(tx)


async def show_role(door: Door, number: int, by: str) -> Role:
    """The role of that number. Raises Refused(`not_found`)."""
    found = [role for role in await listed(door, by) if role.id == number]
    if not found:
        raise not_found()
    return found[0]


async def add_role(door: Door, name: str, level: Level, by: str) -> Role:
    """Makes a role, which nobody has yet. Raises Refused."""
    check_name("The role's name", name, 80)
    if name in list(Level):
        raise Refused("invalid_text", f"{quoted(name)} is the word of a level; give the role another name.")
    async with door.database.writing() as tx:
        await permitted(tx, by, "roles")
        role = await roles.add(tx, name, level)
        await door.made(tx, role.id)
        return role


async def change_role(door: Door, name: str, level: Level, by: str) -> None:
    """Gives everybody with that role another level. Raises Refused, also where nobody would manage any more."""
    async with door.database.writing() as tx:
        await users.take_turns(tx)
        await permitted(tx, by, "roles")
        role = await roles.find(tx, name)
        if role.level is level:
            raise Unchanged("unchanged", f"The role {quoted(role.name)} grants {level.value!r} already.")
        await roles.change(tx, replace(role, level=level))
        await users.check_an_admin_is_left(tx)


async def give_role(door: Door, name: str, email: str, by: str) -> None:
    """Gives a user a role. Raises Refused, or Unchanged where he has it."""
    async with door.database.writing() as tx:
        await users.take_turns(tx)
        await permitted(tx, by, "roles")
        role, user = await roles.find(tx, name), await users.by_email(tx, email)
        if not await roles.give(tx, user.id, role.id):
            raise Unchanged("unchanged", f"{user.email} has the role {quoted(role.name)} already.")


async def take_role(door: Door, name: str, email: str, by: str) -> None:
    """Takes a role from a user. Raises Refused, also where nobody would manage any more."""
    async with door.database.writing() as tx:
        await users.take_turns(tx)
        await permitted(tx, by, "roles")
        role, user = await roles.find(tx, name), await users.by_email(tx, email)
        if not await roles.take(tx, user.id, role.id):
            raise Unchanged("unchanged", f"{user.email} does not have the role {quoted(role.name)}.")
        await users.check_an_admin_is_left(tx)


async def set_roles(door: Door, email: str, names: Collection[str], by: str) -> None:
    """Gives a user exactly these roles, by name. Raises Refused, Unchanged; also where nobody would manage any more."""
    async with door.database.writing() as tx:
        await users.take_turns(tx)
        await permitted(tx, by, "roles")
        user, known = await users.by_email(tx, email), {role.name: role for role in await roles.all_of_them(tx)}
        held, wanted = set((await roles.of_users(tx)).get(user.id, [])), set(names)
        if unknown := sorted(wanted - known.keys()):
            raise Refused("unknown_role", f"There is no role {quoted(unknown[0])}; choose from the list.")
        if held == wanted:
            raise Unchanged("unchanged", f"{user.email} has these roles already; nothing was changed.")
        for name in sorted(held - wanted):
            await roles.take(tx, user.id, known[name].id)
        for name in sorted(wanted - held):
            await roles.give(tx, user.id, known[name].id)
        await users.check_an_admin_is_left(tx)
