"""Every enrollment that waits for a person is on exactly one person's list, whatever it waits for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from sequencing.happenings import Happening, Reason, What, Why
from sequencing.timing import Calendar
from store import enrollments, todos, users
from store.database import Database
from store.lives import Life
from tests.house import EMAIL, RITA, House

PAUSES = [reason for reason in Reason if list(Reason).index(reason) <= list(Reason).index(Reason.delivery_unknown)]
GONE = ["nobody is gone", "who enrolled is gone", "who enrolled and the owner are gone"]


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("reason", PAUSES)
async def test_a_paused_one_is_on_exactly_one_attention_list(
    database: Database, tmp_path: Path, reason: Reason, gone: str
) -> None:
    async with _alone(database, tmp_path) as house:
        one = await house.enroll("pia" if "owner" in gone else "ann", {**EMAIL, "delay": "1 day"})
        async with database.writing() as tx:
            life = await Life.lock(tx, one, datetime.now(UTC))
            assert life is not None
            life.happen(Happening(What.blocked, reason=reason))
            await life.save()
            if gone != GONE[0]:
                rita = await users.by_email(tx, RITA)
                await users.change(tx, replace(rita, active=False))

        lists = await _lists_with(database, one)

    assert len(lists) == 1


async def test_one_that_waits_for_a_send_window_that_never_opens_is_on_exactly_one_attention_list(
    database: Database, tmp_path: Path
) -> None:
    async with _alone(database, tmp_path) as house:
        await house.settle_on(Calendar("UTC", ((),) * 7))
        one = await house.enroll("ann", EMAIL)
        row = await house.row(one)

        lists = await _lists_with(database, one)

    assert row is not None
    assert row.why is Why.no_send_window
    assert lists == [RITA]


@asynccontextmanager
async def _alone(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """A house without worker or engine."""
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    async with House.open(database, nowhere, tmp_path / "outbox", working=False) as house:
        house.door.runs.patience = 0.02
        yield house


async def _lists_with(database: Database, enrollment_id: str) -> list[str]:
    """The users on whose attention or to-do list it stands."""
    found = []
    async with database.reading() as tx:
        for user in await users.everybody(tx):
            listed = [one.id for one in await enrollments.attention(tx, user)]
            to_do = [todo.enrollment_id for todo in await todos.on_the_list_of(tx, user.id)]
            found += [user.email] * (listed + to_do).count(enrollment_id)
    return found
