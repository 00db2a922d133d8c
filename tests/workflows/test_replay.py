"""Recorded histories of every kind of life are replayed; and they hold no person's data."""

import base64
import inspect
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

import workflows.enrollments
from tests.house import ADA, BOB, PEOPLE
from tests.lives import HISTORIES, LIVES
from workflows.bulk_adds import BulkAddWorkflow
from workflows.enrollments import EnrollmentWorkflow
from workflows.replans import ReplanWorkflow

WORKFLOWS = [EnrollmentWorkflow, ReplanWorkflow, BulkAddWorkflow]
RECORDED = sorted(HISTORIES.glob("*.json"))


def test_every_kind_of_life_is_recorded() -> None:
    recorded = {path.stem.rpartition("-")[0] for path in RECORDED}

    assert recorded == set(LIVES)
    assert (HISTORIES / "canceled_and_reactivated-2.json").exists()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_the_present_workflow_replays_what_was_recorded(path: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter)

    result = await replayer.replay_workflow(_history(path))

    assert result.replay_failure is None


async def test_a_workflow_with_two_activities_swapped_does_not_replay() -> None:
    swapped = _workflow_with("decision.do.value,", "{'send_email': 'open_todo'}.get(decision.do.value, 'send_email'),")
    runner = UnsandboxedWorkflowRunner()
    replayer = Replayer(workflows=[swapped], data_converter=pydantic_data_converter, workflow_runner=runner)

    result = await replayer.replay_workflow(
        _history(HISTORIES / "five_actions_to_the_end-1.json"), raise_on_replay_failure=False
    )

    assert result.replay_failure is not None


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_no_history_holds_a_name_an_address_a_number_or_wording(path: Path) -> None:
    told = _unpacked(json.loads(path.read_text())).lower()

    private = _private_words()

    assert [word for word in private if word.lower() in told] == []
    assert any(word in told for word in ("enrollment_id", "plan_anew", "add_id"))


def _unpacked(part: Any) -> str:
    """All text of a history, with the payloads, which are base64, as what they hold."""
    if isinstance(part, dict):
        held = base64.b64decode(part["data"]).decode(errors="replace") if isinstance(part.get("data"), str) else ""
        return held + " ".join(f"{name} {_unpacked(value)}" for name, value in part.items())
    return " ".join(map(_unpacked, part)) if isinstance(part, list) else str(part)


def _private_words() -> set[str]:
    """Everything the cast is called by, and all the wording; words of three letters would be found by chance."""
    cells = {cell for line in PEOPLE.splitlines()[1:] for cell in line.split(",") if len(cell) > 3}
    return cells | {ADA, BOB, "Ada Admin", "Rita", "example.com", "example.org", "Hello", "A letter", "Dear ", "550 "}


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


def _workflow_with(old: str, new: str) -> type:
    source = inspect.getsource(workflows.enrollments)
    assert old in source
    module = types.ModuleType("swapped_enrollments")
    sys.modules[module.__name__] = module
    exec(compile(source.replace(old, new), module.__name__, "exec"), module.__dict__)
    changed: type = module.__dict__["EnrollmentWorkflow"]
    return changed
