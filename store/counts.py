"""How much waits for somebody: what stands beside the sections of the navigation."""

from functools import cache

from sqlalchemy import Integer, Select, bindparam, exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import User
from store.enrollments import gone, waits_for
from store.tables import EnrollmentRow, HoldRow, TodoRow
from store.todos import is_on_the_list

MOST = 100
"""Nobody counts further: every page asks, and a thousand cost PostgreSQL 30 ms."""


async def waiting(tx: AsyncSession, user: User) -> tuple[int, int, bool]:
    """His open to-dos, the enrollments that wait for him, each up to a hundred, and whether any hold stands; in two
    statements.
    """
    left = await gone(tx, user)
    given, stuck, any_hold = (await tx.execute(_numbers(bool(left)), {"reader": user.id, "gone": left})).one()
    return given, stuck, bool(any_hold)


@cache
def _numbers(any_gone: bool) -> Select[int, int, bool]:
    """Built once: every page asks it."""
    reader, left = bindparam("reader", type_=Integer), bindparam("gone", expanding=True, type_=Integer)
    one = literal(1).label("one")
    given = select(one).where(TodoRow.assignee_id == reader, is_on_the_list()).limit(MOST).subquery()
    waits = waits_for(reader, left if any_gone else None)
    parts = [select(EnrollmentRow.id).where(some).limit(MOST).subquery() for some in waits]
    stuck = union_all(*(select(part.c.id) for part in parts)).limit(MOST).subquery()
    numbers = [select(func.count()).select_from(some).scalar_subquery() for some in (given, stuck)]
    return select(*numbers, exists(select(HoldRow.scope)))
