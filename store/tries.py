"""Tries at signing in, by whom or from where, for all web processes together; only digests, and not many."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.tries import FORGOTTEN_AFTER, Bound, Tried
from store.database import upsert
from store.people_tables import TryRow

MOST = 10_000
"""Rows that are kept; whoever tries with ever new names pushes out the oldest."""


async def take(tx: AsyncSession, bounds: Mapping[str, Bound], now: datetime) -> timedelta:
    """Counts a try as wrong for each of these digests; or answers how long it has to wait, and counts nothing.

    It is counted before the password is looked at, so that many at the same moment are as many tries.
    """
    known = {digest: await _lock(tx, digest, now) for digest in sorted(bounds)}
    wait = max(tried.wait(bounds[digest], now) for digest, tried in known.items())
    if wait:
        return wait
    for digest, tried in known.items():
        await _keep(tx, digest, tried.once_more(now))
    await _forget(tx, now)
    return wait


async def give_back(tx: AsyncSession, user: str, address: str | None) -> None:
    """The password was right: the account's tries are forgotten, and the address has one less."""
    await tx.execute(delete(TryRow).where(TryRow.digest == user))
    if address is not None:
        one_less = update(TryRow).where(TryRow.digest == address, TryRow.wrong > 0)
        await tx.execute(one_less.values(wrong=TryRow.wrong - 1))


async def _lock(tx: AsyncSession, digest: str, now: datetime) -> Tried:
    await tx.execute(upsert(tx, TryRow).values(digest=digest, wrong=0, last_at=now).on_conflict_do_nothing())
    row = select(TryRow.wrong, TryRow.last_at).where(TryRow.digest == digest)
    return Tried(*(await tx.execute(row.with_for_update())).one())


async def _keep(tx: AsyncSession, digest: str, tried: Tried) -> None:
    row = update(TryRow).where(TryRow.digest == digest)
    await tx.execute(row.values(wrong=tried.wrong, last_at=tried.last_at))


async def _forget(tx: AsyncSession, now: datetime) -> None:
    """What somebody else is just trying is left: two who waited for each other here would wait for ever."""
    too_many = select(TryRow.last_at).order_by(TryRow.last_at.desc()).offset(MOST).limit(1).scalar_subquery()
    old = or_(TryRow.last_at < now - FORGOTTEN_AFTER, TryRow.last_at <= too_many)
    unused = select(TryRow.digest).where(old).with_for_update(skip_locked=True)
    await tx.execute(delete(TryRow).where(TryRow.digest.in_(unused)))
