"""Attention: what waits for somebody besides his to-dos, and what mends it, on the spot."""

from sequencing.people import Level
from tests.browser.office import Office
from tests.browser.wires import UNSURE
from tests.house import EMAIL, RITA, TASK

LATER = {**EMAIL, "delay": "300 days"}


async def each_cause_is_mended_in_one_act(office: Office) -> None:
    ike = await office.user("Ike Attends", Level.use)
    await office.contact("Rena Replied")
    await office.contact("Nora Nowhere", work_email="")
    await office.contact("Una Unsure", work_email=f"una@{UNSURE}")
    replied = await office.enroll("Rena Replied", LATER, by=ike)
    nowhere = await office.enroll("Nora Nowhere", EMAIL, TASK, by=ike)
    unsure = await office.enroll("Una Unsure", EMAIL, TASK, by=ike)
    await office.house.place(replied, "waiting")
    await office.reply("Rena Replied", "Next week, please.")
    for one in (replied, nowhere, unsure):
        await office.house.place(one, "paused")
    tab = await office.enter(ike)

    await tab.open("/attention")
    await tab.look("attention")
    await tab.reads("Next week, please.")
    await tab.press("Resume Rena Replied")
    await office.house.place(replied, "waiting")
    await tab.press("It left, to Una Unsure")
    await office.house.place(unsure, "to_do", 2)
    link = tab.page.get_by_role("link", name="Add an address, Nora Nowhere")
    assert (await link.get_attribute("href") or "").startswith("/contacts/")
    await tab.press("Conclude Nora Nowhere: negative")
    assert (await office.house.place(nowhere, "finished")).outcome == "negative"
    await tab.open("/attention")
    await tab.reads("Nothing waits for you")


async def a_field_without_a_value_is_named_and_filled_in(office: Office) -> None:
    await office.contact("Tilda Titleless", title="")
    fay = await office.user("Fay Fills", Level.edit)
    one = await office.enroll("Tilda Titleless", {**EMAIL, "body": "To our {{ contact.title }}"}, TASK, by=fay)
    await office.house.place(one, "paused")
    tab = await office.enter(fay)

    await tab.open("/attention")
    await tab.reads("Fill in the contact's title, then resume.")
    await tab.click(tab.page.get_by_role("link", name="Fill in the title, Tilda Titleless"))
    await tab.reads("needs the title")
    await tab.page.keyboard.type("Welder")
    await tab.press("Save")
    await tab.reads("Kept.")
    await tab.press("Resume Tilda Titleless")

    await office.house.place(one, "to_do", 2)


async def a_hold_is_released_where_it_is_seen(office: Office) -> None:
    await office.contact("Hedi Held")
    sequence = await office.house.sequence(EMAIL, TASK, name="Held for a while")
    await office.house.sequencer.hold(sequence, by=RITA)
    one = await office.enroll("Hedi Held", sequence=sequence)
    await office.house.until(one, lambda row: row is not None and row.why == "held")
    tab = await office.enter(RITA)

    await tab.open("/attention")
    await tab.press("Release Held for a while")
    await tab.reads("Released")

    await office.house.place(one, "to_do", 2)
    await tab.open("/attention/release")
    assert tab.page.url == f"{office.address}/attention"
