"""Large adds and their lines: written once, answered a batch at a time, canceled half way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, exists, func, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.adds import AddProgress, AddStatus, Answer, Enrolled
from sequencing.enrollments import Enrollment, Status
from sequencing.people import Level, User
from store import enrolling, sights
from store.add_tables import BulkAddLineRow, BulkAddRow
from store.columns import says, unindexed
from store.database import upsert
from store.enrolling import LONGEST_NAME, Add, Batch, Wanted
from store.enrollments import OPEN
from store.lives import value
from store.people_tables import ContactRow
from store.sequences import shown_to
from store.tables import EnrollmentRow, SequenceRow

LINES = BulkAddLineRow.metadata.tables[BulkAddLineRow.__tablename__]
ANSWERED = (
    update(LINES)
    .where(LINES.c.bulk_add_id == bindparam("add"), LINES.c.position == bindparam("at"))
    .values({name: bindparam(f"new_{name}") for name in ("code", "sentence", "enrollment_id", "contact_id")})
)
ENROLLED = "enrolled"
CANCELED = "canceled"


async def create(tx: AsyncSession, add_id: str, add: Add, wanted: Sequence[Wanted], now: datetime) -> bool:
    """Writes the add with all its lines, unanswered; False where there is one of that id (the key decides)."""
    new = upsert(tx, BulkAddRow).values(
        id=add_id,
        sequence_id=add.sequence_id,
        opportunity_id=add.opportunity_id,
        by=add.by,
        status=AddStatus.running,
        total=len(wanted),
        created_at=now,
    )
    if await tx.scalar(new.on_conflict_do_nothing().returning(BulkAddRow.id)) is None:
        return False
    lines = [
        {"bulk_add_id": add_id, "position": at, "named": one.named[:LONGEST_NAME], "contact_id": one.contact_id}
        for at, one in enumerate(wanted)
    ]
    await tx.execute(insert(LINES), lines)
    return True


@dataclass(frozen=True, slots=True)
class Added:
    """What one batch did: how far the add is now, and whom it enrolled."""

    progress: AddProgress
    batch: Batch


async def add_some(
    tx: AsyncSession, add_id: str, position: int, at_most: int, now: datetime, new_id: Callable[[], str]
) -> Added | None:
    """Enrolls the next unanswered lines at or after that position, and answers them; None when there is no such add.

    The add's row is locked, so that two attempts take turns, and a cancel is before or after a batch, never in it.
    """
    row = await tx.scalar(select(BulkAddRow).where(BulkAddRow.id == add_id).with_for_update())
    if row is None:
        return None
    lines = [] if row.status is not AddStatus.running else await _unanswered(tx, add_id, position, at_most)
    if not lines:
        if row.status is AddStatus.running:
            row.status, row.ended_at = AddStatus.done, now
        return Added(_progress(row, position), Batch([], []))
    wanted = [Wanted(line.named, line.contact_id) for line in lines]
    batch = await enrolling.enroll(tx, Add(row.sequence_id, row.by, row.opportunity_id), wanted, now, new_id)
    positions = [line.position for line in lines]
    await tx.execute(ANSWERED, [_told(add_id, *pair) for pair in zip(positions, batch.answers, strict=True)])
    row.enrolled += len(batch.born)
    row.refused += len(batch.answers) - len(batch.born)
    return Added(_progress(row, positions[-1] + 1), batch)


async def _unanswered(tx: AsyncSession, add_id: str, position: int, at_most: int) -> list[BulkAddLineRow]:
    lines = select(BulkAddLineRow).where(BulkAddLineRow.bulk_add_id == add_id, BulkAddLineRow.position >= position)
    return list(
        await tx.scalars(lines.where(BulkAddLineRow.code.is_(None)).order_by(BulkAddLineRow.position).limit(at_most))
    )


def _told(add_id: str, position: int, answer: Answer) -> dict[str, object]:
    """Of a refusal no sentence is kept, which may name the contact: it is made anew from the code."""
    who = {"add": add_id, "at": position}
    if isinstance(answer, Enrolled):
        ids = {"new_enrollment_id": answer.enrollment_id, "new_contact_id": answer.contact_id}
        return {**who, **ids, "new_code": ENROLLED, "new_sentence": answer.remark}
    ids = {"new_enrollment_id": None, "new_contact_id": answer.contact_id}
    return {**who, **ids, "new_code": answer.code, "new_sentence": None}


def _progress(row: BulkAddRow, position: int) -> AddProgress:
    return AddProgress(position, row.enrolled + row.refused, row.total, row.status)


async def born_unstarted(tx: AsyncSession, add_id: str, limit: int) -> list[Enrollment]:
    """Those an earlier attempt enrolled and did not come to start."""
    mine = exists().where(LINES.c.enrollment_id == EnrollmentRow.id, LINES.c.bulk_add_id == add_id)
    rows = select(EnrollmentRow).where(
        EnrollmentRow.started_run < EnrollmentRow.run, unindexed(EnrollmentRow.status).in_(OPEN), EnrollmentRow.run == 1
    )
    rows = rows.where(mine).order_by(EnrollmentRow.enrolled_at)
    return [value(row) for row in await tx.scalars(rows.limit(limit))]


async def cancel(tx: AsyncSession, add_id: str, by: int | None, now: datetime) -> bool:
    """Leaves the rest un-added, each line saying so; what is enrolled stays. False when it had ended already."""
    row = await tx.scalar(select(BulkAddRow).where(BulkAddRow.id == add_id).with_for_update())
    if row is None or row.status is not AddStatus.running:
        return False
    left = LINES.c.bulk_add_id == add_id, LINES.c.code.is_(None)
    number = await tx.scalar(select(func.count()).select_from(LINES).where(*left)) or 0
    await tx.execute(update(LINES).where(*left).values(code=CANCELED))
    row.status, row.ended_at, row.canceled_by = AddStatus.canceled, now, by
    row.refused += number
    return True


async def get(tx: AsyncSession, add_id: str) -> tuple[BulkAddRow, SequenceRow] | None:
    """The add and its sequence, if there is one."""
    rows = select(BulkAddRow, SequenceRow).join(SequenceRow, SequenceRow.id == BulkAddRow.sequence_id)
    found = (await tx.execute(rows.where(BulkAddRow.id == add_id))).one_or_none()
    return None if found is None else (found[0], found[1])


async def listed(tx: AsyncSession, user: User, *, before: str = "", limit: int = 100) -> list[tuple[BulkAddRow, str]]:
    """The adds a user sees, newest first, each with its sequence's name: his own, and those into what he sees; only
    those begun before the one named.
    """
    ids = select(BulkAddRow.id.label("place"))
    ids = ids.where(BulkAddRow.id < before) if before else ids
    rows = select(BulkAddRow, SequenceRow.name).join(SequenceRow, SequenceRow.id == BulkAddRow.sequence_id)
    page = rows.where(BulkAddRow.id.in_(await _newest(tx, user, ids, limit)))
    return [(row, name) for row, name in await tx.execute(page.order_by(BulkAddRow.id.desc()))]


async def _newest(tx: AsyncSession, user: User, ids: Select[str], limit: int) -> sights.Ids:
    own = BulkAddRow.by == user.id
    if not user.level.reaches(Level.view):
        return ids.where(own).order_by(BulkAddRow.id.desc()).limit(limit)
    sequences = await sights.few_sequences(tx, user)
    if sequences is None:
        shown = BulkAddRow.sequence_id.in_(select(SequenceRow.id).where(shown_to(user)))
        seen = ids if user.level is Level.manage else ids.where(own | shown)
        return seen.order_by(BulkAddRow.id.desc()).limit(limit)
    ways = [ids.where(BulkAddRow.sequence_id == one) for one in sequences]
    return sights.merged(tx, [*ways, ids.where(own)], limit, newest_first=True)


async def codes(tx: AsyncSession, add_id: str) -> Counter[str]:
    """How many lines were refused, by code."""
    counted = select(LINES.c.code, func.count()).where(LINES.c.bulk_add_id == add_id, LINES.c.code.is_not(None))
    found = await tx.execute(counted.group_by(LINES.c.code))
    return Counter({code: number for code, number in found if code != ENROLLED})


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """A line, what its contact is called now, and where whom it enrolled stands; both None where there is none."""

    row: BulkAddLineRow
    contact: str | None
    status: Status | None


async def lines(
    tx: AsyncSession, add_id: str, *, refused_only: bool, after: int = -1, limit: int = 1000
) -> list[AnsweredLine]:
    """The answered lines in order, a page at a time."""
    columns = select(BulkAddLineRow, ContactRow.first_name, ContactRow.last_name, EnrollmentRow.status)
    joined = columns.outerjoin(ContactRow, ContactRow.id == BulkAddLineRow.contact_id).outerjoin(
        EnrollmentRow, EnrollmentRow.id == BulkAddLineRow.enrollment_id
    )
    rows = joined.where(BulkAddLineRow.bulk_add_id == add_id, BulkAddLineRow.position > after)
    rows = rows.where(BulkAddLineRow.code.is_not(None))
    if refused_only:
        rows = rows.where(BulkAddLineRow.code != bindparam(None, ENROLLED, literal_execute=True))
    found = await tx.execute(rows.order_by(BulkAddLineRow.position).limit(limit))
    return [
        AnsweredLine(row, None if first is None else f"{first} {last}".strip(), status)
        for row, first, last, status in found
    ]


async def started(tx: AsyncSession, add_id: str) -> None:
    """Remembers that Temporal has its run."""
    await tx.execute(update(BulkAddRow).where(BulkAddRow.id == add_id).values(started=True))


async def unstarted(tx: AsyncSession, before: datetime, limit: int) -> list[str]:
    """Running adds whose run Temporal was not seen to have, made before that instant."""
    rows = select(BulkAddRow.id).where(says(BulkAddRow.status, AddStatus.running), not_(BulkAddRow.started))
    return list(await tx.scalars(rows.where(BulkAddRow.created_at < before).limit(limit)))


async def running(tx: AsyncSession) -> list[str]:
    """Ids of all adds that go on."""
    return list(await tx.scalars(select(BulkAddRow.id).where(says(BulkAddRow.status, AddStatus.running))))
