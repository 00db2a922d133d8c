"""Tasks that users write for themselves, and Tasks & Events, which shows them together with to-dos."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import update

from sequencing.errors import Refused, Unchanged
from sequencing.people import Level
from starter import own_tasks as acts
from starter.calendar import COUNTED, SHOWN, Agenda, agenda, overdue
from starter.contacts import import_contacts
from starter.erasures import erase
from starter.own_tasks import Said
from starter.todo_lists import Narrowed, worklist
from starter.users import UserChange, add_user, change_user
from store import own_tasks, users
from store.people_tables import UserRow
from tests.house import ADA, BOB, RITA, House
from tests.starter.test_todos import opened

EVE = "eve@example.org"
TUESDAY = date(2026, 12, 1)
A_DAY = timedelta(days=1)


async def titles(house: House, by: str = RITA) -> list[str]:
    return [one.task.title for one in (await acts.listed(house.door, by)).lines]


async def refusal(act: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await act
    return refused.value.code


async def test_a_task_is_written_edited_moved_done_undone_and_deleted(alone: House) -> None:
    door = alone.door
    task = await acts.add(door, Said(" Read ", TUESDAY, time(9, 30), "Twice", "ann"), RITA)
    await acts.add(door, Said("Before", TUESDAY - A_DAY), RITA)
    (_, line) = (await acts.listed(door, RITA)).lines
    assert (line.task.title, line.task.at, line.contact) == ("Read", time(9, 30), "Ann Abel")

    await acts.move(door, task, TUESDAY - 2 * A_DAY, RITA)
    await acts.complete(door, task, RITA)
    moved = await acts.look(door, task, RITA)
    await acts.reopen(door, task, RITA)
    await acts.change(door, task, Said("Write", TUESDAY), RITA)
    changed = await acts.look(door, task, RITA)

    assert (moved.day, moved.at, moved.done_at is not None) == (TUESDAY - 2 * A_DAY, time(9, 30), True)
    assert (changed.title, changed.at, changed.note, changed.contact_id, changed.done_at) == (
        "Write",
        None,
        "",
        None,
        None,
    )
    assert await titles(alone) == ["Before", "Write"]
    await acts.remove(door, task, RITA)
    assert await titles(alone) == ["Before"]
    assert await refusal(acts.look(door, task, RITA)) == "not_found"


async def test_a_repeated_act_on_a_task_changes_nothing_and_says_so(alone: House) -> None:
    door, said = alone.door, Said("Read", TUESDAY)
    task = await acts.add(door, said, RITA)

    for act in (
        acts.change(door, task, said, RITA),
        acts.move(door, task, TUESDAY, RITA),
        acts.reopen(door, task, RITA),
    ):
        with pytest.raises(Unchanged):
            await act
    await acts.complete(door, task, RITA)
    with pytest.raises(Unchanged):
        await acts.complete(door, task, RITA)


async def test_a_task_does_not_exist_for_anybody_else_who_does_not_manage(alone: House) -> None:
    task = await acts.add(alone.door, Said("Read", TUESDAY), RITA)

    for act in (
        acts.look(alone.door, task, BOB),
        acts.complete(alone.door, task, BOB),
        acts.remove(alone.door, task, BOB),
    ):
        assert await refusal(act) == "not_found"
    assert (await titles(alone, BOB), await titles(alone, ADA)) == ([], [])
    assert (await acts.look(alone.door, task, ADA)).done_at is None


async def test_whoever_sees_no_contacts_names_none_and_is_told_none(alone: House) -> None:
    await add_user(alone.door, EVE, "Eve", ["use"], None, ADA)
    await acts.add(alone.door, Said("Call back", TUESDAY, contact="ann"), EVE)
    async with alone.database.writing() as tx:
        eve = await users.by_email(tx, EVE)
        await tx.execute(update(UserRow).where(UserRow.id == eve.id).values(level=Level.none))

    (line,) = (await acts.listed(alone.door, EVE)).lines

    assert (line.task.title, line.contact) == ("Call back", "")
    assert await refusal(acts.add(alone.door, Said("Another", TUESDAY, contact="ann"), EVE)) == "not_permitted"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Said("  ", TUESDAY), "invalid_text"),
        (Said("T" * 201, TUESDAY), "invalid_text"),
        (Said("T", TUESDAY, note="N" * 10_001), "too_long"),
        (Said("T", TUESDAY, contact="nobody"), "unknown_contact"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_cannot_be_a_task_is_refused_and_nothing_is_written(alone: House, said: Said, code: str) -> None:
    assert await refusal(acts.add(alone.door, said, RITA)) == code
    assert await titles(alone) == []


async def test_tasks_are_listed_page_by_page_in_the_order_of_their_days(alone: House) -> None:
    for number in (2, 0, 1, 1):
        await acts.add(alone.door, Said(f"Task {number}", TUESDAY + number * A_DAY), RITA)

    first = await acts.listed(alone.door, RITA, limit=3)
    second = await acts.listed(alone.door, RITA, limit=3, after=first.more)

    assert [one.task.title for one in first.lines + second.lines] == ["Task 0", "Task 1", "Task 1", "Task 2"]
    assert second.more is None


async def test_an_erasure_takes_the_tasks_that_name_the_contact(alone: House) -> None:
    await acts.add(alone.door, Said("Call Ann Abel", TUESDAY, contact="ann"), RITA)
    await acts.add(alone.door, Said("Read", TUESDAY), RITA)

    await erase(alone.door, "ann", ADA)

    assert await titles(alone) == ["Read"]


def said(told: Agenda) -> dict[str, list[str]]:
    """What stands under each day that has anything."""
    return {
        f"{day:%a}": [one.task.title if one.task else one.contact for one in each.entries]
        for day, each in told.days.items()
        if each.entries
    }


async def test_a_week_holds_to_dos_and_own_tasks_on_the_users_clock_and_before_them_what_is_overdue(
    alone: House,
) -> None:
    await change_user(alone.door, RITA, UserChange(time_zone="Asia/Tokyo"), ADA)
    late_on_tuesday = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
    door = replace(alone.door, now=lambda: late_on_tuesday)
    now = datetime.now(UTC)
    await opened(alone, "ann", late=now - late_on_tuesday)
    await opened(alone, "ben", late=now - datetime(2026, 12, 1, 15, 30, tzinfo=UTC))
    await opened(alone, "pia", late=now - datetime(2026, 11, 28, 12, tzinfo=UTC))
    for title, day, at in (("Noon", TUESDAY, time(12)), ("Any", TUESDAY, None), ("Missed", TUESDAY - 4 * A_DAY, None)):
        await acts.add(door, Said(title, day, at), RITA)
    over = await acts.add(door, Said("Over", TUESDAY - 4 * A_DAY), RITA)
    await acts.complete(door, over, RITA)

    week = await agenda(door, RITA, None, 7)
    tomorrow = await agenda(door, RITA, TUESDAY + A_DAY, 1)

    assert (week.zone, week.today, week.cut) == ("Asia/Tokyo", TUESDAY, False)
    assert said(week) == {"Tue": ["Any", "Noon", "Ann Abel"], "Wed": ["Ben Bruno"]}
    assert [one.task.title if one.task else one.contact for one in week.late.entries] == ["Missed", "Pia Porter"]
    assert (said(tomorrow), tomorrow.late.entries) == ({"Wed": ["Ben Bruno"]}, [])


async def test_own_tasks_are_no_to_dos(alone: House) -> None:
    await acts.add(alone.door, Said("Read", TUESDAY), RITA)

    assert await worklist(alone.door, Narrowed(), RITA) == ([], False)


async def test_a_task_that_is_done_and_moved_at_the_same_moment_is_both(alone: House) -> None:
    task_id = await acts.add(alone.door, Said("Think", date(2026, 12, 1)), RITA)
    async with alone.database.writing() as tx:
        task = await own_tasks.get(tx, task_id, lock=True)
        assert task is not None
        late = asyncio.create_task(acts.complete(alone.door, task_id, RITA))
        await asyncio.sleep(0.3)
        await own_tasks.change(tx, replace(task, day=date(2026, 12, 2)))
    await late

    now = await acts.look(alone.door, task_id, RITA)
    assert (now.day, now.done_at is not None) == (date(2026, 12, 2), True)


async def test_a_full_day_shows_the_first_twenty_beside_others_what_is_to_be_done_first_and_all_by_itself(
    alone: House,
) -> None:
    door = replace(alone.door, now=lambda: datetime(2026, 12, 1, 9, tzinfo=UTC))
    for number in range(SHOWN + 2):
        task = await acts.add(door, Said(f"Task {number}", TUESDAY), RITA)
        if number < 3:
            await acts.complete(door, task, RITA)

    week = (await agenda(door, RITA, None, 7)).days[TUESDAY]
    day = (await agenda(door, RITA, TUESDAY, 1)).days[TUESDAY]

    assert (len(week.entries), sum(one.is_done for one in week.entries), week.more) == (SHOWN, 1, "2")
    assert (len(day.entries), day.more) == (SHOWN + 2, "")


async def test_what_is_overdue_is_shown_in_part_beside_a_week_and_whole_by_itself(alone: House) -> None:
    door = replace(alone.door, now=lambda: datetime(2026, 12, 1, 9, tzinfo=UTC))
    for number in range(COUNTED + 1):
        await acts.add(door, Said(f"Task {number}", TUESDAY - 4 * A_DAY), RITA)

    week, by_itself = await agenda(door, RITA, None, 7), await overdue(door, RITA)

    assert (len(week.late.entries), week.late.more, week.cut) == (SHOWN, f"{COUNTED - SHOWN}+", False)
    assert (len(by_itself.late.entries), by_itself.late.more, by_itself.days) == (COUNTED + 1, "", {})


async def test_a_task_is_about_whoever_has_that_name_and_several_are_named_to_choose_from(alone: House) -> None:
    again = "external_id,first_name,last_name,owner,work_email\nbea,Bea,Bruno,rita@example.org,bea@example.com\n"
    await import_contacts(alone.door, again, RITA)
    task = await acts.add(alone.door, Said("Ask her", TUESDAY, contact="bea bruno"), RITA)
    (line,) = (await acts.listed(alone.door, RITA)).lines

    with pytest.raises(Refused, match=r"name one by email or id: .*Bea Bruno \(bea@example.com\)") as several:
        await acts.change(alone.door, task, Said("Ask her", TUESDAY, contact="Bruno"), RITA)
    assert (line.contact, several.value.code) == ("Bea Bruno", "ambiguous_contact")
    assert await refusal(acts.add(alone.door, Said("Ask", TUESDAY, contact="Nobody Known"), RITA)) == "unknown_contact"


async def test_a_task_says_whom_it_is_about_to_who_sees_contacts_alone(alone: House) -> None:
    task = await acts.look(alone.door, await acts.add(alone.door, Said("Ask", TUESDAY, contact="ann"), RITA), RITA)
    seen = await acts.about(alone.door, task, RITA)
    async with alone.database.writing() as tx:
        await tx.execute(update(UserRow).where(UserRow.email == RITA).values(level=Level.none))

    assert (seen, await acts.about(alone.door, task, RITA)) == ("Ann Abel", "")
