"""Whom an add means when it does not name them: a search, the candidates of an opportunity, a stage."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.errors import Refused, quoted
from sequencing.people import ContactKind, User
from store import sequences, users
from store.contact_lists import is_kind
from store.people_tables import CandidacyRow, CompanyRow, ContactRow, OpportunityRow, StageRow
from store.tables import EnrollmentRow


@dataclass(frozen=True, slots=True)
class Selection:
    """Contacts by what they have in common; every part that is given narrows it.

    `owner` is a user's email, `company` a part of a company's name, `opportunity` a number or external id, `stage` a
    name. `status` is the one in `sequence`, by number or name.
    """

    kind: ContactKind | None = None
    owner: str = ""
    company: str = ""
    sequence: str = ""
    status: Status | None = None
    opportunity: str = ""
    stage: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is given."""
        return self == Selection()


async def find(tx: AsyncSession, user: User, wanted: Selection, limit: int) -> list[int]:
    """Ids of those contacts, in order. Raises Refused where a part names nothing, or nothing the user sees."""
    rows = select(ContactRow.id)
    if wanted.kind is not None:
        rows = rows.where(is_kind(wanted.kind))
    if wanted.owner:
        rows = rows.where(ContactRow.owner_id == (await users.by_email(tx, wanted.owner)).id)
    if wanted.company:
        named = CompanyRow.name.icontains(wanted.company, autoescape=True)
        rows = rows.where(ContactRow.company_id.in_(select(CompanyRow.id).where(named)))
    if wanted.sequence:
        inside = EnrollmentRow.sequence_id == (await sequences.find(tx, wanted.sequence, user)).id
        status = EnrollmentRow.status == wanted.status if wanted.status else EnrollmentRow.id.is_not(None)
        rows = rows.where(ContactRow.id.in_(select(EnrollmentRow.contact_id).where(inside, status)))
    elif wanted.status:
        raise Refused("no_sequence", "A status is the one in a sequence: say in which.")
    if wanted.opportunity or wanted.stage:
        candidacy = []
        if wanted.opportunity:
            candidacy.append(CandidacyRow.opportunity_id == await opportunity(tx, wanted.opportunity))
        if wanted.stage:
            candidacy.append(CandidacyRow.stage_id == await _stage(tx, wanted.stage))
        rows = rows.where(ContactRow.id.in_(select(CandidacyRow.contact_id).where(*candidacy)))
    return sorted(await tx.scalars(rows.limit(limit)))  # sorted there, a plan could be found that reads everybody


async def opportunity(tx: AsyncSession, name: str) -> int:
    """The opportunity of that number or external id. Raises Refused(`unknown_opportunity`)."""
    fits = [OpportunityRow.external_id == name]
    if name.isascii() and name.isdecimal() and len(name) < 10:
        fits.append(OpportunityRow.id == int(name))
    ids = list(await tx.scalars(select(OpportunityRow.id).where(or_(*fits)).limit(2)))
    if len(ids) != 1:
        how_many = "no opportunity" if not ids else "more than one opportunity"
        raise Refused("unknown_opportunity", f"There is {how_many} {quoted(name)}.")
    return ids[0]


async def _stage(tx: AsyncSession, name: str) -> int:
    found = await tx.scalar(select(StageRow.id).where(StageRow.name == name))
    if found is None:
        raise Refused("unknown_stage", f"There is no stage {quoted(name)}.")
    return found
