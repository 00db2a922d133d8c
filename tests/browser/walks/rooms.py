"""The rooms of who manages: settings, users, roles, stages, suppressions, the outbox; and everybody's own."""

import pytest

from sequencing.people import Level
from tests.browser.office import PASSWORD, Office
from tests.house import ADA, BOB, EMAIL, RITA


async def whoever_uses_this_machine_signs_in_by_one_click(office: Office) -> None:
    tab = await office.enter()

    await tab.open("/sign-in")
    await tab.click(tab.page.get_by_role("button", name="Bob Bystander"))

    await tab.reads("Sign out")


@pytest.mark.statement(4)
async def an_admin_makes_a_role_that_may_use_sequences_and_gives_it(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/settings/roles")
    await tab.field("Name").fill("Scouts")
    await tab.field("Level", within="Add a role").select_option("view")
    await tab.press("Add")
    await tab.page.get_by_label("Level of Scouts").select_option("use")
    await tab.press("Change Scouts")
    await tab.look("roles")

    await tab.open("/settings/users")
    await tab.field("Email").fill("una@example.org")
    await tab.field("Name").fill("Una User")
    await tab.page.get_by_label("Scouts").check()
    await tab.press("Add")
    await tab.until("Una User")
    await tab.look("users")
    await tab.press("Una User")
    assert "level use" in await tab.text()


async def a_user_gets_a_password_other_roles_and_leaves_and_comes_back(office: Office) -> None:
    await office.user("Levi Leaver", Level.view)
    tab = await office.enter(ADA)

    await tab.open("/settings/users")
    await tab.press("Levi Leaver")
    await tab.look("user")
    await tab.field("Number").fill("+4930900123")
    await tab.press("Keep")
    await tab.page.get_by_role("checkbox", name="edit").check()
    await tab.press("Keep the roles")
    await tab.reads("level edit")
    await tab.field("New password").fill("another long enough word")
    await tab.press("Set the password")
    await tab.field("Who takes over").select_option(value=RITA)
    await tab.press("Deactivate Levi Leaver")
    await tab.reads("deactivated")
    await tab.press("Activate Levi Leaver")
    await tab.reads("active")


@pytest.mark.statement(6)
@pytest.mark.statement(7)
async def the_settings_are_put_in_force_and_all_sending_is_held_and_released(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/settings/sequencing")
    await tab.look("settings")
    switch = tab.page.get_by_role("checkbox", name="more than one sequence")
    was = await switch.is_checked()
    await switch.set_checked(not was)
    await tab.press("Put in force")
    assert await tab.page.get_by_role("checkbox", name="more than one sequence").is_checked() is not was
    await tab.page.get_by_role("checkbox", name="more than one sequence").set_checked(was)
    await tab.press("Put in force")
    await tab.press("Hold all sending")
    await tab.reads("Release all sending")
    await tab.press("Release all sending")
    await tab.reads("Nothing is held")


@pytest.mark.statement(25)
@pytest.mark.statement(26)
async def a_stage_is_made_linked_moved_and_removed_and_new_cannot_be_linked(office: Office) -> None:
    await office.house.sequence(EMAIL, name="Trial days")
    tab = await office.enter(ADA)

    await tab.open("/settings/stages")
    await tab.reads("No sequence: everybody comes in at New")
    await tab.field("Name", within="Add a stage").fill("Trial day")
    await tab.press("Add")
    await tab.page.get_by_role("listitem", name="Trial day").get_by_label("Sequence").select_option(label="Trial days")
    await tab.press("Link Trial day")
    await tab.look("stages")
    await tab.press("Up: Trial day")
    await tab.page.get_by_role("listitem", name="Trial day").get_by_label("Name").fill("Trial week")
    await tab.press("Keep Trial day")
    await tab.press("Remove Trial week")
    assert "Trial week" not in await tab.page.get_by_role("list").last.inner_text()


async def addresses_are_suppressed_imported_exported_and_lifted(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/suppressions")
    await tab.page.locator("#new-target").fill("sorry@example.com")
    await tab.press("Suppress")
    await tab.until("sorry@example.com")
    file = {"name": "them.csv", "mimeType": "text/csv", "buffer": b"target\n@rival.example\n"}
    await tab.field("CSV file").set_input_files(file)  # type: ignore[arg-type]  # a typed dict
    await tab.press("Import")
    await tab.until("@rival.example")
    await tab.look("suppressions")
    assert "@rival.example" in await tab.download("Export as CSV")
    await tab.press("Lift sorry@example.com")
    await tab.press("What was lifted")
    await tab.reads("sorry@example.com")
    await tab.look("lifts")


async def what_would_have_left_is_read_in_the_outbox(office: Office) -> None:
    await office.contact("Otto Outbox")
    body = "<p>Dear <b>Otto</b>, a word.</p>"
    letter = {**EMAIL, "subject": "For Otto", "format": "html", "body": body, "track_opens": False}
    one = await office.enroll("Otto Outbox", letter)
    await office.house.place(one, "finished")
    tab = await office.enter(ADA)

    await tab.open("/outbox")
    await tab.look("outbox")
    await tab.press("For Otto")
    await tab.look("message")
    await tab.page.frame_locator("iframe").get_by_text("a word.").wait_for()


async def everybody_minds_his_own_password_zone_and_tokens(office: Office) -> None:
    mona = await office.user("Mona Mine", Level.use)
    tab = await office.enter(mona)

    await tab.open("/me")
    await tab.field("Time zone").fill("Europe/Berlin")
    await tab.press("Keep")
    await tab.field("Name of the new token").fill("A program")
    await tab.press("Make a token")
    await tab.reads("Copy it now")
    await tab.open("/me")
    await tab.look("me")
    await tab.press("Revoke A program")
    await tab.reads("revoked")
    for label in ("Present password", "New password", "New password, again"):
        word = PASSWORD if label == "Present password" else "a newer long word"
        await tab.page.get_by_label(label, exact=False).locator("visible=true").last.fill(word)
    await tab.page.locator("[name=new_password]").fill("a newer long word")
    await tab.press("Change the password")
    await tab.open("/todos")


async def who_may_not_manage_finds_no_such_rooms(office: Office) -> None:
    tab = await office.enter(BOB)

    for path in ("/settings", "/settings/users", "/settings/stages"):
        async with tab.refused():
            await tab.open(path)
