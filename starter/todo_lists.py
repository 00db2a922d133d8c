"""Looking at to-dos: whose, which, overdue ones first; and all that one shows to whoever does it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment, StepState
from sequencing.people import AddressType, Contact, User
from sequencing.permissions import Tie, check, not_found
from sequencing.sequences import Action
from sequencing.todos import Due, DueWithin, bounds, due
from starter.clocks import local_time
from starter.door import Door, acting_user
from starter.todos import may_take_back, zone_of
from store import contacts, enrollments, messages, news, replies, sequences, settings, ties, todos, users
from store.replies import Reply
from store.tables import MessageRow, TodoRow
from store.todos import Line


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open to-dos: `of` a user by email (empty: one's own), or everybody's; the rest narrows."""

    of: str = ""
    everybody: bool = False
    kind: Action | None = None
    sequence: str = ""
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One to-do on a list."""

    todo: TodoRow
    contact: str
    assignee: str
    due: Due


async def todo_list(door: Door, wanted: Wanted, by: str) -> list[Listed]:
    """The open to-dos, overdue ones first, then the longest due. Raises Refused: others' need the level `manage`."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        of = None if wanted.everybody else await users.by_email(tx, wanted.of) if wanted.of else user
        check(user, "see_todo", Tie(own=of is not None and of.id == user.id, seen=True))
        only = (await sequences.find(tx, wanted.sequence, user)).id if wanted.sequence else None
        rows = await todos.listed(tx, todos.Filter(of.id if of else None, wanted.kind, only))
        people = await contacts.some(tx, [row.contact_id for row in rows])
        assignees = await users.some(tx, {row.assignee_id for row in rows})
        zone, now = (await settings.current(tx)).calendar.zone, door.now()
    listed = [
        Listed(row, people[row.contact_id].name, who.email, due(row.due_at, now, who.time_zone or zone))
        for row, who in ((row, assignees[row.assignee_id]) for row in rows)
    ]
    fitting = [one for one in listed if wanted.due in (None, one.due)]
    return sorted(fitting, key=lambda one: one.due is not Due.overdue)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which of one's own open to-dos: None does not narrow; those behind (due, id) `after`."""

    kind: Action | None = None
    sequence_id: int | None = None
    due: DueWithin | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 100


async def worklist(door: Door, wanted: Narrowed, by: str) -> tuple[list[Line], bool]:
    """One's own open to-dos, overdue ones first, then the longest due; and whether there are more. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        zone = user.time_zone or (await settings.current(tx)).calendar.zone
        due = bounds(wanted.due, door.now(), zone) if wanted.due else (None, None)
        of = wanted.kind, wanted.sequence_id, due, wanted.after
        found = await todos.lines(tx, todos.Filter(user.id, *of, limit=wanted.limit + 1))
    return found[: wanted.limit], len(found) > wanted.limit


@dataclass(frozen=True, slots=True)
class Card:
    """All that a to-do shows, with everything recorded about its enrollment taken in.

    `local_time`: weekday and hour where the contact is; None where nobody knows. `wrote`: what left last for the
    contact in this enrollment. `is_open`: it can be answered now; `is_answered`: its answer can be taken back,
    and who reads may do it.
    """

    todo: TodoRow
    contact: Contact
    sequence: str
    assignee: User
    when: Due
    local_time: str | None
    opportunity: str | None
    wrote: MessageRow | None
    reply: Reply | None
    is_open: bool
    is_answered: bool


async def card(door: Door, todo_id: str, by: str) -> Card:
    """The to-do, for whoever may work on it. Raises Refused."""
    async with door.database.reading() as tx:
        user, todo = await acting_user(tx, by), await todos.get(tx, todo_id)
        enrollment = await enrollments.get(tx, todo.enrollment_id) if todo else None
        if todo is None or enrollment is None:
            raise not_found()
        _, tie = await ties.to_enrollment(tx, user.id, enrollment, todo_id)
        check(user, "see_todo", tie)
        stands = await _as_it_will_be(tx, enrollment, door.now())
        contact = (await contacts.some(tx, [todo.contact_id]))[todo.contact_id]
        opportunity = await contacts.opportunity(tx, todo.opportunity_id)
        letters = await messages.of_enrollment(tx, todo.enrollment_id)
        return Card(
            todo=todo,
            contact=contact,
            sequence=(await sequences.names(tx, [todo.sequence_id]))[todo.sequence_id],
            assignee=(await users.some(tx, [todo.assignee_id]))[todo.assignee_id],
            when=due(todo.due_at, door.now(), await zone_of(tx, todo.assignee_id)),
            local_time=local_time(contact, door.now(), "UTC") if contact.time_zone else None,
            opportunity=opportunity.title if opportunity else None,
            wrote=letters[-1] if letters else None,
            reply=(await replies.latest(tx, [todo.contact_id])).get(todo.contact_id),
            is_open=stands.place is StepState.to_do and stands.todo == todo.id,
            is_answered=stands.answered_todo == todo.id and await may_take_back(tx, user, enrollment, todo.id),
        )


async def _as_it_will_be(tx: AsyncSession, enrollment: Enrollment, now: datetime) -> Enrollment:
    """With all news taken in that its run has still to note."""
    if enrollment.noted == enrollment.last_news:
        return enrollment
    return await news.folded(tx, enrollment, now, await sequences.course_of(tx, enrollment))


async def shown(door: Door, todo_id: str, by: str) -> dict[str, Any]:
    """The same in words, for a terminal or a program. Raises Refused where it is not his and he does not manage."""
    one = await card(door, todo_id, by)
    todo, contact, reply = one.todo, one.contact, one.reply
    async with door.database.reading() as tx:
        house = (await settings.current(tx)).calendar.zone
    return {
        "id": todo.id,
        "kind": todo.action,
        "status": todo.status,
        "due": todo.due_at.isoformat(timespec="seconds"),
        "when": one.when,
        "assignee": one.assignee.email,
        "contact": contact.name,
        "contact title": contact.title,
        "company": contact.company.name if contact.company else None,
        "local time": local_time(contact, door.now(), house),
        "number": contact.mobile,
        "numbers": ", ".join(f"{number} ({kind})" for kind, number in contact.numbers) or None,
        "email": contact.address(AddressType.any),
        "opportunity": one.opportunity,
        "title": todo.title,
        "instructions": todo.instructions,
        "subject": todo.subject,
        "body": todo.body,
        "format": todo.format,
        "last message": one.wrote.subject or one.wrote.body if one.wrote else None,
        "last reply": reply.text if reply else None,
        "replied": reply.at.isoformat(timespec="seconds") if reply else None,
        "enrollment": todo.enrollment_id,
    }
