"""Temporal as the door sees it: starting runs and telling them, each bounded, each with a plain answer."""

import asyncio
import re
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from sequencing.adds import AddRef
from sequencing.decisions import Decision
from sequencing.enrollments import Enrollment
from sequencing.errors import Misconfigured, quoted
from sequencing.replans import Replan
from sequencing.runs import Ended, Start
from starter.door import Reached
from workflows.bulk_adds import BulkAddWorkflow, bulk_add_workflow_id
from workflows.enrollments import EnrollmentWorkflow
from workflows.replans import ReplanWorkflow
from workflows.summaries import details, start_summary

PATIENCE = 2.0
"""Seconds a door waits for the engine; what is late is the sweep's."""

BEFORE_THE_FIRST_TASK_ENDS = 3
"""Events: started, task scheduled, task started."""

SEQUENCE_ID = SearchAttributeKey.for_int("SequenceId")
CONTACT_ID = SearchAttributeKey.for_int("ContactId")
STATUS = SearchAttributeKey.for_keyword("EnrollmentStatus")
REASON = SearchAttributeKey.for_keyword("EnrollmentReason")
ENROLLED_BY = SearchAttributeKey.for_int("EnrolledBy")
SEARCH_ATTRIBUTES: tuple[tuple[str, str], ...] = (
    ("SequenceId", "Int"),
    ("ContactId", "Int"),
    ("EnrollmentStatus", "Keyword"),
    ("EnrollmentReason", "Keyword"),
    ("EnrolledBy", "Int"),
)


async def connect(*, lazy: bool = True, runtime: Runtime | None = None) -> Client:
    """The client named by TEMPORAL_ADDRESS and the SDK's other settings; lazy: it connects when first used.

    Raises Misconfigured; RuntimeError when it is not lazy and nobody answers.
    """
    config = _settings_of_the_sdk()
    return await Client.connect(**config, data_converter=pydantic_data_converter, lazy=lazy, runtime=runtime)


def _settings_of_the_sdk() -> dict[str, Any]:
    """Raises Misconfigured. A lazy client would complain of an address only in the middle of an act."""
    try:
        config: dict[str, Any] = {"target_host": "localhost:7233", **ClientConfig.load_client_connect_config()}
    except (RuntimeError, ValueError):
        raise Misconfigured(
            "invalid_profile", "Temporal's profile cannot be read; look at TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE."
        ) from None
    if not re.fullmatch(r"[^/\s]*[^/\s:]\]?:[0-9]{1,5}", config["target_host"]):
        raise Misconfigured(
            "invalid_address",
            f"TEMPORAL_ADDRESS: write host and port, as localhost:7233, not {quoted(config['target_host'])}.",
        )
    return config


class Runs:
    """Starting, telling and looking at the runs of enrollments."""

    def __init__(self, client: Client, task_queue: str, *, act_within: float, patience: float = PATIENCE) -> None:
        self.client, self.task_queue = client, task_queue
        self.act_within, self.patience = act_within, patience

    async def start(self, enrollment: Enrollment, first: Decision) -> Reached:
        """Starts the present run; also `yes` when it is running already, `closing` while an older one still is."""
        try:
            async with asyncio.timeout(self.patience):
                return await self._start(enrollment, first)
        except (TimeoutError, RPCError, RuntimeError):
            return Reached.unreachable

    async def _start(self, enrollment: Enrollment, first: Decision) -> Reached:
        for pause in (0.0, 0.05, 0.1, 0.2, 0.4):  # an ended run takes some 40 ms to close
            await asyncio.sleep(pause)
            try:
                await self._start_once(enrollment, first)
                return Reached.yes
            except WorkflowAlreadyStartedError:
                if await self._runs_already(enrollment):
                    return Reached.yes
        return Reached.closing

    async def _start_once(self, enrollment: Enrollment, first: Decision) -> None:
        await self.client.start_workflow(
            EnrollmentWorkflow.run,
            Start(enrollment.id, enrollment.run, first, within=self.act_within, noted=enrollment.noted),
            id=enrollment.workflow_id,
            task_queue=self.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            memo={"run": enrollment.run},
            search_attributes=_search_attributes(enrollment),
            request_eager_start=True,  # a worker's own start brings its first task along; elsewhere it means nothing
            static_summary=start_summary(first),
            static_details=details(enrollment.id, enrollment.run, first),
        )

    async def _runs_already(self, enrollment: Enrollment) -> bool:
        described = await self.handle(enrollment.workflow_id).describe()
        return described.close_time is None and await described.memo_value("run", default=0) == enrollment.run

    async def start_replan(self, replan: Replan, at_most: int) -> Reached:
        """Starts its run, which moves so many waits a second; also `yes` when it is running already."""
        try:
            async with asyncio.timeout(self.patience):
                await self.client.start_workflow(
                    ReplanWorkflow.run,
                    args=[replan.id, at_most],
                    id=replan.workflow_id,
                    task_queue=self.task_queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=f"plan anew after: {replan.cause}",
                )
                return Reached.yes
        except (TimeoutError, RPCError, RuntimeError):
            return Reached.unreachable

    async def begin(self, enrollment: Enrollment, first: Decision) -> bool:
        """Starts the present run; says whether the engine has it."""
        return await self.start(enrollment, first) is Reached.yes

    async def has_begun(self, enrollment: Enrollment) -> bool:
        """Whether its run has done its first task; also when nobody can say."""
        try:
            described = await self.handle(enrollment.workflow_id).describe()
            return described.history_length > BEFORE_THE_FIRST_TASK_ENDS
        except (RPCError, RuntimeError):
            return True

    async def start_add(self, add_id: str) -> Reached:
        """Starts the run of a large add; also `yes` when it is running already."""
        try:
            async with asyncio.timeout(self.patience):
                await self.client.start_workflow(
                    BulkAddWorkflow.run,
                    AddRef(add_id),
                    id=bulk_add_workflow_id(add_id),
                    task_queue=self.task_queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary="large add",
                    static_details=f"`sequencing adds show {add_id}`",
                )
                return Reached.yes
        except (TimeoutError, RPCError, RuntimeError):
            return Reached.unreachable

    async def tell(self, workflow_id: str, name: str, body: dict[str, Any]) -> Reached:
        """Sends the signal."""
        try:
            async with asyncio.timeout(self.patience):
                await self.handle(workflow_id).signal(name, body)
                return Reached.yes
        except RPCError as error:
            return Reached.no_such_run if error.status is RPCStatusCode.NOT_FOUND else Reached.unreachable
        except (TimeoutError, RuntimeError):
            return Reached.unreachable

    async def look(self, workflow_id: str) -> WorkflowExecutionDescription | None:
        """The latest run, or None when Temporal knows none. Raises RPCError or TimeoutError when it is out of reach."""
        try:
            return await self.handle(workflow_id).describe(rpc_timeout=timedelta(seconds=10))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    def handle(self, workflow_id: str) -> WorkflowHandle[EnrollmentWorkflow, Ended]:
        """The run's handle."""
        return self.client.get_workflow_handle_for(EnrollmentWorkflow.run, workflow_id)


def _search_attributes(enrollment: Enrollment) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(SEQUENCE_ID, enrollment.sequence_id),
            SearchAttributePair(CONTACT_ID, enrollment.contact_id),
            SearchAttributePair(STATUS, enrollment.status.value),
            SearchAttributePair(REASON, enrollment.reason.value if enrollment.reason else ""),
            SearchAttributePair(ENROLLED_BY, enrollment.enrolled_by),
        ]
    )
