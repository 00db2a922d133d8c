"""Tasks & Events: a user's day and week, his to-dos together with tasks of his own."""

from datetime import timedelta

import pytest

from sequencing.people import Level
from tests.browser.office import Office
from tests.house import CALL
from tests.patience import clear_of_midnight


@pytest.mark.statement(30)
async def a_week_shows_to_dos_beside_own_tasks_which_are_written_moved_done_and_deleted(office: Office) -> None:
    await clear_of_midnight()
    cleo = await office.user("Cleo Calendar", Level.use)
    await office.contact("Corinna Called")
    await office.house.todo(await office.enroll("Corinna Called", CALL, by=cleo))
    today = office.house.door.now().date()
    tab = await office.enter(cleo)

    await tab.open("/calendar")
    await tab.reads("Corinna Called")
    await tab.field("Title").fill("Read the guidelines")
    await tab.field("Time, if it has one").fill("14:30")
    await tab.field("Contact").fill("corinna-called")
    await tab.press("Write it down")
    await tab.reads("Written down")
    await tab.look("calendar")
    await tab.press("Done: Read the guidelines")
    await tab.press("Not done: Read the guidelines")

    await tab.press("Read the guidelines")
    await tab.look("task")
    await tab.field("Note").fill("Twice")
    await tab.press("Save")
    await tab.reads("The task is changed")
    await tab.press("Read the guidelines")
    await tab.field("Move to").fill(f"{today + timedelta(days=7)}")
    await tab.press("Move")
    await tab.reads("Moved")
    await tab.open(f"/calendar?week={today + timedelta(days=7)}")
    await tab.reads("Twice")
    await tab.press("Read the guidelines")
    await tab.press("Delete the task")
    await tab.reads("Write yourself a task")
    for path in ("/calendar/tasks", "/calendar/tasks/any/removal"):
        await tab.open(path)
        assert tab.page.url == f"{office.address}/calendar"


async def a_task_that_cannot_be_is_shown_again_as_it_was_typed(office: Office) -> None:
    tab = await office.enter(await office.user("Tim Typed", Level.use))

    await tab.open("/calendar")
    await tab.field("Title").fill("Call somebody")
    await tab.field("Contact").fill("nobody at all")
    async with tab.refused():
        await tab.press("Write it down")
        await tab.reads("There is no contact")

    assert await tab.field("Title").input_value() == "Call somebody"
