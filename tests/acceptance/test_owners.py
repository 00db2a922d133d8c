"""Whose to-do a step becomes: the four owner rules, and who does it where a rule finds nobody; the timeline says so."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from sequencing.happenings import What
from sequencing.timing import office_hours
from starter.users import deactivate_user
from store import enrollments, users
from store.people_tables import CompanyRow, ContactRow
from tests.house import ADA, BOB, RITA, TASK, House

NAMED = {"enroller": RITA, BOB: BOB, "contact owner": BOB, "company owner": BOB}


async def own(house: House, owner: str) -> None:
    """Lets that user own Ann and the company where she works."""
    async with house.database.writing() as tx:
        who = await users.by_email(tx, owner)
        for table in (ContactRow, CompanyRow):
            await tx.execute(update(table).values(owner_id=who.id))


async def assigned(house: House, rule: str) -> tuple[str, bool]:
    """Whose to-do it became, and whether the timeline says that the rule found nobody."""
    one = await house.enroll("ann", {**TASK, "owner": rule, "delay": "1 second"})
    todo = await house.todo(one)
    async with house.database.reading() as tx:
        (told,) = [event for event in await enrollments.timeline(tx, one) if event.what is What.opened]
        who = await users.get(tx, todo.assignee_id)
    assert who is not None
    assert told.details["assignee"] == who.id
    return who.email, told.details["fallback_owner"]


@pytest.mark.parametrize("rule", NAMED)
async def test_the_rule_says_who_does_it(house: House, rule: str) -> None:
    await own(house, BOB)

    assert await assigned(house, rule) == (NAMED[rule], False)


@pytest.mark.parametrize("rule", [BOB, "contact owner", "company owner"])
async def test_who_enrolled_does_what_would_be_a_deactivated_users_and_the_timeline_says_so(
    house: House, rule: str
) -> None:
    await own(house, BOB)
    await deactivate_user(house.door, BOB, RITA, ADA)

    assert await assigned(house, rule) == (RITA, True)


@pytest.mark.parametrize("rule", ["contact owner", "company owner"])
async def test_who_enrolled_does_what_would_be_nobodys_and_the_timeline_says_so(house: House, rule: str) -> None:
    async with house.database.writing() as tx:
        for table in (ContactRow, CompanyRow):
            await tx.execute(update(table).values(owner_id=None))

    assert await assigned(house, rule) == (RITA, True)


@pytest.mark.parametrize("rule", NAMED)
async def test_an_admin_does_it_where_who_enrolled_is_deactivated_too(house: House, rule: str) -> None:
    await own(house, BOB)
    one = await house.enroll("ann", {**TASK, "owner": rule, "delay": "2 seconds"})
    await deactivate_user(house.door, BOB, ADA, ADA)
    await deactivate_user(house.door, RITA, ADA, ADA)

    todo = await house.todo(one)

    async with house.database.reading() as tx:
        (told,) = [event for event in await enrollments.timeline(tx, one) if event.what is What.opened]
        admin = await users.by_email(tx, ADA)
    assert (todo.assignee_id, told.details["fallback_owner"]) == (admin.id, True)


async def test_a_todo_falls_due_on_a_day_of_the_window_at_its_opening_at_the_earliest(alone: House) -> None:
    saturday = datetime(2026, 3, 7, 12, tzinfo=UTC)
    closed = replace(office_hours("Europe/Berlin"), closed_dates=frozenset({datetime(2026, 3, 9, tzinfo=UTC).date()}))
    await alone.settle_on(closed)
    house = replace(alone, door=replace(alone.door, now=lambda: saturday))

    due = [
        await _due(house, contact, delay) for contact, delay in [("ann", "none"), ("ben", "1 hour"), ("pia", "4 days")]
    ]

    opening = datetime(2026, 3, 10, 8, tzinfo=UTC)
    assert due == [opening, opening, datetime(2026, 3, 11, 12, tzinfo=UTC)]


async def _due(house: House, contact: str, delay: str) -> Any:
    from starter.sequencer import Sequencer

    house = replace(house, sequencer=Sequencer(house.door))
    row = await house.row(await house.enroll(contact, {**TASK, "delay": delay}))
    assert row is not None
    return row.due_at
