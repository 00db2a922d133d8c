"""Local mode, one's own page and the settings, as a browser without JavaScript meets them."""

import httpx2
import pytest

from starter.suppressions import lift, lifts, suppress
from tests.house import ADA, BOB, RITA
from tests.patience import PATIENCE
from tests.web.knocking import PASSWORD, Browser, Knocking, app_at
from transports.outbox import EmailOutbox
from web import guard

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _at(knocking: Knocking, *, local: bool = True, base: str = "http://localhost", peer: str = "127.0.0.1") -> Browser:
    app = app_at(knocking.house.door)
    app.state.local = local
    transport = httpx2.ASGITransport(app, client=(peer, 1))
    client = httpx2.AsyncClient(transport=transport, base_url=base, timeout=PATIENCE)
    knocking.clients.append(client)
    return Browser(client)


@ON_SQLITE
async def test_one_click_signs_in_and_every_page_says_that_it_is_local_mode(resting: Knocking) -> None:
    browser = _at(resting)

    await browser.get("/sign-in")
    answer = await browser.post("/sign-in/local", user="2", next="/sequences")
    page = await browser.get("/sequences")

    assert (answer.status_code, answer.headers["location"], page.status_code) == (303, "/sequences", 200)
    assert "Local mode" in page.text


@ON_SQLITE
@pytest.mark.parametrize(
    ("base", "peer", "local"),
    [
        ("http://localhost", "127.0.0.1", False),
        ("http://evil.example", "127.0.0.1", True),
        ("http://localhost", "192.0.2.7", True),
    ],
    ids=["not in local mode", "by another name", "from elsewhere"],
)
async def test_one_click_does_nothing_where_others_could_click(
    resting: Knocking, base: str, peer: str, local: bool
) -> None:
    browser = _at(resting, local=local, base=base, peer=peer)

    await browser.get("/sign-in")
    answer = await browser.post("/sign-in/local", user="2")

    assert answer.status_code == 404
    assert guard.SESSION not in browser.client.cookies


@ON_SQLITE
@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "x-forwarded-proto"])
async def test_what_a_proxy_on_this_machine_passes_on_is_not_local(resting: Knocking, header: str) -> None:
    browser = _at(resting)
    browser.client.headers[header] = "192.0.2.7"

    asked = await browser.get("/sign-in")
    answer = await browser.post("/sign-in/local", user="2")
    await browser.sign_in(RITA, PASSWORD)
    page, outbox = await browser.get("/todos"), await browser.get("/outbox")

    assert ("Rita Recruiter" in asked.text, answer.status_code) == (False, 404)
    assert (page.status_code, "Local mode" in page.text, outbox.status_code) == (200, False, 404)


@ON_SQLITE
async def test_one_click_needs_the_word_of_our_form(resting: Knocking) -> None:
    browser = _at(resting)

    assert (await browser.post("/sign-in/local", user="2")).status_code == 403


@ON_SQLITE
async def test_the_outbox_is_there_in_local_mode_only(resting: Knocking) -> None:
    browser = await resting.signed_in(ADA)

    assert (await browser.get("/outbox")).status_code == 404
    assert "Outbox" not in (await browser.get("/todos")).text


@ON_SQLITE
async def test_a_letter_of_the_outbox_can_run_and_load_nothing(resting: Knocking) -> None:
    delivery = await EmailOutbox(resting.house.outbox).open(sender=ADA, recipient="x@example.com")
    await delivery.begin()
    await delivery.hand_over(b"From: a@example.org\nContent-Type: text/html\n\n<p>Hello<script>alert(1)</script>")
    name = next(resting.house.outbox.glob("*.eml")).stem
    browser = _at(resting)
    await browser.get("/sign-in")
    await browser.post("/sign-in/local", user="1")

    letter = await browser.get(f"/outbox/{name}/html")

    rules = [rule.strip() for rule in letter.headers["content-security-policy"].split(";")]
    assert "Hello" in letter.text
    assert {"sandbox", "default-src 'none'", "form-action 'none'"} <= set(rules)
    assert not any(rule.startswith("script-src") for rule in rules)


@ON_SQLITE
async def test_a_letter_is_shown_without_what_it_would_load_from_elsewhere(resting: Knocking) -> None:
    pictures = '<img src="http://localhost/o/x.gif" alt=""><IMG alt="Us" SRC=https://a.example/b.png>'
    pictures += '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="Dot"><img src="cid:logo">'
    delivery = await EmailOutbox(resting.house.outbox).open(sender=ADA, recipient="x@example.com")
    await delivery.begin()
    await delivery.hand_over(f"From: a@example.org\nContent-Type: text/html\n\n<p>Hello{pictures}".encode())
    name = next(resting.house.outbox.glob("*.eml")).stem
    browser = _at(resting)
    await browser.get("/sign-in")
    await browser.post("/sign-in/local", user="1")

    letter = (await browser.get(f"/outbox/{name}/html")).text

    assert ("Hello" in letter, "Us" in letter, "data:image/gif" in letter) == (True, True, True)
    assert [one for one in ("http:", "https:", "cid:") if one in letter] == []


@ON_SQLITE
async def test_a_password_is_changed_by_who_knows_the_present_one_and_ends_other_sessions(resting: Knocking) -> None:
    browser, other = await resting.signed_in(), await resting.signed_in()
    new = "another long word"
    typed = {"new_password": new, "again_password": new}

    wrong = await browser.post("/me/password", present_password="not that one", **typed)
    right = await browser.post("/me/password", present_password=PASSWORD, **typed)

    assert (wrong.status_code, "not your present password" in wrong.text) == (409, True)
    assert (right.status_code, (await browser.get("/me")).status_code) == (303, 200)
    assert (await other.get("/me")).headers["location"] == "/sign-in?next=/me"
    assert (await resting.browser().sign_in(RITA, new)).status_code == 303


@ON_SQLITE
async def test_a_token_is_shown_once_and_in_no_address(resting: Knocking) -> None:
    browser = await resting.signed_in()

    made = await browser.post("/me/tokens", name="our CRM")
    token = made.text.partition('<code class="secret">')[2].partition("<")[0]

    assert (made.status_code, made.headers.get("location"), token[:4]) == (200, None, "seq_")
    assert token not in (await browser.get("/me")).text
    asked = await resting.api.get("/me", headers={"Authorization": f"Bearer {token}"})
    assert asked.json()["email"] == RITA


@ON_SQLITE
async def test_settings_that_somebody_changed_meanwhile_are_not_saved_over(resting: Knocking) -> None:
    browser = await resting.signed_in(ADA)
    version = (await resting.ask("GET", "/settings", by=ADA))[1]["version"]
    fields = {"zone": "Europe/Berlin", "steps": "40", "delay_days": "365", "contacts_per_add": "100"}
    fields |= {"name_length": "120", "emails_a_day": "100", "gap_seconds": "0", "moves_a_second": "20"}

    await resting.ask("PATCH", "/settings", by=ADA, json={"journaling": True})
    late = await browser.post("/settings/sequencing", version=str(version), **fields)

    assert (late.status_code, 'value="40"' in late.text, ADA in late.text) == (409, True, True)
    assert (await resting.ask("GET", "/settings", by=ADA))[1]["limits"]["steps"] == 50


@ON_SQLITE
async def test_the_last_admin_keeps_the_level(resting: Knocking) -> None:
    browser = await resting.signed_in(ADA)

    answer = await browser.post("/settings/users/1/roles", role="No sequences")
    by_api = await resting.ask("PUT", "/users/1/roles", by=ADA, json={"roles": []})

    assert (answer.status_code, "Somebody active must keep" in answer.text) == (409, True)
    assert (by_api[0], by_api[1]["code"]) == (409, "last_admin")


async def test_who_lifted_a_suppression_is_kept(resting: Knocking) -> None:
    door = resting.house.door
    await suppress(door, "gone@example.com", "agency", BOB)

    await lift(door, "gone@example.com", ADA)

    (kept,) = await lifts(door, BOB, target="gone@example.com")
    assert (kept.reason, kept.lifted_by) == ("agency", ADA)
