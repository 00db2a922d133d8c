"""No foreign text in Temporal: what an activity raises reaches the engine, and the log, as the name of its kind.

A database's error quotes its parameters and a mail server's quotes addresses; histories and logs are read by operators.
"""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

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
    """File and line where it was raised: enough to find it, nothing of what it said."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return "" if frame is None else f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}"
