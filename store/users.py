"""Users: who acts, who is assigned."""

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, quoted
from sequencing.people import Level, User
from store.people_tables import UserRow

USERS = select(UserRow).where(UserRow.id.in_(bindparam("ids", expanding=True)))


async def by_email(tx: AsyncSession, email: str) -> User:
    """The user with that address. Raises Refused(`unknown_user`)."""
    row = await tx.scalar(select(UserRow).where(UserRow.email == email.strip().lower()))
    if row is None:
        raise Refused("unknown_user", f"There is no user {quoted(email)}; `sequencing users list` shows who there is.")
    return value(row)


async def get(tx: AsyncSession, user_id: int) -> User | None:
    """The user, if there is one."""
    row = await tx.get(UserRow, user_id)
    return None if row is None else value(row)


async def some(tx: AsyncSession, ids: Collection[int]) -> dict[int, User]:
    """Those users that exist, by id."""
    rows = await tx.scalars(USERS, {"ids": list(set(ids))})
    return {row.id: value(row) for row in rows}


async def everybody(tx: AsyncSession) -> list[User]:
    """All users, in the order in which they came."""
    return [value(row) for row in await tx.scalars(select(UserRow).order_by(UserRow.id))]


async def first_admin(tx: AsyncSession) -> User | None:
    """The active admin who has been here longest."""
    admins = select(UserRow).where(UserRow.level == Level.manage, UserRow.active).order_by(UserRow.id).limit(1)
    row = await tx.scalar(admins)
    return None if row is None else value(row)


async def add(tx: AsyncSession, email: str, name: str, level: Level, sending_number: str | None = None) -> User:
    """A new user, who sends from the address he signs in with. Raises Refused(`user_exists`)."""
    email = email.strip().lower()
    if await tx.scalar(select(UserRow.id).where(UserRow.email == email)):
        raise Refused("user_exists", f"There is a user {quoted(email)} already.")
    row = UserRow(
        email=email, name=name, level=level, active=True, sending_address=email, sending_number=sending_number
    )
    tx.add(row)
    await tx.flush()
    return value(row)


async def change(tx: AsyncSession, user: User) -> None:
    """Keeps the user as given."""
    row = await tx.get_one(UserRow, user.id)
    row.name, row.level, row.active = user.name, user.level, user.active
    row.sending_address, row.sending_number = user.sending_address, user.sending_number


def value(row: UserRow) -> User:
    """The row as a value."""
    return User(row.id, row.email, row.name, row.level, row.active, row.sending_address, row.sending_number)
