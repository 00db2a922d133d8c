"""The sweep: in every worker, one at a time, it ends what a door began and could not end. Each find is a bug's trace.

Looks for open enrollments and large adds whose run was never started and news whose run was never told, all older than
ten seconds, and for news that was told and is still un-noted after five minutes. A run that does not answer is asked
ever more rarely, for an hour at most: each question stays in its history, and Temporal takes ten thousand signals.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from sequencing.decisions import decide
from sequencing.happenings import What
from starter.adds import start_add
from starter.door import Door, Reached
from starter.enrollments import start, tell
from starter.reconcile import repair
from starter.replans import start as start_replan
from store import adds, enrollments, leases, news, replans, sequences

UNSTARTED_AFTER = timedelta(seconds=10)
UNNOTED_AFTER = timedelta(minutes=5)
RAREST = timedelta(hours=1)
AT_ONCE = 200

log = structlog.get_logger()


@dataclass(slots=True)
class Stuck:
    """Which runs take no note of their news: when each was asked last, and how far the sweep has come among them."""

    asked: dict[str, datetime] = field(default_factory=dict)
    place: news.Stale | None = None

    async def some(self, tx: AsyncSession, now: datetime) -> list[str]:
        """The enrollments to be asked now: some at a time, until all had their turn; then from the first again."""
        found = await news.stale(tx, now - UNNOTED_AFTER, AT_ONCE, self.place)
        self.place = found[-1] if len(found) == AT_ONCE else None
        self.asked = {one: at for one, at in self.asked.items() if now - at < 2 * RAREST}
        return list(dict.fromkeys(one.enrollment_id for one in found if self._is_due(one, now)))

    def _is_due(self, one: news.Stale, now: datetime) -> bool:
        last = self.asked.get(one.enrollment_id, one.at)
        return now - last >= min(last - one.at, RAREST)


@dataclass(frozen=True, slots=True)
class Sweep:
    """`holder` names this process in the lease, which a dead one loses after three looks; `found` counts by kind."""

    door: Door
    holder: str
    every: timedelta
    found: Callable[[str, int], None]
    stuck: Stuck = field(default_factory=Stuck)

    async def run(self) -> None:
        """Sweeps until canceled; a database or engine that is away is tried again next time."""
        while True:
            try:
                await self.once()
            except (SQLAlchemyError, OSError, RPCError, TimeoutError) as error:
                log.warning("sweep could not look", error=type(error).__name__)
            await asyncio.sleep(self.every.total_seconds())

    async def once(self) -> None:
        """One look, if nobody else holds the lease."""
        now = self.door.now()
        async with self.door.database.writing() as tx:
            if not await leases.take(tx, "sweep", self.holder, now, 3 * self.every):
                return
            unstarted = await enrollments.unstarted(tx, now - UNSTARTED_AFTER, AT_ONCE)
            adding = await adds.unstarted(tx, now - UNSTARTED_AFTER, AT_ONCE)
            untold = await news.unsignaled(tx, now - UNSTARTED_AFTER, AT_ONCE)
            stuck = await self.stuck.some(tx, now)
            unplanned = await replans.open_ones(tx, now - UNSTARTED_AFTER)
        for enrollment_id in unstarted:
            self._count("unstarted", await self._start(enrollment_id))
        for add_id in adding:
            self._count("unstarted_add", await start_add(self.door, add_id))
        for enrollment_id, number in untold:
            self._count("untold", await self._tell(enrollment_id, number))
        for enrollment_id in stuck:
            await repair(self.door, enrollment_id)
            self.stuck.asked[enrollment_id] = now
            self._count("unnoted", True)
        for replan in unplanned:
            await start_replan(self.door, replan)

    def _count(self, kind: str, mended: bool) -> None:
        if mended:
            self.found(kind, 1)
            log.info("sweep mended", kind=kind)

    async def _start(self, enrollment_id: str) -> bool:
        async with self.door.database.reading() as tx:
            enrollment = await enrollments.get(tx, enrollment_id)
            course = await sequences.course(tx, enrollment.sequence_id) if enrollment else None
        if enrollment is None or course is None or not enrollment.is_open:
            return False
        return await start(self.door, enrollment, decide(enrollment, course))

    async def _tell(self, enrollment_id: str, number: int) -> bool:
        async with self.door.database.reading() as tx:
            enrollment = await enrollments.get(tx, enrollment_id)
            pieces = await news.unnoted(tx, enrollment) if enrollment else []
        piece = next((piece for piece in pieces if piece.number == number), None)
        if enrollment is None or piece is None or not enrollment.is_open:
            return False
        if await tell(self.door, enrollment, piece):
            return True
        known = await self.door.runs.tell(enrollment.workflow_id, What.look_again.value, {"number": number})
        return known is Reached.no_such_run and await repair(self.door, enrollment_id) is not None
