"""Taking in a mail that the journal got: recorded with the news of it in one transaction, then told to the runs.

1. Read it, and ask what the house knows of its ids and addresses. What is none of ours is counted.
2. Lock the enrollments concerned, in the order of their ids, keep the mail, and append the news to each.
3. After the commit, tell their runs. What dies in between is the sweep's.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.errors import Refused
from sequencing.happenings import Happening, Settlement, What
from sequencing.inbound import Inbound, read_mail
from sequencing.replies import Meaning, Ours, Reading, understood
from starter.door import Door
from starter.enrollments import tell
from store import inbound, messages, news, settings, suppressions
from store.lives import Life
from store.news import News
from store.tables import MessageState

TRIES = 4
"""A contact that is erased meanwhile, or two transactions that wait for each other, are met again."""

log = structlog.get_logger()


class Taken(StrEnum):
    """What became of a mail. Only after `cannot_now` may the sender forget it as little as we do."""

    recorded = "recorded"
    not_ours = "not_ours"
    cannot_now = "cannot_now"


Told = list[tuple[Enrollment, News]]


@dataclass
class Journal:
    """`domain` is the right half of our Message-IDs. Runs are told beside; `close` waits for that."""

    door: Door
    domain: str
    _telling: set["asyncio.Task[None]"] = field(default_factory=set)

    async def take(self, raw: bytes) -> Taken:
        """Takes in a mail; never raises."""
        try:
            mail = await _read(raw)
            taken, told = await self._persistently(mail)
        except Exception as error:
            log.error("mail could not be taken in", error=type(error).__name__)
            return Taken.cannot_now
        if told:
            task = asyncio.create_task(self._tell(told))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        return taken

    async def _persistently(self, mail: Inbound | None) -> tuple[Taken, Told]:
        for patient in (True,) * (TRIES - 1):
            try:
                return await _record(self.door, mail, self.domain)
            except DBAPIError as error:
                if error.connection_invalidated or not patient:
                    raise
                await asyncio.sleep(0.05)
        return await _record(self.door, mail, self.domain)

    async def _tell(self, told: Told) -> None:
        for enrollment, piece in told:
            try:
                await tell(self.door, enrollment, piece)
            except Exception as error:
                log.warning("run could not be told", run=enrollment.workflow_id, error=type(error).__name__)

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


async def _record(door: Door, mail: Inbound | None, domain: str) -> tuple[Taken, Told]:
    async with door.database.writing() as tx:
        now = door.now()
        if mail is None:
            await inbound.count(tx, now, "unreadable")
            return Taken.not_ours, []
        reading = await _reading(tx, mail, domain, now)
        if not reading.is_ours:
            await inbound.count(tx, now, "others")
            return Taken.not_ours, []
        told = await _take(door, tx, mail, reading, now)
        await inbound.count(tx, now, "kept")
        return Taken.recorded, told


async def _reading(tx: AsyncSession, mail: Inbound, domain: str, now: datetime) -> Reading:
    """With journaling off everything is none of ours."""
    if not (await settings.current(tx)).journaling:
        return Reading(Meaning.other)
    return understood(mail, await inbound.known_of(tx, mail, domain, now))


async def _take(door: Door, tx: AsyncSession, mail: Inbound, reading: Reading, now: datetime) -> Told:
    lives = await _lock(tx, await inbound.concerned(tx, reading), now)
    if reading.meaning in (Meaning.reply, Meaning.complaint):
        await inbound.lock_contacts(tx, reading.contacts)
        lives |= await _lock(tx, [one for one in await inbound.concerned(tx, reading) if one not in lives], now)
    told: Told = []
    for ours in reading.left:
        told += await _left(tx, lives.get(ours.enrollment_id), ours, now)
    kept = await inbound.keep(tx, mail, reading, [door.new_id() for _ in reading.contacts], now)
    for one in sorted(await inbound.hearing(tx, reading)):
        life = lives.get(one)
        number = kept.get(life.enrollment.contact_id) if life else None
        happening = reading.happening(number) if number else None
        if life is not None and happening is not None:
            told += await _hears(life, happening)
    if kept and reading.suppress:
        reason = "complained" if reading.meaning is Meaning.complaint else "bounced"
        await suppressions.add(tx, reading.suppress, reason, None, now)
    return told


async def _lock(tx: AsyncSession, ids: list[str], now: datetime) -> dict[str, Life]:
    lives = {one: await Life.lock(tx, one, now) for one in ids}
    return {one: life for one, life in lives.items() if life is not None}


async def _left(tx: AsyncSession, life: Life | None, ours: Ours, now: datetime) -> Told:
    """One of our emails certainly left: what nobody knew of it is settled."""
    leaving = life is not None and life.enrollment.is_sending(ours.step, ours.copy)
    before = await messages.see(tx, ours.id, now, leaving=leaving)
    if before is not MessageState.unknown or life is None or life.enrollment.state is not StepState.sending:
        return []
    if (life.enrollment.step, life.enrollment.copy) != (ours.step, ours.copy):
        return []
    if life.enrollment.status is Status.paused:
        return await _append(life, Happening(What.settle, step=ours.step, copy=ours.copy, settlement=Settlement.left))
    if life.enrollment.status is Status.canceled:
        life.happen(Happening(What.sent, step=ours.step, copy=ours.copy), {"seen": True})
        await life.save()
    return []


async def _hears(life: Life, happening: Happening) -> Told:
    """It is news where a run is open to hear it; else, and where it changes nothing, it is put on the timeline."""
    if happening.what.is_news and life.enrollment.is_open:
        return await _append(life, happening)
    try:
        if happening.what.is_news:
            life.happen(happening)
        else:
            life.tell(happening)
    except Refused as refusal:
        life.tell(happening, code=refusal.code)
    await life.save()
    return []


async def _append(life: Life, happening: Happening) -> Told:
    piece = await news.append(life.tx, life.enrollment, happening, life.now)
    life.enrollment = replace(life.enrollment, last_news=piece.number)
    return [(life.enrollment, piece)]
