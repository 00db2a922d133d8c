"""Holds: while one stands, nothing is claimed in its sequence, or anywhere; and the gate that every claim passes.

On PostgreSQL claims pass the gate side by side, and whatever forbids claims closes it for the length of its
transaction: what was claimed before is committed before, what comes after sees it. SQLite has one writer at a time.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    String,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status, StepState
from sequencing.happenings import Why
from store import leaving
from store.columns import says
from store.database import upsert
from store.people_tables import ContactRow, EmailAddressRow, PhoneNumberRow
from store.tables import EnrollmentRow, HoldRow, SequenceRow, SuppressionRow

ALL = "all"
GATE = 0x5E900E4D
PASS, CLOSE = text(f"SELECT pg_advisory_xact_lock_shared({GATE})"), text(f"SELECT pg_advisory_xact_lock({GATE})")
FORMS: BindParameter[list[str]] = bindparam("forms", expanding=True)
HIS: BindParameter[int] = bindparam("contact_id")
FORBIDDEN = select(
    exists().where(HoldRow.scope.in_((ALL, bindparam("scope")))),
    or_(
        exists().where(SuppressionRow.target.in_(FORMS)),
        exists().where(ContactRow.id == HIS, ContactRow.do_not_contact),
    ),
    or_(
        exists().where(EmailAddressRow.contact_id == HIS, EmailAddressRow.address == bindparam("target")),
        exists().where(PhoneNumberRow.contact_id == HIS, PhoneNumberRow.number == bindparam("target")),
    ),
)
HELD = select(HoldRow).where(HoldRow.scope.in_((ALL, bindparam("scope")))).order_by(HoldRow.scope)


@dataclass(frozen=True, slots=True)
class Hold:
    """Who holds what since when; `sequence_id` None: all sending."""

    sequence_id: int | None
    held_by: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Gate:
    """What a claim finds, and what stays so until its transaction ends."""

    held: bool
    suppressed: bool
    still_his: bool


async def pass_gate(tx: AsyncSession, sequence_id: int, contact_id: int, target: str, forms: list[str]) -> Gate:
    """Whether a message may leave to that address or number of that contact; `forms`: see `suppressions.forms`."""
    await stand_in_line(tx)
    of = {"scope": _scope(sequence_id), "contact_id": contact_id, "target": target, "forms": forms}
    return Gate(*(await tx.execute(FORBIDDEN, of)).one())


async def is_held(tx: AsyncSession, sequence_id: int) -> bool:
    """Whether a hold stands; a release waits until this transaction has ended, and so finds whoever it stopped."""
    await stand_in_line(tx)
    return await tx.scalar(HELD, {"scope": _scope(sequence_id)}) is not None


async def stand_in_line(tx: AsyncSession) -> None:
    """Passes the gate, which then stays open until this transaction has ended. Whoever also locks the enrollment's row
    does that before.
    """
    if tx.get_bind().dialect.name == "postgresql":
        await tx.execute(PASS)


async def close_gate(tx: AsyncSession) -> None:
    """Nobody claims until this transaction has ended."""
    if tx.get_bind().dialect.name == "postgresql":
        await tx.execute(CLOSE)


async def hold(tx: AsyncSession, sequence_id: int | None, by: int, at: datetime) -> bool:
    """Holds the sequence (None: all sending); False when it is held already. What was leaving already is named so."""
    await close_gate(tx)
    taken = upsert(tx, HoldRow).values(scope=_scope(sequence_id), held_by=by, since=at)
    if await tx.scalar(taken.on_conflict_do_nothing().returning(HoldRow.scope)) is None:
        return False
    await leaving.tell_held(tx, sequence_id, by, at)
    return True


async def release(tx: AsyncSession, sequence_id: int | None) -> bool:
    """Lifts the hold; False when there is none."""
    await close_gate(tx)
    gone = delete(HoldRow).where(HoldRow.scope == _scope(sequence_id)).returning(HoldRow.scope)
    return await tx.scalar(gone) is not None


async def standing(tx: AsyncSession, sequence_id: int | None) -> Hold | None:
    """The hold that keeps a sequence from sending; the one on all sending before its own."""
    row = await tx.scalar(HELD, {"scope": _scope(sequence_id)})
    return None if row is None else _value(row)


def _value(row: HoldRow) -> Hold:
    own = None if row.scope == ALL else int(row.scope.removeprefix("sequence-"))
    return Hold(own, row.held_by, row.since)


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A hold, and how many that are due wait for its end; of a sequence also its name and owner."""

    hold: Hold
    waiting: int
    sequence: str | None = None
    owner_id: int | None = None


async def held_up(tx: AsyncSession) -> list[HeldUp]:
    """The holds for whose end somebody waits, the oldest first."""
    standing = [_value(row) for row in await tx.scalars(select(HoldRow).order_by(HoldRow.since, HoldRow.scope))]
    if not standing:
        return []
    waits = says(EnrollmentRow.status, Status.active), says(EnrollmentRow.state, StepState.waiting)
    held = says(EnrollmentRow.why, Why.held), *waits
    number = select(EnrollmentRow.sequence_id, func.count().label("many")).where(*held)
    counted = number.group_by(EnrollmentRow.sequence_id).subquery()
    rows = select(SequenceRow.id, SequenceRow.name, SequenceRow.owner_id, counted.c.many)
    of = {row.id: row for row in await tx.execute(rows.join(counted, counted.c.sequence_id == SequenceRow.id))}
    found = []
    for hold in standing:
        if hold.sequence_id is None and of:
            found.append(HeldUp(hold, sum(row.many for row in of.values())))
        elif row := of.get(hold.sequence_id or 0):
            found.append(HeldUp(hold, row.many, row.name, row.owner_id))
    return found


def is_anyhow_held() -> ColumnElement[bool]:
    """The condition under which a hold stands over an enrollment."""
    own = literal("sequence-") + cast(EnrollmentRow.sequence_id, String)
    return exists().where(or_(HoldRow.scope == ALL, HoldRow.scope == own))


def _scope(sequence_id: int | None) -> str:
    return ALL if sequence_id is None else f"sequence-{sequence_id}"
