"""Sequences and templates: made, previewed, shared, held, copied and archived."""

import pytest

from sequencing.people import Level
from tests.browser.office import Office
from tests.house import BOB, EMAIL, RITA, TASK

LATER = {**EMAIL, "delay": "300 days"}


@pytest.mark.statement(9)
@pytest.mark.statement(10)
@pytest.mark.statement(11)
async def a_sequence_is_made_from_its_place_in_the_navigation(office: Office) -> None:
    tab = await office.enter(RITA)

    await tab.open("/todos")
    await tab.press("Sequences")
    await tab.press("New sequence")
    await tab.look("new-sequence")
    await tab.field("Name").fill("Nurses in spring")
    await tab.field("Subject").fill("Hello")
    await tab.field("Wording").fill("Dear {{ contact.first_name }}")
    await tab.press("Task")
    await tab.field("Title").fill("Think of {{ contact.name }}")
    await tab.press("Move step 2 up")
    red = await tab.page.locator(".required").first.evaluate("one => getComputedStyle(one).color")
    assert red == "rgb(179, 38, 30)"
    assert await tab.page.locator("[required]").count() >= 2
    await tab.press("Remove step 1")
    await tab.press("Make the sequence")

    await tab.open("/sequences")
    await tab.press("Nurses in spring")
    await tab.press("Steps")
    assert await tab.page.locator(".steps > li").count() == 1
    await tab.look("steps")


@pytest.mark.statement(48)
@pytest.mark.statement(49)
@pytest.mark.statement(50)
async def steps_are_frozen_once_contacts_were_added_and_a_copy_is_not(office: Office) -> None:
    await office.contact("Fritz Frozen")
    sequence = await office.house.sequence(LATER, TASK, name="Frozen")
    await office.enroll("Fritz Frozen", sequence=sequence)
    tab = await office.enter(RITA)

    await tab.open(f"/sequences/{sequence}/steps")
    await tab.reads("are frozen")
    assert await tab.page.get_by_role("button", name="Move step 2 up").count() == 0
    await tab.page.get_by_label("Step 1: wait").first.fill("200")
    await tab.press("What would change?")
    await tab.reads("What saving would do")
    await tab.press("Save")
    await tab.open(f"/sequences/{sequence}/steps")
    assert await tab.page.get_by_label("Step 1: wait").first.input_value() == "200"
    await tab.press("Create copy")
    await tab.press("Steps")
    await tab.reads("Copy of Frozen")
    assert await tab.page.get_by_role("button", name="Move step 2 up").count() == 1


@pytest.mark.statement(36)
async def several_are_stopped_and_removed_from_within_the_sequence(office: Office) -> None:
    names = ["Sina Several", "Samu Several", "Sora Several"]
    sequence = await office.house.sequence(LATER, name="Several")
    for name in names:
        await office.contact(name)
    sina, samu, sora = [await office.enroll(name, sequence=sequence) for name in names]
    tab = await office.enter(RITA)

    await tab.open(f"/sequences/{sequence}")
    for name in names[:2]:
        await tab.page.get_by_label(f"Choose {name}").check()
    await tab.click(tab.page.locator(".many").get_by_role("button", name="Stop"))
    await tab.look("chosen-contacts")
    for one in (sina, samu):
        await office.house.place(one, "canceled")
    await tab.press("Go on")
    await tab.open(f"/sequences/{sequence}/chosen")
    await tab.page.get_by_label(f"Choose {names[0]}").check()
    await tab.click(tab.page.locator(".many").get_by_role("button", name="Remove …"))
    await tab.press("Remove for good")
    await office.gone(sina)
    await office.house.place(sora, "waiting")


async def a_sequence_is_previewed_tested_shared_held_and_archived(office: Office) -> None:
    await office.user("Henry Heir", Level.edit)
    await office.contact("Prea Preview")
    body = "<p>Dear <b>{{ contact.first_name }}</b></p>"
    sequence = await office.house.sequence({**LATER, "format": "html", "body": body}, name="Managed")
    tab = await office.enter(RITA)

    await tab.open(f"/sequences/{sequence}/preview")
    await tab.field("Contact, by email").fill("prea-preview")
    await tab.press("Show")
    await tab.look("preview")
    await tab.press(f"Send it to {RITA} as a test")
    await tab.reads("A test was sent")

    await tab.open(f"/sequences/{sequence}/managing")
    await tab.look("managing")
    await tab.page.get_by_role("radio", name="These users").check()
    await tab.page.get_by_role("checkbox", name="Bob Bystander").check()
    await tab.press("Save sharing")
    await tab.open(f"/sequences/{sequence}/managing")
    await tab.press("Hold")
    await tab.reads("held")
    await tab.open(f"/sequences/{sequence}/managing")
    await tab.press("Release")
    await tab.open(f"/sequences/{sequence}/managing")
    await tab.press("Archive")
    await tab.open(f"/sequences/{sequence}/managing")
    await tab.press("Unarchive")
    bob = await office.enter(BOB)
    await bob.open(f"/sequences/{sequence}")
    ada = await office.enter("ada@example.org")
    await ada.open(f"/sequences/{sequence}/managing")
    await ada.field("New owner").select_option(label="Henry Heir")
    await ada.press("Hand over")


@pytest.mark.statement(14)
async def a_template_is_written_previewed_changed_copied_archived_and_handed_over(office: Office) -> None:
    await office.user("Tessa Taker", Level.edit)
    await office.contact("Tina Template")
    tab = await office.enter(RITA)

    await tab.open("/templates")
    await tab.press("New template")
    await tab.look("new-template")
    await tab.field("Name").fill("First letter")
    await tab.field("Written as").select_option("html")
    await tab.field("Subject").fill("A word, {{ contact.first_name }}")
    await tab.field("Wording").fill("<p>Dear {{ contact.first_name }}</p>")
    await tab.press("Make the template")
    await tab.open("/templates")
    await tab.look("templates")
    await tab.press("First letter")
    await tab.field("Contact, by email").fill("tina-template")
    await tab.press("Show")
    await tab.page.frame_locator("iframe").get_by_text("Dear Tina").wait_for()
    await tab.look("template")
    here = tab.page.url.removeprefix(office.address).partition("?")[0]

    await tab.field("Subject").fill("Another word")
    await tab.press("Whom would it reach?")
    await tab.press("Save")
    for words in ("Archive", "Unarchive", "Create copy"):
        await tab.open(here)
        await tab.press(words)
    await tab.open(f"{here}/copies")
    ada = await office.enter("ada@example.org")
    await ada.open(here)
    await ada.field("New owner").select_option(label="Tessa Taker")
    await ada.press("Hand over")


async def an_email_is_let_go_at_any_hour_after_its_readers_clock_was_seen(office: Office) -> None:
    await office.contact("Anna Anyhour", time_zone="Asia/Tokyo")
    one = await office.enroll("Anna Anyhour", LATER)
    tab = await office.enter(RITA)

    await tab.open(f"/enrollments/{one}/any-hour")
    await tab.look("any-hour")
    await tab.press("Let it leave")

    await office.house.place(one, "finished")
