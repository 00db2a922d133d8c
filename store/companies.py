"""Companies: where contacts work."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, quoted
from sequencing.people import Company
from sequencing.permissions import not_found
from store import contact_words, name_words
from store.database import upsert
from store.name_words import COMPANIES
from store.naming import fits
from store.people_tables import CompanyRow


async def get(tx: AsyncSession, number: int) -> Company:
    """The company of that number. Raises Refused(`not_found`)."""
    row = await tx.get(CompanyRow, number)
    if row is None:
        raise not_found()
    return _value(row)


async def find(tx: AsyncSession, name: str) -> Company:
    """The company a person means by id, external id or name. Raises Refused."""
    wanted = or_(CompanyRow.name == name.strip(), *fits(CompanyRow, name))
    rows = list(await tx.scalars(select(CompanyRow).where(wanted).order_by(CompanyRow.id).limit(10)))
    if not rows:
        raise Refused("unknown_company", f"There is no company {quoted(name)}; `sequencing companies list` shows them.")
    if len(rows) > 1:
        ids = ", ".join(str(row.id) for row in rows)
        raise Refused("ambiguous_company", f"{quoted(name)} fits several companies; name one by its number: {ids}.")
    return _value(rows[0])


async def names(tx: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """What those companies are called."""
    rows = select(CompanyRow.id, CompanyRow.name).where(CompanyRow.id.in_(set(ids)))
    return {row.id: row.name for row in await tx.execute(rows)}


async def of_external_id(tx: AsyncSession, external_id: str) -> Company:
    """The company of that external id, which there is."""
    return _value((await tx.scalars(select(CompanyRow).where(CompanyRow.external_id == external_id))).one())


async def add(tx: AsyncSession, name: str, external_id: str | None, owner_id: int | None) -> int | None:
    """A new company; None where another one has that external id (the constraint decides)."""
    new = upsert(tx, CompanyRow).values(name=name, external_id=external_id, owner_id=owner_id)
    number = await tx.scalar(new.on_conflict_do_nothing().returning(CompanyRow.id))
    if number is not None:
        await name_words.write(tx, COMPANIES, {number: name})
    return number


async def change(tx: AsyncSession, company: Company) -> None:
    """Keeps the company as given. Raises IntegrityError where another one has that external id.

    Where its name is another one, the caller lets nobody else make contacts (`contact_imports.alone`): they are found
    by it.
    """
    row = await tx.get_one(CompanyRow, company.id)
    renamed = row.name != company.name
    row.name, row.external_id, row.owner_id = company.name, company.external_id, company.owner_id
    await tx.flush()
    if renamed:
        await name_words.write(tx, COMPANIES, {company.id: company.name})
        await contact_words.renew_of_company(tx, company.id)


async def listed(tx: AsyncSession, *, text: str = "", after: int = 0, limit: int = 1000) -> list[Company]:
    """By id; with a text those whose name has words that begin so, by these words. All behind the one named `after`.

    Three statements at most.
    """
    if text:
        ids = list(await tx.scalars((await name_words.found(tx, COMPANIES, text, after)).limit(limit)))
        rows = {row.id: row for row in await tx.scalars(select(CompanyRow).where(CompanyRow.id.in_(ids)))}
        return [_value(rows[one]) for one in ids]
    some = select(CompanyRow).where(CompanyRow.id > after).order_by(CompanyRow.id).limit(limit)
    return [_value(row) for row in await tx.scalars(some)]


def _value(row: CompanyRow) -> Company:
    return Company(row.id, row.name, row.owner_id, row.external_id)
