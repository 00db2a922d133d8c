"""Users: who acts, who is assigned."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, quoted
from sequencing.happenings import What
from sequencing.people import Level, User
from sequencing.todos import TodoStatus
from store import roles
from store.looks import once, seen
from store.people_tables import UserRow
from store.tables import EnrollmentRow, EventRow, SequenceRow, TemplateRow, TodoRow

EVENTS = EventRow.metadata.tables[EventRow.__tablename__]
USERS = select(UserRow).where(UserRow.id.in_(bindparam("ids", expanding=True)))
BY_EMAIL = select(UserRow).where(UserRow.email == bindparam("email"))
ADMINS = select(UserRow).where(UserRow.level == Level.manage, UserRow.active).order_by(UserRow.id)


async def by_email(tx: AsyncSession, email: str) -> User:
    """The user with that address. Raises Refused(`unknown_user`)."""
    address = email.strip().lower()
    known: User | None = seen(tx).get(("user", address))
    if known is not None:
        return known
    row = await tx.scalar(BY_EMAIL, {"email": address})
    if row is None:
        raise Refused("unknown_user", f"There is no user {quoted(email)}; `sequencing users list` shows who there is.")
    return met(tx, value(row))


async def who_stays(tx: AsyncSession, email: str) -> User:
    """The active user with that address, who will not be deactivated before this transaction ends. Raises Refused."""
    row = await tx.scalar(
        select(UserRow)
        .where(UserRow.email == email.strip().lower())
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if row is None or not row.active:
        user = await by_email(tx, email)
        raise Refused("unknown_user", f"The user {quoted(user.email)} is deactivated.")
    return value(row)


async def get(tx: AsyncSession, user_id: int) -> User | None:
    """The user, if there is one."""
    known: User | None = seen(tx).get(("user", user_id))
    if known is not None:
        return known
    row = await tx.get(UserRow, user_id)
    return None if row is None else met(tx, value(row))


async def some(tx: AsyncSession, ids: Collection[int], *, staying: bool = False) -> dict[int, User]:
    """Those users that exist, by id; `staying`: none of them is deactivated before this transaction ends."""
    wanted = set(ids)
    known: dict[int, User] = {one: seen(tx)["user", one] for one in wanted if ("user", one) in seen(tx)}
    unknown = wanted - known.keys()
    if not unknown:
        return known
    query = USERS.with_for_update(read=True) if staying else USERS
    rows = await tx.scalars(query, {"ids": list(unknown)}, execution_options={"populate_existing": staying})
    return known | {row.id: met(tx, value(row)) for row in rows}


async def everybody(tx: AsyncSession) -> list[User]:
    """All users, in the order in which they came."""
    return await once(tx, "everybody", listed)


async def listed(tx: AsyncSession, *, after: int = 0, limit: int | None = None) -> list[User]:
    """Users by number from `after` on."""
    rows = select(UserRow).where(UserRow.id > after).order_by(UserRow.id).limit(limit)
    return [met(tx, value(row)) for row in await tx.scalars(rows)]


async def first_admin(tx: AsyncSession) -> User | None:
    """The active admin who has been here longest."""
    row = await tx.scalar(ADMINS.limit(1))
    return None if row is None else value(row)


async def take_turns(tx: AsyncSession) -> None:
    """Lets changes of users and roles happen one after the other: each locks all admins."""
    await tx.execute(ADMINS.with_for_update(key_share=True))


async def lock(tx: AsyncSession, user_id: int) -> User:
    """The user as he is now, once whoever is just giving him something has done so; others wait until he is changed."""
    row = select(UserRow).where(UserRow.id == user_id).with_for_update(key_share=True)
    return value((await tx.scalars(row.execution_options(populate_existing=True))).one())


async def check_an_admin_is_left(tx: AsyncSession) -> None:
    """Raises Refused(`last_admin`) where what was just changed leaves nobody who manages."""
    if await first_admin(tx) is None:
        raise Refused("last_admin", "Somebody active must keep the level 'manage'; give it to another user first.")


async def add(tx: AsyncSession, email: str, name: str, level: Level, sending_number: str | None = None) -> User:
    """A new user with the built-in role of that level, who sends from the address he signs in with.

    Raises Refused(`user_exists`).
    """
    email = email.strip().lower()
    if await tx.scalar(select(UserRow.id).where(UserRow.email == email)):
        raise Refused("user_exists", f"There is a user {quoted(email)} already.")
    row = UserRow(
        email=email, name=name, level=level, active=True, sending_address=email, sending_number=sending_number
    )
    tx.add(row)
    await tx.flush()
    await roles.give(tx, row.id, (await roles.find(tx, level.value)).id)
    return value(row)


async def change(tx: AsyncSession, user: User) -> None:
    """Keeps the user as given; his level follows from his roles and stays."""
    row = await tx.get_one(UserRow, user.id)
    row.name, row.active, row.time_zone = user.name, user.active, user.time_zone
    row.sending_address, row.sending_number = user.sending_address, user.sending_number
    await tx.flush()


async def waits_for(tx: AsyncSession, user_id: int) -> int:
    """How many to-dos of his are open, or come back when their contact is resumed."""
    standing = TodoRow.status.in_((TodoStatus.open, TodoStatus.away))
    return await tx.scalar(select(func.count()).where(TodoRow.assignee_id == user_id, standing)) or 0


async def owns_any(tx: AsyncSession, user_id: int) -> bool:
    """Whether sequences or templates are his."""
    owned = select(SequenceRow.id).where(SequenceRow.owner_id == user_id).exists()
    written = select(TemplateRow.id).where(TemplateRow.owner_id == user_id).exists()
    return bool(await tx.scalar(select(owned | written)))


async def belongings(tx: AsyncSession, email: str, *, lock: bool = False) -> tuple[list[int], list[int]]:
    """The ids of his templates and of his sequences.

    Whoever locks them does so before any user: opening a to-do locks its sequence first, then who is given it.
    """
    his = select(UserRow.id).where(UserRow.email == email.strip().lower()).scalar_subquery()
    written = select(TemplateRow.id).where(TemplateRow.owner_id == his).order_by(TemplateRow.id)
    owned = select(SequenceRow.id).where(SequenceRow.owner_id == his).order_by(SequenceRow.id)
    found = [rows.with_for_update(key_share=True) if lock else rows for rows in (written, owned)]
    return list(await tx.scalars(found[0])), list(await tx.scalars(found[1]))


async def leave_everything_to(tx: AsyncSession, user_id: int, heir_id: int, by: int, at: datetime) -> None:
    """Hands on his sequences, his templates, and every to-do of his that is open or may come back.

    The timelines of those that are open say so.
    """
    await _tell_of_heir(tx, user_id, heir_id, by, at)
    await tx.execute(update(SequenceRow).where(SequenceRow.owner_id == user_id).values(owner_id=heir_id))
    await tx.execute(update(TemplateRow).where(TemplateRow.owner_id == user_id).values(owner_id=heir_id))
    answered = select(EnrollmentRow.answered_todo).where(EnrollmentRow.answered_todo.is_not(None))
    standing = TodoRow.status.in_((TodoStatus.open, TodoStatus.away)) | TodoRow.id.in_(answered)
    await tx.execute(update(TodoRow).where(TodoRow.assignee_id == user_id, standing).values(assignee_id=heir_id))


async def _tell_of_heir(tx: AsyncSession, user_id: int, heir_id: int, by: int, at: datetime) -> None:
    """Keeps his open to-dos as they are until this transaction ends, and writes a line for each."""
    his = TodoRow.assignee_id == user_id, TodoRow.status.in_((TodoStatus.open, TodoStatus.away))
    await tx.execute(select(TodoRow.id).where(*his).order_by(TodoRow.id).with_for_update())
    said = {
        "enrollment_id": TodoRow.enrollment_id,
        "at": literal(at, EVENTS.c.at.type),
        "what": literal(What.inherited, EVENTS.c.what.type),
        "by": literal(by),
        "step": TodoRow.step,
        "status": EnrollmentRow.status,
        "details": literal({"assignee": heir_id, "before": user_id}, EVENTS.c.details.type),
    }
    lines = select(*said.values()).join(EnrollmentRow, EnrollmentRow.id == TodoRow.enrollment_id).where(*his)
    await tx.execute(insert(EVENTS).from_select(list(said), lines.order_by(TodoRow.id)))


def met(tx: AsyncSession, user: User) -> User:
    """The user, whom nobody needs to read again in this look."""
    seen(tx).update({("user", user.id): user, ("user", user.email): user})
    return user


def value(row: UserRow) -> User:
    """The row as a value."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        level=row.level,
        active=row.active,
        sending_address=row.sending_address,
        sending_number=row.sending_number,
        time_zone=row.time_zone,
    )
