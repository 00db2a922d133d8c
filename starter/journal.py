"""Taking in a mail that the journal got: recorded with the news of it in one transaction, then told to the runs.

1. Read it, and ask what the house knows of its ids and addresses. What is none of ours is counted.
2. Lock the enrollments concerned, in the order of their ids, keep the mail, and append the news to each.
3. After the commit, tell their runs. What dies in between is the sweep's.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.inbound import Inbound, read_mail
from sequencing.replies import Meaning, Reading, understood
from starter.door import Door
from starter.incoming import Told, hear, left, lock, persistently, tell_all
from store import inbound, settings, suppressions

log = structlog.get_logger()


class Taken(StrEnum):
    """What became of a mail. After `cannot_now` nothing of it is kept, and its sender must bring it again."""

    recorded = "recorded"
    not_ours = "not_ours"
    cannot_now = "cannot_now"


@dataclass
class Journal:
    """Runs are told beside; `close` waits for that."""

    door: Door
    _telling: set["asyncio.Task[None]"] = field(default_factory=set)

    async def take(self, raw: bytes) -> Taken:
        """Takes in a mail; never raises."""
        try:
            mail = await _read(raw)
            taken, told = await persistently(lambda: _record(self.door, mail))
        except Exception as error:
            log.error("mail could not be taken in", error=type(error).__name__)
            return Taken.cannot_now
        if told:
            task = asyncio.create_task(tell_all(self.door, told))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        return taken

    async def close(self) -> None:
        """Returns when every run has been told, or was given up."""
        await asyncio.gather(*self._telling, return_exceptions=True)


async def _read(raw: bytes) -> Inbound | None:
    """None for what nobody can read: it must not stand in a queue for ever."""
    try:
        return await asyncio.to_thread(read_mail, raw)
    except Exception as error:
        log.error("mail could not be read", error=type(error).__name__)
        return None


async def _record(door: Door, mail: Inbound | None) -> tuple[Taken, Told]:
    async with door.database.writing() as tx:
        now = door.now()
        if mail is None:
            await inbound.count(tx, now, "unreadable")
            return Taken.not_ours, []
        reading = await _reading(tx, mail, now)
        if not reading.is_ours:
            await inbound.count(tx, now, "others")
            return Taken.not_ours, []
        told = await _take(door, tx, mail, reading, now)
        await inbound.count(tx, now, "kept")
        return Taken.recorded, told


async def _reading(tx: AsyncSession, mail: Inbound, now: datetime) -> Reading:
    """With journaling off everything is none of ours."""
    if not (await settings.current(tx)).journaling:
        return Reading(Meaning.other)
    return understood(mail, await inbound.known_of(tx, mail, now))


async def _take(door: Door, tx: AsyncSession, mail: Inbound, reading: Reading, now: datetime) -> Told:
    lives = await lock(tx, await inbound.concerned(tx, reading), now)
    if reading.meaning in (Meaning.reply, Meaning.complaint):
        await inbound.lock_contacts(tx, reading.contacts)
        lives |= await lock(tx, [one for one in await inbound.concerned(tx, reading) if one not in lives], now)
    told: Told = []
    for ours in reading.left:
        told += await left(tx, lives.get(ours.enrollment_id), ours, now)
    kept = await inbound.keep(tx, mail, reading, [door.new_id() for _ in reading.contacts], now)
    for one in sorted(await inbound.hearing(tx, reading)):
        life = lives.get(one)
        number = kept.get(life.enrollment.contact_id) if life else None
        happening = reading.happening(number) if number else None
        if life is not None and happening is not None:
            told += await hear(life, happening)
    if kept and reading.suppress:
        reason = "complained" if reading.meaning is Meaning.complaint else "bounced"
        await suppressions.add(tx, reading.suppress, reason, None, now)
    return told
