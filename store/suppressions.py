"""Addresses and numbers nobody may write to; those of erased contacts only as fingerprints."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.suppressions import fingerprint, plain
from store import leaving
from store.database import upsert
from store.holds import close_gate
from store.tables import SuppressionRow

ERASED = "erased"
FORMS: BindParameter[list[str]] = bindparam("forms", expanding=True)
IS_SUPPRESSED = select(SuppressionRow.id).where(SuppressionRow.target.in_(FORMS)).limit(1)
AT_ONCE = 1000


async def is_suppressed(tx: AsyncSession, target: str) -> bool:
    """Whether nobody may write to that address or number."""
    return await tx.scalar(IS_SUPPRESSED, {"forms": forms(tx, target)}) is not None


async def among(tx: AsyncSession, targets: Collection[str]) -> set[str]:
    """Which of those addresses and numbers nobody may write to."""
    known = {form: target for target in targets for form in forms(tx, target)}
    return {
        known[one] for one in await tx.scalars(select(SuppressionRow.target).where(SuppressionRow.target.in_(known)))
    }


async def erased_among(tx: AsyncSession, targets: Collection[str]) -> set[str]:
    """Which of those addresses and numbers belonged to somebody who was erased."""
    prints = {_print(tx, target): target for target in targets}
    asked = list(prints)
    found: set[str] = set()
    for start in range(0, len(asked), AT_ONCE):
        some = SuppressionRow.target.in_(asked[start : start + AT_ONCE])
        found.update(await tx.scalars(select(SuppressionRow.target).where(some)))
    return {prints[one] for one in found}


async def add(tx: AsyncSession, target: str, reason: str, by: int | None, at: datetime) -> bool:
    """Suppresses it; False when it was suppressed already. What was leaving to it already is named so."""
    await close_gate(tx)
    if await is_suppressed(tx, target):
        return False
    if not await _add(tx, plain(target), reason, by, at):
        return False
    await leaving.tell_suppressed(tx, [plain(target)], by, at)
    return True


async def erase(tx: AsyncSession, target: str, by: int, at: datetime) -> None:
    """Leaves the fingerprint of an address or number, and nothing that can be read."""
    await close_gate(tx)
    await tx.execute(delete(SuppressionRow).where(SuppressionRow.target == plain(target)))
    await _add(tx, _print(tx, target), ERASED, by, at)


async def lift(tx: AsyncSession, target: str) -> bool:
    """Allows writing to it again; False when it was not suppressed."""
    if not await is_suppressed(tx, target):
        return False
    await tx.execute(delete(SuppressionRow).where(SuppressionRow.target.in_(forms(tx, target))))
    return True


async def all_of_them(tx: AsyncSession) -> list[SuppressionRow]:
    """Every suppression, newest first."""
    return list(await tx.scalars(select(SuppressionRow).order_by(SuppressionRow.id.desc())))


async def _add(tx: AsyncSession, form: str, reason: str, by: int | None, at: datetime) -> bool:
    new = upsert(tx, SuppressionRow).values(target=form, reason=reason, since=at, by=by)
    return await tx.scalar(new.on_conflict_do_nothing().returning(SuppressionRow.id)) is not None


def forms(tx: AsyncSession, target: str) -> list[str]:
    """How an address or number may stand among the suppressed."""
    return [plain(target), _print(tx, target)]


def _print(tx: AsyncSession, target: str) -> str:
    return fingerprint(tx.info["secret"](), target)
