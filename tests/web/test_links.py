"""The links of emails as browsers, mail programs and machines use them: no cookie, no redirect but the signed one."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from sequencing.tracking import Links
from starter.erasures import erase
from store.tables import LinkUseRow, NewsRow, SuppressionRow
from tests.house import ADA, EMAIL, TASK
from tests.patience import PATIENCE
from tests.posted import Posted, post
from tests.web.knocking import Knocking
from web.pages.links import PIXEL

TARGET = "https://example.com/jobs?id=7&x=%20#apply"
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
LATER: dict[str, Any] = {**TASK, "delay": "300 days"}
FOREIGN = Links("", b"somebody else's", "a" * 26)
BROKEN = ["x", "%00", "%ff", "%2e%2e", "a" * 5000, "A" * 60_000, "é", "%2F%2Fevil.example", "a+b", "a=b", "link"]


@pytest.fixture
async def letter(resting: Knocking) -> Posted:
    house = resting.house
    return await post(house, await house.enroll("ann", EMAIL, LATER))


@pytest.fixture
async def somebody(resting: Knocking) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that has never been here; redirects are not followed."""
    async with httpx2.AsyncClient(base_url=resting.address, timeout=PATIENCE, headers=FIREFOX, verify=False) as client:
        yield client


def path(link: str | None) -> str:
    assert link is not None
    return "/" + "/".join(link.rsplit("/", 2)[1:])


async def rows(knocking: Knocking, table: type[Any]) -> int:
    """How many rows, once what is written after an answer is written."""
    async with knocking.house.database.reading() as tx:
        return await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0


async def until(knocking: Knocking, table: type[Any], number: int) -> None:
    for _ in range(500):
        if await rows(knocking, table) == number:
            return
    raise AssertionError(f"{table.__tablename__} never had {number} rows")


async def test_a_pixel_is_a_picture_that_nobody_keeps(
    resting: Knocking, somebody: httpx2.AsyncClient, letter: Posted
) -> None:
    got = await somebody.get(path(letter.links.view()))
    part = await somebody.get(path(letter.links.view()), headers={"range": "bytes=0-0"})
    head = await somebody.head(path(letter.links.view()))

    assert (got.status_code, got.headers["content-type"], got.content) == (200, "image/gif", PIXEL)
    assert got.headers["cache-control"] == "no-store"
    assert (part.status_code, part.content) == (200, PIXEL)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(PIXEL)))
    assert "set-cookie" not in got.headers
    await until(resting, LinkUseRow, 2)


async def test_a_link_leads_to_what_was_signed_and_tells_it_nothing(
    resting: Knocking, somebody: httpx2.AsyncClient, letter: Posted
) -> None:
    got = await somebody.get(path(letter.links.click(1, TARGET)))
    head = await somebody.head(path(letter.links.click(1, TARGET)))

    assert [(one.status_code, one.headers["location"]) for one in (got, head)] == [(302, TARGET)] * 2
    assert (got.headers["referrer-policy"], got.headers["cache-control"]) == ("no-referrer", "no-store")
    await until(resting, LinkUseRow, 2)


@pytest.mark.parametrize("kind", ["o", "c", "u"])
async def test_what_is_not_ours_is_a_plain_page_and_never_a_redirect(
    resting: Knocking, somebody: httpx2.AsyncClient, letter: Posted, kind: str
) -> None:
    links = letter.links
    ours = {"o": links.view(), "c": links.click(1, TARGET), "u": links.unsubscribe(letter.fingerprint)}
    theirs = {"o": FOREIGN.view(), "c": FOREIGN.click(1, TARGET), "u": FOREIGN.unsubscribe(letter.fingerprint)}
    token = path(ours[kind]).rpartition("/")[2]
    others = [path(link).rpartition("/")[2] for name, link in ours.items() if name != kind]
    cut = [token[:-1], token[1:], token + "A", token[:-1] + ("A" if token[-1] != "A" else "B")]

    for wrong in (*BROKEN, *cut, *others, path(theirs[kind]).rpartition("/")[2]):
        for method in ("GET", "HEAD", *(["POST"] if kind == "u" else [])):
            answer = await somebody.request(method, f"/{kind}/{wrong}")
            assert (answer.status_code, "location" in answer.headers) == (404, False), (method, wrong[:50])

    assert (await rows(resting, LinkUseRow), await rows(resting, SuppressionRow)) == (0, 0)


async def test_asking_changes_nothing_and_the_page_is_for_everybody(
    resting: Knocking, somebody: httpx2.AsyncClient, letter: Posted
) -> None:
    asked = await somebody.get(path(letter.links.unsubscribe(letter.fingerprint)))
    await somebody.head(path(letter.links.unsubscribe(letter.fingerprint)))

    assert asked.status_code == 200
    assert "set-cookie" not in asked.headers
    policy = asked.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    for words in ('<html lang="en">', "<title>", "<main", "<h1>", '<form method="post">', "<button", 'name="viewport"'):
        assert words in asked.text
    assert not re.search(r"<script|style=|onclick|ann|example\.com", asked.text)
    assert (await rows(resting, SuppressionRow), await rows(resting, NewsRow)) == (0, 0)


@pytest.mark.parametrize(
    "said",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"\xff" * 1000, "headers": {"content-type": "multipart/form-data"}},
        {"data": {"List-Unsubscribe": "One-Click"}, "headers": {"origin": "https://mail.example", "cookie": "a=b"}},
    ],
)
async def test_one_click_unsubscribes_without_cookies_and_without_a_redirect_also_when_repeated(
    resting: Knocking, somebody: httpx2.AsyncClient, letter: Posted, said: dict[str, Any]
) -> None:
    link = path(letter.links.unsubscribe(letter.fingerprint))

    answers = [await somebody.post(link, **said) for _ in range(3)]

    assert [(one.status_code, "location" in one.headers, "set-cookie" in one.headers) for one in answers] == [
        (200, False, False)
    ] * 3
    assert "You are unsubscribed" in answers[0].text
    assert (await rows(resting, SuppressionRow), await rows(resting, NewsRow)) == (1, 1)


async def test_links_of_an_erased_contact_go_on_working(
    resting: Knocking, somebody: httpx2.AsyncClient, letter: Posted
) -> None:
    await erase(resting.house.door, "ann", ADA)

    pixel = await somebody.get(path(letter.links.view()))
    click = await somebody.get(path(letter.links.click(1, TARGET)))
    unsubscribed = await somebody.post(path(letter.links.unsubscribe(letter.fingerprint)))

    assert (pixel.status_code, click.status_code, click.headers["location"]) == (200, 302, TARGET)
    assert unsubscribed.status_code == 200
    assert await rows(resting, LinkUseRow) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_without_a_database_links_lead_on_and_an_unsubscribe_asks_for_another_try(
    resting: Knocking, somebody: httpx2.AsyncClient, letter: Posted
) -> None:
    async with resting.house.database.writing() as tx:
        await tx.execute(sa.text("ALTER TABLE messages RENAME TO away"))

    pixel = await somebody.get(path(letter.links.view()))
    click = await somebody.get(path(letter.links.click(1, TARGET)))
    failed = await somebody.post(path(letter.links.unsubscribe(letter.fingerprint)))
    async with resting.house.database.writing() as tx:
        await tx.execute(sa.text("ALTER TABLE away RENAME TO messages"))
    again = await somebody.post(path(letter.links.unsubscribe(letter.fingerprint)))

    assert [one.status_code for one in (pixel, click, failed, again)] == [200, 302, 503, 200]
    assert failed.headers["retry-after"] == "60"
    assert "Please try again" in failed.text
    assert await rows(resting, SuppressionRow) == 1


async def test_other_methods_are_refused(somebody: httpx2.AsyncClient, letter: Posted) -> None:
    for link in (letter.links.view(), letter.links.click(1, TARGET), letter.links.unsubscribe(letter.fingerprint)):
        assert (await somebody.put(path(link))).status_code == 405
    assert (await somebody.post(path(letter.links.click(1, TARGET)))).status_code == 405
