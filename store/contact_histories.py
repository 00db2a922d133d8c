"""What was done with a contact, from all tables, newest first; what the user does not see is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, cast, exists, literal, null, or_, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import Contact, Level, User
from sequencing.todos import TodoStatus
from store import sequences, users
from store.mail_tables import MailRow
from store.people_tables import OpportunityRow, StageMoveRow, StageRow
from store.sequences import shown_to
from store.tables import EnrollmentRow, MessageRow, MessageState, RemovalRow, SequenceRow, TodoRow
from store.text_tables import IncomingTextRow

COLUMNS = ("kind", "at", "enrollment_id", "sequence_id", "user_id", "state", "title", "words")
NO_TEXT, NO_NUMBER = cast(null(), String), cast(null(), Integer)
LEFT = (MessageState.sent, MessageState.unknown)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done. `kind` is `email`, `text` (they left), `mail_in`, `text_in`, `call`, `task`,
    `manual_email` (a to-do that is done), `removed` or `stage`; `by` who did it, `state` what came of it.
    """

    kind: str
    at: datetime
    sequence: str | None
    enrollment_id: str | None
    by: str | None
    state: str
    title: str
    words: str


async def of_contact(tx: AsyncSession, user: User, contact: Contact, limit: int = 200) -> list[Line]:
    """The newest so many, in three statements. Of enrollments whose row is gone the id is left out."""
    his = user.level is Level.manage or contact.owner_id == user.id
    parts = [part.limit(limit).subquery() for part in _parts(contact.id, user, his)]
    rows = union_all(*(select(*part.c) for part in parts)).order_by("at")
    found = (await tx.execute(rows)).all()[-limit:][::-1]
    names = await sequences.names(tx, {row.sequence_id for row in found if row.sequence_id})
    people = await users.some(tx, {row.user_id for row in found if row.user_id})
    return [
        Line(
            row.kind,
            row.at,
            names.get(row.sequence_id),
            row.enrollment_id,
            people[row.user_id].name if row.user_id in people else None,
            row.state or "",
            row.title or "",
            row.words or "",
        )
        for row in found
    ]


def _parts(contact_id: int, user: User, his: bool) -> list[Select[Any]]:
    """A query of each kind, with the same columns and newest first; `his`: all that is the contact's is shown."""
    return [
        _messages(contact_id, user, his),
        _todos(contact_id, user, his),
        _mails(contact_id, user, his),
        _texts(contact_id, user, his),
        _removals(contact_id, user),
        _moves(contact_id),
    ]


def _messages(contact_id: int, user: User, his: bool) -> Select[Any]:
    row = MessageRow
    seen = _seen(row.sequence_id, user, his, row.sender_id == user.id)
    values = [cast(row.channel, String), row.claimed_at, _there(row.enrollment_id), row.sequence_id, row.sender_id]
    part = _part([*values, cast(row.state, String), row.subject, row.body])
    return part.where(row.contact_id == contact_id, row.state.in_(LEFT), seen).order_by(row.claimed_at.desc())


def _todos(contact_id: int, user: User, his: bool) -> Select[Any]:
    """Manual emails left as messages, which tell more."""
    row = TodoRow
    seen = _seen(row.sequence_id, user, his, row.assignee_id == user.id)
    values = [cast(row.action, String), row.done_at, _there(row.enrollment_id), row.sequence_id, row.done_by]
    part = _part([*values, cast(row.result, String), row.title, row.note])
    done = row.status == TodoStatus.done, row.result.is_not(None)
    return part.where(row.contact_id == contact_id, *done, seen).order_by(row.done_at.desc())


def _mails(contact_id: int, user: User, his: bool) -> Select[Any]:
    row = MailRow
    answered = exists().where(MessageRow.id == row.answers, _seen(MessageRow.sequence_id, user, his, None))
    came = [literal("mail_in"), row.at, NO_TEXT, NO_NUMBER, NO_NUMBER]
    seen = true() if his else answered
    part = _part([*came, cast(row.meaning, String), row.subject, row.text])
    return part.where(row.contact_id == contact_id, seen).order_by(row.at.desc())


def _texts(contact_id: int, user: User, his: bool) -> Select[Any]:
    row = IncomingTextRow
    in_one = exists().where(EnrollmentRow.contact_id == contact_id, _seen(EnrollmentRow.sequence_id, user, his, None))
    values = [literal("text_in"), row.at, NO_TEXT, NO_NUMBER, NO_NUMBER, cast(row.kind, String), literal(""), row.body]
    return _part(values).where(row.contact_id == contact_id, true() if his else in_one).order_by(row.at.desc())


def _removals(contact_id: int, user: User) -> Select[Any]:
    row = RemovalRow
    values = [literal("removed"), row.removed_at, NO_TEXT, row.sequence_id, row.removed_by, NO_TEXT, NO_TEXT, NO_TEXT]
    seen = _seen(row.sequence_id, user, False, None)
    return _part(values).where(row.contact_id == contact_id, seen).order_by(row.removed_at.desc())


def _moves(contact_id: int) -> Select[Any]:
    row = StageMoveRow
    values = [literal("stage"), row.at, NO_TEXT, NO_NUMBER, row.by, StageRow.name, OpportunityRow.title, NO_TEXT]
    part = _part(values).select_from(row).join(StageRow, StageRow.id == row.stage_id)
    part = part.join(OpportunityRow, OpportunityRow.id == row.opportunity_id)
    return part.where(row.contact_id == contact_id).order_by(row.at.desc())


def _part(values: Sequence[Any]) -> Select[Any]:
    return select(*(value.label(name) for name, value in zip(COLUMNS, values, strict=True)))


def _seen(sequence_id: Any, user: User, his: bool, own: ColumnElement[bool] | None) -> ColumnElement[bool]:
    if his:
        return true()
    shown = exists().where(SequenceRow.id == sequence_id, shown_to(user))
    return shown if own is None else or_(own, shown)


def _there(enrollment_id: Any) -> ColumnElement[Any]:
    """The id as long as it has a row."""
    return select(EnrollmentRow.id).where(EnrollmentRow.id == enrollment_id).scalar_subquery()
