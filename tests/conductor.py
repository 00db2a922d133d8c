"""A conductor: where time is skipped each run has a clock of its own, and he lets all act in the order of their clocks.

So what runs share, such as a sender's queue, sees one time that goes forward, as it does where no time is skipped. An
activity waits in the worker, with its attempt's start on its run's clock, until every run that has not ended stands
before its next one too; then the earliest acts, and whoever began within a few seconds of it, in any order. While a run
waits for that its clock goes as slowly as ours, and what an activity reads is only its own start and what passes since.
"""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from sequencing.decisions import Do
from sequencing.runs import Answer

TOGETHER = timedelta(seconds=5)
AT_ONCE = 20


class Conductor(Interceptor):
    """For so many runs, and for what they do of that kind alone."""

    def __init__(self, runs: int, do: Do) -> None:
        self.do, self._away, self._acting = do, runs, 0
        self._standing: list[tuple[datetime, asyncio.Event]] = []
        self._places = asyncio.Semaphore(AT_ONCE)
        self.most_together = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Conducted(next, self)

    async def turn(self, began: datetime) -> None:
        """Returns when it is one's turn."""
        its = asyncio.Event()
        self._standing.append((began, its))
        self._away -= 1
        self._beckon()
        await its.wait()

    def done(self, ended: bool) -> None:
        """It has acted; if its run has not ended with that, it comes again."""
        self._acting -= 1
        self._away += not ended
        self._beckon()

    def _beckon(self) -> None:
        if self._away or self._acting or not self._standing:
            return
        first = min(began for began, _ in self._standing)
        go = [one for one in self._standing if one[0] <= first + TOGETHER]
        self._standing = [one for one in self._standing if one[0] > first + TOGETHER]
        self._acting, self.most_together = len(go), max(self.most_together, len(go))
        for _, its in random.sample(go, len(go)):
            its.set()

    async def act(self, execute: Any, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Its turn, then what it does, so many at once as one worker would."""
        ended = False
        await self.turn(activity.info().started_time)
        try:
            async with self._places:
                answer: Answer = await execute(input)
            ended = answer.decision.do is Do.end
            return answer
        finally:
            self.done(ended)


class _Conducted(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, conductor: Conductor) -> None:  # noqa: A002
        super().__init__(next)
        self._conductor = conductor

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        if activity.info().activity_type != self._conductor.do.value:
            return await super().execute_activity(input)
        return await self._conductor.act(super().execute_activity, input)
