"""add_some: enrolls the next contacts of a large add and starts their runs, so that nobody else is held up by it."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Protocol

from temporalio import activity

from activities.standing import EngineClock
from activities.world import World
from sequencing.adds import AddProgress, AddRef, AddStatus
from sequencing.decisions import Decision, decide
from sequencing.enrollments import Enrollment
from store import adds, enrollments, sequences

AT_ONCE = 10
"""Lines in a transaction: while one lasts nobody else writes on SQLite."""
WAVE = 2
"""Runs started at once; the next wave begins when the one before the last has reached its wait, so that the tasks of
other runs queue behind few first ones."""
REST, LONGEST_REST = 0.6, 1.0
"""After each wave, of the time that it took, and seconds at most: in it others have the engine for themselves."""
LOOKS, BETWEEN_LOOKS = 100, 0.03
"""How often, and after how many seconds each, a wave is looked at before the add goes on all the same."""
SECONDS = 20.0
"""How long one activity goes on with batches before it answers how far it has come."""


class Starting(Protocol):
    """The engine, as far as adding needs it."""

    async def begin(self, enrollment: Enrollment, first: Decision) -> bool:
        """Starts its run; says whether the engine has it."""

    async def has_begun(self, enrollment: Enrollment) -> bool:
        """Whether its run has done its first task."""


class BulkAddActivities:
    """The activities of large adds."""

    def __init__(self, world: World, runs: Starting) -> None:
        self.world, self.runs = world, runs

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
            await self._start_all(added.batch.born)
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
        """Wave after wave; what cannot be started now, or was started and not written down, is the sweep's."""
        last: Enrollment | None = None
        started: list[str] = []
        for at in range(0, len(born), WAVE):
            wave, began = born[at : at + WAVE], monotonic()
            heard = await asyncio.gather(*(self.runs.begin(*each) for each in wave))
            running = [enrollment for (enrollment, _), yes in zip(wave, heard, strict=True) if yes]
            activity.heartbeat()
            if last is not None:
                await self._has_begun(last)
            await asyncio.sleep(min(REST * (monotonic() - began), LONGEST_REST))
            if running:
                last = running[-1]
                started += [enrollment.id for enrollment in running]
        async with self.world.database.writing() as tx:
            await enrollments.all_started(tx, started)

    async def _has_begun(self, enrollment: Enrollment) -> None:
        """Waits for its first task, but not for ever."""
        for _ in range(LOOKS):
            if await self.runs.has_begun(enrollment):
                return
            await asyncio.sleep(BETWEEN_LOOKS)
