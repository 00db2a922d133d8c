"""Addresses and numbers nobody may write to."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from store.holds import close_gate
from store.tables import SuppressionRow

IS_SUPPRESSED = select(SuppressionRow.id).where(SuppressionRow.target == bindparam("target"))


async def is_suppressed(tx: AsyncSession, target: str) -> bool:
    """Whether nobody may write to that address or number."""
    return await tx.scalar(IS_SUPPRESSED, {"target": target.strip().lower()}) is not None


async def add(tx: AsyncSession, target: str, reason: str, by: int | None, at: datetime) -> bool:
    """Suppresses it; False when it was suppressed already."""
    await close_gate(tx)
    if await is_suppressed(tx, target):
        return False
    tx.add(SuppressionRow(target=target.strip().lower(), reason=reason, since=at, by=by))
    await tx.flush()
    return True


async def lift(tx: AsyncSession, target: str) -> bool:
    """Allows writing to it again; False when it was not suppressed."""
    if not await is_suppressed(tx, target):
        return False
    await tx.execute(delete(SuppressionRow).where(SuppressionRow.target == target.strip().lower()))
    return True


async def all_of_them(tx: AsyncSession) -> list[SuppressionRow]:
    """Every suppression, newest first."""
    return list(await tx.scalars(select(SuppressionRow).order_by(SuppressionRow.id.desc())))
