"""Stages of the recruiting workflow, who stands where in it, and how he came there."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, false, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status
from sequencing.errors import Refused, quoted
from sequencing.people import User
from sequencing.permissions import not_found
from sequencing.stage_links import Stage, StageType
from store.database import upsert
from store.people_tables import CandidacyRow, ContactRow, StageMoveRow, StageRow
from store.sights import seen_by
from store.tables import EnrollmentRow


@dataclass(frozen=True, slots=True)
class Standing:
    """A contact in an opportunity's workflow. `status`: his newest enrollment in the stage's sequence, if shown."""

    contact_id: int
    name: str
    stage: Stage
    since: datetime
    enrollment_id: str | None = None
    status: Status | None = None


async def in_order(tx: AsyncSession) -> list[Stage]:
    """All stages."""
    return [_value(row) for row in await tx.scalars(select(StageRow).order_by(StageRow.position, StageRow.id))]


async def locked(tx: AsyncSession) -> list[Stage]:
    """The same, for whoever changes them: one at a time."""
    await tx.execute(select(StageRow.id).order_by(StageRow.id).with_for_update())
    return await in_order(tx)


def named(stages: list[Stage], name: str | int) -> Stage:
    """The stage a person means by its name or number. Raises Refused: `unknown_stage`; `not_found`, for an int."""
    wanted = str(name).strip()
    by_name = [stage for stage in stages if isinstance(name, str) and stage.name.lower() == wanted.lower()]
    found = by_name or [stage for stage in stages if str(stage.id) == wanted]
    if not found and isinstance(name, int):
        raise not_found()
    if not found:
        raise Refused("unknown_stage", f"There is no stage {quoted(wanted)}; `sequencing stages list` shows them.")
    return found[0]


async def add(tx: AsyncSession, name: str, type_: StageType) -> int | None:
    """A new last stage; None where one has that name."""
    last = select(func.coalesce(func.max(StageRow.position), 0) + 1).scalar_subquery()
    new = upsert(tx, StageRow).values(name=name, type=type_, position=last)
    return await tx.scalar(new.on_conflict_do_nothing().returning(StageRow.id))


async def rename(tx: AsyncSession, stage: Stage, name: str) -> None:
    """Raises IntegrityError where another stage has that name."""
    await tx.execute(update(StageRow).where(StageRow.id == stage.id).values(name=name))


async def retype(tx: AsyncSession, types: Mapping[int, StageType]) -> None:
    """Writes the types in their order."""
    for stage_id, type_ in types.items():
        await tx.execute(update(StageRow).where(StageRow.id == stage_id).values(type=type_))


async def reorder(tx: AsyncSession, ids: list[int]) -> None:
    """Puts them in that order."""
    for place, stage_id in enumerate(ids, 1):
        await tx.execute(update(StageRow).where(StageRow.id == stage_id).values(position=place))


async def link(tx: AsyncSession, stage: Stage, sequence_id: int | None) -> None:
    """Ties it to a sequence, or to none."""
    await tx.execute(update(StageRow).where(StageRow.id == stage.id).values(sequence_id=sequence_id))


async def is_used(tx: AsyncSession, stage: Stage) -> bool:
    """Whether a contact stands, or ever stood, at it."""
    stood = or_(StageMoveRow.stage_id == stage.id, StageMoveRow.from_stage_id == stage.id)
    stands = exists().where(CandidacyRow.stage_id == stage.id)
    return bool(await tx.scalar(select(or_(stands, exists().where(stood)))))


async def remove(tx: AsyncSession, stage: Stage) -> None:
    """Deletes it."""
    await tx.execute(delete(StageRow).where(StageRow.id == stage.id))


async def enter(tx: AsyncSession, opportunity_id: int, contact_id: int, stage: Stage, by: int, at: datetime) -> bool:
    """Brings a contact into the workflow; False where he is in it (the key decides, not a look)."""
    key = {"opportunity_id": opportunity_id, "contact_id": contact_id}
    new = upsert(tx, CandidacyRow).values(**key, stage_id=stage.id, since=at).on_conflict_do_nothing()
    if await tx.scalar(new.returning(CandidacyRow.contact_id)) is None:
        return False
    await tx.execute(insert(StageMoveRow).values(**key, from_stage_id=None, stage_id=stage.id, by=by, at=at))
    return True


async def stands_at(tx: AsyncSession, opportunity_id: int, contact_id: int) -> int | None:
    """The id of the stage at which a contact stands; None where he is not in the workflow."""
    return await tx.scalar(
        select(CandidacyRow.stage_id).where(
            CandidacyRow.opportunity_id == opportunity_id, CandidacyRow.contact_id == contact_id
        )
    )


async def move(
    tx: AsyncSession, opportunity_id: int, contact_id: int, stage: Stage, by: int, at: datetime
) -> int | None:
    """Moves a contact whose row it locks first; the id of the stage he comes from, None where he is not in it."""
    key = {"opportunity_id": opportunity_id, "contact_id": contact_id}
    his = CandidacyRow.opportunity_id == opportunity_id, CandidacyRow.contact_id == contact_id
    before = await tx.scalar(select(CandidacyRow.stage_id).where(*his).with_for_update())
    if before is not None and before != stage.id:
        await tx.execute(update(CandidacyRow).where(*his).values(stage_id=stage.id, since=at))
        await tx.execute(insert(StageMoveRow).values(**key, from_stage_id=before, stage_id=stage.id, by=by, at=at))
    return before


async def history(tx: AsyncSession, opportunity_id: int, contact_id: int) -> list[StageMoveRow]:
    """How a contact came to where he stands, oldest first."""
    rows = select(StageMoveRow).where(
        StageMoveRow.opportunity_id == opportunity_id, StageMoveRow.contact_id == contact_id
    )
    return list(await tx.scalars(rows.order_by(StageMoveRow.id)))


async def standings(
    tx: AsyncSession, opportunity_id: int, user: User, *, after: int = 0, limit: int = 1000
) -> list[Standing]:
    """The contacts of an opportunity, by contact id from `after` on, in three statements."""
    stages = {stage.id: stage for stage in await in_order(tx)}
    rows = (
        select(CandidacyRow, ContactRow.first_name, ContactRow.last_name)
        .join(ContactRow, ContactRow.id == CandidacyRow.contact_id)
        .where(CandidacyRow.opportunity_id == opportunity_id, CandidacyRow.contact_id > after)
        .order_by(CandidacyRow.contact_id)
        .limit(limit)
    )
    found = (await tx.execute(rows)).all()
    enrolled = await _newest(tx, {(row.contact_id, stages[row.stage_id].sequence_id) for row, _, _ in found}, user)
    return [
        Standing(
            row.contact_id,
            f"{first} {last}".strip(),
            stages[row.stage_id],
            row.since,
            *enrolled.get((row.contact_id, stages[row.stage_id].sequence_id), (None, None)),
        )
        for row, first, last in found
    ]


async def of_contact(tx: AsyncSession, contact_id: int) -> list[tuple[CandidacyRow, str]]:
    """Where the contact stands in each workflow: the row, and the stage's name."""
    rows = select(CandidacyRow, StageRow.name).join(StageRow, StageRow.id == CandidacyRow.stage_id)
    found = await tx.execute(rows.where(CandidacyRow.contact_id == contact_id).order_by(CandidacyRow.opportunity_id))
    return [(row, name) for row, name in found]


async def _newest(
    tx: AsyncSession, pairs: set[tuple[int, int | None]], user: User
) -> dict[tuple[int, int | None], tuple[str, Status]]:
    """(id, status) of the newest enrollment of each (contact, sequence) that the user sees."""
    of: dict[int, list[int]] = defaultdict(list)
    for contact, sequence in pairs:
        if sequence is not None:
            of[sequence].append(contact)
    these = [(EnrollmentRow.sequence_id == one) & EnrollmentRow.contact_id.in_(some) for one, some in of.items()]
    columns = select(EnrollmentRow.contact_id, EnrollmentRow.sequence_id, EnrollmentRow.id, EnrollmentRow.status)
    rows = columns.where(or_(false(), *these), seen_by(user))
    return {
        (row.contact_id, row.sequence_id): (row.id, row.status)
        for row in await tx.execute(rows.order_by(EnrollmentRow.id))
    }


def _value(row: StageRow) -> Stage:
    return Stage(row.id, row.name, row.type, row.sequence_id)
