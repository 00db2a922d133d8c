"""An email that leaves for real carries the links its switches say, and they lead back to us."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from sequencing.machines import Fetch
from sequencing.tracking import Clicked, read_click, read_unsubscribe, read_view
from starter import tracking
from store.suppressions import is_suppressed
from tests.house import LETTER, RITA, House

FIREFOX = Fetch(browser="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
HTML: dict[str, Any] = {
    "action": "automatic_email",
    "subject": "Hi",
    "format": "html",
    "body": '<p>Hi, see <a href="https://example.com/jobs?for={{ contact.first_name }}">it</a></p>',
}
OFF = {"track_opens": False, "track_clicks": False, "unsubscribe_link": False}
WAIT: dict[str, Any] = {"action": "task", "title": "Think", "delay": "300 days"}


def left(house: House) -> EmailMessage:
    (file,) = house.outbox.glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return "" if found is None else str(found.get_content())


def token(kind: str, said: str) -> str:
    found = re.search(rf"http://localhost:8000/{kind}/([\w-]+)", said)
    assert found is not None, said
    return found[1]


async def test_links_of_a_sent_email_lead_back_to_it_and_unsubscribe_its_reader(house: House) -> None:
    one = await house.enroll("ann", HTML, WAIT)
    await house.place(one, "waiting", 2)
    message, secrets = left(house), house.database.secrets()
    html, text = part(message, "html"), part(message, "plain")

    viewed, clicked = read_view(secrets, token("o", html)), read_click(secrets, token("c", html))
    said = read_unsubscribe(secrets, token("u", text))
    assert viewed is not None
    assert isinstance(clicked, Clicked)
    assert said is not None
    assert clicked.target == "https://example.com/jobs?for=Ann"
    assert message["Message-ID"].startswith(f"<{viewed.reference}@")
    assert token("u", message["List-Unsubscribe"]) == token("u", text) == token("u", html)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "http" not in re.sub(r"http://localhost:8000/u/\S+", "", text.replace(clicked.target, ""))

    await tracking.unsubscribe(house.door, said)

    assert (await house.place(one, "finished")).reason == "unsubscribed"
    async with house.database.reading() as tx:
        assert await is_suppressed(tx, "ann@example.com")


async def test_a_bare_text_without_switches_leaves_exactly_as_typed(house: House) -> None:
    body = "Hello.\n\n  https://example.com/jobs \n"
    one = await house.enroll("ann", {"action": "automatic_email", "subject": "Hi", "body": body, **OFF})
    await house.place(one, "finished")
    message = left(house)

    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == body
    assert message["List-Unsubscribe"] is None


async def test_a_manual_email_places_the_link_by_a_field(house: House) -> None:
    letter = {**LETTER, "body": "Dear Ann, no more: {{ email.unsubscribe_url }}"}
    todo = await house.todo(await house.enroll("ann", letter))
    assert todo.body == "Dear Ann, no more: https://unsubscribe.invalid/"

    await house.sequencer.send(todo.id, by=RITA)
    await house.place(todo.enrollment_id, "finished")

    said = read_unsubscribe(house.database.secrets(), token("u", left(house).get_content()))
    assert said is not None
