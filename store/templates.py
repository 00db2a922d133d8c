"""Templates: being found, being kept as they are for a while, and what uses them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Status, StepState
from sequencing.errors import Refused, quoted
from sequencing.people import Level, User
from sequencing.permissions import not_found
from sequencing.sequences import Action
from sequencing.todos import TodoStatus
from store.sequences import shown_to
from store.tables import EnrollmentRow, SequenceRow, StepRow, TemplateRow, TodoRow


async def find(tx: AsyncSession, name: str | int, user: User) -> TemplateRow:
    """The template a person means by name or number; a page means its number alone. Raises Refused."""
    unknown = Refused(
        "unknown_template", f"There is no template {quoted(str(name))}; `sequencing templates list` shows all."
    )
    unknown = not_found() if isinstance(name, int) else unknown
    if not user.level.reaches(Level.view):
        raise unknown
    if isinstance(name, int):
        row = await tx.get(TemplateRow, name)
    else:
        number = int(name) if name.isascii() and name.isdecimal() and len(name) < 10 else None
        wanted = select(TemplateRow).where(or_(TemplateRow.name == name, TemplateRow.id == number))
        row = await tx.scalar(wanted.order_by(TemplateRow.name != name).limit(1))
    if row is None:
        raise unknown
    return row


async def locked(tx: AsyncSession, template_id: int) -> TemplateRow:
    """The template, once nobody uses it for a step that is not committed; nobody does until this transaction ends."""
    wanted = select(TemplateRow).where(TemplateRow.id == template_id).with_for_update()
    return (await tx.execute(wanted.execution_options(populate_existing=True))).scalar_one()


async def keep(tx: AsyncSession, names: Collection[str]) -> None:
    """Lets none of these templates change until this transaction ends; asked before any sequence is locked."""
    rows = select(TemplateRow.id).where(TemplateRow.name.in_(names)).order_by(TemplateRow.id)
    await tx.execute(rows.with_for_update(read=True))


async def is_name_taken(tx: AsyncSession, name: str) -> bool:
    """Whether a template is called that."""
    return bool(await tx.scalar(select(exists().where(TemplateRow.name == name))))


async def drafts_follow(tx: AsyncSession, template_id: int, by: int, at: datetime) -> bool:
    """Raises the version of every sequence that has a manual email from it, so that open drafts are behind it.

    False where there is none. A draft that is just being opened with the old wording is committed before.
    """
    drafting = StepRow.template_id == template_id, StepRow.action == Action.manual_email
    using = select(SequenceRow.id).where(exists().where(StepRow.sequence_id == SequenceRow.id, *drafting))
    ids = list(await tx.scalars(using.order_by(SequenceRow.id).with_for_update()))
    raised = update(SequenceRow).where(SequenceRow.id.in_(ids))
    await tx.execute(raised.values(version=SequenceRow.version + 1, changed_by=by, changed_at=at))
    version = select(SequenceRow.version).where(SequenceRow.id == StepRow.sequence_id).scalar_subquery()
    await tx.execute(update(StepRow).where(*drafting).values(wording_version=version))
    return bool(ids)


@dataclass(frozen=True, slots=True)
class Users:
    """Whom a template concerns, in the sequences that a user sees: `coming` have an email from it before them,
    `drafts` are open and untouched, `touched` are drafts that somebody has typed in.
    """

    sequences: int
    coming: int
    drafts: int
    touched: int


async def users_of(tx: AsyncSession, template_id: int, user: User) -> Users:
    """Whom it concerns now."""
    uses = StepRow.sequence_id == EnrollmentRow.sequence_id, StepRow.template_id == template_id
    not_yet = and_(StepRow.position == EnrollmentRow.step, EnrollmentRow.state == StepState.waiting)
    ahead = exists().where(
        *uses, or_(StepRow.position > EnrollmentRow.step, and_(not_yet, EnrollmentRow.todo.is_(None)))
    )
    running = EnrollmentRow.status.in_((Status.active, Status.paused))
    drafted = exists().where(*uses, StepRow.position == TodoRow.step)
    waiting = TodoRow.status.in_((TodoStatus.open, TodoStatus.away)), EnrollmentRow.asked_by.is_(None), drafted
    used = select(SequenceRow.id).where(exists().where(StepRow.sequence_id == SequenceRow.id, uses[1]), shown_to(user))
    drafts = select(TodoRow.id).join(EnrollmentRow, EnrollmentRow.todo == TodoRow.id).where(*waiting)
    drafts = drafts.where(EnrollmentRow.sequence_id.in_(used))
    return Users(
        sequences=await _number(tx, used),
        coming=await _number(tx, select(EnrollmentRow.id).where(EnrollmentRow.sequence_id.in_(used), running, ahead)),
        drafts=await _number(tx, drafts.where(TodoRow.edited.is_(False))),
        touched=await _number(tx, drafts.where(TodoRow.edited)),
    )


async def _number(tx: AsyncSession, rows: Select[Any]) -> int:
    return await tx.scalar(select(func.count()).select_from(rows.subquery())) or 0
