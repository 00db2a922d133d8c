"""Tasks that users write for themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any, TypeVar

from sqlalchemy import Row, Select, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.own_tasks import OwnTask
from store.people_tables import ContactRow
from store.task_tables import OwnTaskRow

S = TypeVar("S", bound=Select[*tuple[Any, ...]])
COLUMNS = tuple(field.name for field in fields(OwnTask))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of a user's tasks a list shows: from one day through another (None: no bound), done ones or not."""

    user_id: int
    first: date | None = None
    last: date | None = None
    open_only: bool = False
    after: tuple[date, str] | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A task, with the name of the contact it is about."""

    task: OwnTask
    contact: str = ""


async def listed(tx: AsyncSession, wanted: Filter) -> list[Line]:
    """The tasks by day, and of a day in the order in which they were written; those behind (day, id) `after`."""
    return _read((await tx.execute(_in_order(wanted, _named()))).all())


async def places(tx: AsyncSession, wanted: Filter) -> list[Row[str, date, time | None, datetime | None]]:
    """(id, day, at, done_at) of the same, and nothing else of them."""
    columns = select(OwnTaskRow.id, OwnTaskRow.day, OwnTaskRow.at, OwnTaskRow.done_at)
    return list((await tx.execute(_in_order(wanted, columns))).all())


async def some(tx: AsyncSession, user_id: int, ids: Collection[str]) -> list[Line]:
    """Those of a user's tasks."""
    return _read((await tx.execute(_named().where(OwnTaskRow.id.in_(ids), OwnTaskRow.user_id == user_id))).all())


def _named() -> Select[OwnTaskRow, str, str]:
    rows = select(OwnTaskRow, ContactRow.first_name, ContactRow.last_name)
    return rows.outerjoin(ContactRow, ContactRow.id == OwnTaskRow.contact_id)


def _read(found: Sequence[Any]) -> list[Line]:
    return [Line(_value(row[0]), f"{row.first_name or ''} {row.last_name or ''}".strip()) for row in found]


def _in_order(wanted: Filter, rows: S) -> S:
    rows = rows.where(OwnTaskRow.user_id == wanted.user_id)
    if wanted.first is not None:
        rows = rows.where(OwnTaskRow.day >= wanted.first)
    if wanted.last is not None:
        rows = rows.where(OwnTaskRow.day <= wanted.last)
    if wanted.open_only:
        rows = rows.where(OwnTaskRow.done_at.is_(None))
    if wanted.after is not None:
        day, after = wanted.after
        behind = and_(OwnTaskRow.day == day, OwnTaskRow.id > after)
        rows = rows.where(OwnTaskRow.day >= day, or_(OwnTaskRow.day > day, behind))
    return rows.order_by(OwnTaskRow.day, OwnTaskRow.id).limit(wanted.limit)


async def get(tx: AsyncSession, task_id: str, *, lock: bool = False) -> OwnTask | None:
    """The task, if there is one; `lock`: others wait until this transaction ends."""
    row = await tx.get(OwnTaskRow, task_id, populate_existing=True, with_for_update=lock)
    return None if row is None else _value(row)


async def add(tx: AsyncSession, task: OwnTask, now: datetime) -> None:
    """Keeps a new one."""
    await tx.execute(insert(OwnTaskRow).values(**_columns(task), written_at=now))


async def change(tx: AsyncSession, task: OwnTask) -> None:
    """Keeps it as given."""
    await tx.execute(update(OwnTaskRow).where(OwnTaskRow.id == task.id).values(**_columns(task)))


async def remove(tx: AsyncSession, task_id: str) -> None:
    """Deletes it for good."""
    await tx.execute(delete(OwnTaskRow).where(OwnTaskRow.id == task_id))


def _columns(task: OwnTask) -> dict[str, Any]:
    return {name: getattr(task, name) for name in COLUMNS}


def _value(row: OwnTaskRow) -> OwnTask:
    return OwnTask(**{name: getattr(row, name) for name in COLUMNS})
