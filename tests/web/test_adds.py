"""Bulk adds by HTTP: begun, followed in numbers, and canceled."""

import asyncio
from typing import Any

import pytest

from starter.enrollments import Enrolled
from starter.sequences import create_sequence
from store.selections import Selection
from tests.house import ADA, BOB, EMAIL, RITA
from tests.patience import PATIENCE
from tests.starter.test_adds import one_at_a_time
from tests.web.knocking import Knocking

LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}
KEY = {"Idempotency-Key": "crm-4711"}


async def test_a_bulk_add_enrolls_who_is_named_and_who_is_found_and_tells_its_progress(knocking: Knocking) -> None:
    sequence = await knocking.house.sequence(LATER)
    wanted = {"contacts": ["pia", "nobody"], "selection": {"company": "acme"}}

    status, begun = await knocking.ask("POST", f"/sequences/{sequence}/bulk-adds", json=wanted)
    told = await ended(knocking, begun["id"])

    assert (status, told["status"], told["total"], told["answered"]) == (202, "done", 4, 4)
    assert (told["enrolled"], told["refused"], told["sequence_id"]) == (3, {"unknown_contact": 1}, int(sequence))
    assert told["sentences"] == ["3 of 4 enrolled.", "1 unknown: left out."]
    assert [(one["contact"], one["code"]) for one in told["items"]] == [("nobody", "unknown_contact")]


async def test_who_was_refused_is_told_page_by_page(knocking: Knocking) -> None:
    sequence, names = await knocking.house.sequence(LATER), [f"nobody{number}" for number in range(5)]
    _, begun = await knocking.ask("POST", f"/sequences/{sequence}/bulk-adds", json={"contacts": names})
    await ended(knocking, begun["id"])

    told: list[str] = []
    after = ""
    while after is not None:
        _, page = await knocking.ask("GET", f"/bulk-adds/{begun['id']}", params={"limit": 2, "after": after})
        told += [one["contact"] for one in page["items"]]
        after = page["next"]

    assert told == names


async def test_a_dry_run_says_in_sum_what_would_happen_and_adds_nobody(resting: Knocking) -> None:
    sequence = await resting.house.sequence(EMAIL)
    wanted = {"contacts": ["ann", "dot", "nobody"]}

    status, said = await resting.ask("POST", f"/sequences/{sequence}/bulk-adds?dry_run=true", json=wanted)

    assert (status, said["total"], said["enrolled"], said["refused"]) == (200, 3, 2, {"unknown_contact": 1})
    assert "1 of 3 has no email address: they will pause at step 1." in said["sentences"]
    assert (await resting.ask("GET", "/enrollments"))[1]["items"] == []


async def test_a_canceled_add_leaves_the_rest_and_a_second_cancel_says_so(resting: Knocking) -> None:
    add = await resting.house.sequencer.add(await resting.house.sequence(EMAIL), ["ann", "ben"], by=RITA)

    first, second = [await resting.ask("DELETE", f"/bulk-adds/{add}") for _ in range(2)]
    _, told = await resting.ask("GET", f"/bulk-adds/{add}")

    assert (first[0], first[1]["changed"], second[0], second[1]["changed"]) == (200, True, 200, False)
    assert (told["status"], told["enrolled"], told["refused"]) == ("canceled", 0, {"canceled": 2})
    assert second[1]["message"] == "It has ended already."


async def test_a_repeated_bulk_add_is_begun_once(resting: Knocking) -> None:
    path = f"/sequences/{await resting.house.sequence(EMAIL)}/bulk-adds"

    first = await resting.ask("POST", path, json={"contacts": ["ann"]}, headers=KEY)
    again = await resting.ask("POST", path, json={"contacts": ["ann"]}, headers=KEY)

    assert (first[0], again) == (202, first)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "nobody"),
        ({"selection": {"company": "None such"}}, "nobody"),
        ({"selection": {"owner": "nobody@example.org"}}, "unknown_user"),
        ({"selection": {"opportunity": "none"}}, "unknown_opportunity"),
        ({"selection": {"stage": "none"}}, "unknown_stage"),
        ({"selection": {"colour": "red"}}, "invalid_request"),
        ({"selection": {"sequence": "999999"}}, "unknown_sequence"),
        ({"contacts": ["ann"], "opportunity_id": 4711}, "unknown_opportunity"),
        ({"contacts": ["ann"] * 25_001}, "limit_reached"),
    ],
)
async def test_a_bulk_add_that_cannot_be_begun_says_why(resting: Knocking, wanted: dict[str, Any], code: str) -> None:
    sequence = await resting.house.sequence(EMAIL)

    status, said = await resting.ask("POST", f"/sequences/{sequence}/bulk-adds", json=wanted)

    assert (status, said["code"]) == (404 if code == "unknown_sequence" else 422, code)


async def test_what_a_selection_would_find_is_not_told_to_who_may_not_add(resting: Knocking) -> None:
    hidden = await create_sequence(resting.house.door, {"name": "Hidden", "steps": [EMAIL]}, ADA)
    path = f"/sequences/{hidden}/bulk-adds"
    selections = [{"company": "Acme"}, {"company": "None such"}, {"stage": "none"}, {"owner": "nobody@example.org"}]

    said = [await resting.ask("POST", path, json={"selection": one}, by=BOB) for one in selections]

    assert said == [(404, said[0][1])] * 4


async def test_the_sequence_in_which_a_contact_is_is_not_told_to_others_who_look(knocking: Knocking) -> None:
    house = knocking.house
    await one_at_a_time(house)
    secret = str(await create_sequence(house.door, {"name": "Secret", "steps": [LATER]}, ADA))
    (first,) = await house.sequencer.enroll(secret, ["ann"], by=ADA)
    assert isinstance(first, Enrolled)
    add = await house.sequencer.add(await house.sequence(LATER, by=ADA), ["ann"], by=ADA, selection=Selection())
    await ended(knocking, add)

    told = {by: (await knocking.ask("GET", f"/bulk-adds/{add}", by=by))[1]["items"] for by in (ADA, BOB)}

    assert told[ADA] == told[BOB]
    assert (told[BOB][0]["code"], "Secret" in str(told[BOB])) == ("already_in_another_sequence", False)
    assert "another sequence" in told[BOB][0]["message"]


async def test_an_add_into_what_is_hidden_is_not_there(resting: Knocking) -> None:
    hidden = str(await create_sequence(resting.house.door, {"name": "Hidden", "steps": [EMAIL]}, ADA))
    add = await resting.house.sequencer.add(hidden, ["ann"], by=ADA)

    for method in ("GET", "DELETE"):
        there = await resting.ask(method, f"/bulk-adds/{add}", by=BOB)
        assert there == await resting.ask(method, "/bulk-adds/none", by=BOB)
        assert there[0] == 404


async def ended(knocking: Knocking, add: str) -> dict[str, Any]:
    """Where the add stands, as soon as it has ended."""
    async with asyncio.timeout(PATIENCE):
        while True:
            _, told = await knocking.ask("GET", f"/bulk-adds/{add}", by=ADA)
            if told["status"] != "running":
                return dict(told)
            await asyncio.sleep(0.05)
