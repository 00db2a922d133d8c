"""add_some: enrolls the next contacts of a large add and starts their runs, so that nobody else is held up by it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from temporalio import activity

from activities.standing import EngineClock
from activities.world import World
from sequencing.adds import AddProgress, AddRef, AddStatus
from sequencing.decisions import Decision, decide
from sequencing.enrollments import Enrollment
from store import adds, enrollments, sequences
from store.enrolling import AT_ONCE

STARTS_AT_ONCE = 16
"""More at once are not faster (docs/costs.md), and let first workflow tasks wait."""
SECONDS = 20.0
"""How long one activity goes on with batches before it answers how far it has come."""

StartRun = Callable[[Enrollment, Decision], Awaitable[bool]]


class BulkAddActivities:
    """`start` starts an enrollment's run, and says whether the engine has it."""

    def __init__(self, world: World, start: StartRun) -> None:
        self.world, self._start = world, start

    @activity.defn
    async def add_some(self, ref: AddRef) -> AddProgress:
        """Starts what a dead attempt left unstarted, then enrolls batch after batch; answers how far the add is.

        Whoever is enrolled has an answered line in the same transaction, so no attempt comes to it again.
        """
        clock, began = EngineClock(), monotonic()
        await self._start_leftovers(ref.add_id)
        position = ref.position
        while True:
            async with self.world.database.writing() as tx:
                added = await adds.add_some(tx, ref.add_id, position, AT_ONCE, clock.now(), self.world.new_id)
            if added is None:
                return AddProgress(position, 0, 0, AddStatus.canceled)
            if added.batch.first is not None:
                await self._start_all([(one, added.batch.first) for one in added.batch.born])
            activity.heartbeat(added.progress.answered)
            position = added.progress.position
            time_is_up = monotonic() - began > SECONDS or activity.is_worker_shutdown()
            if added.progress.status is not AddStatus.running or time_is_up:
                return added.progress

    @activity.defn
    async def stop_adding(self, ref: AddRef) -> None:
        """Somebody pressed Cancel in Temporal: the rest is left un-added."""
        async with self.world.database.writing() as tx:
            await adds.cancel(tx, ref.add_id, None, EngineClock().now())

    async def _start_leftovers(self, add_id: str) -> None:
        async with self.world.database.reading() as tx:
            left = await adds.born_unstarted(tx, add_id, AT_ONCE)
            courses = {one.sequence_id: await sequences.course(tx, one.sequence_id) for one in left}
        await self._start_all([(one, decide(one, courses[one.sequence_id])) for one in left])

    async def _start_all(self, born: Sequence[tuple[Enrollment, Decision]]) -> None:
        """What cannot be started now is the sweep's."""
        turns = asyncio.Semaphore(STARTS_AT_ONCE)

        async def one(enrollment: Enrollment, first: Decision) -> Enrollment | None:
            async with turns:
                return enrollment if await self._start(enrollment, first) else None

        heard = await asyncio.gather(*(one(*each) for each in born))
        running = [enrollment.id for enrollment in heard if enrollment is not None]
        if running:
            async with self.world.database.writing() as tx:
                await enrollments.all_started(tx, running)
