"""Opportunities: adding and changing them, and who stands where in their workflow."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.lines import check_id
from sequencing.people import Opportunity
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import companies, opportunities, stages, users
from store.stages import Standing

TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Workflow:
    """An opportunity with a page of its contacts, each at its stage."""

    opportunity: Opportunity
    standings: list[Standing]


async def add(
    door: Door,
    title: str,
    by: str,
    *,
    external_id: str | None = None,
    company: str | None = None,
    owner: str | None = None,
) -> int:
    """A new opportunity; its number. Its owner is whoever adds it unless told otherwise. Raises Refused."""
    check_name("The title", title, TITLE_LENGTH)
    if external_id is not None:
        check_id("The external id", external_id)
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "opportunities")
        owner_id = user.id if owner is None else await _owner(tx, owner)
        number = await opportunities.add(tx, title.strip(), external_id, await _company(tx, company), owner_id)
        if number is None:
            raise Refused(
                "opportunity_exists", f"There is one with the external id {quoted(str(external_id))} already."
            )
        await door.made(tx, number)
    return number


async def change(
    door: Door,
    opportunity: str | int,
    by: str,
    *,
    title: str | None = None,
    external_id: str | None = None,
    company: str | None = None,
    owner: str | None = None,
) -> None:
    """Changes what is given; what is given empty is taken away. Raises Refused, Unchanged."""
    if title is not None:
        check_name("The title", title, TITLE_LENGTH)
    if external_id:
        check_id("The external id", external_id)
    async with door.database.writing() as tx:
        await permitted(tx, by, "opportunities")
        before = await opportunities.find(tx, opportunity, lock=True)
        after = before if title is None else replace(before, title=title.strip())
        after = after if external_id is None else replace(after, external_id=external_id or None)
        after = after if company is None else replace(after, company_id=await _company(tx, company))
        after = after if owner is None else replace(after, owner_id=await _owner(tx, owner))
        if after == before:
            raise Unchanged("unchanged", "The opportunity says so already; nothing was changed.")
        await opportunities.change(tx, after)


async def workflow(door: Door, opportunity: str | int, by: str, *, after: int = 0, limit: int = 1000) -> Workflow:
    """The opportunity, and its contacts by id from `after` on. Raises Refused."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        found = await opportunities.find(tx, opportunity)
        return Workflow(found, await stages.standings(tx, found.id, user, after=after, limit=limit))


async def _owner(tx: AsyncSession, email: str) -> int | None:
    return (await users.by_email(tx, email)).id if email else None


async def _company(tx: AsyncSession, name: str | None) -> int | None:
    return (await companies.find(tx, name)).id if name else None
