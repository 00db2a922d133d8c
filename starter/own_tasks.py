"""Tasks that users write for themselves: writing, changing, doing, undoing, deleting, listing."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, time

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.own_tasks import OwnTask, check_task
from sequencing.people import AddressType, Level, User
from sequencing.permissions import Tie, check, check_level, not_found
from sequencing.search_words import folded
from starter.door import Door, acting_user, permitted
from starter.enrollments import one_contact
from store import contact_words, contacts, own_tasks
from store.own_tasks import Filter, Line

TOLD, MOST = 5, 50


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody writes; `contact` is an id, an external id, an email or a name, empty: it is about nobody; a number
    means the id alone.
    """

    title: str
    day: date
    at: time | None = None
    note: str = ""
    contact: str | int = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A user's tasks; `more` is (day, id) behind which the next page begins."""

    lines: list[Line]
    more: tuple[date, str] | None


async def add(door: Door, said: Said, by: str) -> str:
    """A new task of who acts; its id. Raises Refused."""
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "own_tasks")
        task = await _written(tx, user, said, OwnTask(door.new_id(), user.id, said.title, said.day))
        await own_tasks.add(tx, task, door.now())
        await door.made(tx, task.id)
        return task.id


async def change(door: Door, task_id: str, said: Said, by: str) -> None:
    """Makes it say that. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        user, before = await _his(tx, task_id, by, lock=True)
        after = await _written(tx, user, said, before)
        if after == before:
            raise Unchanged("unchanged", "The task says so already; nothing was changed.")
        await own_tasks.change(tx, after)


async def move(door: Door, task_id: str, day: date, by: str) -> None:
    """Puts it on another day, at the time it had. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        _, task = await _his(tx, task_id, by, lock=True)
        if task.day == day:
            raise Unchanged("unchanged", "The task is on that day already.")
        await own_tasks.change(tx, replace(task, day=day))


async def complete(door: Door, task_id: str, by: str) -> None:
    """It is done. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        _, task = await _his(tx, task_id, by, lock=True)
        if task.done_at is not None:
            raise Unchanged("unchanged", "The task is done already.")
        await own_tasks.change(tx, replace(task, done_at=door.now()))


async def reopen(door: Door, task_id: str, by: str) -> None:
    """It is to be done again. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        _, task = await _his(tx, task_id, by, lock=True)
        if task.done_at is None:
            raise Unchanged("unchanged", "The task is still to be done.")
        await own_tasks.change(tx, replace(task, done_at=None))


async def remove(door: Door, task_id: str, by: str) -> None:
    """Deletes it for good. Raises Refused."""
    async with door.database.writing() as tx:
        await _his(tx, task_id, by, lock=True)
        await own_tasks.remove(tx, task_id)


async def look(door: Door, task_id: str, by: str) -> OwnTask:
    """One task. Raises Refused."""
    async with door.database.reading() as tx:
        return (await _his(tx, task_id, by))[1]


async def about(door: Door, task: OwnTask, by: str) -> str:
    """What the contact is called that the task is about; empty: about nobody, or who acts sees no contacts."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        if task.contact_id is None or not user.level.reaches(Level.view):
            return ""
        return (await contacts.names(tx, [task.contact_id])).get(task.contact_id, "")


async def listed(
    door: Door,
    by: str,
    *,
    first: date | None = None,
    last: date | None = None,
    open_only: bool = False,
    after: tuple[date, str] | None = None,
    limit: int = 100,
) -> Page:
    """The tasks of who acts, by day. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        found = await lines(tx, user, Filter(user.id, first, last, open_only, after, limit + 1))
    last_one = found[limit - 1].task if len(found) > limit else None
    return Page(found[:limit], (last_one.day, last_one.id) if last_one else None)


async def lines(tx: AsyncSession, user: User, wanted: Filter) -> list[Line]:
    """Tasks with the names they may show: whoever sees no contacts any more is told none."""
    return _as_seen(user, await own_tasks.listed(tx, wanted))


async def some(tx: AsyncSession, user: User, ids: Collection[str]) -> list[Line]:
    """Those of the user's tasks, in the same way."""
    return _as_seen(user, await own_tasks.some(tx, user.id, ids))


def _as_seen(user: User, found: list[Line]) -> list[Line]:
    return found if user.level.reaches(Level.view) else [Line(one.task) for one in found]


async def _his(tx: AsyncSession, task_id: str, by: str, *, lock: bool = False) -> tuple[User, OwnTask]:
    user, task = await acting_user(tx, by), await own_tasks.get(tx, task_id, lock=lock)
    if task is None:
        raise not_found()
    check(user, "own_tasks", Tie(own=task.user_id == user.id))
    return user, task


async def _written(tx: AsyncSession, user: User, said: Said, task: OwnTask) -> OwnTask:
    if said.contact:
        check_level(user, "see")
    about = await _about(tx, said.contact) if said.contact else None
    title, note = said.title.strip(), said.note.strip()
    after = replace(task, title=title, note=note, day=said.day, at=said.at, contact_id=about)
    check_task(after)
    return after


async def _about(tx: AsyncSession, named: str | int) -> int:
    """The contact that is meant; by a name where no id, external id or email says so. Raises Refused."""
    try:
        return (await one_contact(tx, named)).id
    except Refused as refused:
        found = await _called(tx, named) if refused.code == "unknown_contact" and isinstance(named, str) else []
        if len(found) == 1:
            return found[0]
        if not found:
            raise
    several = (await contacts.some(tx, found[:TOLD])).values()
    who = ", ".join(f"{one.name} ({one.address(AddressType.any) or one.id})" for one in several)
    raise Refused("ambiguous_contact", f"{quoted(str(named))} fits several contacts; name one by email or id: {who}.")


async def _called(tx: AsyncSession, name: str) -> list[int]:
    """Those of just that name; without any those whom a search finds by it."""
    rows = contact_words.in_order(await contact_words.look_up(tx, name))
    found = list(await tx.scalars(rows.limit(MOST)))
    people = await contacts.names(tx, found)
    return [one for one in found if folded(people.get(one, "")) == folded(name)] or found
