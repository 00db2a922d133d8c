"""EnrollmentWorkflow: one contact's way through one sequence. It waits and asks; activities answer what comes next."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.news import NewsActivities
    from sequencing.decisions import Decision, Do
    from sequencing.enrollments import Status
    from sequencing.happenings import Reason
    from sequencing.runs import Answer, Ended, Outside, Ref, Start
    from workflows.activity_options import LISTENING, RETRIES
    from workflows.summaries import details, timer_summary

STATUS = SearchAttributeKey.for_keyword("EnrollmentStatus")
REASON = SearchAttributeKey.for_keyword("EnrollmentReason")
LONGEST_BODY = 4000
CANCEL_PRESSED = "cancel"


@workflow.defn
class EnrollmentWorkflow:
    """Signals say that there is news; `run` alone acts."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self._start, self._noted = start, start.noted
        self._numbers: list[int] = list(start.numbers)
        self._outside: list[Outside] = list(start.outside)
        self._canceled_here = any(signal.by_engine for signal in start.outside)

    @workflow.run
    async def run(self, start: Start) -> Ended:
        decision = start.first
        while decision.do is not Do.end or self._has_news():
            self._show(decision)
            if decision.do is Do.end or await self._news(decision):
                decision = await self._take_note(decision)
            else:
                decision = await self._ask(decision)
            if workflow.info().is_continue_as_new_suggested() and decision.do is not Do.end:
                workflow.continue_as_new(self._as_it_is(decision))
        if self._canceled_here and decision.status is Status.canceled:
            raise asyncio.CancelledError
        return Ended(decision.status, decision.reason, decision.outcome)

    def _as_it_is(self, decision: Decision) -> Start:
        """For the next part of this run, which hears what this one has heard and not taken note of."""
        outside, numbers = tuple(self._outside), tuple(self._numbers[:1])  # one is enough to take note of all
        return replace(self._start, first=decision, noted=self._noted, outside=outside, numbers=numbers)

    async def _news(self, decision: Decision) -> bool:
        """Waits until the decision's instant or news, whichever is first; says whether it was news."""
        left = None if decision.at is None else decision.at - workflow.now()
        if left is not None and left <= timedelta(0):
            return self._has_news()
        try:
            await workflow.wait_condition(self._has_news, timeout=left, timeout_summary=timer_summary(decision))
        except TimeoutError:
            return self._has_news()
        except asyncio.CancelledError:
            self._cancel_pressed()
        return True

    async def _take_note(self, decision: Decision) -> Decision:
        outside, self._outside, self._numbers = self._outside, [], []
        return await self._finished(
            decision,
            workflow.start_activity_method(
                NewsActivities.take_note,
                args=[self._ref(decision), outside],
                start_to_close_timeout=LISTENING,
                retry_policy=RETRIES,
                summary=f"step {decision.step} · take note of news",
            ),
        )

    async def _ask(self, decision: Decision) -> Decision:
        return await self._finished(
            decision,
            workflow.start_activity(
                decision.do.value,
                self._ref(decision),
                result_type=Answer,
                start_to_close_timeout=timedelta(seconds=self._start.within),
                retry_policy=RETRIES,
                summary=f"step {decision.step} · {decision.do.value}",
            ),
        )

    async def _finished(self, decision: Decision, asked: "workflow.ActivityHandle[Answer]") -> Decision:
        """The activity's answer. Cancel, pressed in Temporal meanwhile, is news for later; nothing stops half way."""
        while True:
            try:
                answer = await asyncio.shield(asked)
                break
            except asyncio.CancelledError:
                self._cancel_pressed()
        self._noted = answer.noted
        self._numbers = [number for number in self._numbers if number > self._noted]
        if (answer.decision.status is Status.paused) != (decision.status is Status.paused):
            self._tell_search(answer.decision)
        return answer.decision

    def _tell_search(self, decision: Decision) -> None:
        if decision.do is Do.end:
            return
        reason = decision.reason.value if decision.reason else ""
        workflow.upsert_search_attributes([STATUS.value_set(decision.status.value), REASON.value_set(reason)])

    def _cancel_pressed(self) -> None:
        self._canceled_here = True
        self._outside.append(Outside(f"{CANCEL_PRESSED}-{workflow.info().run_id}", "cancel", by_engine=True))

    def _has_news(self) -> bool:
        return bool(self._numbers or self._outside)

    def _ref(self, decision: Decision) -> Ref:
        in_doubt = decision.reason is Reason.delivery_unknown
        return Ref(self._start.enrollment_id, self._start.run, decision.step, self._noted, in_doubt)

    def _show(self, decision: Decision) -> None:
        workflow.set_current_details(details(self._start.enrollment_id, self._start.run, decision))

    def _hear(self, name: str, body: RawValue | None) -> None:
        """A numbered signal comes through our door and is only a knock; any other is judged by the next activity."""
        said = _read(body)
        number = said.get("number")
        if isinstance(number, int) and not isinstance(number, bool):
            if number > self._noted:
                self._numbers.append(number)
        else:
            signal_id = said.get("signal_id")
            own = signal_id if isinstance(signal_id, str) and len(signal_id) <= 60 else workflow.uuid4()
            key = f"signal-{name[:11]}-{own}"
            self._outside.append(Outside(key, name[:40], said))

    @workflow.signal(dynamic=True)
    def hear(self, name: str, args: Sequence[RawValue]) -> None:
        """Every signal, by any name and with any body: raw, because what cannot be decoded would be dropped."""
        self._hear(name if name.isprintable() else "unreadable", args[0] if args else None)


def _read(body: RawValue | None) -> dict[str, Any]:
    """The signal's JSON object of words and numbers; anything else reads as an empty one and is refused by its judge.

    What is nested or no text could be read and then not be written on: the workflow task would fail for ever.
    """
    if body is None or len(body.payload.data) > LONGEST_BODY:
        return {}
    try:
        said = json.loads(body.payload.data)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and all(map(_is_plain, (*said, *said.values()))) else {}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and value.isprintable())
