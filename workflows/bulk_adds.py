"""BulkAddWorkflow: adds many contacts to one sequence, a batch after the other, until all have their answer."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.bulk_adds import BulkAddActivities
    from sequencing.adds import AddProgress, AddRef, AddStatus
    from workflows.activity_options import LISTENING, RETRIES
    from workflows.summaries import add_details

BATCHES_A_RUN = 200
ONE_BATCH = timedelta(minutes=5)
SILENT_AT_MOST = timedelta(seconds=10)
"""A worker that died is noticed after that; a living one tells after each transaction how far it is."""


def bulk_add_workflow_id(add_id: str) -> str:
    """The run's id in Temporal."""
    return f"bulk-add-{add_id}"


@workflow.defn
class BulkAddWorkflow:
    """Only ids and numbers: who is added, and with which answer, stands in the database."""

    @workflow.run
    async def run(self, ref: AddRef) -> AddProgress:
        batches, progress = 1, await self._add_some(ref)
        while progress.status is AddStatus.running:
            ref = replace(ref, position=progress.position)
            if batches == BATCHES_A_RUN:
                workflow.continue_as_new(ref)
            workflow.set_current_details(add_details(ref.add_id, progress))
            batches, progress = batches + 1, await self._add_some(ref)
        workflow.set_current_details(add_details(ref.add_id, progress))
        return progress

    async def _add_some(self, ref: AddRef) -> AddProgress:
        """A batch's answer. Cancel, pressed in Temporal, stops the add after it, and the UI shows Canceled."""
        asked = workflow.start_activity_method(
            BulkAddActivities.add_some,
            ref,
            start_to_close_timeout=ONE_BATCH,
            heartbeat_timeout=SILENT_AT_MOST,
            retry_policy=RETRIES,
            summary=f"from line {ref.position}",
        )
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            await workflow.execute_activity_method(
                BulkAddActivities.stop_adding,
                ref,
                start_to_close_timeout=LISTENING,
                retry_policy=RETRIES,
                summary="cancel was pressed",
            )
            await asked
            raise
