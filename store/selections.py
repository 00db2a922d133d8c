"""Whom a search or an add means when it does not name them: by fields, a sequence, an opportunity, a stage."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.errors import Refused, quoted
from sequencing.people import ContactKind, User
from sequencing.todos import Outcome
from store import contact_lists, sequences, users
from store.contact_lists import Wanted
from store.people_tables import OpportunityRow, StageRow


@dataclass(frozen=True, slots=True)
class Selection:
    """Contacts by what they have in common; every part that is given narrows it.

    `owner` is a user's email, `company` a part of a company's name, `opportunity` a number or external id (an `int`:
    the number alone), `stage` a name. `status` and `outcome` are those in `sequence`, by number or name, or in any.
    `text` are words of name, company, address or number; `in_any`: has been in any sequence, or in none.
    """

    kind: ContactKind | None = None
    owner: str = ""
    company: str = ""
    sequence: str = ""
    status: Status | None = None
    opportunity: str | int = ""
    stage: str = ""
    text: str = ""
    outcome: Outcome | None = None
    in_any: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is given."""
        return self == Selection()


async def find(tx: AsyncSession, user: User, selection: Selection, limit: int) -> list[int]:
    """Ids of those contacts, in order. Raises Refused where a part names nothing, or nothing the user sees."""
    return await contact_lists.some_ids(tx, user, await wanted(tx, user, selection), limit)


async def wanted(tx: AsyncSession, user: User, selection: Selection) -> Wanted:
    """The same by ids. Raises Refused."""
    plain = {name: getattr(selection, name) for name in ("kind", "status", "outcome", "in_any")}
    return Wanted(
        **plain,
        text=selection.text,
        company_text=selection.company,
        owner_id=(await users.by_email(tx, selection.owner)).id if selection.owner else None,
        sequence_id=(await sequences.find(tx, selection.sequence, user)).id if selection.sequence else None,
        opportunity_id=await opportunity(tx, selection.opportunity) if selection.opportunity else None,
        stage_id=await _stage(tx, selection.stage) if selection.stage else None,
    )


async def opportunity(tx: AsyncSession, name: str | int) -> int:
    """The opportunity of that number or external id; an `int` is its number. Raises Refused(`unknown_opportunity`)."""
    fits = [OpportunityRow.id == name] if isinstance(name, int) else _named(name)
    ids = list(await tx.scalars(select(OpportunityRow.id).where(or_(*fits)).limit(2)))
    if len(ids) != 1:
        how_many = "no opportunity" if not ids else "more than one opportunity"
        raise Refused("unknown_opportunity", f"There is {how_many} {quoted(str(name))}.")
    return ids[0]


def _named(name: str) -> list[ColumnElement[bool]]:
    fits: list[ColumnElement[bool]] = [OpportunityRow.external_id == name]
    if name.isascii() and name.isdecimal() and len(name) < 10:
        fits.append(OpportunityRow.id == int(name))
    return fits


async def _stage(tx: AsyncSession, name: str) -> int:
    found = await tx.scalar(select(StageRow.id).where(StageRow.name == name))
    if found is None:
        raise Refused("unknown_stage", f"There is no stage {quoted(name)}.")
    return found
