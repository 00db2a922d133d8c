"""A knock at a run, by an activity that has appended news to it."""

from temporalio import activity
from temporalio.service import RPCError

from store import news
from store.database import Database


async def tell(database: Database, workflow_id: str, piece: news.News) -> None:
    """Knocks; what fails here is the sweep's."""
    body = {"enrollment_id": piece.enrollment_id, "number": piece.number, "by": piece.happening.by}
    try:
        await activity.client().get_workflow_handle(workflow_id).signal(piece.happening.what.value, body)
    except (RPCError, RuntimeError):
        return
    async with database.writing() as tx:
        await news.signaled(tx, piece.enrollment_id, piece.number)
