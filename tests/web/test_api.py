"""Every operation of the API, on a real server with a worker behind it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.house import BOB, CALL, EMAIL, LETTER, TASK
from tests.web.knocking import Knocking

LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}
EXAMPLE = Path(__file__).parents[2] / "examples" / "sequence.yaml"


async def test_a_sequence_is_made_from_the_yaml_of_the_examples_and_listed(knocking: Knocking) -> None:
    made = await knocking.ask("POST", "/sequences", content=EXAMPLE.read_text())
    listed = await knocking.ask("GET", "/sequences")

    assert made == (201, {"id": listed[1]["items"][0]["id"]})
    assert listed[1]["items"][0]["name"] == "Senior engineer"


async def test_a_sequence_is_made_from_json(knocking: Knocking) -> None:
    status, made = await knocking.ask("POST", "/sequences", json={"name": "J", "steps": [TASK]})

    assert (status, made["id"] > 0) == (201, True)


async def test_enrolling_answers_for_each_contact(knocking: Knocking) -> None:
    sequence = await knocking.house.sequence(LATER)

    status, said = await knocking.ask("POST", f"/sequences/{sequence}/enrollments", json={"contacts": ["ann", "no"]})

    (enrolled,), (refused,) = said["enrolled"], said["refused"]
    assert status == 200
    assert enrolled["workflow_id"].endswith(enrolled["enrollment_id"])
    assert (enrolled["status"], refused["code"], refused["contact_id"]) == ("active", "unknown_contact", None)


async def test_whoever_is_in_it_already_is_refused_by_his_number(knocking: Knocking) -> None:
    sequence = await knocking.house.sequence(LATER)
    _, first = await knocking.ask("POST", f"/sequences/{sequence}/enrollments", json={"contacts": ["ann"]})

    _, again = await knocking.ask("POST", f"/sequences/{sequence}/enrollments", json={"contacts": ["ann"]})

    assert again["refused"][0]["contact_id"] == first["enrolled"][0]["contact_id"]
    assert again["refused"][0]["code"] == "already_in_sequence"


async def test_a_dry_run_enrolls_nobody(knocking: Knocking) -> None:
    sequence = await knocking.house.sequence(LATER)

    _, said = await knocking.ask("POST", f"/sequences/{sequence}/enrollments?dry_run=true", json={"contacts": ["dot"]})
    _, listed = await knocking.ask("GET", f"/enrollments?sequence={sequence}")

    assert (said["enrolled"][0]["enrollment_id"], said["enrolled"][0]["status"]) == (None, "would_be_enrolled")
    assert "no email address" in said["enrolled"][0]["remark"]
    assert listed["items"] == []


async def test_enrollments_are_listed_page_by_page(knocking: Knocking) -> None:
    sequence = await knocking.house.sequence(LATER)
    _, said = await knocking.ask("POST", f"/sequences/{sequence}/enrollments", json={"contacts": ["ann", "ben", "pia"]})

    _, first = await knocking.ask("GET", f"/enrollments?sequence={sequence}&limit=2")
    _, second = await knocking.ask("GET", f"/enrollments?sequence={sequence}&limit=2&after={first['next']}")

    both = [one["id"] for one in first["items"] + second["items"]]
    assert both == sorted(one["enrollment_id"] for one in said["enrolled"])
    assert (len(first["items"]), second["next"]) == (2, None)


async def test_an_enrollment_is_shown_with_its_timeline(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)

    status, shown = await knocking.ask("GET", f"/enrollments/{one}")

    assert (status, shown["id"], shown["status"]) == (200, one, "active")
    assert shown["timeline"][0]["what"] == "enrolled"


async def test_pausing_and_resuming_change_it_once_and_say_so_when_repeated(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)

    answers = [
        await knocking.ask("POST", f"/enrollments/{one}/{noun}")
        for noun in ("pause", "pause", "resumption", "resumption")
    ]

    assert [status for status, _ in answers] == [200] * 4
    assert [said["changed"] for _, said in answers] == [True, False, True, False]
    assert answers[1][1]["message"] == "It is paused already."


@pytest.mark.statement(35)
async def test_a_bypass_ends_the_delay(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)

    await knocking.ask("POST", f"/enrollments/{one}/bypass")

    await knocking.house.place(one, "finished")
    assert [recipient for recipient, _ in knocking.house.sent()] == ["ann@example.com"]


async def test_a_canceled_one_is_reactivated(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)

    _, canceled = await knocking.ask("POST", f"/enrollments/{one}/cancellation")
    await knocking.house.place(one, "canceled")
    _, active = await knocking.ask("POST", f"/enrollments/{one}/reactivation")

    assert (canceled["status"], active["status"]) == ("canceled", "active")


async def test_it_is_concluded_with_an_outcome(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)

    _, said = await knocking.ask("POST", f"/enrollments/{one}/conclusion", json={"outcome": "positive"})

    assert (said["status"], said["outcome"]) == ("finished", "positive")


async def test_a_delivery_is_settled_only_where_it_is_unknown(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)

    status, said = await knocking.ask("POST", f"/enrollments/{one}/delivery", json={"settlement": "left"})

    assert (status, said["code"]) == (409, "nothing_to_settle")


async def test_a_removed_one_is_gone(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)

    removed, _ = await knocking.ask("DELETE", f"/enrollments/{one}")
    while await knocking.house.row(one) is not None:
        await asyncio.sleep(0.05)

    assert (removed, (await knocking.ask("GET", f"/enrollments/{one}"))[0]) == (200, 404)


async def test_a_to_do_is_listed_with_its_results_and_given_one(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", CALL)
    todo = await knocking.house.todo(one)

    _, listed = await knocking.ask("GET", "/todos")
    _, said = await knocking.ask("POST", f"/todos/{todo.id}/result", json={"result": "interested", "note": "Call May"})

    (item,) = listed["items"]
    assert (item["id"], item["contact"], item["kind"]) == (todo.id, "Ann Abel", "call")
    assert item["results"] == ["no_answer", "left_voicemail", "interested", "not_interested"]
    assert (said["status"], said["outcome"]) == ("finished", "positive")


async def test_to_dos_are_listed_page_by_page(knocking: Knocking) -> None:
    todos = [(await knocking.house.todo(await knocking.house.enroll(who, TASK))).id for who in ("ann", "ben", "pia")]

    seen, after = [], ""
    while after is not None:
        _, page = await knocking.ask("GET", "/todos", params={"limit": 1, "after": after})
        seen += [item["id"] for item in page["items"]]
        after = page["next"]

    assert sorted(seen) == sorted(todos)


async def test_a_result_is_taken_back(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", TASK)
    todo = await knocking.house.todo(one)
    await knocking.ask("POST", f"/todos/{todo.id}/result", json={"result": "negative"})
    await knocking.house.place(one, "finished")

    status, said = await knocking.ask("DELETE", f"/todos/{todo.id}/result")

    assert (status, said["status"]) == (200, "active")


async def test_who_comes_second_is_told_who_was_first(knocking: Knocking) -> None:
    todo = await knocking.house.todo(await knocking.house.enroll("ann", TASK))
    await knocking.ask("POST", f"/todos/{todo.id}/result", json={"result": "negative"})

    status, said = await knocking.ask("POST", f"/todos/{todo.id}/result", json={"result": "positive"})

    assert (status, said["code"]) == (409, "already_answered")
    assert said["detail"] == "Rita Recruiter was first: negative."


async def test_a_manual_email_leaves_as_edited(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LETTER)
    todo = await knocking.house.todo(one)

    await knocking.ask("POST", f"/todos/{todo.id}/email", json={"subject": "Another"})

    await knocking.house.place(one, "finished")
    assert knocking.house.sent() == [("ann@example.com", "Another")]


async def test_a_to_do_is_skipped_postponed_and_handed_on(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", TASK, CALL)
    todo = await knocking.house.todo(one, 1)

    answers = [
        await knocking.ask("POST", f"/todos/{todo.id}/postponement", json={"until": "2027-03-01T09:00+01:00"}),
        await knocking.ask("POST", f"/todos/{todo.id}/assignment", json={"to": BOB}),
        await knocking.ask("POST", f"/todos/{todo.id}/skip", by=BOB),
    ]

    assert [status for status, _ in answers] == [200] * 3
    assert (await knocking.house.todo(one, 2)).action == "call"


async def test_what_is_paused_waits_for_attention_with_its_remedy(knocking: Knocking) -> None:
    one = await knocking.house.enroll("dot", EMAIL)
    await knocking.house.place(one, "paused")

    _, said = await knocking.ask("GET", "/attention")

    (waiting,) = said["items"]
    assert (waiting["enrollment"], waiting["cause"]) == (one, "no_email_address")
    assert waiting["remedy"] == "add an address, then resume"


async def test_contacts_are_taken_in_from_csv(knocking: Knocking) -> None:
    text = "external_id,first_name\nnew,New\nann,Anna\n"

    said = await knocking.ask("POST", "/contacts/imports", content=text)

    assert said == (200, {"created": 1, "updated": 1})


async def test_events_are_followed_from_a_cursor(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)
    _, before = await knocking.ask("GET", "/events")

    await knocking.ask("POST", f"/enrollments/{one}/pause")
    _, after = await knocking.ask("GET", "/events", params={"after": before["next"], "wait": 20})

    assert [event["what"] for event in before["items"]] == ["enrolled"]
    assert [(event["what"], event["enrollment_id"]) for event in after["items"]] == [("pause", one)]


async def test_with_nothing_new_the_cursor_stays(knocking: Knocking) -> None:
    await knocking.house.enroll("ann", LATER)
    _, before = await knocking.ask("GET", "/events")

    _, after = await knocking.ask("GET", "/events", params={"after": before["next"]})

    assert after == {"items": [], "next": before["next"]}


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
async def test_the_api_describes_itself(knocking: Knocking, path: str) -> None:
    answer = await knocking.api.get(path, headers={"Authorization": ""})

    assert answer.status_code == 200
    assert "/api/enrollments/{id}/bypass" in answer.text
