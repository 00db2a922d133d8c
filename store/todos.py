"""To-dos: being opened, being looked at, being handed on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.sequences import Action, Format
from sequencing.todos import TodoStatus
from store.columns import says
from store.tables import TodoRow


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new to-do shows, as that version of its sequence says it. `subject` and `body` are a manual email's
    draft, in `format`.
    """

    id: str
    action: Action
    assignee_id: int
    opportunity_id: int | None
    title: str
    instructions: str
    subject: str = ""
    body: str = ""
    format: Format = Format.text
    sequence_version: int = 1


async def open_one(tx: AsyncSession, enrollment: Enrollment, opening: Opening, due_at: datetime, now: datetime) -> None:
    """Puts it on the assignee's list."""
    await tx.execute(
        insert(TodoRow).values(
            id=opening.id,
            enrollment_id=enrollment.id,
            sequence_id=enrollment.sequence_id,
            contact_id=enrollment.contact_id,
            opportunity_id=opening.opportunity_id,
            step=enrollment.step,
            action=opening.action,
            assignee_id=opening.assignee_id,
            title=opening.title,
            instructions=opening.instructions,
            subject=opening.subject,
            body=opening.body,
            format=opening.format,
            status=TodoStatus.open,
            opened_at=now,
            due_at=due_at,
            sequence_version=opening.sequence_version,
        )
    )


async def get(tx: AsyncSession, todo_id: str) -> TodoRow | None:
    """The to-do, if there is one."""
    return await tx.get(TodoRow, todo_id, populate_existing=True)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which open to-dos a list shows; None does not narrow."""

    assignee_id: int | None = None
    action: Action | None = None
    sequence_id: int | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 1000


async def on_the_list_of(
    tx: AsyncSession, user_id: int, limit: int = 1000, after: tuple[datetime, str] | None = None
) -> list[TodoRow]:
    """A user's open to-dos, the longest due first; those behind (due, id) `after`."""
    return await listed(tx, Filter(assignee_id=user_id, after=after, limit=limit))


async def listed(tx: AsyncSession, wanted: Filter) -> list[TodoRow]:
    """The open to-dos, the longest due first."""
    rows = select(TodoRow).where(says(TodoRow.status, TodoStatus.open))
    if wanted.after is not None:
        due, after = wanted.after
        behind = and_(TodoRow.due_at == due, TodoRow.id > after)
        rows = rows.where(TodoRow.due_at >= due, or_(TodoRow.due_at > due, behind))
    if wanted.assignee_id is not None:
        rows = rows.where(TodoRow.assignee_id == wanted.assignee_id)
    if wanted.action is not None:
        rows = rows.where(TodoRow.action == wanted.action)
    if wanted.sequence_id is not None:
        rows = rows.where(TodoRow.sequence_id == wanted.sequence_id)
    return list(await tx.scalars(rows.order_by(TodoRow.due_at, TodoRow.id).limit(wanted.limit)))


async def say_anew(tx: AsyncSession, todo_id: str, version: int, said: Mapping[str, object]) -> bool:
    """Keeps what that version of its sequence says (`title`, `instructions`, `subject`, `body`, `format`); False where
    somebody has touched its draft, which stays.
    """
    untouched = update(TodoRow).where(TodoRow.id == todo_id, TodoRow.edited.is_(False))
    told = await tx.execute(untouched.values(sequence_version=version, **said).returning(TodoRow.id))
    return told.first() is not None


async def keep_draft(tx: AsyncSession, todo_id: str, subject: str, body: str) -> None:
    """Keeps a manual email as typed."""
    await tx.execute(update(TodoRow).where(TodoRow.id == todo_id).values(subject=subject, body=body, edited=True))


async def postpone(tx: AsyncSession, todo_id: str, until: datetime) -> None:
    """Makes it due later (or earlier)."""
    await tx.execute(update(TodoRow).where(TodoRow.id == todo_id).values(due_at=until))


async def reassign(tx: AsyncSession, todo_id: str, user_id: int) -> None:
    """Puts it on another user's list."""
    await tx.execute(update(TodoRow).where(TodoRow.id == todo_id).values(assignee_id=user_id))
