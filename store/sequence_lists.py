"""The sequences a user sees, narrowed as a page asks for them; and how many contacts run in each."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ScalarSelect, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.people import User
from store.columns import says
from store.sequences import shown_to
from store.tables import EnrollmentRow, SequenceRow, SequenceShareRow, StepRow

MOST = 1000
"""Of a sequence nobody counts further."""


class Whose(StrEnum):
    """Which of them a list shows."""

    everybody = "everybody"
    mine = "mine"
    shared = "shared"
    archived = "archived"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`shared`: those of others. Archived ones are left out unless they are asked for. `before`: the number of the last
    one of the page before; 0: the first page.
    """

    whose: Whose = Whose.everybody
    text: str = ""
    before: int = 0
    limit: int = 50


async def listed(tx: AsyncSession, user: User, wanted: Wanted) -> list[SequenceRow]:
    """The newest first."""
    rows = select(SequenceRow).where(shown_to(user), SequenceRow.archived.is_(wanted.whose is Whose.archived))
    if wanted.whose in (Whose.mine, Whose.shared):
        mine = SequenceRow.owner_id == user.id
        rows = rows.where(mine if wanted.whose is Whose.mine else ~mine)
    if wanted.text:
        rows = rows.where(SequenceRow.name.icontains(wanted.text, autoescape=True))
    if wanted.before:
        rows = rows.where(SequenceRow.id < wanted.before)
    return list(await tx.scalars(rows.order_by(SequenceRow.id.desc()).limit(wanted.limit)))


async def running(tx: AsyncSession, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """How many are active and how many are paused in each of these sequences, each up to a thousand."""
    rows = select(SequenceRow.id, _number(Status.active), _number(Status.paused)).where(SequenceRow.id.in_(ids))
    return {sequence: (active, paused) for sequence, active, paused in await tx.execute(rows)}


def _number(status: Status) -> ScalarSelect[int]:
    his = EnrollmentRow.sequence_id == SequenceRow.id, says(EnrollmentRow.status, status)
    some = select(literal(1)).where(*his).correlate(SequenceRow).limit(MOST).subquery()
    return select(func.count()).select_from(some).correlate(SequenceRow).scalar_subquery()


async def shared_with(tx: AsyncSession, sequence_id: int) -> set[int]:
    """The users it is shared with by name."""
    rows = select(SequenceShareRow.user_id).where(SequenceShareRow.sequence_id == sequence_id)
    return set(await tx.scalars(rows))


async def using(tx: AsyncSession, template_id: int, user: User) -> list[tuple[SequenceRow, int]]:
    """The sequences the user sees that have an email from that template, and at which step."""
    rows = select(SequenceRow, StepRow.position).join(StepRow, StepRow.sequence_id == SequenceRow.id)
    found = await tx.execute(
        rows.where(StepRow.template_id == template_id, shown_to(user))
        .order_by(SequenceRow.id, StepRow.position)
        .limit(200)
    )
    return [(row, position) for row, position in found]
