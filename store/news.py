"""News: what came from outside, recorded before anybody acts on it, numbered per enrollment under its row's lock."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Happening, Reason, Settlement
from sequencing.todos import Outcome, Result
from sequencing.transitions import happen
from store import leaving
from store.tables import EnrollmentRow, NewsRow

NOTED = "noted"


@dataclass(frozen=True, slots=True)
class News:
    """One recorded piece: its number within the enrollment, and what it says."""

    enrollment_id: str
    number: int
    happening: Happening
    signaled: bool = False


async def append(
    tx: AsyncSession, enrollment: Enrollment, happening: Happening, at: datetime, note: str | None = None
) -> News:
    """Records it as un-noted. The caller holds the enrollment's row.

    What forbids a message that is leaving just then says so on the timeline.
    """
    await leaving.tell_one(tx, enrollment, happening, at)
    return await _insert(tx, enrollment, happening, at, note=note)


async def append_noted(
    tx: AsyncSession, enrollment: Enrollment, happening: Happening, at: datetime, key: str, code: str
) -> News:
    """Records what a signal from outside brought and the run's own activity judges at once."""
    return await _insert(tx, enrollment, happening, at, key=key, code=code, signaled=True)


async def known(tx: AsyncSession, enrollment_id: str, key: str) -> bool:
    """Whether a signal with that key was recorded before."""
    seen = select(NewsRow.number).where(NewsRow.enrollment_id == enrollment_id, NewsRow.key == key)
    return await tx.scalar(seen) is not None


async def unnoted(tx: AsyncSession, enrollment: Enrollment) -> list[News]:
    """What was recorded and not yet noted, in order."""
    if enrollment.noted == enrollment.last_news:
        return []
    rows = select(NewsRow).where(NewsRow.enrollment_id == enrollment.id, NewsRow.number > enrollment.noted)
    return [
        News(row.enrollment_id, row.number, read(row), row.signaled)
        for row in await tx.scalars(rows.order_by(NewsRow.number))
    ]


async def folded(tx: AsyncSession, enrollment: Enrollment, now: datetime, course: Any) -> Enrollment:
    """The enrollment as it will be once all recorded news is noted: what a door judges by."""
    for piece in await unnoted(tx, enrollment):
        try:
            enrollment = happen(enrollment, piece.happening, now, course)
        except Refused:
            continue
    return enrollment


async def signaled(tx: AsyncSession, enrollment_id: str, number: int) -> None:
    """Remembers that the run was told."""
    told = update(NewsRow).where(NewsRow.enrollment_id == enrollment_id, NewsRow.number == number)
    await tx.execute(told.values(signaled=True))


async def unsignaled(tx: AsyncSession, before: datetime, limit: int) -> list[tuple[str, int]]:
    """(enrollment, number) of news that no run was told of although it was recorded before that instant."""
    rows = select(NewsRow.enrollment_id, NewsRow.number).where(
        NewsRow.code.is_(None), NewsRow.signaled.is_(False), NewsRow.at < before
    )
    return [(row.enrollment_id, row.number) for row in await tx.execute(rows.order_by(NewsRow.at).limit(limit))]


@dataclass(frozen=True, slots=True)
class Stale:
    """News that was signaled and is un-noted, recorded at that instant."""

    at: datetime
    enrollment_id: str
    number: int


async def stale(tx: AsyncSession, before: datetime, limit: int, after: Stale | None = None) -> list[Stale]:
    """What was recorded before that instant, the oldest first, from behind `after` on."""
    rows = select(NewsRow.at, NewsRow.enrollment_id, NewsRow.number).where(
        NewsRow.code.is_(None), NewsRow.signaled, NewsRow.at < before
    )
    place = tuple_(NewsRow.at, NewsRow.enrollment_id, NewsRow.number)
    if after is not None:
        rows = rows.where(NewsRow.at >= after.at, place > (after.at, after.enrollment_id, after.number))
    in_order = rows.order_by(NewsRow.at, NewsRow.enrollment_id, NewsRow.number).limit(limit)
    return [Stale(*row) for row in await tx.execute(in_order)]


def read(row: NewsRow) -> Happening:
    """What a row says."""
    said = row.happening
    return Happening(
        what=row.what,
        by=said.get("by"),
        step=said.get("step"),
        copy=said.get("copy"),
        todo=said.get("todo"),
        result=Result(said["result"]) if said.get("result") else None,
        outcome=Outcome(said["outcome"]) if said.get("outcome") else None,
        settlement=Settlement(said["settlement"]) if said.get("settlement") else None,
        any_hour=bool(said.get("any_hour")),
        reason=Reason(said["reason"]) if said.get("reason") else None,
        mail=said.get("mail"),
        text=said.get("text"),
    )


async def _insert(
    tx: AsyncSession,
    enrollment: Enrollment,
    happening: Happening,
    at: datetime,
    *,
    note: str | None = None,
    key: str | None = None,
    code: str | None = None,
    signaled: bool = False,
) -> News:
    number = enrollment.last_news + 1
    said = {"by": happening.by, "step": happening.step, "copy": happening.copy, "todo": happening.todo}
    said |= {"result": happening.result, "outcome": happening.outcome, "settlement": happening.settlement, "note": note}
    said |= {"any_hour": happening.any_hour or None, "reason": happening.reason, "mail": happening.mail}
    said |= {"text": happening.text}
    await tx.execute(
        insert(NewsRow).values(
            enrollment_id=enrollment.id,
            number=number,
            key=key,
            what=happening.what,
            at=at,
            happening={name: word for name, word in said.items() if word is not None},
            signaled=signaled,
            code=code,
        )
    )
    await tx.execute(update(EnrollmentRow).where(EnrollmentRow.id == enrollment.id).values(last_news=number))
    return News(enrollment.id, number, replace(happening), signaled)


async def answer_to(tx: AsyncSession, enrollment_id: str, todo_id: str) -> tuple[int | None, str | None] | None:
    """(user, result) of the un-noted news that answers a to-do, if there is any."""
    rows = (
        select(NewsRow).where(NewsRow.enrollment_id == enrollment_id, NewsRow.code.is_(None)).order_by(NewsRow.number)
    )
    for row in await tx.scalars(rows):
        if row.happening.get("todo") == todo_id:
            return row.happening.get("by"), row.happening.get("result") or row.what.value
    return None
