"""Leases: a periodic work is done by one process at a time; a dead holder's lease runs out by itself."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import LeaseRow


async def take(tx: AsyncSession, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Whether `holder` has the lease until `now + length`: it had it, nobody had, or the last one let it run out."""
    row = await tx.scalar(select(LeaseRow).where(LeaseRow.name == name).with_for_update())
    if row is None:
        tx.add(LeaseRow(name=name, holder=holder, until=now + length))
        await tx.flush()
        return True
    if row.holder != holder and row.until > now:
        return False
    row.holder, row.until = holder, now + length
    return True
