"""Contacts in Sequence: where each of them is, why, and every act on one."""

import pytest

from tests.browser.office import Office
from tests.browser.wires import UNSURE
from tests.house import EMAIL, RITA, TASK

LATER = {**EMAIL, "delay": "300 days"}


@pytest.mark.statement(35)
async def a_wait_is_paused_resumed_and_bypassed(office: Office) -> None:
    await office.contact("Wanda Waits")
    one = await office.enroll("Wanda Waits", LATER, TASK)
    tab = await office.enter(RITA)

    await tab.open(f"/enrollments/{one}")
    await tab.press("Pause")
    await tab.reads("Resume")
    await tab.press("Resume")
    await tab.reads("Bypass")
    await tab.look("enrollment")
    await tab.press("Bypass")
    await tab.reads("Open its to-do")
    await office.house.place(one, "to_do", 2)

    assert (office.mail_address("Wanda Waits"), "Hi Wanda") in office.house.sent()


async def what_a_run_did_is_seen_by_a_link_without_scripts(office: Office) -> None:
    await office.contact("Lia Linked")
    one = await office.enroll("Lia Linked", LATER, TASK)
    tab = await office.enter(RITA, scripts=False)

    await tab.open(f"/enrollments/{one}")
    await tab.press("Bypass")
    await office.house.place(one, "to_do", 2)
    if await tab.on("See what happened").count():
        await tab.press("See what happened")

    await tab.reads("Open its to-do")


@pytest.mark.statement(37)
@pytest.mark.statement(38)
async def a_contact_is_stopped_and_reactivated_from_within_the_sequence(office: Office) -> None:
    await office.contact("Stella Stopped")
    sequence = await office.house.sequence(LATER)
    one = await office.enroll("Stella Stopped", sequence=sequence)
    tab = await office.enter(RITA)

    await tab.open("/sequences")
    await tab.look("sequences")
    await tab.open(f"/sequences/{sequence}")
    await tab.look("sequence")
    await tab.press("Stop", within="Stella Stopped")
    await tab.page.get_by_role("button", name="Reactivate Stella Stopped").wait_for()
    await office.house.place(one, "canceled")
    await tab.press("Reactivate", within="Stella Stopped")
    await office.house.place(one, "waiting")


@pytest.mark.statement(39)
async def a_removal_is_asked_about_and_leaves_nothing_to_reactivate(office: Office) -> None:
    await office.contact("Rhea Removed")
    one = await office.enroll("Rhea Removed", LATER)
    tab = await office.enter(RITA)

    await tab.open(f"/enrollments/{one}/removal")
    await tab.look("removal")
    await tab.press("Keep it")
    await tab.press("Remove …")
    await tab.press("Remove for good")
    await tab.reads("Removed")

    await office.gone(one)
    async with tab.refused():
        await tab.open(f"/enrollments/{one}")


async def a_person_says_what_the_house_cannot_know(office: Office) -> None:
    for name in ("Rolf Replied", "Cora Concluded"):
        await office.contact(name)
    replied, concluded = [await office.enroll(name, LATER) for name in ("Rolf Replied", "Cora Concluded")]
    tab = await office.enter(RITA)

    await tab.open(f"/enrollments/{replied}")
    await tab.press("The contact has replied")
    assert (await office.house.place(replied, "paused")).reason == "replied"

    await tab.open(f"/enrollments/{concluded}")
    await tab.page.locator("select[name=outcome]").select_option("positive")
    await tab.press("Conclude")
    assert (await office.house.place(concluded, "finished")).outcome == "positive"
    await tab.open(f"/enrollments/{concluded}/conclusion")
    assert tab.page.url.endswith(f"/enrollments/{concluded}")


async def a_message_of_which_nobody_knows_is_settled(office: Office) -> None:
    await office.contact("Uwe Unknown", work_email=f"uwe@{UNSURE}")
    one = await office.enroll("Uwe Unknown", EMAIL, TASK)
    await office.house.place(one, "paused")
    tab = await office.enter(RITA)

    await tab.open(f"/enrollments/{one}")
    await tab.reads("Nobody knows whether the last message arrived")
    await tab.press("It left")

    await office.house.place(one, "to_do", 2)


@pytest.mark.statement(42)
async def a_reply_to_the_journal_pauses_and_is_read_in_the_story(office: Office) -> None:
    await office.contact("Jana Journaled")
    one = await office.enroll("Jana Journaled", LATER)
    tab = await office.enter(RITA)

    await office.reply("Jana Journaled", "Gladly, call me on Monday.")

    assert (await office.house.place(one, "paused")).reason == "replied"
    await tab.open(f"/enrollments/{one}")
    await tab.until("Gladly, call me on Monday.")
