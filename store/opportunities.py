"""Opportunities: the job or the deal that contacts are in the workflow of."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, quoted
from sequencing.people import Opportunity
from store import name_words
from store.database import upsert
from store.name_words import OPPORTUNITIES
from store.naming import fits
from store.people_tables import OpportunityRow


async def find(tx: AsyncSession, name: str | int, *, lock: bool = False) -> Opportunity:
    """The opportunity a person means by id, external id or title; a number means its id alone. Raises Refused.

    `lock`: others who would change it wait until this transaction ends.
    """
    wanted = OpportunityRow.id == name if isinstance(name, int) else _named(name)
    found = select(OpportunityRow).where(wanted).order_by(OpportunityRow.id).limit(10)
    rows = list(await tx.scalars(found.with_for_update(key_share=True) if lock else found))
    if not rows:
        raise Refused(
            "unknown_opportunity",
            f"There is no opportunity {quoted(str(name))}; `sequencing opportunities list` shows them.",
        )
    if len(rows) > 1:
        ids = ", ".join(str(row.id) for row in rows)
        raise Refused(
            "ambiguous_opportunity", f"{quoted(str(name))} fits several opportunities; name one by number: {ids}."
        )
    return _value(rows[0])


def _named(name: str) -> ColumnElement[bool]:
    return or_(OpportunityRow.title == name.strip(), *fits(OpportunityRow, name))


async def add(
    tx: AsyncSession, title: str, external_id: str | None, company_id: int | None, owner_id: int | None
) -> int | None:
    """A new opportunity; None where another one has that external id (the constraint decides)."""
    values = {"title": title, "external_id": external_id, "company_id": company_id, "owner_id": owner_id}
    new = upsert(tx, OpportunityRow).values(values)
    number = await tx.scalar(new.on_conflict_do_nothing().returning(OpportunityRow.id))
    if number is not None:
        await name_words.write(tx, OPPORTUNITIES, {number: title})
    return number


async def change(tx: AsyncSession, one: Opportunity) -> None:
    """Keeps the opportunity as given. Raises IntegrityError where another one has that external id."""
    row = await tx.get_one(OpportunityRow, one.id)
    renamed = row.title != one.title
    row.title, row.external_id = one.title, one.external_id
    row.company_id, row.owner_id = one.company_id, one.owner_id
    await tx.flush()
    if renamed:
        await name_words.write(tx, OPPORTUNITIES, {one.id: one.title})


async def some(tx: AsyncSession, ids: Collection[int]) -> list[Opportunity]:
    """Those opportunities, by id."""
    rows = select(OpportunityRow).where(OpportunityRow.id.in_(set(ids))).order_by(OpportunityRow.id)
    return [_value(row) for row in await tx.scalars(rows)]


async def newest(tx: AsyncSession, limit: int) -> list[Opportunity]:
    """Those that came last."""
    rows = select(OpportunityRow).where(OpportunityRow.id > 0)  # so that SQLite goes by the key
    return [_value(row) for row in await tx.scalars(rows.order_by(OpportunityRow.id.desc()).limit(limit))]


async def listed(tx: AsyncSession, *, text: str = "", after: int = 0, limit: int = 1000) -> list[Opportunity]:
    """By id; with a text those whose title has words that begin so, by these words. All behind the one named `after`.

    Three statements at most.
    """
    if text:
        ids = list(await tx.scalars((await name_words.found(tx, OPPORTUNITIES, text, after)).limit(limit)))
        found = {one.id: one for one in await some(tx, ids)}
        return [found[one] for one in ids]
    rows = select(OpportunityRow).where(OpportunityRow.id > after).order_by(OpportunityRow.id).limit(limit)
    return [_value(row) for row in await tx.scalars(rows)]


def _value(row: OpportunityRow) -> Opportunity:
    return Opportunity(row.id, row.title, row.owner_id, row.company_id, row.external_id)
