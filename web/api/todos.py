"""To-dos, and what else waits for somebody."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sequencing.errors import Refused, quoted
from sequencing.limits import NOTE_LENGTH, WORDING_LENGTH
from sequencing.people import Contact
from sequencing.todos import RESULTS
from starter import todos as acts
from starter.attention import Waiting, attention_of
from starter.door import acting_user
from store import contacts, todos
from store.tables import TodoRow
from web.acting import At, By
from web.api.enrollments import done
from web.api.words import After, Body, Done, Id, Instant, Limit, Text, changed
from web.once import Once

router = APIRouter(tags=["to-dos"], route_class=Once)


class Todo(BaseModel):
    """An open to-do. `results` are those it may be given; `subject` and `body` are a manual email's draft."""

    id: str
    kind: str
    enrollment_id: str
    sequence_id: int
    contact_id: int
    contact: str
    step: int
    title: str
    instructions: str
    subject: str
    body: str
    format: str
    results: list[str]
    due: datetime

    @classmethod
    def of(cls, row: TodoRow, contact: Contact | None) -> Self:
        """The to-do, with its contact's name."""
        return cls(
            id=row.id,
            kind=row.action,
            enrollment_id=row.enrollment_id,
            sequence_id=row.sequence_id,
            contact_id=row.contact_id,
            contact=contact.name if contact else "?",
            step=row.step,
            title=row.title,
            instructions=row.instructions,
            subject=row.subject,
            body=row.body,
            format=row.format,
            results=list(RESULTS.get(row.action, ())),
            due=row.due_at,
        )


class Todos(BaseModel):
    """A page of to-dos. `next` is the cursor of the next page; null: this was the last."""

    items: list[Todo]
    next: str | None


@router.get("/todos")
async def listed(door: At, by: By, after: After = "", limit: Limit = 100) -> Todos:
    """Your open to-dos, the longest due first."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by.email)
        found = await todos.on_the_list_of(tx, user.id, limit + 1, read_cursor(after))
        people = await contacts.some(tx, [todo.contact_id for todo in found])
    page = found[:limit]
    items = [Todo.of(row, people.get(row.contact_id)) for row in page]
    return Todos(items=items, next=write_cursor(page[-1]) if len(found) > limit else None)


class ResultSaid(Body):
    """What came of a call or a task."""

    result: Annotated[Text, Field(max_length=40)]
    note: Annotated[Text, Field(max_length=NOTE_LENGTH)] | None = None


@router.post("/todos/{id}/result")
async def resolve(door: At, by: By, id: Id, said: ResultSaid) -> Done:
    """Gives a call or a task its result; who comes second is told who was first."""
    return await done(acts.resolve(door, id, said.result, by.email, said.note))


@router.delete("/todos/{id}/result")
async def take_back(door: At, by: By, id: Id) -> Done:
    """Takes the result back, as long as the next step has not acted."""
    return await done(acts.take_back(door, id, by.email))


class EmailSaid(Body):
    """Instead of the draft's wording; what is left out stays as it is."""

    subject: Annotated[Text, Field(max_length=WORDING_LENGTH)] | None = None
    body: Annotated[Text, Field(max_length=WORDING_LENGTH)] | None = None


@router.post("/todos/{id}/email")
async def send(door: At, by: By, id: Id, said: EmailSaid) -> Done:
    """Sends a manual email, as edited."""
    return await done(acts.send(door, id, by.email, said.subject, said.body))


@router.post("/todos/{id}/skip")
async def skip(door: At, by: By, id: Id) -> Done:
    """Goes on without a result."""
    return await done(acts.skip(door, id, by.email))


@router.post("/todos/{id}/postponement")
async def postpone(door: At, by: By, id: Id, said: Instant) -> Done:
    """Makes it due at another instant."""
    return await changed(acts.postpone(door, id, said.until, by.email))


class AssignmentSaid(Body):
    """Whose it shall be, by email."""

    to: Annotated[Text, Field(max_length=320)]


@router.post("/todos/{id}/assignment")
async def reassign(door: At, by: By, id: Id, said: AssignmentSaid) -> Done:
    """Puts it on another user's list."""
    return await changed(acts.reassign(door, id, said.to, by.email))


class Attention(BaseModel):
    """The first 1,000 of what waits for you besides to-dos; `notices` are what everybody should know."""

    items: list[Waiting]
    notices: list[str]


@router.get("/attention")
async def attention(door: At, by: By) -> Attention:
    """What waits for you besides to-dos: each with its cause, since when, and what mends it."""
    items, notices = await attention_of(door, by.email)
    return Attention(items=items, notices=notices)


def read_cursor(said: str) -> tuple[datetime, str] | None:
    """The place of a to-do in the list. Raises Refused(`invalid_cursor`)."""
    if not said:
        return None
    due, _, todo = said.partition("_")
    try:
        at = datetime.fromisoformat(due).astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or not due.endswith("Z"):
        raise Refused("invalid_cursor", f"{quoted(said)} is no cursor; take `next` of an earlier answer.")
    return at, todo


def write_cursor(row: TodoRow) -> str:
    """The place as text."""
    return f"{row.due_at.isoformat().replace('+00:00', 'Z')}_{row.id}"
