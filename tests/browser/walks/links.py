"""The links of a mail, as its reader follows them."""

import pytest

from tests.browser.office import Office
from tests.house import RITA, TASK

LETTER = {
    "action": "automatic_email",
    "subject": "A role",
    "format": "html",
}


@pytest.mark.statement(17)
@pytest.mark.statement(18)
@pytest.mark.statement(19)
async def a_reader_opens_clicks_and_unsubscribes(office: Office) -> None:
    await office.contact("Udo Unsubscribed")
    body = f'<p>Hello, see <a href="{office.address}/sign-in">the role</a>.</p>'
    one = await office.enroll("Udo Unsubscribed", {**LETTER, "body": body}, {**TASK, "delay": "300 days"})
    await office.house.place(one, "waiting", 2)
    reader = await office.enter()

    await reader.read(await office.letter("Udo Unsubscribed"))
    await reader.press("the role")
    assert reader.page.url == f"{office.address}/sign-in"
    await reader.read(await office.letter("Udo Unsubscribed"))
    await reader.press("Unsubscribe")
    await reader.look("unsubscribe")
    await reader.press("Unsubscribe")
    await reader.reads("no more")

    assert (await office.house.place(one, "finished")).reason == "unsubscribed"
    tab = await office.enter(RITA)
    await tab.open(f"/enrollments/{one}")
    await tab.until("unsubscribed")
