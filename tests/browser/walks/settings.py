"""Settings: users and roles, the sequencing settings, the recruiting workflow."""

from sequencing.people import Level
from tests.browser.office import Office
from tests.house import ADA, EMAIL


async def an_admin_adds_a_user_gives_roles_and_lets_somebody_take_over(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/settings")
    await tab.look("settings-users")
    await tab.field("Email").fill("una@example.org")
    await tab.field("Name").fill("Una User")
    await tab.press("Add")
    await tab.reads("Una User is added")
    await tab.press("Una User")
    await tab.look("settings-user")
    await tab.field("Time zone").fill("Europe/Berlin")
    await tab.press("Save")
    await tab.reads("It is kept.")
    await tab.page.get_by_label("Sequences: edit").check()
    await tab.press("Save the roles")
    await tab.reads("level edit")
    await tab.field("New password").fill("a first long word")
    await tab.press("Set the password")
    await tab.reads("signs in with that password now")
    await tab.field("Who takes over").select_option(value=ADA)
    await tab.press("Deactivate Una User")
    await tab.reads("has taken over")
    await tab.press("Activate Una User")
    await tab.reads("is active again")


async def a_role_is_added_and_grants_another_level(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/settings/roles")
    await tab.look("settings-roles")
    await tab.field("Name").fill("Sourcers")
    await tab.press("Add")
    await tab.reads("The role is added")
    await tab.page.get_by_label("Level of Sourcers").select_option(value="use")
    await tab.page.get_by_role("button", name="Change Sourcers").click()
    await tab.reads("Sourcers grants use now")


async def the_last_admin_stays(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/settings/users")
    await tab.press("Ada Admin", within=ADA)
    async with tab.refused():
        await tab.page.get_by_label("Administrator").uncheck()
        await tab.page.get_by_role("button", name="Save the roles").click()
        await tab.reads("Somebody active must keep the level 'manage'")


async def settings_are_put_in_force_and_what_cannot_be_is_said_at_its_field(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/settings/sequencing")
    await tab.look("settings-sequencing")
    before = await tab.page.locator("#steps").input_value()
    async with tab.refused():
        await tab.page.locator("#steps").fill("0")
        await tab.page.locator("#sun").fill("soon")
        await tab.page.get_by_role("button", name="Put in force").click()
        await tab.reads("2 fields cannot be taken")
    assert "can be 1 to 500" in await tab.page.locator("#steps-error").inner_text()
    assert await tab.page.locator("#sun").input_value() == "soon"

    for steps in ("49", before):
        await tab.open("/settings/sequencing")
        await tab.page.locator("#steps").fill(steps)
        await tab.press("Put in force")
        await tab.reads("The settings are in force")
    await tab.press("Hold all sending")
    await tab.reads("All sending is held")
    await tab.press("Release all sending")
    await tab.reads("All sending is released")


async def a_stage_is_added_changed_moved_linked_and_removed(office: Office) -> None:
    name = "To be linked"
    await office.house.sequence(EMAIL, name=name, by=ADA)
    tab = await office.enter(ADA)

    await tab.open("/settings/stages")
    await tab.look("settings-stages")
    await tab.reads("No sequence: everybody comes in at New")
    await tab.page.locator("#new-name").fill("Trial day")
    await tab.press("Add")
    await tab.reads("Trial day is the last stage now")
    card = tab.around("Trial day")
    await card.get_by_label("Sequence").select_option(label=name)
    await card.get_by_role("button", name="Link").click()
    await tab.reads("are offered that sequence")
    await tab.press("Up: Trial day")
    await tab.reads("The order is kept.")
    card = tab.around("Trial day")
    await card.get_by_label("Name").fill("Trial week")
    await card.get_by_role("button", name="Save").click()
    await tab.reads("The stage is kept.")
    await tab.press("Remove Trial week")
    await tab.reads("The stage is removed.")


async def settings_are_of_those_who_manage(office: Office) -> None:
    tab = await office.enter(await office.user("Nora Nosettings", Level.edit))

    async with tab.refused():
        await tab.open("/settings/sequencing")
        await tab.reads("This needs the level 'manage'")
