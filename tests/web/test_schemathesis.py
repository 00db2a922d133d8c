"""Whatever anybody sends to the API, it answers as its description promises, and never with a fault of ours.

Schemathesis makes requests from the description, lawful and unlawful ones, to a real server with a real door, on
SQLite, as four users. A few of each operation here, many in a soak.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sequencing.people import Level
from tests.acceptance import conftest as acceptance
from tests.permitted import Furnished
from tests.web.knocking import app_at, bearer, served

furnished = acceptance.furnished
USERS = [(Level.none, "hidden"), (Level.view, "seen"), (Level.use, "own"), (Level.manage, "own")]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW, MANY = 2, 300
THINGS = {"sequences": "sequence", "enrollments": "waiting", "todos": "call", "bulk-adds": "add", "tasks": "task"}
"""What in the house an id is put for, half of the times: those that are made up name nothing."""


@pytest.mark.parametrize(("level", "tie"), USERS)
async def test_every_answer_is_promised(furnished: Furnished, tmp_path: Path, level: Level, tie: str) -> None:
    await _try_everything(furnished, tmp_path, level, tie, FEW)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("level", "tie"), USERS)
async def test_every_answer_is_promised_many_times(
    furnished: Furnished, tmp_path: Path, level: Level, tie: str
) -> None:
    await _try_everything(furnished, tmp_path, level, tie, MANY)


async def _try_everything(furnished: Furnished, folder: Path, level: Level, tie: str, examples: int) -> None:
    async with furnished.case(folder, level, tie) as door:
        app = app_at(door)
        async with served(app) as address:
            wrong = await asyncio.to_thread(_wrong, app.openapi(), address, furnished.names, examples)

    assert wrong == []


def _wrong(description: dict[str, Any], address: str, names: dict[str, str], examples: int) -> list[str]:
    """What was answered otherwise than promised, a sentence for each operation."""
    schema = schemathesis.openapi.from_dict(description)
    schema.config.update(base_url=address)
    headers = bearer(names["bearer"])
    found = []
    for result in schema.get_all_operations():
        if not isinstance(result, Ok):
            found.append(str(result))
            continue
        operation = result.ok()
        try:
            _try(operation, headers, names, examples)
        except (Exception, BaseExceptionGroup) as fault:
            found.append(f"{operation.label}: {fault}"[:2000])
    return found


def _try(operation: Any, headers: dict[str, str], names: dict[str, str], examples: int) -> None:
    thing = names.get(THINGS.get(operation.path.split("/")[2], ""), "3")

    @given(case=operation.as_strategy(), there=st.booleans())
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def once(case: Any, there: bool) -> None:
        if there and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = thing
        if "wait" in (case.query or {}):
            case.query["wait"] = 0
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)

    once()
