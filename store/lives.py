"""One enrollment, locked inside one transaction: the rules decide what happens to it, this writes it down.

Rows changed by a life: the enrollment, its current to-do, the marks on its news, its timeline.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.decisions import Decision, decide, removed
from sequencing.enrollments import Enrollment, Status
from sequencing.errors import Refused
from sequencing.happenings import Happening, Settlement, What, Why
from sequencing.sequences import Course
from sequencing.todos import TodoStatus
from sequencing.transitions import happen
from store import messages, sequences, tracking
from store.news import NOTED, append_noted, read
from store.tables import EnrollmentRow, EventRow, MessageRow, MessageState, NewsRow, RemovalRow, TodoRow

COLUMNS = tuple(field.name for field in fields(Enrollment))
EVENTS = EventRow.metadata.tables[EventRow.__tablename__]
ROWS = select(*(getattr(EnrollmentRow, name) for name in COLUMNS))
"""What makes enrollments, in their order: a list costs half of what it costs with rows of the mapper."""
READ = attrgetter(*COLUMNS)
LOCK = ROWS.with_for_update().where(EnrollmentRow.id == bindparam("enrollment_id"))


class Life:
    """`enrollment` is where it stands now, `now` the instant every rule here uses."""

    def __init__(self, tx: AsyncSession, enrollment: Enrollment, course: Course, now: datetime) -> None:
        self.tx, self.enrollment, self.course, self.now = tx, enrollment, course, now
        self._before = enrollment
        self._events: list[dict[str, Any]] = []
        self._todos: dict[str, dict[str, Any]] = {}
        self._left: Enrollment | None = None

    @classmethod
    async def lock(cls, tx: AsyncSession, enrollment_id: str, now: datetime) -> Self | None:
        """The enrollment with its row locked until the transaction ends; None when it was removed."""
        row = (await tx.execute(LOCK, {"enrollment_id": enrollment_id})).first()
        if row is None:
            return None
        enrollment = Enrollment(*row)
        return cls(tx, enrollment, await sequences.course_of(tx, enrollment), now)

    @property
    def decision(self) -> Decision:
        """What comes next."""
        if self.enrollment.status is Status.removed:
            return removed(self.enrollment.step)
        return decide(self.enrollment, self.course)

    def happen(self, happening: Happening, details: Mapping[str, Any] | None = None, note: str | None = None) -> None:
        """Lets it happen, by the rules. Raises Refused, and nothing happened."""
        before, after = self.enrollment, happen(self.enrollment, happening, self.now, self.course)
        self.enrollment = after
        if happening.what is What.settle and happening.settlement is Settlement.left:
            self._left = before
        self._change_todo(before, after, happening, note)
        kept = happening.what is What.look_again and before.due_at == after.due_at
        self.tell(happening, {**({} if kept else put_off(after)), **(details or {})})

    def tell(self, happening: Happening, details: Mapping[str, Any] | None = None, code: str | None = None) -> None:
        """Puts it on the timeline. `code` says why it changed nothing."""
        self._events.append(
            {
                "enrollment_id": self.enrollment.id,
                "at": self.now,
                "what": happening.what,
                "by": happening.by,
                "step": happening.step or self._before.step,
                "status": self.enrollment.status,
                "code": code,
                "details": {**_told(happening), **(details or {})},
            }
        )

    async def note_news(self) -> None:
        """Takes in, in order, all news that was recorded and not yet noted."""
        if self.enrollment.noted == self.enrollment.last_news:
            return
        unnoted = select(NewsRow).where(
            NewsRow.enrollment_id == self.enrollment.id, NewsRow.number > self.enrollment.noted
        )
        for row in await self.tx.scalars(unnoted.order_by(NewsRow.number)):
            self._note(row)
        self.enrollment = replace(self.enrollment, noted=self.enrollment.last_news)

    async def keep(self, happening: Happening, key: str, code: str) -> None:
        """Records what a signal from outside brought, so that it is not judged again."""
        piece = await append_noted(self.tx, self.enrollment, happening, self.now, key, code)
        self.enrollment = replace(self.enrollment, last_news=piece.number, noted=piece.number)

    def _note(self, row: NewsRow) -> None:
        happening = read(row)
        try:
            self.happen(happening, note=row.happening.get("note"))
            row.code = NOTED
        except Refused as refusal:
            self.tell(happening, code=refusal.code)
            row.code = refusal.code

    def _change_todo(self, before: Enrollment, after: Enrollment, happening: Happening, note: str | None) -> None:
        if happening.what is What.take_back and after.todo:
            reopened = {"result": None, "note": None, "done_by": None, "done_at": None}
            self._todos[after.todo] = {"status": after.todo_status, **reopened}
        elif before.todo is None:
            return
        elif after.todo == before.todo:
            if after.todo_status is not before.todo_status:
                self._todos.setdefault(before.todo, {})["status"] = after.todo_status
        else:
            self._todos.setdefault(before.todo, {}).update(_closing(before, happening, self.now, note))

    async def save(self) -> Decision:
        """Writes everything down, in at most one statement a table, and answers what comes next."""
        for todo, values in self._todos.items():
            await self.tx.execute(update(TodoRow).where(TodoRow.id == todo).values(**values))
        if self._left is not None:
            await messages.settle_left(self.tx, self._left, self.now)
        if self.enrollment.status is Status.removed:
            await self._delete()
            return self.decision
        changed = {
            n: getattr(self.enrollment, n) for n in COLUMNS if getattr(self.enrollment, n) != getattr(self._before, n)
        }
        if changed:
            await self.tx.execute(update(EnrollmentRow).where(EnrollmentRow.id == self.enrollment.id).values(**changed))
        if self._events:
            await self.tx.execute(insert(EVENTS), self._events)
        self._before, self._events, self._todos, self._left = self.enrollment, [], {}, None
        return self.decision

    async def _delete(self) -> None:
        """What was completed stays in the contact's history, and the line of the removal; all else goes for good."""
        gone, tx = self.enrollment, self.tx
        remover = next((event["by"] for event in self._events if event["what"] is What.remove), None)
        kept = (MessageState.sent, MessageState.handing_over)
        unsent = MessageRow.enrollment_id == gone.id, MessageRow.state.not_in(kept)
        undone = TodoRow.enrollment_id == gone.id, TodoRow.status != TodoStatus.done
        await tracking.forget(tx, [gone.id])
        await tx.execute(delete(MessageRow).where(*unsent))
        await tx.execute(delete(TodoRow).where(*undone))
        await tx.execute(delete(EnrollmentRow).where(EnrollmentRow.id == gone.id))
        await tx.execute(delete(EventRow).where(EventRow.enrollment_id == gone.id))
        await tx.execute(insert(EVENTS), [event for event in self._events if event["what"] is What.remove])
        tx.add(
            RemovalRow(
                enrollment_id=gone.id,
                sequence_id=gone.sequence_id,
                contact_id=gone.contact_id,
                removed_by=remover,
                removed_at=self.now,
            )
        )
        await tx.flush()


def value(row: EnrollmentRow) -> Enrollment:
    """The row as a value."""
    return Enrollment(*READ(row))


def _closing(before: Enrollment, happening: Happening, now: datetime, note: str | None) -> dict[str, Any]:
    """What becomes of a to-do its enrollment has left behind."""
    status = {
        What.result: TodoStatus.done,
        What.sent: TodoStatus.done,
        What.settle: TodoStatus.done,
        What.skip: TodoStatus.skipped,
    }.get(happening.what, TodoStatus.withdrawn)
    if status is TodoStatus.withdrawn:
        return {"status": status}
    by = happening.by or before.asked_by
    return {"status": status, "result": happening.result, "note": note, "done_by": by, "done_at": now}


def put_off(after: Enrollment) -> dict[str, Any]:
    """That a text now keeps to the contact's night, and until when."""
    if after.why is not Why.quiet_hours:
        return {}
    return {"why": Why.quiet_hours, "until": after.due_at.isoformat() if after.due_at else None}


def _told(happening: Happening) -> dict[str, Any]:
    """The happening's own words, for the timeline."""
    words = ("result", "outcome", "settlement", "reason", "why", "copy", "sender", "mail", "text")
    told = {word: getattr(happening, word) for word in words if getattr(happening, word) is not None}
    told |= {"any_hour": True} if happening.any_hour else {}
    return told if happening.until is None else {**told, "until": happening.until.isoformat()}
