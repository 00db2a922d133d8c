"""Contacts: the list, the search, a record with its tabs, adding, changing, importing and exporting."""

from pathlib import Path

import pytest

from tests.browser.office import Office
from tests.house import ADA, BOB, CALL, EMAIL, RITA

LATER = {**EMAIL, "delay": "300 days"}


@pytest.mark.statement(3)
async def a_contact_is_added_and_changed_and_a_mistake_loses_nothing(office: Office) -> None:
    tab = await office.enter(RITA)

    await tab.open("/contacts")
    await tab.press("New contact")
    await tab.look("contact-new")
    await tab.field("First name").fill("Nadia")
    await tab.field("Last name").fill("Newcomer")
    await tab.field("Kind").select_option("client")
    await tab.field("Company").fill("Nimbus")
    await tab.field("Time zone").fill("Mars/Olympus")
    await tab.field("Address 1").fill("nadia@example.com")
    async with tab.refused():
        await tab.press("Add")
    assert await tab.field("First name").input_value() == "Nadia"
    await tab.field("Time zone").fill("Asia/Tokyo")
    await tab.press("Add")
    await tab.reads("Nadia Newcomer")

    await tab.press("Edit")
    await tab.look("contact-edit")
    await tab.field("Title").fill("Head of things")
    await tab.press("Save")
    await tab.reads("Head of things, Nimbus")


@pytest.mark.statement(45)
async def a_record_shows_all_sequences_history_addresses_and_workflows(office: Office) -> None:
    await office.contact("Rosa Record")
    job = await office.job("A job for Rosa")
    one = await office.enroll("Rosa Record", CALL)
    todo = await office.house.todo(one)
    await office.house.sequencer.resolve(todo.id, "interested", by=RITA, note="In spring")
    await office.house.place(one, "finished")
    await office.enroll("Rosa Record", LATER)
    tab = await office.enter(RITA)

    await tab.open("/contacts?q=rosa")
    await tab.look("contacts")
    await tab.press("Rosa Record")
    await tab.look("contact")
    assert ("finished" in await tab.text(), "active" in await tab.text()) == (True, True)
    await tab.press("History")
    await tab.look("contact-history")
    await tab.reads("interested")
    await tab.press("Addresses")
    await tab.look("contact-addresses")
    await tab.reads("rosa-record@example.com")
    await tab.page.get_by_role("navigation", name="Record").get_by_role("link", name="Opportunities").click()
    await tab.field("Opportunity").fill(str(job))
    await tab.press("Add")
    await tab.reads("Came in at New.")
    await tab.look("contact-opportunities")
    contact = tab.page.url.rsplit("/", 1)[0].removeprefix(office.address)
    await tab.open(f"{contact}/none")
    assert tab.page.url == office.address + contact


async def a_contact_is_erased_by_who_manages_after_reading_what_goes(office: Office) -> None:
    await office.contact("Erna Erased")
    one = await office.enroll("Erna Erased", LATER)
    tab = await office.enter(ADA)

    await tab.open("/contacts?q=erna")
    await tab.press("Erna Erased")
    await tab.press("Erase …")
    await tab.reads("erna-erased@example.com")
    await tab.look("contact-erasure")
    await tab.field("Everything about Erna Erased").check()
    await tab.press("Erase Erna Erased")
    await tab.reads("Erased, with 1 enrollment and")

    await office.gone(one)
    await tab.open("/contacts?q=erna")
    assert "Erna" not in await tab.page.locator("table, .empty").first.inner_text()


@pytest.mark.statement(46)
@pytest.mark.statement(47)
async def contacts_are_searched_by_sequence_status_outcome_and_any_data(office: Office) -> None:
    for name in ("Sana Searched", "Sami Searched", "Saul Searched"):
        await office.contact(name)
    sequence = await office.house.sequence(LATER, name="Searched for")
    await office.enroll("Sana Searched", sequence=sequence)
    canceled = await office.enroll("Sami Searched", sequence=sequence)
    await office.house.sequencer.cancel(canceled, by=RITA)
    await office.house.place(canceled, "canceled")
    tab = await office.enter(RITA)

    await tab.open("/search")
    await tab.field("In the sequence").select_option(label="Searched for")
    await tab.field("Status in it").select_option("active")
    await tab.press("Find contacts")
    await tab.reads("Found: in the sequence 'Searched for', with the status 'active'")
    await tab.look("search")
    assert ("Sana Searched" in await tab.text(), "Sami Searched" in await tab.text()) == (True, False)

    await tab.press("Clear")
    await tab.field("Sequence data").select_option(label="Has any data in this field")
    await tab.field("Name, company").fill("searched")
    await tab.press("Find contacts")
    rows = await tab.page.locator("tbody tr").all_inner_texts()
    assert sorted(row.split("\t")[1].strip() for row in rows) == ["Sami Searched", "Sana Searched"]


async def a_file_is_checked_line_by_line_and_taken_in(office: Office, folder: Path = Path("var/browser")) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "people.csv"
    file.write_text(
        "external_id,first_name,work_email\nivo,Ivo,ivo@example.com\n,Nobody,\niris,Iris,iris@example.com\n"
    )
    tab = await office.enter(RITA, scripts=False)

    await tab.open("/contacts")
    await tab.press("Import")
    await tab.field("CSV file").set_input_files(file)
    await tab.press("Check: what would happen")
    await tab.reads("2 new, 0 updated, 1 refused")
    await tab.reads("Line 3, column 1")
    await tab.press("Import the 2 good ones")
    await tab.reads("2 imported, 0 updated")
    assert "Nobody" in await tab.page.locator("textarea").input_value()

    tab = await office.enter(RITA)
    await tab.open("/contacts/imports")
    await tab.field("or its lines").fill("first_name,work_email\nIlse,ilse@example.com\n,x@example.com\n")
    await tab.press("Check: what would happen")
    await tab.reads("1 new, 0 updated, 1 refused")
    await tab.look("contacts-import")


async def the_list_is_exported(office: Office) -> None:
    await office.contact("Ella Exported")
    tab = await office.enter(BOB)

    await tab.open("/contacts?q=exported")
    async with tab.page.expect_download() as waiting:
        await tab.on("Export CSV").click()
    download = await waiting.value

    assert "ella-exported,Ella,Exported" in Path(await download.path()).read_text()
