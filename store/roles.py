"""Roles: who has which, and the level that follows; the highest counts and is kept with the user."""

from collections import defaultdict

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, quoted
from sequencing.people import Level, Role, highest
from store.database import upsert
from store.people_tables import RoleRow, UserRoleRow, UserRow


async def all_of_them(tx: AsyncSession) -> list[Role]:
    """All roles, in the order in which they came."""
    return [_value(row) for row in await tx.scalars(select(RoleRow).order_by(RoleRow.id))]


async def find(tx: AsyncSession, name: str) -> Role:
    """The role a person means by its name, or by the word of a level: the oldest with it. Raises Refused."""
    by_level = RoleRow.level == Level(name) if name in list(Level) else None
    means = RoleRow.name == name if by_level is None else by_level
    row = await tx.scalar(select(RoleRow).where(means).order_by(RoleRow.id).limit(1))
    if row is None:
        raise Refused("unknown_role", f"There is no role {quoted(name)}; `sequencing roles list` shows them.")
    return _value(row)


async def add(tx: AsyncSession, name: str, level: Level) -> Role:
    """A new role, which nobody has yet. Raises Refused(`role_exists`)."""
    new = upsert(tx, RoleRow).values(name=name, level=level).on_conflict_do_nothing().returning(RoleRow)
    row = await tx.scalar(new)
    if row is None:
        raise Refused("role_exists", f"There is a role {quoted(name)} already.")
    return _value(row)


async def change(tx: AsyncSession, role: Role) -> None:
    """Gives the role another level; whoever has it gets the level that follows."""
    row = await tx.get_one(RoleRow, role.id)
    row.level = role.level
    await tx.flush()
    await _derive(tx, list(await tx.scalars(select(UserRoleRow.user_id).where(UserRoleRow.role_id == role.id))))


async def of_users(tx: AsyncSession) -> dict[int, list[str]]:
    """The names of each user's roles."""
    held: dict[int, list[str]] = defaultdict(list)
    rows = select(UserRoleRow.user_id, RoleRow.name).join(RoleRow, RoleRow.id == UserRoleRow.role_id)
    for user_id, name in await tx.execute(rows.order_by(UserRoleRow.user_id, RoleRow.id)):
        held[user_id].append(name)
    return held


async def give(tx: AsyncSession, user_id: int, role_id: int) -> bool:
    """Gives the user the role; False when he has it already."""
    new = upsert(tx, UserRoleRow).values(user_id=user_id, role_id=role_id).on_conflict_do_nothing()
    given = await tx.scalar(new.returning(UserRoleRow.user_id))
    await _derive(tx, [user_id])
    return given is not None


async def take(tx: AsyncSession, user_id: int, role_id: int) -> bool:
    """Takes the role from the user; False when he does not have it."""
    held = delete(UserRoleRow).where(UserRoleRow.user_id == user_id, UserRoleRow.role_id == role_id)
    taken = await tx.scalar(held.returning(UserRoleRow.user_id))
    await _derive(tx, [user_id])
    return taken is not None


async def _derive(tx: AsyncSession, user_ids: list[int]) -> None:
    held: dict[int, list[Level]] = defaultdict(list)
    rows = select(UserRoleRow.user_id, RoleRow.level).join(RoleRow, RoleRow.id == UserRoleRow.role_id)
    for user_id, level in await tx.execute(rows.where(UserRoleRow.user_id.in_(user_ids))):
        held[user_id].append(level)
    for row in await tx.scalars(select(UserRow).where(UserRow.id.in_(user_ids))):
        row.level = highest(held[row.id])
    await tx.flush()


def _value(row: RoleRow) -> Role:
    return Role(row.id, row.name, row.level)
