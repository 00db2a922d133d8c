"""What the world brings by mail or by text: news of it for the enrollments concerned, then word to their runs.

Enrollments are locked first, in the order of their ids, then their contacts, then the gate of suppressions: whoever
keeps to that order never waits for somebody who waits for him.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.errors import Refused
from sequencing.happenings import Happening, Settlement, What
from sequencing.replies import Ours
from starter.door import Door
from starter.enrollments import tell
from store import messages, news
from store.lives import Life
from store.news import News
from store.tables import MessageState

TRIES = 4
Answer = TypeVar("Answer")
log = structlog.get_logger()

Told = list[tuple[Enrollment, News]]
"""The pieces of news of which the runs must hear after the commit."""


async def persistently(record: Callable[[], Awaitable[Answer]]) -> Answer:
    """What it answers. A contact that is erased meanwhile, and two who wait for each other, are met again."""
    for _ in range(TRIES - 1):
        try:
            return await record()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            await asyncio.sleep(0.05)
    return await record()


async def lock(tx: AsyncSession, ids: Iterable[str], now: datetime) -> dict[str, Life]:
    """The enrollments with those ids that there are, locked."""
    lives = {one: await Life.lock(tx, one, now) for one in sorted(ids)}
    return {one: life for one, life in lives.items() if life is not None}


async def hear(life: Life, happening: Happening) -> Told:
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


async def left(tx: AsyncSession, life: Life | None, ours: Ours, now: datetime) -> Told:
    """One of our messages certainly left: what nobody knew of it is settled."""
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


async def _append(life: Life, happening: Happening) -> Told:
    piece = await news.append(life.tx, life.enrollment, happening, life.now)
    life.enrollment = replace(life.enrollment, last_news=piece.number)
    return [(life.enrollment, piece)]


async def tell_all(door: Door, told: Told) -> None:
    """Tells the runs, all at once; what fails here is the sweep's."""
    for (enrollment, _), outcome in zip(
        told, await asyncio.gather(*(tell(door, *each) for each in told), return_exceptions=True), strict=True
    ):
        if isinstance(outcome, Exception):
            log.warning("run could not be told", run=enrollment.workflow_id, error=type(outcome).__name__)
