"""How much waits for somebody: what stands beside the sections of the navigation."""

from sqlalchemy import exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import User
from store.enrollments import waiting_for
from store.tables import EnrollmentRow, HoldRow, TodoRow
from store.todos import is_on_the_list

MOST = 1000
"""Nobody counts further."""


async def waiting(tx: AsyncSession, user: User) -> tuple[int, int, bool]:
    """His open to-dos, the enrollments that wait for him, each up to a thousand, and whether any hold stands; in two
    statements.
    """
    one = literal(1).label("one")
    given = select(one).where(TodoRow.assignee_id == user.id, is_on_the_list()).limit(MOST).subquery()
    parts = [select(EnrollmentRow.id).where(some).limit(MOST).subquery() for some in await waiting_for(tx, user)]
    stuck = union_all(*(select(part.c.id) for part in parts)).limit(MOST).subquery()
    numbers = (select(func.count()).select_from(some).scalar_subquery() for some in (given, stuck))
    found = (await tx.execute(select(*numbers, exists(select(HoldRow.scope))))).one()
    return found[0], found[1], bool(found[2])
