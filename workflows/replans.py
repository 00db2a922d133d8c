"""ReplanWorkflow: after a change, waits and to-dos follow it, some each second, until nobody is left behind."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.replans import ReplanActivities
    from workflows.activity_options import MOVING, RETRIES

A_MOMENT, A_WHILE = timedelta(seconds=1), timedelta(seconds=5)


@workflow.defn
class ReplanWorkflow:
    """`at_most` are moved in each second, so that what they wake does not come all at once."""

    @workflow.run
    async def run(self, replan_id: str, at_most: int) -> int:
        """Answers how many were moved."""
        while True:
            progress = await workflow.execute_activity_method(
                ReplanActivities.plan_anew,
                args=[replan_id, at_most],
                start_to_close_timeout=MOVING,
                retry_policy=RETRIES,
                summary=f"move at most {at_most}",
            )
            workflow.set_current_details(f"**{progress.moved}** moved")
            if progress.over:
                return progress.moved
            await workflow.sleep(A_MOMENT if progress.moved_now else A_WHILE, summary=f"{progress.moved} moved so far")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(args=[replan_id, at_most])
