"""Acts on users: adding, changing, deactivating with an heir, activating."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.addresses import check_email, check_number
from sequencing.errors import Refused, Unchanged, quoted
from sequencing.people import Level, User
from sequencing.permissions import not_found
from sequencing.timing import check_zone
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import roles, users


@dataclass(frozen=True, slots=True)
class UserChange:
    """What shall be otherwise; None stays, an empty text takes it away (not the name)."""

    name: str | None = None
    sending_address: str | None = None
    sending_number: str | None = None
    time_zone: str | None = None


async def add_user(
    door: Door, email: str, name: str, role_names: Collection[str], number: str | None, by: str, zone: str | None = None
) -> int:
    """Makes a user with these roles, who sends from the address he signs in with; his number. Raises Refused.

    A role is named by its name, or by the word of a level.
    """
    check_email(email.strip())
    _check(UserChange(name, None, number, zone))
    async with door.database.writing() as tx:
        await permitted(tx, by, "users")
        wanted = [await roles.find(tx, role) for role in role_names]
        user = await users.add(tx, email, name, Level.none, number)
        if zone:
            await users.change(tx, replace(user, time_zone=zone))
        for role in wanted:
            await roles.give(tx, user.id, role.id)
        await door.made(tx, user.id)
        return user.id


async def listed(door: Door, by: str, *, after: int = 0, limit: int | None = None) -> list[tuple[User, list[str]]]:
    """Everybody by number from `after` on, each with the names of his roles. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_users")
        found = await users.listed(tx, after=after, limit=limit)
        held = await roles.of_users(tx)
        return [(user, held.get(user.id, [])) for user in found]


async def show_user(door: Door, number: int, by: str) -> tuple[User, list[str]]:
    """The user of that number, with the names of his roles. Raises Refused(`not_found`)."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_users")
        user = await users.get(tx, number)
        if user is None:
            raise not_found()
        return user, (await roles.of_users(tx)).get(user.id, [])


async def change_user(door: Door, email: str, change: UserChange, by: str) -> None:
    """Changes what is named; the rest stays. Raises Refused, or Unchanged."""
    _check(change)
    async with door.database.writing() as tx:
        await permitted(tx, by, "users")
        await _change(tx, await users.by_email(tx, email), change)


async def change_oneself(door: Door, change: UserChange, by: str) -> None:
    """The same for one's own time zone and sending address; what else is named is not looked at."""
    own = UserChange(sending_address=change.sending_address, time_zone=change.time_zone)
    _check(own)
    async with door.database.writing() as tx:
        await _change(tx, await permitted(tx, by, "profile"), own)


async def _change(tx: AsyncSession, known: User, change: UserChange) -> None:
    user = await users.lock(tx, known.id)
    changed = _changed(user, change)
    if changed == user:
        raise Unchanged("unchanged", f"{user.email} is so already; nothing was changed.")
    await users.change(tx, changed)


async def deactivate_user(door: Door, email: str, heir: str, by: str) -> None:
    """Lets a user act no more; the heir takes over his sequences, templates and open to-dos. Raises Refused.

    Contacts and companies stay his: steps for their owner fall to who enrolled, then to an admin.
    """
    while not await _deactivated(door, email, heir, by):
        pass


async def _deactivated(door: Door, email: str, heir: str, by: str) -> bool:
    """False where something was made his meanwhile: then nothing was changed, and it begins again."""
    async with door.database.writing() as tx:
        known = await users.belongings(tx, email, lock=True)
        await users.take_turns(tx)
        admin = await permitted(tx, by, "users")
        leaver = await users.by_email(tx, email)
        if not leaver.active:
            raise Unchanged("unchanged", f"{leaver.email} is deactivated already.")
        successor = await _heir(tx, leaver, heir)
        await users.change(tx, replace(await users.lock(tx, leaver.id), active=False))
        await users.check_an_admin_is_left(tx)
        if await users.belongings(tx, email) != known:
            await tx.rollback()
            return False
        await users.leave_everything_to(tx, leaver.id, successor.id, admin.id, door.now())
        return True


async def activate_user(door: Door, email: str, by: str) -> None:
    """Lets a deactivated user act again; what the heir took over stays with the heir. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        await users.take_turns(tx)
        await permitted(tx, by, "users")
        user = await users.by_email(tx, email)
        if user.active:
            raise Unchanged("unchanged", f"{user.email} is active already.")
        await users.change(tx, replace(await users.lock(tx, user.id), active=True))


async def _heir(tx: AsyncSession, leaver: User, email: str) -> User:
    heir = await users.who_stays(tx, email)
    if heir.id == leaver.id:
        raise Refused("invalid_heir", "Somebody else has to take over; name another user.")
    if not heir.level.reaches(Level.edit) and await users.owns_any(tx, leaver.id):
        raise Refused(
            "invalid_heir",
            f"{leaver.email} owns sequences or templates; who takes them over needs the level 'edit', "
            f"and {quoted(heir.email)} has {heir.level.value!r}.",
        )
    return heir


def _check(change: UserChange) -> None:
    if change.name is not None:
        check_name("The name", change.name, 200)
    if change.sending_address:
        check_email(change.sending_address)
    if change.sending_number:
        check_number(change.sending_number)
    if change.time_zone:
        check_zone(change.time_zone)


def _changed(user: User, change: UserChange) -> User:
    def now(field: str | None, before: str | None) -> str | None:
        return before if field is None else field or None

    return replace(
        user,
        name=change.name or user.name,
        sending_address=now(change.sending_address, user.sending_address),
        sending_number=now(change.sending_number, user.sending_number),
        time_zone=now(change.time_zone, user.time_zone),
    )
