"""Keys to the doors: passwords, sessions, tokens; what is kept of them, and what a stranger learns."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from sequencing.errors import Refused, TooSoon, Unchanged
from sequencing.tries import ADDRESS, USER
from starter import keys
from starter.door import Door
from store import keys as rows
from store import users
from tests.house import ADA, BOB, RITA
from tests.web.knocking import PASSWORD, Knocking, app_at, served


@pytest.fixture(autouse=True)
def database(sqlite: object) -> object:
    """One kind of database is enough here."""
    return sqlite


async def test_a_password_opens_and_another_does_not(resting: Knocking) -> None:
    browser = resting.browser()

    wrong = await browser.sign_in(RITA, "not the one")
    right = await browser.sign_in(RITA, PASSWORD)

    assert (wrong.status_code, "do not belong together" in wrong.text) == (401, True)
    assert (right.status_code, right.headers["location"]) == (303, "/todos")


async def test_an_unknown_address_gets_the_same_page_as_a_wrong_password(resting: Knocking) -> None:
    browser = resting.browser()

    unknown = await browser.sign_in("nobody@example.org", "not the one")
    wrong = await browser.sign_in(RITA, "not the one")

    assert unknown.status_code == wrong.status_code
    assert _plain(unknown.text, "nobody@example.org") == _plain(wrong.text, RITA)


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    resting: Knocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: dict[str, list[Parameters]] = {RITA: [], "nobody@example.org": []}
    await keys.set_password(resting.house.door, RITA, PASSWORD, RITA)

    for email, costs in compared.items():
        monkeypatch.setattr(keys, "HASHER", Watched(costs))
        with pytest.raises(Refused):
            await keys.sign_in(resting.house.door, email, "not the one")

    known, unknown = compared.values()
    assert unknown == known == [extract_parameters(PasswordHasher().hash("any"))]


class Watched(PasswordHasher):
    """Keeps what each comparison costs, which is what it takes its time for."""

    def __init__(self, costs: list[Parameters]) -> None:
        super().__init__()
        self.costs = costs

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's
        self.costs.append(extract_parameters(str(hash)))
        return super().verify(hash, password)


async def test_after_some_wrong_passwords_the_page_says_how_long_to_wait_also_to_who_knows_the_right_one(
    resting: Knocking,
) -> None:
    now = resting.house.door.now()
    async with served(app_at(replace(resting.house.door, now=lambda: now))) as address:
        browser = replace(resting, address=address).browser()
        for _ in range(USER.free):
            assert (await browser.sign_in(RITA, "not the one")).status_code == 401

        wrong = await browser.sign_in(RITA, "not the one")
        right = await browser.sign_in(RITA, PASSWORD)
        other = await browser.sign_in(ADA, PASSWORD)

    assert (wrong.status_code, right.status_code, other.status_code) == (429, 429, 303)
    assert "Too many wrong passwords. Try again in 5 seconds." in wrong.text
    assert int(wrong.headers["retry-after"]) == 5


async def test_the_wait_ends_by_itself_and_a_right_password_forgets_the_wrong_ones(resting: Knocking) -> None:
    now = resting.house.door.now()
    door = replace(resting.house.door, now=lambda: now)
    for _ in range(USER.free):
        await _refused(door, RITA)
    later = replace(door, now=lambda: now + USER.first)

    await keys.sign_in(later, RITA, PASSWORD)

    for _ in range(USER.free):
        assert (await _refused(later, RITA)).code == "not_signed_in"
    assert (await _refused(later, RITA)).code == "too_many_tries"


async def test_an_address_waits_too_whichever_accounts_it_tries_and_another_address_does_not(
    resting: Knocking,
) -> None:
    now = resting.house.door.now()
    door = replace(resting.house.door, now=lambda: now)
    for number in range(ADDRESS.free):
        await _refused(door, f"user{number}@example.org", "192.0.2.1")

    refused = await _refused(door, RITA, "192.0.2.1")
    assert await keys.sign_in(door, RITA, PASSWORD, "192.0.2.2")

    assert (refused.code, isinstance(refused, TooSoon) and refused.seconds) == ("too_many_tries", 5)


async def test_an_unknown_address_has_to_wait_like_a_known_one(resting: Knocking) -> None:
    door = resting.house.door
    said = {}
    now = door.now()
    frozen = replace(door, now=lambda: now)
    for email in (RITA, "nobody@example.org"):
        said[email] = [str(await _refused(frozen, email)) for _ in range(USER.free + 1)]

    assert said[RITA] == said["nobody@example.org"]


async def _refused(door: Door, email: str, address: str = "") -> Refused:
    with pytest.raises(Refused) as refused:
        await keys.sign_in(door, email, "not the one", address)
    return refused.value


async def test_a_deactivated_user_is_out_at_once_by_every_door(resting: Knocking) -> None:
    browser = await resting.signed_in()
    async with resting.house.database.writing() as tx:
        rita = await users.by_email(tx, RITA)
        await users.change(tx, type(rita)(rita.id, rita.email, rita.name, rita.level, active=False))

    page, api = await browser.get("/todos"), await resting.ask("GET", "/todos")
    again = await browser.sign_in(RITA, PASSWORD)

    assert (page.headers["location"], api[0], again.status_code) == ("/sign-in?next=/todos", 401, 401)


async def test_signing_in_makes_a_new_session_whatever_cookie_the_browser_had(resting: Knocking) -> None:
    browser = resting.browser()
    browser.client.cookies.set("sequencing_session", "chosen-by-somebody", domain="127.0.0.1")

    answer = await browser.sign_in(RITA, PASSWORD)
    fixed = resting.browser()
    fixed.client.cookies.set("sequencing_session", "chosen-by-somebody", domain="127.0.0.1")

    assert (await fixed.get("/todos")).status_code == 303
    assert "chosen-by-somebody" not in str(answer.headers.get_list("set-cookie"))


async def test_signing_out_ends_the_session_at_the_server(resting: Knocking) -> None:
    browser = await resting.signed_in()
    stolen = browser.client.cookies["sequencing_session"]

    await browser.post("/sign-out")
    thief = resting.browser()
    thief.client.cookies.set("sequencing_session", stolen, domain="127.0.0.1")

    assert (await thief.get("/todos")).status_code == 303


async def test_a_new_password_ends_the_sessions_of_the_old_one(resting: Knocking) -> None:
    browser = await resting.signed_in()

    await keys.set_password(resting.house.door, RITA, "another long word", by=ADA)

    assert (await browser.get("/todos")).status_code == 303


async def test_a_session_ends_by_itself(resting: Knocking) -> None:
    door = resting.house.door
    secret = await keys.sign_in(door, RITA, PASSWORD)

    async with door.database.reading() as tx:
        before = await rows.session_user(tx, keys.digest(secret), door.now())
        after = await rows.session_user(tx, keys.digest(secret), door.now() + keys.SESSION_LASTS + timedelta(seconds=1))

    assert (before is not None, after) == (True, None)


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(resting: Knocking) -> None:
    browser = resting.browser()

    answer = await browser.sign_in(RITA, PASSWORD)

    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("sequencing_session=")]
    assert ("HttpOnly" in cookie, "SameSite=lax" in cookie, "Secure" in cookie) == (True, True, False)


async def test_away_from_this_machine_the_cookie_needs_encryption(resting: Knocking) -> None:
    answer = await resting.browser().client.get("/sign-in", headers={"Host": "crm.example.org"})

    assert "Secure" in answer.headers["set-cookie"]


async def test_of_passwords_sessions_and_tokens_only_hashes_are_kept(resting: Knocking) -> None:
    browser = await resting.signed_in()
    session = browser.client.cookies["sequencing_session"]

    with closing(sqlite3.connect(resting.house.database.url.database or "")) as connection:
        kept = "\n".join(connection.iterdump())

    assert [secret for secret in (PASSWORD, session, *resting.tokens.values()) if secret in kept] == []


async def test_a_revoked_token_opens_nothing(resting: Knocking) -> None:
    door = resting.house.door
    (mine,) = [token for token, email in await keys.tokens(door, RITA) if email == RITA]

    await keys.revoke_token(door, mine.id, RITA)

    assert (await resting.ask("GET", "/todos"))[0] == 401
    with pytest.raises(Unchanged):
        await keys.revoke_token(door, mine.id, RITA)


async def test_the_tokens_and_the_password_of_others_are_for_those_who_manage(resting: Knocking) -> None:
    door = resting.house.door
    (ritas,) = [token for token, email in await keys.tokens(door, ADA) if email == RITA]

    with pytest.raises(Refused, match="nothing of that id"):
        await keys.revoke_token(door, ritas.id, BOB)
    with pytest.raises(Refused, match="nothing of that id"):
        await keys.set_password(door, RITA, "a word of mine", by=BOB)
    assert [email for _, email in await keys.tokens(door, BOB)] == [BOB]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic cml0YTp4", "Bearer \xff\xfe"])
async def test_without_a_valid_token_the_api_says_only_that(resting: Knocking, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    answer = await resting.browser().client.get("/api/todos", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert (answer.headers["www-authenticate"], answer.headers["content-type"]) == (
        "Bearer",
        "application/problem+json",
    )


def _plain(page: str, email: str) -> list[str]:
    return [line for line in page.replace(email, "EMAIL").splitlines() if 'name="form"' not in line]
