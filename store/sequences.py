"""Sequences and their steps."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace

from sqlalchemy import ColumnElement, bindparam, delete, exists, false, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.errors import Refused, quoted
from sequencing.people import Level, User
from sequencing.sequences import Action, Course, Sharing, Step
from sequencing.timing import Delay
from store import settings
from store.people_tables import ContactRow
from store.tables import SequenceRow, SequenceShareRow, SettingsRow, StepRow, TemplateRow

VERSIONS = (
    select(SequenceRow.version, select(func.max(SettingsRow.version)).scalar_subquery())
    .where(SequenceRow.id == bindparam("sequence_id"))
    .with_for_update(read=True, of=SequenceRow)
)
STEP = (
    select(StepRow, TemplateRow, SequenceRow.name)
    .join(SequenceRow, SequenceRow.id == StepRow.sequence_id)
    .outerjoin(TemplateRow, TemplateRow.id == StepRow.template_id)
    .where(StepRow.sequence_id == bindparam("sequence_id"), StepRow.position == bindparam("position"))
)

ZONE = select(ContactRow.time_zone).where(ContactRow.id == bindparam("contact_id"))

NEW: Mapping[int, int] = {}


async def course(tx: AsyncSession, sequence_id: int) -> Course:
    """What decides when things happen in a sequence, as it is now.

    Read once a version and process: whoever changes the steps raises the sequence's version in the same transaction,
    under a lock that waits for all who plan with the old one.
    """
    versions = tuple((await tx.execute(VERSIONS, {"sequence_id": sequence_id})).one())
    known: dict[int, tuple[object, Course]] = tx.info["courses"]
    if sequence_id not in known or known[sequence_id][0] != versions:
        known[sequence_id] = versions, await _course(tx, sequence_id, versions[0])
    return known[sequence_id][1]


async def course_of(tx: AsyncSession, enrollment: Enrollment) -> Course:
    """The course as it is now, for one contact."""
    return await course_for(tx, await course(tx, enrollment.sequence_id), enrollment)


async def course_for(tx: AsyncSession, shared: Course, enrollment: Enrollment) -> Course:
    """A course for one contact: where texts are sent, with his time zone as it is now."""
    if Action.text not in shared.actions:
        return shared
    return replace(shared, contact_zone=await tx.scalar(ZONE, {"contact_id": enrollment.contact_id}))


async def course_at(tx: AsyncSession, sequence_id: int, version: int) -> Course:
    """The course as this transaction sees it, which may be about to change it: read anew, and not remembered."""
    return await _course(tx, sequence_id, version)


async def locked(tx: AsyncSession, sequence_id: int) -> SequenceRow:
    """The sequence, once all who plan by it or change it have committed; they wait until this transaction ends."""
    wanted = select(SequenceRow).where(SequenceRow.id == sequence_id).with_for_update()
    return (await tx.execute(wanted.execution_options(populate_existing=True))).scalar_one()


async def put_steps(
    tx: AsyncSession,
    sequence_id: int,
    wanted: list[Step],
    timed: Mapping[int, int] = NEW,
    worded: Mapping[int, int] = NEW,
) -> None:
    """These are the sequence's steps from now on; `timed`, `worded`: at which version a step's delay, or what its
    to-dos say, was changed last.
    """
    await tx.execute(delete(StepRow).where(StepRow.sequence_id == sequence_id))
    same = [field.name for field in fields(Step) if field.name != "delay"]
    rows = [
        {
            "sequence_id": sequence_id,
            "delay_amount": step.delay.amount,
            "delay_unit": step.delay.unit,
            "timing_version": timed.get(step.position, 1),
            "wording_version": worded.get(step.position, 1),
            **{name: getattr(step, name) for name in same},
        }
        for step in wanted
    ]
    await tx.execute(insert(StepRow), rows)


async def share_with(tx: AsyncSession, sequence_id: int, user_ids: Collection[int]) -> None:
    """These users see it, besides whoever does anyway."""
    await tx.execute(delete(SequenceShareRow).where(SequenceShareRow.sequence_id == sequence_id))
    for user_id in dict.fromkeys(user_ids):
        tx.add(SequenceShareRow(sequence_id=sequence_id, user_id=user_id))


async def versions(tx: AsyncSession, sequence_id: int) -> tuple[dict[int, int], dict[int, int]]:
    """At which version each step's delay, and what its to-dos say, was changed last."""
    columns = select(StepRow.position, StepRow.timing_version, StepRow.wording_version)
    rows = (await tx.execute(columns.where(StepRow.sequence_id == sequence_id))).all()
    timed, worded = ({row[0]: row[at] for row in rows} for at in (1, 2))
    return timed, worded


async def _course(tx: AsyncSession, sequence_id: int, version: int) -> Course:
    steps = select(StepRow.action, StepRow.delay_amount, StepRow.delay_unit, StepRow.timing_version)
    rows = (await tx.execute(steps.where(StepRow.sequence_id == sequence_id).order_by(StepRow.position))).all()
    now = await settings.current(tx)
    return Course(
        actions=tuple(row.action for row in rows),
        delays=tuple(Delay(row.delay_amount, row.delay_unit) for row in rows),
        calendar=now.calendar,
        version=version,
        timed=tuple(row.timing_version for row in rows),
        calendar_version=now.calendar_version,
        pace=now.limits.pace,
    )


async def step(tx: AsyncSession, sequence_id: int, position: int) -> tuple[Step, str]:
    """One step, with its template's wording in place as it is now; and the sequence's name."""
    row, template, name = (await tx.execute(STEP, {"sequence_id": sequence_id, "position": position})).one()
    return _step(row, template), name


async def steps(tx: AsyncSession, sequence_id: int) -> list[Step]:
    """All steps in order, as they stand in the sequence (a template's wording is not put in)."""
    rows = await tx.scalars(select(StepRow).where(StepRow.sequence_id == sequence_id).order_by(StepRow.position))
    return [_step(row, None) for row in rows]


def shown_to(user: User) -> ColumnElement[bool]:
    """The condition under which a user sees a sequence."""
    if user.level is Level.manage:
        return SequenceRow.id.is_not(None)
    if not user.level.reaches(Level.view):
        return false()
    shared = exists().where(SequenceShareRow.sequence_id == SequenceRow.id, SequenceShareRow.user_id == user.id)
    return or_(SequenceRow.owner_id == user.id, SequenceRow.sharing == Sharing.everyone, shared)


async def sees(tx: AsyncSession, user: User, sequence_id: int) -> bool:
    """Whether the user sees that sequence."""
    if user.level is Level.manage:
        return True
    return bool(await tx.scalar(select(exists().where(SequenceRow.id == sequence_id, shown_to(user)))))


def numbered(sequence_id: int) -> str:
    """How `find` is told of a sequence whose number is known: another one's name may be that number."""
    return f"#{sequence_id}"


def chosen(said: str) -> str:
    """The same of what was chosen on a page, which offers numbers."""
    number = _number(said)
    return said if number is None else numbered(number)


async def find(tx: AsyncSession, name: str, user: User) -> SequenceRow:
    """The sequence a person means by number or name, among those he sees; by `#5` the number alone.

    Raises Refused(`unknown_sequence`).
    """
    number = _number(name.removeprefix("#"))
    if number is not None and name.startswith("#"):
        return await find_numbered(tx, number, user)
    means = SequenceRow.id == number if number is not None else None
    by_name = SequenceRow.name == name
    wanted = by_name if means is None else or_(means, by_name)
    rows = list(await tx.scalars(select(SequenceRow).where(wanted, shown_to(user)).order_by(SequenceRow.id)))
    if not rows:
        raise Refused(
            "unknown_sequence", f"There is no sequence {quoted(name)}; `sequencing sequences list` shows yours."
        )
    if len(rows) > 1:
        ids = ", ".join(numbered(row.id) for row in rows)
        raise Refused(
            "ambiguous_sequence", f"Several sequences are called {quoted(name)}; name one by its number: {ids}."
        )
    return rows[0]


def _number(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None


async def find_numbered(tx: AsyncSession, number: int, user: User) -> SequenceRow:
    """The sequence of that number, if the user sees it: a name that is a number is not meant. Raises Refused."""
    row = await tx.scalar(select(SequenceRow).where(SequenceRow.id == number, shown_to(user)))
    if row is None:
        raise Refused(
            "unknown_sequence", f"There is no sequence {quoted(str(number))}; `sequencing sequences list` shows yours."
        )
    return row


async def names_shown(tx: AsyncSession, ids: Collection[int], user: User) -> list[str]:
    """The names of those among these sequences that the user sees."""
    rows = select(SequenceRow.name).where(SequenceRow.id.in_(ids), shown_to(user))
    return list(await tx.scalars(rows.order_by(SequenceRow.id)))


async def some_shown(tx: AsyncSession, user: User, ids: Collection[int]) -> dict[int, str]:
    """What those of them are called that the user sees, by number."""
    columns = select(SequenceRow.id, SequenceRow.name)
    return {row.id: row.name for row in await tx.execute(columns.where(SequenceRow.id.in_(set(ids)), shown_to(user)))}


async def all_shown(tx: AsyncSession, user: User, after: int = 0, limit: int | None = None) -> list[SequenceRow]:
    """The sequences a user sees, behind that number."""
    rows = select(SequenceRow).where(shown_to(user), SequenceRow.id > after).order_by(SequenceRow.id)
    return list(await tx.scalars(rows.limit(limit)))


async def names(tx: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """What those sequences are called."""
    rows = select(SequenceRow.id, SequenceRow.name).where(SequenceRow.id.in_(set(ids)))
    return {row.id: row.name for row in await tx.execute(rows)}


def _step(row: StepRow, template: TemplateRow | None) -> Step:
    columns = {f.name: getattr(row, f.name) for f in fields(Step) if f.name != "delay"}
    if template is not None:
        columns |= {name: getattr(template, name) for name in ("subject", "body", "format", "address_type")}
    return Step(**columns, delay=Delay(row.delay_amount, row.delay_unit))
