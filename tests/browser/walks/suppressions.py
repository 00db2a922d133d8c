"""Suppressions: whom nobody may write to."""

from tests.browser.office import Office
from tests.house import ADA


async def an_address_is_suppressed_found_lifted_and_who_did_is_kept(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/suppressions")
    await tab.page.locator("#new-target").fill("sue@example.com")
    await tab.press("Suppress")
    await tab.reads("sue@example.com is suppressed")
    await tab.look("suppressions")
    await tab.field("Address, number or domain").fill("sue@example.com")
    await tab.press("Find")
    await tab.page.get_by_role("button", name="Lift sue@example.com").click()
    await tab.reads("may be written to again")
    await tab.press("What was lifted")
    await tab.look("suppressions-lifted")
    await tab.reads(ADA)


async def a_file_is_taken_in_and_given_out(office: Office) -> None:
    tab = await office.enter(ADA)

    await tab.open("/suppressions")
    file = {"name": "gone.csv", "mimeType": "text/csv", "buffer": b"target,reason\nfile@example.com,agency\n"}
    await tab.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    await tab.press("Import")
    await tab.reads("1 came")
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("link", name="Export as CSV").click()
    path = await (await download.value).path()

    assert "file@example.com,agency" in path.read_text()
