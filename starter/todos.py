"""Acts on to-dos: results, skipping, sending a draft, taking back, postponing, handing on; each for many at once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Happening, What
from sequencing.letters import worded
from sequencing.limits import NOTE_LENGTH, WORDING_LENGTH
from sequencing.people import User
from sequencing.permissions import check, may, not_found
from sequencing.sequences import Action
from sequencing.todos import TodoStatus, check_result, postponed_to
from starter.clocks import zone_of_reader
from starter.door import Door, acting_user
from starter.enrollments import Receipt, act
from store import enrollments, news, ties, todos, users
from store.lives import Life
from store.tables import TodoRow

AT_ONCE = 16
"""Of many, so many at a time: each waits for the engine, two seconds where it is away."""


async def resolve(door: Door, todo_id: str, result: str, by: str, note: str | None = None) -> Receipt:
    """Gives a call or a task its result. Raises Refused; who comes second is told who was first."""
    if note is not None and len(note) > NOTE_LENGTH:
        raise Refused("too_long", f"A note has at most {NOTE_LENGTH} characters.")
    todo = await _todo(door, todo_id, by, What.result)
    given = check_result(todo.action, result)
    return await _act(door, todo, Happening(What.result, step=todo.step, todo=todo.id, result=given), by, note)


async def look(door: Door, todo_id: str, by: str) -> TodoRow:
    """The to-do, for whoever may work on it. Raises Refused."""
    return await _todo(door, todo_id, by, What.result)


async def skip(door: Door, todo_id: str, by: str) -> Receipt:
    """Goes on without a result."""
    todo = await _todo(door, todo_id, by, What.skip)
    return await _act(door, todo, Happening(What.skip, step=todo.step, todo=todo.id), by)


async def send(door: Door, todo_id: str, by: str, subject: str | None = None, body: str | None = None) -> Receipt:
    """Sends a manual email, as edited. What was typed is kept even where sending is refused."""
    todo = await _todo(door, todo_id, by, What.send)
    if todo.action is not Action.manual_email:
        raise Refused("not_an_email", f"This is a {todo.action.words}; give it a result instead.")
    if subject is not None or body is not None:
        await edit(door, todo_id, by, subject, body)
    await _check_draft(door, todo_id)
    return await _act(door, todo, Happening(What.send, step=todo.step, todo=todo.id), by)


async def _check_draft(door: Door, todo_id: str) -> None:
    """Raises Refused where the draft, as it is kept, cannot be made into an email."""
    async with door.database.reading() as tx:
        todo = await todos.get(tx, todo_id)
    if todo is not None:
        worded(todo.subject, todo.body, todo.format)


async def edit(door: Door, todo_id: str, by: str, subject: str | None, body: str | None) -> None:
    """Keeps a manual email's draft as typed. Raises Refused, also where it was sent: what leaves is what was sent."""
    if max(len(subject or ""), len(body or "")) > WORDING_LENGTH:
        raise Refused("too_long", f"An email has at most {WORDING_LENGTH} characters.")
    async with door.database.writing() as tx:
        life, todo = await _locked(tx, door, todo_id, by, "draft")
        stands = await news.folded(tx, life.enrollment, life.now, life.course)
        if mine := stands.todo == todo_id and stands.asked_by is None:
            kept = todo.subject if subject is None else subject, todo.body if body is None else body
            await todos.keep_draft(tx, todo_id, *kept)
    if not mine:
        raise Refused("already_answered", await _who_was_first(door, todo) or "That to-do is not open any more.")


async def take_back(door: Door, todo_id: str, by: str) -> Receipt:
    """Takes the result back, as long as the next step has not acted: for who gave it, or who manages."""
    todo = await _resolved(door, todo_id, by)
    return await _act(door, todo, Happening(What.take_back, step=todo.step, todo=todo.id), by)


async def may_take_back(tx: AsyncSession, user: User, enrollment: Enrollment, todo_id: str) -> bool:
    """Whether the user may take that to-do's answer back, if it still can be."""
    _, tie = await ties.to_act(tx, user.id, enrollment, Happening(What.take_back, todo=todo_id))
    return may(user, What.take_back.value, tie)


async def postpone(door: Door, todo_id: str, until: datetime, by: str) -> datetime:
    """Makes it due at another instant, and answers it in UTC; nothing else changes.

    An instant without a zone is a clock time in the assignee's zone. Raises Refused, or Unchanged.
    """
    async with door.database.writing() as tx:
        life, todo = await _locked(tx, door, todo_id, by, "postpone")
        at = postponed_to(until, await zone_of(tx, todo.assignee_id), door.now())
        if at == todo.due_at:
            raise Unchanged("unchanged", "It is due at that instant already.")
        await todos.postpone(tx, todo_id, at)
        await _tell(life, Happening(What.postponed, step=todo.step, until=at), by, {})
        return at


async def zone_of(tx: AsyncSession, user_id: int) -> str:
    """Where the user works; without that, the zone of the settings."""
    return await zone_of_reader(tx, await users.get(tx, user_id))


async def reassign(door: Door, todo_id: str, to: str, by: str) -> None:
    """Puts it on another user's list; nothing else changes. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        life, todo = await _locked(tx, door, todo_id, by, "reassign")
        heir, before = await users.who_stays(tx, to), todo.assignee_id
        if heir.id == before:
            raise Unchanged("unchanged", f"It is on the list of {heir.email} already.")
        await todos.reassign(tx, todo_id, heir.id)
        await _tell(life, Happening(What.reassigned, step=todo.step), by, {"assignee": heir.id, "before": before})


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an act on one of many to-dos: `code` is `done`, or why not."""

    todo: str
    code: str
    sentence: str | None = None


async def each(todo_ids: Collection[str], act_on: Callable[[str], Awaitable[object]]) -> list[Answered]:
    """Acts on every one of them on its own: one that is refused never stops the rest. One named twice is in order."""
    turns, in_order = asyncio.Semaphore(AT_ONCE), {todo_id: asyncio.Lock() for todo_id in todo_ids}

    async def one(todo_id: str) -> Answered:
        async with in_order[todo_id], turns:
            return await _answer(todo_id, act_on)

    return await asyncio.gather(*map(one, todo_ids))


async def _answer(todo_id: str, act_on: Callable[[str], Awaitable[object]]) -> Answered:
    try:
        done = await act_on(todo_id)
    except Refused as refusal:
        return Answered(todo_id, refusal.code, refusal.sentence)
    late = isinstance(done, Receipt) and not done.engine_heard
    return Answered(todo_id, "done", "takes effect when Temporal is back" if late else None)


async def _act(door: Door, todo: TodoRow, happening: Happening, by: str, note: str | None = None) -> Receipt:
    try:
        return await act(door, todo.enrollment_id, happening, by, note)
    except Refused as refusal:
        first = await _who_was_first(door, todo) if refusal.code in ("too_late", "already_ended") else None
        if first is None or happening.what is What.take_back:
            raise
        raise Refused("already_answered", first) from None


async def _who_was_first(door: Door, todo: TodoRow) -> str | None:
    async with door.database.reading() as tx:
        now = await todos.get(tx, todo.id)
        answered = await news.answer_to(tx, todo.enrollment_id, todo.id)
        by, what = (now.done_by, now.result) if now and now.done_by else answered or (None, None)
        user = await users.get(tx, by) if by else None
    return None if user is None else f"{user.name} was first: {what or 'it is done'}."


async def _todo(door: Door, todo_id: str, by: str, what: What) -> TodoRow:
    """The to-do, if it is shown to him: before that is known, no answer may depend on what it is."""
    async with door.database.reading() as tx:
        todo, user = await todos.get(tx, todo_id), await acting_user(tx, by)
        enrollment = await enrollments.get(tx, todo.enrollment_id) if todo else None
        if todo is None or enrollment is None:
            raise not_found()
        _, tie = await ties.to_enrollment(tx, user.id, enrollment, todo_id)
    check(user, what.value, tie)
    return todo


async def _resolved(door: Door, todo_id: str, by: str) -> TodoRow:
    """The to-do, if he may take its result back; whoever was given it, and did not answer it, is told who did."""
    async with door.database.reading() as tx:
        todo, user = await todos.get(tx, todo_id), await acting_user(tx, by)
        enrollment = await enrollments.get(tx, todo.enrollment_id) if todo else None
        if todo is None or enrollment is None:
            raise not_found()
        back = Happening(What.take_back, todo=todo_id)
        _, tie = await ties.to_act(tx, user.id, enrollment, back)
        _, given = await ties.to_enrollment(tx, user.id, enrollment, todo_id)
        giver = await users.get(tx, await todos.answered_by(tx, enrollment, todo_id) or 0)
    if giver is not None and given.own and not may(user, back.what.value, tie):
        said = f"{giver.name} gave it: only who gave a result, or somebody who manages, takes it back."
        raise Refused("not_permitted", said)
    check(user, back.what.value, tie)
    return todo


async def _locked(tx: AsyncSession, door: Door, todo_id: str, by: str, what: str) -> tuple[Life, TodoRow]:
    """The to-do, with its enrollment locked: nothing is told behind what ends it."""
    known = await todos.get(tx, todo_id)
    life = await Life.lock(tx, known.enrollment_id, door.now()) if known else None
    if life is None:
        raise not_found()
    return life, await _permitted(tx, todo_id, by, what)


async def _tell(life: Life, happening: Happening, by: str, details: Mapping[str, int]) -> None:
    """Puts it on the timeline."""
    life.tell(replace(happening, by=(await acting_user(life.tx, by)).id), details)
    await life.save()


async def _permitted(tx: AsyncSession, todo_id: str, by: str, what: str) -> TodoRow:
    todo, user = await todos.get(tx, todo_id), await acting_user(tx, by)
    enrollment = await enrollments.get(tx, todo.enrollment_id) if todo else None
    if todo is None or enrollment is None:
        raise not_found()
    _, tie = await ties.to_enrollment(tx, user.id, enrollment, todo_id)
    check(user, what, tie)
    if todo.status not in (TodoStatus.open, TodoStatus.away):
        raise Refused("too_late", "That to-do is not open any more.")
    return todo
