"""To-Do: what waits for somebody, and everything he can do about it."""

from datetime import timedelta

import pytest

from sequencing.people import Level
from tests.browser.office import Office
from tests.house import BOB, CALL, LETTER, RITA, TASK


@pytest.mark.statement(31)
@pytest.mark.statement(33)
async def a_call_is_worked_by_one_click_and_its_result_taken_back(office: Office) -> None:
    await office.contact("Carla Klick")
    one = await office.enroll("Carla Klick", {**CALL, "instructions": "Ask for the notice period."})
    todo = await office.house.todo(one)
    tab = await office.enter(RITA)

    await tab.open("/todos")
    await tab.look("todos")
    await tab.open(f"/todos/{todo.id}")
    await tab.look("todo")
    await tab.field("Note").fill("In May")
    await tab.press("Interested")
    await tab.reads("Done: Interested")
    assert (await office.house.place(one, "finished")).outcome == "positive"

    await tab.open(f"/todos/{todo.id}")
    await tab.reads("In May")
    await tab.press("Take back")
    await tab.reads("taken back")
    assert (await office.house.todo(one)).id == todo.id


async def a_draft_is_kept_and_leaves_as_it_was_typed(office: Office) -> None:
    await office.contact("Dora Draft")
    todo = await office.house.todo(one := await office.enroll("Dora Draft", LETTER))
    tab = await office.enter(RITA)

    await tab.open(f"/todos/{todo.id}")
    await tab.field("Subject").fill("Half a letter")
    await tab.press("Keep the draft")
    await tab.open(f"/todos/{todo.id}")
    assert await tab.field("Subject").input_value() == "Half a letter"
    await tab.field("Subject").fill("A whole letter")
    await tab.press("Send")
    await tab.reads("The email leaves")

    await office.house.place(one, "finished")
    assert (office.mail_address("Dora Draft"), "A whole letter") in office.house.sent()


async def a_to_do_is_postponed_skipped_and_handed_on_without_scripts(office: Office) -> None:
    kim = await office.user("Kim Keeps", Level.use)
    names = ["Paula Postponed", "Sven Skipped", "Hanna Handed"]
    for name in names:
        await office.contact(name)
    later, skipped, handed = [await office.enroll(name, TASK, by=kim) for name in names]
    todos = {one: (await office.house.todo(one)).id for one in (later, skipped, handed)}
    in_a_month = office.house.door.now() + timedelta(days=30)
    tab = await office.enter(kim, scripts=False)

    await tab.open(f"/todos/{todos[later]}")
    await tab.unfold("Postpone")
    await tab.field("To another day").fill(f"{in_a_month:%Y-%m-%d}T10:00")
    await tab.press("Postpone")
    await tab.reads(f"{in_a_month:%Y-%m-%d}")

    await tab.open(f"/todos/{todos[skipped]}")
    await tab.press("Skip")
    await tab.reads("Skipped")

    await tab.open(f"/todos/{todos[handed]}")
    await tab.unfold("Give to somebody else")
    await tab.field("Give to").select_option(value=BOB)
    await tab.press("Reassign")
    await tab.reads(BOB)

    await office.house.place(skipped, "finished")
    bob = await office.enter(BOB)
    await bob.open("/todos")
    await bob.reads("Hanna Handed")
