"""Outbox: what would have been sent."""

from tests.browser.office import Office
from tests.house import ADA, EMAIL

HTML = {
    **EMAIL,
    "subject": "A letter in colour",
    "body": "<p>Hello <b>you</b></p>",
    "format": "html",
    "track_opens": False,
}


async def what_would_have_been_sent_is_read_as_text_and_as_html(office: Office) -> None:
    await office.contact("Otto Outbox")
    await office.house.place(await office.enroll("Otto Outbox", HTML), "finished")
    tab = await office.enter(ADA)

    await tab.open("/outbox")
    await tab.look("outbox")
    await tab.press("A letter in colour")
    await tab.look("outbox-message")
    await tab.reads("Hello you")
    frame = tab.page.frame_locator("iframe")
    assert await frame.locator("b").inner_text() == "you"
