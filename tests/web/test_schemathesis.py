"""Whatever anybody sends to the API, it answers as its description promises, and never with a fault of ours.

Schemathesis makes requests from the description, lawful and unlawful ones, to a real server with a real door, as four
users: a few of each operation here on SQLite, many in a soak, on PostgreSQL too. What is promised are the statuses, the
shapes, and the codes of refusals.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from sequencing.people import Level
from starter.door import Door
from store import schema
from store.database import Database
from tests.acceptance import conftest as acceptance
from tests.conftest import fresh_postgres
from tests.house import House
from tests.permitted import Furnished, furnish, tying
from tests.web.knocking import app_at, bearer, served

furnished = acceptance.furnished
USERS = [(Level.none, "hidden"), (Level.view, "seen"), (Level.use, "own"), (Level.manage, "own")]
FEW, MANY = 2, 300
THINGS = {"sequences": "sequence", "enrollments": "waiting", "todos": "call", "bulk-adds": "add", "tasks": "task"}
"""What in the house an id is put for, half of the times: those that are made up name nothing."""


@pytest.mark.parametrize(("level", "tie"), USERS)
async def test_every_answer_is_promised(furnished: Furnished, tmp_path: Path, level: Level, tie: str) -> None:
    async with furnished.case(tmp_path, level, tie) as door:
        await _try_everything(door, furnished.names, FEW)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("level", "tie"), USERS)
async def test_every_answer_is_promised_many_times(
    furnished: Furnished, tmp_path: Path, level: Level, tie: str
) -> None:
    async with furnished.case(tmp_path, level, tie) as door:
        await _try_everything(door, furnished.names, MANY)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("level", "tie"), USERS)
async def test_every_answer_is_promised_many_times_on_postgresql(
    postgres: str, tmp_path: Path, level: Level, tie: str
) -> None:
    database = Database(await fresh_postgres(postgres, f"promised_{level}"))
    await schema.migrate(database)
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    async with House.open(database, nowhere, tmp_path / "outbox", working=False) as house:
        house.door.runs.patience = 0.02
        names = await furnish(house)
        async with database.writing() as tx:
            for statement, said in tying(level, tie):
                await tx.execute(sa.text(statement), said)

        await _try_everything(house.door, names, MANY)
    await database.close()


async def _try_everything(door: Door, names: dict[str, str], examples: int) -> None:
    app = app_at(door)
    async with served(app) as address:
        wrong = await asyncio.to_thread(_wrong, app.openapi(), address, names, examples)

    assert wrong == []


def _wrong(description: dict[str, Any], address: str, names: dict[str, str], examples: int) -> list[str]:
    """What was answered otherwise than promised, a sentence for each operation."""
    import schemathesis  # here, because every process that runs tests would wait for it
    from schemathesis.core.result import Ok

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
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    promised = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]
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
        case.call_and_validate(headers=headers, checks=[not_a_server_error, *promised], timeout=30)

    once()
