"""Sequences by HTTP: read as a document, edited, copied, archived, held and released."""

from typing import Any

import pytest

from tests.house import ADA, BOB, CALL, EMAIL, RITA, TASK
from tests.web.knocking import Knocking

LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}


async def test_a_sequence_is_read_edited_and_put_back(resting: Knocking) -> None:
    sequence = await resting.house.sequence(EMAIL, TASK, name="Before")
    _, shown = await resting.ask("GET", f"/sequences/{sequence}")

    document = {**shown["document"], "name": "After"}
    status, said = await resting.ask("PUT", f"/sequences/{sequence}", json=document)

    assert (status, said["changed"], said["version"]) == (200, True, shown["document"]["version"] + 1)
    after = (await resting.ask("GET", f"/sequences/{sequence}"))[1]
    assert (after["document"]["name"], after["sharing"], after["archived"]) == ("After", "everyone", False)
    assert after["document"]["steps"] == shown["document"]["steps"]


async def test_an_edit_is_previewed_and_nothing_is_changed(resting: Knocking) -> None:
    sequence = await resting.house.sequence(LATER, name="N")
    await resting.ask("POST", f"/sequences/{sequence}/enrollments", json={"contacts": ["ann", "ben"]})
    document = {"name": "N", "steps": [{**EMAIL, "delay": "2 days"}]}

    status, said = await resting.ask("PUT", f"/sequences/{sequence}?dry_run=true", json=document)

    assert (status, said["changed"], said["waiting"], len(said["moved"])) == (200, False, 2, 2)
    assert [(one["step"], one["field"]) for one in said["changes"]] == [(1, "delay")]
    assert (await resting.ask("GET", f"/sequences/{sequence}"))[1]["document"]["steps"][0]["delay"] == "300 days"


async def test_saving_over_a_newer_version_is_refused_with_who_and_when(resting: Knocking) -> None:
    sequence = await resting.house.sequence(EMAIL, name="N")
    document = (await resting.ask("GET", f"/sequences/{sequence}"))[1]["document"]
    await resting.ask("PUT", f"/sequences/{sequence}", json={**document, "name": "Ada's"}, by=ADA)

    status, said = await resting.ask("PUT", f"/sequences/{sequence}", json={**document, "name": "Rita's"})

    assert (status, said["code"]) == (409, "changed_meanwhile")
    assert "It was changed by Ada Admin at" in said["detail"]
    assert (await resting.ask("GET", f"/sequences/{sequence}"))[1]["document"]["name"] == "Ada's"


@pytest.mark.statement(48)
async def test_steps_are_frozen_once_contacts_were_added(resting: Knocking) -> None:
    sequence = await resting.house.sequence(LATER)
    await resting.ask("POST", f"/sequences/{sequence}/enrollments", json={"contacts": ["ann"]})

    status, said = await resting.ask("PUT", f"/sequences/{sequence}", json={"name": "N", "steps": [LATER, CALL]})

    assert (status, said["code"]) == (409, "frozen")


async def test_an_edit_that_says_what_is_so_changes_nothing_and_says_so(resting: Knocking) -> None:
    sequence = await resting.house.sequence(EMAIL)
    document = (await resting.ask("GET", f"/sequences/{sequence}"))[1]["document"]

    status, said = await resting.ask("PUT", f"/sequences/{sequence}", json=document)

    assert (status, said["changed"], said["message"]) == (200, False, "The sequence is as the document says.")


@pytest.mark.statement(50)
@pytest.mark.parametrize("noun", ["copies", "copy"])
async def test_a_copy_is_private_to_the_copier(resting: Knocking, noun: str) -> None:
    sequence = await resting.house.sequence(EMAIL, name="Original", by=ADA)

    status, made = await resting.ask("POST", f"/sequences/{sequence}/{noun}")

    copy = (await resting.ask("GET", f"/sequences/{made['id']}"))[1]
    assert (status, copy["document"]["name"], copy["sharing"]) == (201, "Copy of Original", "private")
    assert (await resting.ask("GET", f"/sequences/{made['id']}", by=BOB))[0] == 404


async def test_an_archived_sequence_takes_nobody_until_it_is_taken_back(resting: Knocking) -> None:
    sequence = await resting.house.sequence(EMAIL)
    path, wanted = f"/sequences/{sequence}/enrollments", {"contacts": ["ann"]}

    archived = [await resting.ask("POST", f"/sequences/{sequence}/archive") for _ in range(2)]
    refused = await resting.ask("POST", path, json=wanted)
    await resting.ask("POST", f"/sequences/{sequence}/unarchive")
    _, enrolled = await resting.ask("POST", path, json=wanted)

    assert [(status, said["changed"]) for status, said in archived] == [(200, True), (200, False)]
    assert (refused[0], refused[1]["code"], len(enrolled["enrolled"])) == (409, "sequence_archived", 1)


@pytest.mark.parametrize(("method", "noun"), [("DELETE", "hold"), ("POST", "release")])
async def test_a_held_sequence_says_by_whom_since_when_until_it_is_released(
    resting: Knocking, method: str, noun: str
) -> None:
    sequence = await resting.house.sequence(EMAIL)

    held = [await resting.ask("POST", f"/sequences/{sequence}/hold") for _ in range(2)]
    _, shown = await resting.ask("GET", f"/sequences/{sequence}")
    released = [await resting.ask(method, f"/sequences/{sequence}/{noun}") for _ in range(2)]

    assert [said["changed"] for _, said in held + released] == [True, False, True, False]
    assert shown["held"].startswith("held by Rita Recruiter since ")
    assert (await resting.ask("GET", f"/sequences/{sequence}"))[1]["held"] is None


async def test_who_merely_sees_a_sequence_may_copy_and_not_change_it(resting: Knocking) -> None:
    sequence = await resting.house.sequence(EMAIL, by=ADA)
    document = {"name": "Mine", "steps": [TASK]}

    answers = [
        await resting.ask("PUT", f"/sequences/{sequence}", json=document, by=RITA),
        *[await resting.ask("POST", f"/sequences/{sequence}/{act}", by=RITA) for act in ("hold", "release", "archive")],
    ]

    assert [(status, said["code"]) for status, said in answers] == [(403, "not_permitted")] * 4


async def test_a_postponement_to_the_same_instant_changes_nothing_and_says_so(knocking: Knocking) -> None:
    todo = await knocking.house.todo(await knocking.house.enroll("ann", TASK))
    until = {"until": "2027-03-01T09:00+01:00"}

    answers = [await knocking.ask("POST", f"/todos/{todo.id}/postponement", json=until) for _ in range(2)]

    assert [(status, said["changed"]) for status, said in answers] == [(200, True), (200, False)]
