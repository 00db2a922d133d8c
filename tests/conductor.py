"""A conductor: where time is skipped each run has a clock of its own, and he lets all act in the order of their clocks.

So what runs share, such as a sender's queue, sees one time that goes forward, as it does where no time is skipped. An
activity waits in the worker, with its attempt's start on its run's clock, until every run that has not ended stands
before its next one too; then the earliest acts, and whoever began within a few seconds of it, in any order. While a run
waits for that its clock goes as slowly as ours, and what an activity reads is only its own start and what passes since.
"""

import asyncio
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from sequencing.decisions import Do
from sequencing.runs import Answer

TOGETHER = timedelta(seconds=5)
AT_ONCE = 20


class Conductor(Interceptor):
    """For so many runs, and for what they do of that kind alone.

    It counts runs, not attempts: an attempt of which the engine knows nothing any more stands aside for the next one.
    """

    def __init__(self, runs: int, do: Do) -> None:
        self.do, self._runs = do, runs
        self._standing: dict[str, tuple[datetime, asyncio.Future[None]]] = {}
        self._acting: set[str] = set()
        self._ended: set[str] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self.most_together = self.moves = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Conducted(next, self)

    def away(self, runs: Iterable[str]) -> list[str]:
        """Those that all the others wait for."""
        return [run for run in runs if run not in self._standing and run not in self._acting | self._ended]

    async def act(self, execute: Any, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Its turn, then what it does, so many at once as one worker would; ended runs do not come again."""
        info = activity.info()
        run = info.workflow_id or ""
        await self._turn(run, info.started_time)
        try:
            async with self._places:
                answer: Answer = await execute(input)
            if answer.decision.do is Do.end:
                self._ended.add(run)
            return answer
        finally:
            self._acting.discard(run)
            self._beckon()

    async def _turn(self, run: str, began: datetime) -> None:
        """Returns when it is its turn."""
        its = asyncio.get_running_loop().create_future()
        _, before = self._standing.pop(run, (began, its))
        if before is not its:
            before.cancel()
        self._standing[run] = (began, its)
        self._beckon()
        await its

    def _beckon(self) -> None:
        self.moves += 1
        if self._acting or len(self._standing) + len(self._ended) < self._runs or not self._standing:
            return
        first = min(began for began, _ in self._standing.values())
        go = [run for run, (began, _) in self._standing.items() if began <= first + TOGETHER]
        self._acting, self.most_together = set(go), max(self.most_together, len(go))
        for run in random.sample(go, len(go)):
            its = self._standing.pop(run)[1]
            if not its.done():
                its.set_result(None)


class _Conducted(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, conductor: Conductor) -> None:  # noqa: A002
        super().__init__(next)
        self._conductor = conductor

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        if activity.info().activity_type != self._conductor.do.value:
            return await super().execute_activity(input)
        return await self._conductor.act(super().execute_activity, input)
