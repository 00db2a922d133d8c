"""Looking at to-dos: whose, which, overdue ones first; and all that one shows to whoever does it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sequencing.people import AddressType, Contact
from sequencing.permissions import Tie, check, not_found
from sequencing.sequences import Action
from sequencing.todos import Due, due
from starter.clocks import local_time
from starter.door import Door, acting_user
from starter.todos import zone_of
from store import contacts, enrollments, inbound, messages, sequences, settings, ties, todos, users
from store.tables import TodoRow


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


async def shown(door: Door, todo_id: str, by: str) -> dict[str, Any]:
    """All that a to-do shows. Raises Refused where it is not his and he does not manage."""
    async with door.database.reading() as tx:
        user, todo = await acting_user(tx, by), await todos.get(tx, todo_id)
        enrollment = await enrollments.get(tx, todo.enrollment_id) if todo else None
        if todo is None or enrollment is None:
            raise not_found()
        _, tie = await ties.to_enrollment(tx, user.id, enrollment, todo_id)
        check(user, "see_todo", tie)
        contact = (await contacts.some(tx, [todo.contact_id]))[todo.contact_id]
        opportunity = await contacts.opportunity(tx, todo.opportunity_id)
        assignee = (await users.some(tx, [todo.assignee_id]))[todo.assignee_id]
        letters = await messages.of_enrollment(tx, todo.enrollment_id)
        reply = await inbound.last_reply(tx, todo.contact_id)
        zone, house = await zone_of(tx, todo.assignee_id), (await settings.current(tx)).calendar.zone
    return {
        "id": todo.id,
        "kind": todo.action,
        "status": todo.status,
        "due": todo.due_at.isoformat(timespec="seconds"),
        "when": due(todo.due_at, door.now(), zone),
        "assignee": assignee.email,
        **_person(contact, door.now(), house),
        "opportunity": opportunity.title if opportunity else None,
        "title": todo.title,
        "instructions": todo.instructions,
        "subject": todo.subject,
        "body": todo.body,
        "format": todo.format,
        "last message": letters[-1].subject or letters[-1].body if letters else None,
        "last reply": reply.text if reply else None,
        "replied": reply.at.isoformat(timespec="seconds") if reply else None,
        "enrollment": todo.enrollment_id,
    }


def _person(contact: Contact, now: datetime, zone: str) -> dict[str, Any]:
    return {
        "contact": contact.name,
        "contact title": contact.title,
        "company": contact.company.name if contact.company else None,
        "local time": local_time(contact, now, zone),
        "number": contact.mobile,
        "email": contact.address(AddressType.any),
    }
