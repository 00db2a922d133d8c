from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Why

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WAITS = Enrollment("one", 1, 1, 1, NOW, NOW, due_at=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({}, False),
        ({"last_news": 1}, True),
        ({"last_news": 1, "noted": 1}, False),
        ({"due_at": NOW}, True),
        ({"due_at": None}, False),
        ({"due_at": NOW, "why": Why.held}, False),
        ({"due_at": NOW, "status": Status.paused}, False),
        ({"state": StepState.sending}, True),
        ({"state": StepState.sending, "status": Status.canceled}, False),
        ({"state": StepState.to_do, "due_at": NOW}, False),
    ],
)
def test_an_enrollment_moves_while_its_run_has_something_to_do_now(change: dict[str, Any], moves: bool) -> None:
    assert replace(WAITS, **change).is_moving(NOW) is moves
