"""Erasing a contact for good. It can be repeated until it is whole: files go first, the tables in one transaction."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Happening, What
from sequencing.people import User
from sequencing.wording import counted
from starter.door import Door, Reached, permitted
from starter.enrollments import one_contact
from store import contacts, erasures
from store.lives import Life
from transports.outbox import forget

ABOVE_ALL_NEWS = 2**31
"""A number no news has: the run looks, finds its row gone, and ends."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went: enrollments, kept messages. `runs_left` could not be told, because Temporal was away."""

    enrollments: int
    files: int
    runs_left: int
    log_cut: bool

    @property
    def sentences(self) -> list[str]:
        """For whoever erased."""
        went = f"{counted(self.enrollments, 'enrollment')} and {counted(self.files, 'kept message')}"
        hold, them = "hold its ids until they next look", "them"
        if self.runs_left == 1:
            hold, them = "holds its ids until it next looks", "it"
        left = f"{counted(self.runs_left, 'run')} in Temporal {hold}; `sequencing reconcile` ends {them}."
        log = "Others were reading, so the database's log still holds what was erased; the next erasure cuts it."
        return [f"Erased, with {went}.", *([left] if self.runs_left else []), *([] if self.log_cut else [log])]


async def erase(door: Door, name: str | int, by: str) -> Erased:
    """Erases the contact. Raises Refused, Unchanged where that was done before.

    1. Removes his enrollments, so that nothing more is claimed.
    2. Deletes what names him, and leaves fingerprints of his addresses and numbers as suppressions.
    3. Deletes the kept messages, and only then commits: who dies before can begin again and finds them all.
    4. Tells the runs. A run that is not told ends when it next looks, at the latest by `reconcile`.
    """
    try:
        removed, files = await _erase(door, name, by)
    except Unchanged:
        await door.database.forget()
        raise
    left = [one for one in removed if one.is_open and not await _told(door, one)]
    return Erased(len(removed), files, len(left), await door.database.forget())


async def _erase(door: Door, name: str | int, by: str) -> tuple[list[Enrollment], int]:
    """His enrollments as they stood, and how many files went."""
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "erase")
        contact = await contacts.get(tx, await _named(tx, name))
        assert contact is not None, "its row was just read"
        lives = await _lock_all(tx, door, contact.id)
        if await erasures.is_being_sent(tx, contact.id, door.now() - timedelta(seconds=door.runs.act_within)):
            raise Refused("being_sent", "A message to this contact is just being handed over; repeat this in a minute.")
        await erasures.lock_what_goes(tx, contact.id)
        gone = await erasures.traces(tx, contact.id)
        removed = [await _remove(life, user) for life in lives]
        await erasures.erase(tx, contact, gone, [one.id for one in removed], user.id, door.now())
        unshared = gone.targets - gone.shared
        his = unshared, gone.message_ids, gone.wording, contact.id
        files = await asyncio.to_thread(forget, door.outbox, *his) if door.outbox else 0
    return removed, files


async def _named(tx: AsyncSession, name: str | int) -> int:
    try:
        return (await one_contact(tx, name)).id
    except Refused as refusal:
        if refusal.code == "unknown_contact" and await erasures.erased_before(tx, str(name).strip()):
            raise Unchanged("erased_already", "That contact was erased already; nothing was changed.") from None
        raise


async def _lock_all(tx: AsyncSession, door: Door, contact_id: int) -> list[Life]:
    """His enrollments, locked in the order of every other act: enrollments, then the contact."""
    lives = await _lock(tx, door, await erasures.enrollment_ids(tx, contact_id))
    await erasures.lock(tx, contact_id)
    known = {life.enrollment.id for life in lives}
    newest = [one for one in await erasures.enrollment_ids(tx, contact_id) if one not in known]
    return lives + await _lock(tx, door, newest)


async def _lock(tx: AsyncSession, door: Door, ids: list[str]) -> list[Life]:
    lives = [await Life.lock(tx, one, door.now()) for one in ids]
    return [life for life in lives if life is not None]


async def _remove(life: Life, user: User) -> Enrollment:
    """The enrollment as it stood."""
    stood = life.enrollment
    life.happen(Happening(What.remove, by=user.id))
    await life.save()
    return stood


async def _told(door: Door, one: Enrollment) -> bool:
    body = {"enrollment_id": one.id, "number": ABOVE_ALL_NEWS}
    reached = await door.runs.tell(one.workflow_id, What.look_again.value, body)
    return reached in (Reached.yes, Reached.no_such_run)
