"""A newcomer's first day, from signing in to a positive outcome and the numbers of it."""

import pytest
from sqlalchemy import select

from sequencing.people import Level
from store.people_tables import ContactRow
from store.tables import EnrollmentRow
from tests.browser.office import PASSWORD, Office
from tests.browser.tab import Tab

SEQUENCE = "Welders for the shipyard"
STEPS = {
    "Automatic email": {"subject": "Hi {{ contact.first_name }}", "body": "We build ships. Do you weld?"},
    "Call": {"title": "Call {{ contact.name }}"},
    "Text": {"body": "Hi {{ contact.first_name }}, I tried to reach you."},
    "Manual email": {"subject": "The ship", "body": "Dear {{ contact.first_name }}, this is the ship."},
    "Task": {"title": "Decide about {{ contact.name }}"},
}
COMPANY = "Shipyard"
PEOPLE = ("Iris Interested", "Ron Reply", "Bea Bypass", "Cleo Canceled", "Remo Removed", "Nell Noaddress")


@pytest.mark.statement(1)
async def a_newcomer_goes_from_signing_in_to_a_positive_outcome_and_its_numbers(office: Office) -> None:
    nora = await office.user("Nora Newcomer", Level.edit)
    tab = await office.enter()

    await _sign_in(tab, nora)
    await _make_a_sequence(tab)
    await _import_contacts(tab)
    await _add_them(tab)
    iris, ron, bea, cleo, remo, nell = [await _enrolled(office, name) for name in PEOPLE]
    await _answer(tab, "Iris Interested", "Interested")
    assert (await office.house.place(iris, "finished")).outcome == "positive"
    await _see_the_reply_of(office, tab, "Ron Reply")
    assert (await office.house.place(ron, "finished")).outcome == "positive"
    await _take_to_the_last_step(office, tab, "Bea Bypass", bea)
    assert (await office.house.place(bea, "finished")).outcome == "positive"
    await _stop_and_reactivate(office, tab, "Cleo Canceled", cleo)
    await _remove(office, tab, remo)
    await _give_an_address(office, tab, "Nell Noaddress", nell)
    await _read_the_numbers(tab)


async def _sign_in(tab: Tab, email: str) -> None:
    await tab.open("/")
    await tab.field("Email").fill(email)
    await tab.field("Password").fill(PASSWORD)
    await tab.press("Sign in")
    await tab.reads("Nothing to do")


async def _make_a_sequence(tab: Tab) -> None:
    """Five steps, one of each action; the last waits for an hour."""
    await tab.press("Sequences")
    await tab.press("New sequence")
    await tab.field("Name").fill(SEQUENCE)
    await tab.page.get_by_role("radio", name="Everyone").check()
    for number, (action, fields) in enumerate(STEPS.items(), start=1):
        if number > 1:  # the form begins with an automatic email
            await tab.press(action)
        for field, words in fields.items():
            await tab.page.locator(f"[name='{number}-{field}']").fill(words)
        await tab.page.locator(f"[name='{number}-amount']").fill("1" if number == len(STEPS) else "0")
    await tab.page.locator("[name='5-unit']").select_option("hours")
    await tab.press("Make the sequence")


async def _import_contacts(tab: Tab) -> None:
    lines = ["first_name,last_name,title,company,work_email,mobile,external_id"]
    for name in PEOPLE:
        first, last = name.split()
        address = "" if first == "Nell" else f"{first}-{last}@example.com".lower()
        lines.append(f"{first},{last},Welder,{COMPANY},{address},+49151123411{len(lines):02},{first.lower()}-1")
    await tab.press("Contacts")
    await tab.press("Import")
    await tab.field("or its lines").fill("\n".join(lines))
    await tab.press("Check: what would happen")
    await tab.reads("6 new, 0 updated, 0 refused")
    await tab.press("Import 6")
    await tab.reads("6 imported")


async def _add_them(tab: Tab) -> None:
    await tab.press("Contacts")
    await tab.field("Name, company").fill(COMPANY)
    await tab.press("Filter")
    for name in PEOPLE:
        await tab.page.get_by_label(f"Choose {name}").check()
    await tab.press("Add chosen to sequence")
    await tab.field("Sequence").select_option(label=SEQUENCE)
    await tab.press("Show what will happen")
    await tab.reads("has no email address")
    await tab.press("Add 6 contacts")
    await tab.until("6 of 6 answered, 6 enrolled")


async def _enrolled(office: Office, name: str) -> str:
    """The id of their one enrollment."""
    async with office.house.database.reading() as tx:
        known = select(EnrollmentRow.id).join(ContactRow, ContactRow.id == EnrollmentRow.contact_id)
        return (await tx.scalars(known.where(ContactRow.external_id == f"{name.split()[0].lower()}-1"))).one()


async def _answer(tab: Tab, name: str, result: str) -> None:
    """The to-do of that name, from the list, by one click."""
    await tab.open("/todos")
    await tab.until(name)
    await tab.click(tab.page.get_by_role("link", name=name).first)
    await tab.press(result)
    await tab.reads(f"Done: {result}")


async def _see_the_reply_of(office: Office, tab: Tab, name: str) -> None:
    await office.reply(name, "Sounds good. When do we meet?")
    await tab.open("/attention")
    await tab.until("When do we meet?", within=name)
    await tab.press(f"Conclude {name}: positive")


async def _take_to_the_last_step(office: Office, tab: Tab, name: str, enrollment: str) -> None:
    """A call without an answer, a text that leaves by itself, a letter by hand, and an hour that is bypassed."""
    await _answer(tab, name, "No Answer")
    todo = await office.house.todo(enrollment, 4)
    await tab.open(f"/todos/{todo.id}")
    await tab.field("Subject").fill("One more thing")
    await tab.press("Send")
    await office.house.place(enrollment, "waiting", 5)
    await tab.open(f"/enrollments/{enrollment}")
    await tab.press("Bypass")
    await office.house.place(enrollment, "to_do", 5)
    await _answer(tab, name, "Positive")
    assert (office.mail_address(name), "One more thing") in office.house.sent()


async def _stop_and_reactivate(office: Office, tab: Tab, name: str, enrollment: str) -> None:
    await tab.press("Sequences")
    await tab.press(SEQUENCE)
    await tab.press(f"Stop {name}")
    await office.house.place(enrollment, "canceled")
    await tab.until("canceled", within=name)
    await tab.press(f"Reactivate {name}")
    await office.house.place(enrollment, "to_do", 2)


async def _remove(office: Office, tab: Tab, enrollment: str) -> None:
    await tab.open(f"/enrollments/{enrollment}")
    await tab.press("Remove …")
    await tab.press("Remove for good")
    await office.gone(enrollment)


async def _give_an_address(office: Office, tab: Tab, name: str, enrollment: str) -> None:
    """Paused from the beginning; the remedy stands beside it."""
    assert (await office.house.place(enrollment, "paused")).reason == "no_email_address"
    await tab.open("/attention")
    await tab.press(f"Add an address, {name}")
    if "details" not in tab.page.url:
        await tab.press("Edit")
    await tab.field("Address 1").fill(office.mail_address(name))
    await tab.press("Save")
    await tab.open("/attention")
    await tab.press(f"Resume {name}")
    await office.house.place(enrollment, "to_do", 2)
    assert office.mail_address(name) in [to for to, _ in office.house.sent()]


async def _read_the_numbers(tab: Tab) -> None:
    """Five count, three of them positive; who was removed never was."""
    await tab.press("Metrics")
    await tab.field("Sequence").select_option(label=SEQUENCE)
    await tab.press("Show")
    await tab.reads("1 removed enrollment counts as if it had never been")
    row = tab.page.get_by_role("row").filter(has=tab.page.get_by_role("rowheader", name="Enrolled")).first
    assert "5" in await row.inner_text()
