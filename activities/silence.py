"""No foreign text in Temporal: what an activity raises reaches the engine, and the log, as the name of its kind.

A database's error quotes its parameters and a mail server's quotes addresses; histories and logs are read by operators.
"""

from pathlib import Path
from traceback import walk_tb
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

HERE = f"{Path(__file__).parents[1]}/"
OURS = tuple(f"{HERE}{layer}/" for layer in ("activities", "store", "transports", "sequencing"))

log = structlog.get_logger()


class Silence(Interceptor):
    """Wraps every activity."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Silent(next)


class _Silent(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        try:
            return await super().execute_activity(input)
        except Exception as error:
            kind = type(error).__name__
            log.error(
                "activity failed",
                activity=activity.info().activity_type,
                run=activity.info().workflow_id,
                error=kind,
                at=_place(error),
            )
        raise ApplicationError(kind, type=kind)


def _place(error: BaseException) -> str:
    """The innermost file and line of our own where it was raised: enough to find it, nothing of what it said."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    ours = [(name.removeprefix(HERE), line) for name, line in frames if name.startswith(OURS)]
    file, line = ours[-1]
    return f"{file}:{line}"
