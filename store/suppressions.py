"""Addresses, domains and numbers nobody may write to; those of erased contacts only as fingerprints."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Row, bindparam, delete, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing import suppressions as rules
from sequencing.suppressions import ERASED, KEYED, UNSUBSCRIBED, plain
from store import leaving
from store.database import upsert
from store.holds import close_gate
from store.people_tables import UserRow
from store.tables import SuppressionLiftRow, SuppressionRow

FORMS: BindParameter[list[str]] = bindparam("forms", expanding=True)
ROWS = select(SuppressionRow, UserRow.email).outerjoin(UserRow, UserRow.id == SuppressionRow.by)
COVERING = ROWS.where(SuppressionRow.target.in_(FORMS)).order_by(SuppressionRow.id)
IS_SUPPRESSED = select(SuppressionRow.id).where(SuppressionRow.target.in_(FORMS)).limit(1)
AT_ONCE = 1000
BEYOND = 2**31 - 1
DOMAINS_AT_ONCE = 200
"""Each is two conditions, and SQLite takes a thousand."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """What stands about a target: why, since when, and the email of the user who said so (None: nobody did)."""

    id: int
    target: str
    reason: str
    since: datetime
    by: str | None


async def is_suppressed(tx: AsyncSession, target: str) -> bool:
    """Whether nobody may write to that address or number, itself or its domain."""
    return await tx.scalar(IS_SUPPRESSED, {"forms": forms(tx, target)}) is not None


async def among(tx: AsyncSession, targets: Collection[str]) -> set[str]:
    """Which of those addresses and numbers nobody may write to."""
    meant = {target: forms(tx, target) for target in targets}
    standing = await _standing(tx, {form for all_forms in meant.values() for form in all_forms})
    return {target for target, all_forms in meant.items() if not standing.isdisjoint(all_forms)}


async def erased_among(tx: AsyncSession, targets: Collection[str]) -> set[str]:
    """Which of those addresses and numbers belonged to somebody who was erased."""
    meant = {target: _prints(tx, target) for target in targets}
    standing = await _standing(tx, {one for prints in meant.values() for one in prints})
    return {target for target, prints in meant.items() if not standing.isdisjoint(prints)}


async def covering(tx: AsyncSession, target: str) -> list[Suppression]:
    """Everything by which the target is suppressed: itself, its fingerprint, its domain; oldest first."""
    found = await tx.execute(COVERING, {"forms": forms(tx, target)})
    return [_value(row, email) for row, email in found]


async def add(tx: AsyncSession, target: str, reason: str, by: int | None, at: datetime) -> bool:
    """Suppresses it; False when it was suppressed itself already (its domain being so does not count).

    What was leaving to it already is named so.
    """
    await close_gate(tx)
    if await tx.scalar(IS_SUPPRESSED, {"forms": own_forms(tx, target)}) is not None:
        return False
    if not await _add(tx, plain(target), reason, by, at):
        return False
    await leaving.tell_suppressed(tx, own_forms(tx, target), by, at)
    return True


async def unsubscribe(tx: AsyncSession, target: str, at: datetime) -> None:
    """Its owner wants no more: that is its reason from now on, whatever it was suppressed for before."""
    if await add(tx, target, UNSUBSCRIBED, None, at):
        return
    others = SuppressionRow.target == plain(target), SuppressionRow.reason != UNSUBSCRIBED
    await tx.execute(update(SuppressionRow).where(*others).values(reason=UNSUBSCRIBED, since=at, by=None))


async def unsubscribe_unread(tx: AsyncSession, fingerprint: str, at: datetime) -> None:
    """The same where nothing is known but the fingerprint of his address."""
    await close_gate(tx)
    if await _add(tx, fingerprint, UNSUBSCRIBED, None, at):
        meant = [own_forms(tx, recipient) for recipient in await leaving.recipients(tx)]
        his = [form for all_forms in meant if fingerprint in all_forms for form in all_forms]
        await leaving.tell_suppressed(tx, his, None, at)


async def erase(tx: AsyncSession, target: str, by: int, at: datetime) -> None:
    """Leaves the fingerprint of an address or number, and nothing that can be read."""
    await close_gate(tx)
    stood = await tx.scalar(IS_SUPPRESSED, {"forms": own_forms(tx, target)}) is not None
    for table in (SuppressionRow, SuppressionLiftRow):
        await tx.execute(delete(table).where(table.target == plain(target)))
    await _add(tx, fingerprint(tx, target), ERASED, by, at)
    if not stood:
        await leaving.tell_suppressed(tx, own_forms(tx, target), by, at)


async def lift(tx: AsyncSession, target: str, by: int | None, at: datetime, *, reason: str = "") -> bool:
    """Takes its own suppression away (`reason`: only if it stands for that one) and keeps who did; False: it had none.

    That of its domain stays.
    """
    row = SuppressionRow
    its_own = delete(row).where(row.target.in_(own_forms(tx, target)), row.reason == reason if reason else true())
    gone = (await tx.execute(its_own.returning(row.target, row.reason, row.since, row.by))).all()
    if gone:
        values = [{**one._asdict(), "lifted_by": by, "lifted_at": at} for one in gone]
        await tx.execute(insert(SuppressionLiftRow), values)
    return bool(gone)


@dataclass(frozen=True, slots=True)
class Lift:
    """A suppression that was lifted: why and since when it stood, who lifted it (None: its owner) and when."""

    id: int
    target: str
    reason: str
    since: datetime
    lifted_by: str | None
    lifted_at: datetime


async def lifts(tx: AsyncSession, *, target: str = "", after: int = 0, limit: int = 1000) -> list[Lift]:
    """What was lifted, newest first; `after` is the number of the last one seen, `target`: only of that one itself."""
    row = SuppressionLiftRow
    rows = select(row, UserRow.email).outerjoin(UserRow, UserRow.id == row.lifted_by)
    rows = rows.where(row.id < (after or BEYOND)).order_by(row.id.desc()).limit(limit)
    if target:
        rows = rows.where(row.target.in_(own_forms(tx, target)))
    found = await tx.execute(rows)
    return [Lift(one.id, one.target, one.reason, one.since, email, one.lifted_at) for one, email in found]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which suppressions a list shows: those for a reason, behind a number, newest first or oldest first."""

    reason: str = ""
    after: int = 0
    limit: int = 1000
    oldest_first: bool = False


async def listed(tx: AsyncSession, wanted: Wanted) -> list[Suppression]:
    """The suppressions that are wanted; `after` is the number of the last one seen."""
    rows = ROWS
    if wanted.reason:
        rows = rows.where(SuppressionRow.reason == wanted.reason)
    if wanted.oldest_first:
        rows = rows.where(SuppressionRow.id > wanted.after).order_by(SuppressionRow.id)
    else:
        rows = rows.where(SuppressionRow.id < (wanted.after or BEYOND)).order_by(SuppressionRow.id.desc())
    return [_value(row, email) for row, email in await tx.execute(rows.limit(wanted.limit))]


async def after(tx: AsyncSession, last: int, limit: int) -> list[Row[int, str, str, datetime, str]]:
    """Of each behind that number, oldest first: (id, target, reason, since, who said so or nothing)."""
    row = SuppressionRow
    columns = select(row.id, row.target, row.reason, row.since, func.coalesce(UserRow.email, "")).outerjoin(
        UserRow, UserRow.id == row.by
    )
    return list((await tx.execute(columns.where(row.id > last).order_by(row.id).limit(limit))).all())


async def known(tx: AsyncSession, targets: Collection[str]) -> dict[str, SuppressionRow]:
    """What stands about exactly these, as they are kept."""
    found: dict[str, SuppressionRow] = {}
    for some in _some(targets):
        rows = await tx.scalars(select(SuppressionRow).where(SuppressionRow.target.in_(some)))
        found |= {row.target: row for row in rows}
    return found


async def put(tx: AsyncSession, target: str, reason: str, by: int | None, since: datetime) -> None:
    """Suppresses it with these words, whether they were others before or none. The caller has closed the gate."""
    values = {"reason": reason, "since": since, "by": by}
    new = upsert(tx, SuppressionRow).values(target=target, **values)
    await tx.execute(new.on_conflict_do_update(index_elements=["target"], set_=values))


async def name_leaving(tx: AsyncSession, targets: Collection[str], by: int, at: datetime) -> None:
    """Names what was leaving already to those that were put just now. The caller still keeps the gate closed."""
    domains = {target for target in targets if rules.is_domain(target)}
    forms_of_others = {form for target in set(targets) - domains for form in own_forms(tx, target)}
    for some in (*_some(domains, DOMAINS_AT_ONCE), *_some(forms_of_others)):
        await leaving.tell_suppressed(tx, some, by, at)


async def _add(tx: AsyncSession, form: str, reason: str, by: int | None, at: datetime) -> bool:
    new = upsert(tx, SuppressionRow).values(target=form, reason=reason, since=at, by=by)
    return await tx.scalar(new.on_conflict_do_nothing().returning(SuppressionRow.id)) is not None


async def _standing(tx: AsyncSession, forms: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in _some(forms):
        found.update(await tx.scalars(select(SuppressionRow.target).where(SuppressionRow.target.in_(some))))
    return found


def _some(all_of_them: Collection[str], at_once: int = AT_ONCE) -> Iterable[Sequence[str]]:
    listed = sorted(all_of_them)
    return (listed[start : start + at_once] for start in range(0, len(listed), at_once))


def forms(tx: AsyncSession, target: str) -> list[str]:
    """How an address or number, or a domain that includes it, may stand among the suppressed."""
    return rules.forms(_secrets(tx), target)


def own_forms(tx: AsyncSession, target: str) -> list[str]:
    """The same without domains that include it."""
    return rules.own_forms(_secrets(tx), target)


def fingerprint(tx: AsyncSession, target: str) -> str:
    """Its fingerprint by the present secret."""
    return rules.fingerprint(tx.info["secret"](), target)


def _prints(tx: AsyncSession, target: str) -> list[str]:
    return [form for form in own_forms(tx, target) if form.startswith(KEYED)]


def _secrets(tx: AsyncSession) -> tuple[bytes, ...]:
    return (tx.info["secret"](), *tx.info["old_secrets"]())


def _value(row: SuppressionRow, email: str | None) -> Suppression:
    return Suppression(row.id, row.target, row.reason, row.since, email)
