"""One's own page: profile, password, tokens; and signing in by one click in local mode."""

from sequencing.people import Level
from tests.browser.office import PASSWORD, Office


async def who_uses_this_machine_signs_in_by_one_click(office: Office) -> None:
    await office.user("Lena Local", Level.view)
    tab = await office.enter()

    await tab.open("/sequences")
    await tab.reads("No password is needed")
    await tab.page.get_by_role("button", name="Lena Local").click()
    await tab.page.wait_for_load_state()

    assert tab.page.url == f"{office.address}/sequences"
    assert "Local mode" in await tab.page.locator("header").inner_text()


async def a_user_changes_what_is_his_own_and_makes_and_revokes_a_token(office: Office) -> None:
    email = await office.user("Mia Me", Level.use)
    tab = await office.enter(email)

    await tab.open("/me")
    await tab.look("me")
    async with tab.refused():
        await tab.field("Time zone").fill("Nowhere/Land")
        await tab.page.get_by_role("button", name="Save").click()
        await tab.reads("is no time zone")
    assert await tab.field("Time zone").input_value() == "Nowhere/Land"
    await tab.field("Time zone").fill("Europe/Berlin")
    await tab.press("Save")
    await tab.reads("It is kept.")

    await tab.field("Name of the new token").fill("our CRM")
    await tab.press("Make a token")
    await tab.reads("shown this once")
    token = await tab.page.locator("code.secret").inner_text()
    await tab.open("/me")
    assert token not in await tab.page.content()
    await tab.page.get_by_role("button", name="Revoke our CRM").click()
    await tab.reads("The token is revoked.")

    await tab.field("Present password").fill(PASSWORD)
    await tab.page.locator("#new_password").fill("another long word")
    await tab.page.locator("#again_password").fill("another long word")
    await tab.press("Change the password")
    await tab.reads("Your password is changed")
