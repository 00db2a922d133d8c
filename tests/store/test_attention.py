"""Every enrollment that waits for a person is on exactly one person's list, whatever it waits for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sequencing.happenings import Happening, Reason, What, Why
from sequencing.sequences import Action
from sequencing.timing import Calendar
from store import enrollments, todos, users
from store.database import Database
from store.lives import Life
from tests.house import BOB, EMAIL, RITA, House

PAUSES = [reason for reason in Reason if list(Reason).index(reason) <= list(Reason).index(Reason.delivery_unknown)]
GONE = ["nobody is gone", "who enrolled is gone", "who enrolled and the owner are gone"]


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("reason", PAUSES)
async def test_a_paused_one_is_on_exactly_one_attention_list(alone: House, reason: Reason, gone: str) -> None:
    one = await alone.enroll("pia" if "owner" in gone else "ann", {**EMAIL, "delay": "1 day"})
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, one, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.blocked, reason=reason))
        await life.save()
        if gone != GONE[0]:
            rita = await users.by_email(tx, RITA)
            await users.change(tx, replace(rita, active=False))

    lists = await _lists_with(alone.database, one)

    assert len(lists) == 1


async def test_one_that_waits_for_a_send_window_that_never_opens_is_on_exactly_one_attention_list(
    alone: House,
) -> None:
    await alone.settle_on(Calendar("UTC", ((),) * 7))
    one = await alone.enroll("ann", EMAIL)
    row = await alone.row(one)

    lists = await _lists_with(alone.database, one)

    assert row is not None
    assert row.why is Why.no_send_window
    assert lists == [RITA]


@pytest.mark.parametrize("action", [Action.call, Action.task, Action.manual_email])
async def test_one_with_an_open_to_do_is_on_exactly_one_to_do_list(alone: House, action: Action) -> None:
    one = await alone.enroll("pia", {**EMAIL, "delay": "1 day"})
    bob = await _opened(alone.database, one, action)

    lists = await _lists_with(alone.database, one)

    assert lists == [bob]


async def _opened(database: Database, enrollment_id: str, action: Action) -> str:
    """Opens a to-do for somebody who neither enrolled nor owns the contact; answers who that is."""
    now = datetime.now(UTC)
    async with database.writing() as tx:
        life, bob = await Life.lock(tx, enrollment_id, now), await users.by_email(tx, BOB)
        assert life is not None
        opening = todos.Opening("todo", action, bob.id, None, "Think", "")
        await todos.open_one(tx, life.enrollment, opening, now, now)
        life.happen(Happening(What.opened, todo=opening.id))
        await life.save()
    return bob.email


async def _lists_with(database: Database, enrollment_id: str) -> list[str]:
    """The users on whose attention or to-do list it stands."""
    found = []
    async with database.reading() as tx:
        for user in await users.everybody(tx):
            listed = [one.id for one in await enrollments.attention(tx, user)]
            to_do = [todo.enrollment_id for todo in await todos.on_the_list_of(tx, user.id)]
            found += [user.email] * (listed + to_do).count(enrollment_id)
    return found
