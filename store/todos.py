"""To-dos: being opened, being looked at, being handed on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, exists, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from sequencing.enrollments import Enrollment
from sequencing.happenings import What
from sequencing.sequences import Action, Format
from sequencing.todos import Bounds, TodoStatus
from store.columns import says
from store.people_tables import CompanyRow, ContactRow
from store.tables import NewsRow, SequenceRow, TodoRow

S = TypeVar("S", bound=Select[*tuple[Any, ...]])


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
    due: Bounds = (None, None)
    after: tuple[datetime, str] | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """An open to-do as a list shows it: with the names that belong to it."""

    todo: TodoRow
    sequence: str
    contact: str
    title: str
    company: str


async def on_the_list_of(
    tx: AsyncSession, user_id: int, limit: int = 1000, after: tuple[datetime, str] | None = None
) -> list[TodoRow]:
    """A user's open to-dos, the longest due first; those behind (due, id) `after`."""
    return await listed(tx, Filter(assignee_id=user_id, after=after, limit=limit))


async def listed(tx: AsyncSession, wanted: Filter) -> list[TodoRow]:
    """The open to-dos, the longest due first."""
    return list(await tx.scalars(_in_order(wanted, select(TodoRow))))


async def lines(tx: AsyncSession, wanted: Filter) -> list[Line]:
    """The same, each with its names."""
    return _read((await tx.execute(_in_order(wanted, _named()))).all())


async def places(tx: AsyncSession, wanted: Filter) -> list[Row[datetime, str]]:
    """(due_at, id) of the same, and nothing else of them."""
    return list((await tx.execute(_in_order(wanted, select(TodoRow.due_at, TodoRow.id)))).all())


async def lines_of(tx: AsyncSession, user_id: int, ids: Collection[str]) -> list[Line]:
    """Those to-dos of a user, whatever became of them, with their names."""
    return _read((await tx.execute(_named().where(TodoRow.id.in_(ids), TodoRow.assignee_id == user_id))).all())


def _named() -> Select[TodoRow, str, str, str, str, str]:
    contact = ContactRow.first_name, ContactRow.last_name, ContactRow.title, CompanyRow.name.label("company")
    rows = select(TodoRow, SequenceRow.name.label("sequence"), *contact)
    rows = rows.join(SequenceRow, SequenceRow.id == TodoRow.sequence_id)
    rows = rows.join(ContactRow, ContactRow.id == TodoRow.contact_id)
    return rows.outerjoin(CompanyRow, CompanyRow.id == ContactRow.company_id)


def _read(found: Sequence[Any]) -> list[Line]:
    return [
        Line(row[0], row.sequence, f"{row.first_name} {row.last_name}".strip(), row.title, row.company or "")
        for row in found
    ]


async def sequences_of(tx: AsyncSession, user_id: int) -> list[tuple[int, str]]:
    """(number, name) of the sequences that a user's open to-dos belong to, by name."""
    of = TodoRow.sequence_id == SequenceRow.id, TodoRow.assignee_id == user_id
    one = select(TodoRow.id).where(*of, is_on_the_list()).offset(0)  # so that it is looked for in each sequence
    rows = select(SequenceRow.id, SequenceRow.name).where(one.correlate(SequenceRow).exists())
    return [(row.id, row.name) for row in await tx.execute(rows.order_by(SequenceRow.name, SequenceRow.id))]


def _in_order(wanted: Filter, rows: S) -> S:
    rows = rows.where(is_on_the_list())
    since, until = wanted.due
    if wanted.after is not None:
        due, after = wanted.after
        behind = and_(TodoRow.due_at == due, TodoRow.id > after)
        rows = rows.where(TodoRow.due_at >= due, or_(TodoRow.due_at > due, behind))
    if since is not None:
        rows = rows.where(TodoRow.due_at >= since)
    if until is not None:
        rows = rows.where(TodoRow.due_at < until)
    if wanted.assignee_id is not None:
        rows = rows.where(TodoRow.assignee_id == wanted.assignee_id)
    if wanted.action is not None:
        rows = rows.where(TodoRow.action == wanted.action)
    if wanted.sequence_id is not None:
        rows = rows.where(TodoRow.sequence_id == wanted.sequence_id)
    return rows.order_by(TodoRow.due_at, TodoRow.id).limit(wanted.limit)


ANSWERS = (What.result, What.skip, What.send)


@cache
def is_on_the_list() -> ColumnElement[bool]:
    """The condition that a to-do is open, and that no answer was recorded that its run has only to take in."""
    answer, taken_back = aliased(NewsRow), aliased(NewsRow)
    later = exists().where(
        taken_back.enrollment_id == answer.enrollment_id,
        taken_back.number > answer.number,
        taken_back.code.is_(None),
        says(taken_back.what, What.take_back),
    )
    answers = select(answer.number).where(
        answer.enrollment_id == TodoRow.enrollment_id,
        answer.code.is_(None),
        says(answer.what, *ANSWERS),
        not_(later.correlate(answer)),
    )
    one_by_one = answers.offset(0).correlate(TodoRow)  # else PostgreSQL reads all news beforehand
    return and_(says(TodoRow.status, TodoStatus.open), not_(one_by_one.exists()))


async def answered_by(tx: AsyncSession, enrollment: Enrollment, todo_id: str) -> int | None:
    """Whose result, skip or sending is the to-do's last answer, whether or not its run has taken it in."""
    rows = select(NewsRow).where(NewsRow.enrollment_id == enrollment.id, NewsRow.number > enrollment.noted)
    newest_first = await tx.scalars(rows.where(says(NewsRow.what, *ANSWERS)).order_by(NewsRow.number.desc()))
    answer = next((row.happening.get("by") for row in newest_first if row.happening.get("todo") == todo_id), None)
    of = TodoRow.id == todo_id, TodoRow.enrollment_id == enrollment.id
    return answer or await tx.scalar(select(TodoRow.done_by).where(*of))


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


async def titles(tx: AsyncSession, enrollment_id: str) -> dict[int, str]:
    """What the last to-do of each step is called, or the subject of its draft, by step."""
    rows = select(TodoRow.step, TodoRow.title, TodoRow.subject).where(TodoRow.enrollment_id == enrollment_id)
    return {row.step: row.title or row.subject for row in await tx.execute(rows.order_by(TodoRow.id))}


async def postpone(tx: AsyncSession, todo_id: str, until: datetime) -> None:
    """Makes it due later (or earlier)."""
    await tx.execute(update(TodoRow).where(TodoRow.id == todo_id).values(due_at=until))


async def reassign(tx: AsyncSession, todo_id: str, user_id: int) -> None:
    """Puts it on another user's list."""
    await tx.execute(update(TodoRow).where(TodoRow.id == todo_id).values(assignee_id=user_id))
