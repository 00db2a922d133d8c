"""Somebody wants no more, by a link or by a text: nothing is claimed from then on, and all that runs for him finishes.

One transaction, in the order of every act: his running enrollments by id, then himself, so that nobody enrolls him
meanwhile, then the gate that claims pass. Whatever was claimed before it is committed before.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.happenings import Happening, What
from starter.door import Door
from starter.enrollments import tell
from store import enrollments, news, tracking
from store.lives import Life
from store.news import News

UNSUBSCRIBE = Happening(What.unsubscribe)
Told = list[tuple[Enrollment, News]]
"""What runs have to hear once it is committed."""


async def unsubscribe(
    tx: AsyncSession,
    door: Door,
    contact_id: int,
    suppress: Callable[[], Awaitable[object]],
    *,
    said_in: tuple[str, int] | None = None,
) -> Told:
    """Suppresses what `suppress` says and ends every running enrollment of the contact; repeated, it changes nothing.

    `said_in` is the enrollment, and the step, whose message the answer was to; one that has ended keeps a line of it.
    """
    lives = await _lock_all(tx, door, contact_id)
    await suppress()
    if said_in is not None and said_in[0] not in {life.enrollment.id for life in lives}:
        await _keep_a_line(tx, door, *said_in)
    steps = dict([said_in] if said_in else [])
    told = [await _append(life, replace(UNSUBSCRIBE, step=steps.get(life.enrollment.id))) for life in lives]
    return [one for one in told if one is not None]


async def tell_all(door: Door, told: Told) -> None:
    """Knocks at each run; what does not hear is the sweep's."""
    await asyncio.gather(*(tell(door, enrollment, piece) for enrollment, piece in told))


async def _lock_all(tx: AsyncSession, door: Door, contact_id: int) -> list[Life]:
    lives = await _lock(tx, door, await enrollments.open_of_contact(tx, contact_id))
    await enrollments.keep_out(tx, contact_id)
    known = {life.enrollment.id for life in lives}
    newest = [one for one in await enrollments.open_of_contact(tx, contact_id) if one not in known]
    return lives + await _lock(tx, door, newest)


async def _lock(tx: AsyncSession, door: Door, ids: list[str]) -> list[Life]:
    lives = [await Life.lock(tx, one, door.now()) for one in ids]
    return [life for life in lives if life is not None]


async def _append(life: Life, happening: Happening) -> tuple[Enrollment, News] | None:
    """None where it has ended, or will once what is recorded is taken in."""
    standing = await news.folded(life.tx, life.enrollment, life.now, life.course)
    if not (life.enrollment.is_open and standing.is_open):
        return None
    return life.enrollment, await news.append(life.tx, life.enrollment, happening, life.now)


async def _keep_a_line(tx: AsyncSession, door: Door, enrollment_id: str, step: int) -> None:
    life = await Life.lock(tx, enrollment_id, door.now())
    if life is None or await tracking.has_said(tx, enrollment_id, What.unsubscribe):
        return
    life.happen(replace(UNSUBSCRIBE, step=step))
    await life.save()
