"""To-dos, and what else waits for somebody."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel, Field

from sequencing.errors import Refused, quoted
from sequencing.limits import NOTE_LENGTH, WORDING_LENGTH
from sequencing.sequences import Action
from sequencing.todos import RESULTS, DueWithin
from starter import todos as acts
from starter.attention import Waiting, attention_of
from starter.todo_lists import Narrowed, worklist
from store.tables import TodoRow
from web.acting import At, By
from web.api.enrollments import done
from web.api.words import LARGEST_ID, After, Body, Done, Id, Instant, Limit, Text, changed
from web.areas import Area
from web.once import Once

router = Area(tags=["to-dos"], route_class=Once)


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
    def of(cls, row: TodoRow, contact: str) -> Self:
        """The to-do, with its contact's name."""
        return cls(
            id=row.id,
            kind=row.action,
            enrollment_id=row.enrollment_id,
            sequence_id=row.sequence_id,
            contact_id=row.contact_id,
            contact=contact,
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
async def listed(
    door: At,
    by: By,
    kind: Action | None = None,
    sequence: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    due: DueWithin | None = None,
    after: After = "",
    limit: Limit = 100,
) -> Todos:
    """Your open to-dos, the longest due first. `due` speaks of days on your clock."""
    narrowed = Narrowed(kind, sequence, due, read_cursor(after), limit)
    found, more = await worklist(door, narrowed, by.email)
    items = [Todo.of(one.todo, one.contact) for one in found]
    return Todos(items=items, next=write_cursor(found[-1].todo) if more else None)


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
    """What waits for you besides to-dos; `notices` are what everybody should know. `next`: the cursor of the next page;
    null: this was the last.
    """

    items: list[Waiting]
    notices: list[str]
    next: str | None


@router.get("/attention")
async def attention(
    door: At, by: By, after: After = "", limit: Annotated[int, Query(ge=1, le=1000, description="At most.")] = 1000
) -> Attention:
    """What waits for you besides to-dos, the longest waiting first: each with its cause, since when, and what mends
    it. Holds come first of all.
    """
    told = await attention_of(door, by.email, after=read_cursor(after), limit=limit)
    return Attention(items=told.items, notices=told.notices, next=cursor(*told.more) if told.more else None)


def read_cursor(said: str) -> tuple[datetime, str] | None:
    """A place in a list: an instant, and an id. Raises Refused(`invalid_cursor`)."""
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
    """The place of a to-do in the list."""
    return cursor(row.due_at, row.id)


def cursor(at: datetime, id: str) -> str:
    """The place as text."""
    return f"{at.isoformat().replace('+00:00', 'Z')}_{id}"
