"""Sequences and templates on pages: made, edited, previewed and acted upon by plain forms."""

import re
from unittest.mock import ANY

import pytest

from sequencing.settings import SettingsChange
from starter.enrollments import Enrolled
from starter.settings import change_settings
from starter.users import deactivate_user
from tests.house import ADA, BOB, CALL, EMAIL, RITA, TASK
from tests.web.forms import filled
from tests.web.knocking import Knocking

LATER = {**EMAIL, "delay": "300 days"}
STEP = {"1-action": "automatic_email", "1-amount": "2", "1-unit": "days", "1-owner": "enroller"}
WORDED = {**STEP, "1-subject": "Hello", "1-body": "Hi {{ contact.first_name }}", "1-track_opens": "yes"}


async def test_a_sequence_is_made_step_by_step_without_a_script_and_nothing_typed_is_lost(resting: Knocking) -> None:
    browser = await resting.signed_in()

    more = (await browser.post("/sequences", name="Mine", description="D", act="add:call", **WORDED)).text
    up = (await browser.post("/sequences", name="Mine", act="up:2", **WORDED, **{"2-action": "call"})).text
    wrong = await browser.post("/sequences", name="Mine", act="save", **WORDED, **{"2-action": "call"})
    made = await browser.post("/sequences", name="Mine", act="save", **WORDED)

    assert all(word in more for word in ('value="Mine"', 'value="Hello"', 'name="2-title"', "\nD</textarea>"))
    assert 'name="1-title"' in up
    assert 'name="2-subject"' in up
    assert (wrong.status_code, "a call needs a title" in wrong.text, 'value="Hello"' in wrong.text) == (422, True, True)
    assert re.search(r'name="2-title"[^>]*aria-invalid', wrong.text)
    document = (await resting.ask("GET", f"/sequences/{made.headers['location'].rpartition('/')[2]}"))[1]["document"]
    assert (document["name"], document["steps"][0]["delay"]) == ("Mine", "2 days")
    assert document["steps"][0]["track_clicks"] is False


async def test_frozen_steps_are_shown_so_and_a_new_timing_says_whom_it_moves(resting: Knocking) -> None:
    sequence = await resting.house.sequence(LATER, name="N")
    await resting.house.sequencer.enroll(sequence, ["ann"], by=RITA)
    browser = await resting.signed_in()
    version = (await resting.ask("GET", f"/sequences/{sequence}"))[1]["document"]["version"]
    said = {**WORDED, "name": "N", "version": str(version)}

    shown = (await browser.get(f"/sequences/{sequence}/steps")).text
    foreseen = (await browser.post(f"/sequences/{sequence}/steps", act="foresee", **said)).text
    saved = await browser.post(f"/sequences/{sequence}/steps", act="save", **said)
    late = await browser.post(f"/sequences/{sequence}/steps", act="save", **{**said, "name": "Late"})

    assert ("are <strong>frozen</strong>" in shown, 'value="add:call"' in shown) == (True, False)
    assert "1 contact waits for a step whose timing changes, and 1 of them moves" in foreseen
    assert saved.status_code == 303
    assert (late.status_code, "It was changed by Rita" in late.text, 'value="Late"' in late.text) == (409, True, True)


async def test_an_act_on_many_answers_for_each_and_a_removal_asks_first(knocking: Knocking) -> None:
    house = knocking.house
    sequence = await house.sequence(LATER)
    answers = await house.sequencer.enroll(sequence, ["ann", "ben"], by=RITA)
    ids = [one.enrollment_id or "" for one in answers if isinstance(one, Enrolled)]
    browser, at = await knocking.signed_in(), f"/sequences/{sequence}/chosen"
    await house.sequencer.pause(ids[0], by=RITA)

    resumed = (await browser.post(at, act="resumption", chosen=ids)).text
    asked = (await browser.post(at, act="removal", chosen=ids)).text
    there = [await house.row(one) for one in ids]
    removed = (await browser.post(at, act="removal", sure="yes", chosen=ids)).text

    assert ("Resumed: 1 of 2" in resumed, "cannot be recovered" in asked, None in there) == (True, True, False)
    assert "Removed: 2 of 2" in removed


async def test_a_message_is_shown_for_a_contact_and_can_do_nothing(resting: Knocking) -> None:
    html = {**EMAIL, "body": "<p>Hi {{ contact.first_name }}</p><script>x</script>", "format": "html"}
    sequence = await resting.house.sequence({**html, "body": "<p>Hi {{ contact.first_name }}</p>"})
    browser = await resting.signed_in()

    shown = (await browser.get(f"/sequences/{sequence}/preview?step=1&contact=ann")).text
    letter = await browser.get(f"/sequences/{sequence}/letter?step=1&contact=ann")

    assert "<iframe" in shown
    assert "sandbox" in letter.headers["content-security-policy"]
    assert "Hi Ann" in letter.text


async def test_a_template_is_made_changed_and_handed_over(resting: Knocking) -> None:
    rita, ada = await resting.signed_in(), await resting.signed_in(ADA)

    empty = await rita.post("/templates", name="", subject="S", body="Typed")
    made = (await rita.post("/templates", name="T", subject="S", body="Hi {{ contact.first_name }}")).headers[
        "location"
    ]
    shown = (await rita.get(f"{made}?contact=ann")).text
    await rita.post(made, name="T", subject="Other", body="B", version="1")
    refused = await rita.post(f"{made}/owner", to=ADA)
    await ada.post(f"{made}/owner", to=ADA)
    _, said = await resting.ask("GET", made)

    assert (empty.status_code, "Typed" in empty.text, "Hi Ann" in shown, refused.status_code) == (422, True, True, 303)
    assert (said["subject"], said["owner"]) == ("Other", ADA)


@pytest.mark.parametrize("act", ["hold", "release", "archive", "unarchive", "copies"])
async def test_acts_on_a_whole_sequence_are_forms(resting: Knocking, act: str) -> None:
    sequence = await resting.house.sequence(TASK)

    answer = await (await resting.signed_in()).post(f"/sequences/{sequence}/{act}")

    assert answer.status_code == 303


async def test_the_list_is_narrowed_and_says_how_many_run(resting: Knocking) -> None:
    await resting.house.sequencer.enroll(await resting.house.sequence(LATER, name="Spring"), ["ann"], by=RITA)
    await resting.house.sequence(LATER, name="Autumn", by=ADA)
    browser = await resting.signed_in()

    mine = (await browser.get("/sequences?whose=mine&q=spr")).text
    shared = (await browser.get("/sequences?whose=shared")).text

    assert ("Spring" in mine, "status=active" in mine, "Autumn" in mine) == (True, True, False)
    assert ("Spring" in shared, "Autumn" in shared) == (False, True)


async def test_the_form_takes_the_longest_sequence_that_the_settings_may_allow(resting: Knocking) -> None:
    assert await resting.ask("PATCH", "/settings", by=ADA, json={"limits": {"steps": 500}}) == (200, ANY)
    step = {**WORDED, "1-format": "text", "1-address_type": "any", "1-template": "", "1-opportunity": ""}
    step |= {"1-track_clicks": "yes", "1-unsubscribe_link": "yes", "1-reply_in_thread": "yes"}
    steps = {f"{n}-{name.removeprefix('1-')}": said for n in range(1, 501) for name, said in step.items()}
    browser = await resting.signed_in()

    made = await browser.post("/sequences", name="Long", act="save", **steps)

    assert made.status_code == 303, made.text[:2000]
    document = (await resting.ask("GET", f"/sequences/{made.headers['location'].rpartition('/')[2]}"))[1]["document"]
    assert len(document["steps"]) == 500


async def test_a_form_of_too_many_fields_is_refused_in_words(resting: Knocking) -> None:
    browser = await resting.signed_in()

    said = await browser.post("/sequences", name="Long", **{f"x{n}": "" for n in range(20_000)})

    assert (said.status_code, "nothing of it was kept: Too many fields" in said.text) == (413, True)


async def test_a_change_of_a_template_by_a_service_takes_no_empty_body(resting: Knocking) -> None:
    _, made = await resting.ask("POST", "/templates", json={"name": "T", "subject": "S", "body": "Hello"})
    at = f"/templates/{made['id']}"

    status, said = await resting.ask("PATCH", at, json={"subject": "Other", "body": ""})

    assert (status, said["code"], said["detail"]) == (422, "invalid_text", "The body must not be empty.")
    assert (await resting.ask("GET", at))[1]["subject"] == "S"


async def test_the_editor_shows_what_can_be_chosen_no_more_and_changes_none_of_it(resting: Knocking) -> None:
    door = resting.house.door
    sequence = await resting.house.sequence({**CALL, "owner": BOB}, {**CALL, "delay": "30 seconds"}, by=ADA)
    await deactivate_user(door, BOB, RITA, ADA)
    await change_settings(door, SettingsChange(seconds_allowed=False), ADA)

    shown = (await (await resting.signed_in(ADA)).get(f"/sequences/{sequence}/steps")).text
    there = filled(shown, f"/sequences/{sequence}/steps")

    assert (there["1-owner"], there["2-amount"], there["2-unit"]) == ([BOB], ["30"], ["seconds"])


async def test_a_name_of_other_letters_is_found_as_it_is_written(resting: Knocking) -> None:
    sequence = await resting.house.sequence(TASK, name="Ärzte in Köln")
    browser = await resting.signed_in()

    for typed in ("Ärzte", "köln", "KÖLN"[0]):
        assert f'href="/sequences/{sequence}"' in (await browser.get(f"/sequences?q={typed}")).text
