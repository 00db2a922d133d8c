"""Counting people: distinct people by group, of facts that are one set, in one statement.

sequencing/reports.py says what each measure means, report_facts.py where it is found.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    String,
    case,
    cast,
    func,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import Level, User
from sequencing.periods import Every, offsets
from sequencing.reports import By, Count, Measure, Time, Wanted
from store.report_facts import NO_WORD, facts_of
from store.sequences import shown_to
from store.tables import EnrollmentRow, RemovalRow, SequenceRow

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Before that nobody had any of this."""
AHEAD = timedelta(days=1)


async def counts(tx: AsyncSession, user: User, wanted: Wanted, now: datetime) -> list[Count]:
    """How many people, by every group that a report has: all, sequences, steps, users, and days or weeks.

    Of one sequence there is no line of its own. The caller has asked whether the user sees it.
    """
    facts = facts_of(_chosen(user, wanted))
    if wanted.time is Time.happened:
        facts = select(*facts.c).where(*_within(facts.c.at, wanted)).cte("happened")
    one = _worded(facts)
    keys: dict[By, ColumnElement[Any]] = {
        By.all: NO_WORD,
        By.sequence: one.c.sequence_id,
        By.step: one.c.step,
        By.user: one.c.user_id,
        By.time: _span(tx, one.c.at, wanted, now),
    }
    groups = [_grouped(one, by, key) for by, key in keys.items() if not (wanted.sequence_id and by is By.sequence)]
    rows = await tx.execute(union_all(*groups))
    return [Count(By(by), key, Measure(measure), word, people) for by, key, measure, word, people in rows]


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


def _worded(facts: CTE) -> CTE:
    """Each fact without its word, so that all words together are counted, and again with it."""
    names = ("sequence_id", "contact_id", "step", "user_id", "at", "measure")
    columns = [facts.c[name] for name in names]
    without = select(*columns, NO_WORD.label("word"))
    return union_all(without, select(*columns, facts.c.word).where(facts.c.word != NO_WORD)).cte("worded")


def _grouped(one: CTE, by: By, key: ColumnElement[Any]) -> Select[Any]:
    """Distinct people first, and then how many: PostgreSQL sorts all rows where a count itself is of distinct ones."""
    people = select(key.label("key"), one.c.measure, one.c.word, one.c.contact_id).where(key.is_not(None)).distinct()
    each = people.subquery()
    group = each.c.key, each.c.measure, each.c.word
    rows = select(literal_column(f"'{by.value}'", String), cast(each.c.key, String), *group[1:], func.count())
    return rows.group_by(*group)


def _span(tx: AsyncSession, at: ColumnElement[datetime], wanted: Wanted, now: datetime) -> ColumnElement[Any]:
    """The first day of the local day or week, as 2026-12-01, in the words of the database at hand."""
    spans = offsets(wanted.zone, max(wanted.since or BEGINNING, BEGINNING), now + AHEAD)
    (_, first), later = spans[0], spans[1:]
    ahead = case(*((at >= begin, seconds) for begin, seconds in reversed(later)), else_=first) if later else first
    if tx.get_bind().dialect.name == "sqlite":
        week = ("-6 days", "weekday 1") if wanted.every is Every.week else ()
        return func.date(at, cast(ahead, String) + " seconds", *week)
    local = func.timezone("UTC", at) + cast(ahead, Integer) * text("interval '1 second'")
    return func.to_char(func.date_trunc(wanted.every.value, local), "YYYY-MM-DD")
