"""Templates, narrowed as a page asks for them, or one after the other; without their bodies, which no list shows."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from store.tables import TemplateRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Those in the archive, or those that are not; None does not narrow. `text` is a part of the name or the subject;
    `after` the name of the last one of the page before.
    """

    archived: bool | None = None
    owner_id: int | None = None
    text: str = ""
    after: str = ""
    limit: int | None = None


async def by_name(tx: AsyncSession, wanted: Wanted) -> list[TemplateRow]:
    """By name."""
    rows = _rows().where(TemplateRow.name > wanted.after)
    if wanted.archived is not None:
        rows = rows.where(TemplateRow.archived.is_(wanted.archived))
    if wanted.owner_id is not None:
        rows = rows.where(TemplateRow.owner_id == wanted.owner_id)
    if wanted.text:
        columns = (TemplateRow.name, TemplateRow.subject)
        rows = rows.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return list(await tx.scalars(rows.order_by(TemplateRow.name).limit(wanted.limit)))


async def by_number(tx: AsyncSession, after: int, limit: int) -> list[TemplateRow]:
    """In the order in which they were made, those behind that number."""
    return list(await tx.scalars(_rows().where(TemplateRow.id > after).order_by(TemplateRow.id).limit(limit)))


async def names(tx: AsyncSession, also: Collection[str]) -> list[str]:
    """What those that new steps can use are called, and `also`."""
    can_be_used = or_(TemplateRow.archived.is_(False), TemplateRow.name.in_(also))
    return list(await tx.scalars(select(TemplateRow.name).where(can_be_used).order_by(TemplateRow.name)))


def _rows() -> Select[TemplateRow]:
    return select(TemplateRow).options(defer(TemplateRow.body, raiseload=True))
