"""The bare engine: the same timers, activities that do nothing or write one row, and nothing else."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import activity, workflow


@workflow.defn
class BareWorkflow:
    """So many times: a timer, an activity."""

    @workflow.run
    async def run(self, steps: int, delay: float, act: str) -> None:
        for _ in range(steps):
            await workflow.sleep(delay)
            await workflow.execute_activity(act, start_to_close_timeout=timedelta(seconds=30))


class BareActivities:
    """`write` is handed in, so that the row is written by the same store as the product's."""

    def __init__(self, write: Callable[[], Awaitable[None]]) -> None:
        self._write = write
        self.acted: dict[str, datetime] = {}

    @activity.defn
    async def nothing(self) -> None:
        """The floor."""

    @activity.defn
    async def one_row(self) -> None:
        """The floor with a row written at each step."""
        await self._write()

    @activity.defn
    async def noted(self) -> None:
        """Keeps when it was started, by the engine, for each run."""
        info = activity.info()
        self.acted[info.workflow_id or ""] = info.started_time
