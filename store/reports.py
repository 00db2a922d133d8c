"""Counting people: distinct people by group, of facts that are one set, in one statement.

sequencing/reports.py says what each measure means, report_facts.py where it is found.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from sqlalchemy import CTE, ColumnElement, Date, Select, String, case, cast, func, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import Level, User
from sequencing.periods import Every, offsets
from sequencing.reports import By, Count, Key, Time, Wanted
from store.report_facts import facts_of, keys_of
from store.sequences import shown_to
from store.tables import EnrollmentRow, RemovalRow, SequenceRow

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Before that nobody had any of this."""
AHEAD = timedelta(days=1)


async def counts(tx: AsyncSession, user: User, wanted: Wanted, now: datetime) -> list[Count]:
    """How many people, by every group that a report has: all, sequences, steps, users, and days or weeks.

    Of one sequence there is no line of its own. The caller has asked whether the user sees it. In the database each
    person of a group becomes one number, the marks of all his facts in it, and those who have the same are counted.
    """
    happened = wanted.time is Time.happened
    facts = facts_of(_chosen(user, wanted), lambda at: _within(at, wanted) if happened else [])
    keys: dict[By, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
        By.all: (cast("", String), facts.c.contact_id),
        By.sequence: (facts.c.sequence_id, facts.c.sequence_id),
        By.step: (facts.c.step, facts.c.step),
        By.user: (facts.c.user_id, facts.c.user_id),
        By.time: (_span(tx, facts.c.at, wanted, now), facts.c.at),
    }
    if wanted.sequence_id:
        del keys[By.sequence]
    groups = [_grouped(tx, facts, by, *key) for by, key in keys.items()]
    found: Counter[tuple[By, str, Key]] = Counter()
    for by, key, marks, people in await tx.execute(union_all(*groups)):
        for one in keys_of(_number(marks)):
            found[By(by), key, one] += people
    return [Count(by, key, measure, word, people) for (by, key, (measure, word)), people in found.items()]


async def removed(tx: AsyncSession, user: User, wanted: Wanted) -> int:
    """How many enrollments were removed, in the period and by the user that are wanted."""
    rows = select(func.count()).select_from(RemovalRow).where(*_in_sequences(RemovalRow.sequence_id, user, wanted))
    if wanted.user_id is not None:
        rows = rows.where(RemovalRow.removed_by == wanted.user_id)
    return await tx.scalar(rows.where(*_within(RemovalRow.removed_at, wanted))) or 0


def _chosen(user: User, wanted: Wanted) -> CTE:
    """The enrollments that are counted."""
    names = ("id", "sequence_id", "contact_id", "enrolled_by", "enrolled_at", "status", "step")
    columns = [getattr(EnrollmentRow, name) for name in (*names, "reason", "outcome", "since")]
    rows = select(*columns).where(*_in_sequences(EnrollmentRow.sequence_id, user, wanted))
    if wanted.user_id is not None:
        rows = rows.where(EnrollmentRow.enrolled_by == wanted.user_id)
    if wanted.time is Time.added:
        rows = rows.where(*_within(EnrollmentRow.enrolled_at, wanted))
    return rows.cte("chosen")


def _in_sequences(column: Any, user: User, wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.sequence_id is not None:
        return [column == wanted.sequence_id]
    return [] if user.level is Level.manage else [column.in_(select(SequenceRow.id).where(shown_to(user)))]


def _within(at: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    since = [at >= wanted.since] if wanted.since else []
    return since + ([at < wanted.until] if wanted.until else [])


def _grouped(tx: AsyncSession, facts: CTE, by: By, key: ColumnElement[Any], of: ColumnElement[Any]) -> Select[Any]:
    """The marks of each person; then how many have the same. `of`: the column that the key is made of."""
    keyed = select(key.label("key"), facts.c.contact_id, facts.c.marks).where(of.is_not(None)).subquery()
    marks = func.group_concat(keyed.c.marks.distinct()) if _is_sqlite(tx) else func.bit_or(keyed.c.marks)
    people = select(keyed.c.key, keyed.c.contact_id, marks.label("marks"))
    each = people.group_by(keyed.c.key, keyed.c.contact_id).subquery()
    day = isinstance(each.c.key.type, Date)  # as text a date is written as the server likes it
    said = func.to_char(each.c.key, "YYYY-MM-DD") if day else cast(each.c.key, String)
    rows = select(literal_column(f"'{by.value}'", String), said, each.c.marks, func.count())
    return rows.group_by(each.c.key, each.c.marks)


def _number(marks: int | str) -> int:
    """SQLite, which has no sum of bits, lists those that there are."""
    return marks if isinstance(marks, int) else reduce(or_, map(int, marks.split(",")))


def _is_sqlite(tx: AsyncSession) -> bool:
    return tx.get_bind().dialect.name == "sqlite"


def _span(tx: AsyncSession, at: ColumnElement[datetime], wanted: Wanted, now: datetime) -> ColumnElement[Any]:
    """The first day of the local day or week, which reads as 2026-12-01, in the words of the database at hand."""
    spans = offsets(wanted.zone, max(wanted.since or BEGINNING, BEGINNING), now + AHEAD)
    (_, first), later = spans[0], spans[1:]
    if _is_sqlite(tx):
        week = ("-6 days", "weekday 1") if wanted.every is Every.week else ()
        return func.date(at, _ahead(at, first, later, "'{} seconds'"), *week)
    local = func.timezone("UTC", at) + _ahead(at, first, later, "interval '{} seconds'")
    return cast(func.date_trunc(wanted.every.value, local), Date)


def _ahead(at: ColumnElement[datetime], first: int, later: list[tuple[datetime, int]], said: str) -> Any:
    """How far local time is ahead of UTC at that instant, in the words of the database at hand."""
    spans: list[tuple[Any, Any]] = [
        (at >= begin, literal_column(said.format(seconds))) for begin, seconds in reversed(later)
    ]
    return case(*spans, else_=literal_column(said.format(first))) if spans else literal_column(said.format(first))
