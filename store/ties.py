"""What ties a user to the thing he wants to act on: what the rules of permission ask."""

from dataclasses import replace

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Happening, What
from sequencing.people import User
from sequencing.permissions import Tie
from store import todos, users
from store.people_tables import ContactRow
from store.sequences import shown_to
from store.tables import SequenceRow, TodoRow

TODO_ACTS = frozenset({What.result, What.skip, What.send, What.take_back})
"""Acts on a to-do belong to whoever was given it; naming one gives no right to any other act."""


async def to_enrollment(
    tx: AsyncSession, user_id: int, enrollment: Enrollment, todo_id: str | None = None
) -> tuple[User, Tie]:
    """The user and his tie to an enrollment, or to a to-do of it given to him. Raises Refused(`unknown_user`)."""
    user = await users.get(tx, user_id)
    if user is None:
        raise Refused("unknown_user", "There is no such user.")
    if todo_id is not None:
        return user, Tie(own=await _was_given(tx, user, enrollment, todo_id), seen=await _sees(tx, user, enrollment))
    started = enrollment.enrolled_by == user.id
    return user, Tie(own=started or await _owns_contact(tx, user, enrollment), seen=await _sees(tx, user, enrollment))


async def to_act(tx: AsyncSession, user_id: int, enrollment: Enrollment, happening: Happening) -> tuple[User, Tie]:
    """The user and his tie to what that act regards: the enrollment, his to-do, or the result that he gave."""
    todo = happening.todo if happening.what in TODO_ACTS else None
    user, tie = await to_enrollment(tx, user_id, enrollment, todo)
    if happening.what is not What.take_back or todo is None:
        return user, tie
    gave = await todos.answered_by(tx, enrollment, todo)
    return user, tie if gave is None else replace(tie, own=gave == user.id)


async def to_sequence(tx: AsyncSession, user: User, sequence: SequenceRow) -> Tie:
    """The user's tie to a sequence: his own, or shared with him."""
    shown = await tx.scalar(select(exists().where(SequenceRow.id == sequence.id, shown_to(user))))
    return Tie(own=sequence.owner_id == user.id, seen=bool(shown))


async def _owns_contact(tx: AsyncSession, user: User, enrollment: Enrollment) -> bool:
    owner = await tx.scalar(select(ContactRow.owner_id).where(ContactRow.id == enrollment.contact_id))
    return owner == user.id


async def _was_given(tx: AsyncSession, user: User, enrollment: Enrollment, todo_id: str) -> bool:
    of = TodoRow.id == todo_id, TodoRow.enrollment_id == enrollment.id
    return bool(await tx.scalar(select(exists().where(*of, TodoRow.assignee_id == user.id))))


async def _sees(tx: AsyncSession, user: User, enrollment: Enrollment) -> bool:
    shown = exists().where(SequenceRow.id == enrollment.sequence_id, shown_to(user))
    given = exists().where(TodoRow.enrollment_id == enrollment.id, TodoRow.assignee_id == user.id)
    return bool(await tx.scalar(select(shown | given)))
