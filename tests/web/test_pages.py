"""The pages, as a browser without JavaScript meets them: every act by a form, every refusal as a sentence."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from starter import own_tasks
from starter.contacts import import_contacts
from tests.house import ADA, BOB, CALL, EMAIL, LETTER, RITA, TASK
from tests.web.knocking import Browser, Knocking

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FOREIGN = re.compile(
    r"<script(?! type=\"module\" src=\"/static/\w+\.js\"></script>)|\son\w+=|\sstyle=|https?://(?!127)"
)
LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}


@pytest.mark.statement(2)
async def test_the_list_shows_what_one_needs_for_a_call(knocking: Knocking) -> None:
    await knocking.house.todo(await knocking.house.enroll("ann", CALL))
    browser = await knocking.signed_in()

    shown = (await browser.get("/todos")).text

    for words in ("Ann Abel", "Call Ann Abel", "Engineer, Acme", "+4915112340001", "No Answer", "Left Voicemail"):
        assert words in shown


async def test_a_result_is_one_click_with_its_note(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", CALL)
    todo = await knocking.house.todo(one)
    browser = await knocking.signed_in()

    answer = await browser.post(f"/todos/{todo.id}/result", result="interested", note="In May")
    row = await knocking.house.place(one, "finished")
    kept = (await browser.get(f"/todos/{todo.id}")).text

    assert (answer.status_code, answer.headers["location"]) == (303, f"/todos?undo={todo.id}")
    assert row.outcome == "positive"
    assert "In May" in kept
    assert "Take back" in kept


async def test_a_result_is_taken_back(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", TASK)
    todo = await knocking.house.todo(one)
    browser = await knocking.signed_in()
    await browser.post(f"/todos/{todo.id}/result", result="positive")
    await knocking.house.place(one, "finished")

    await browser.post(f"/todos/{todo.id}/take-back")

    assert (await knocking.house.todo(one)).id == todo.id


async def test_a_draft_is_kept_and_leaves_as_typed(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LETTER)
    todo = await knocking.house.todo(one)
    browser = await knocking.signed_in()

    await browser.post(f"/todos/{todo.id}/draft", subject="Half", body="Dear Ann,\r\n\r\n")
    draft = (await browser.get(f"/todos/{todo.id}")).text
    await browser.post(f"/todos/{todo.id}/email", subject="Whole", body="Dear Ann,\r\nHello")

    await knocking.house.place(one, "finished")
    assert 'value="Half"' in draft
    assert knocking.house.sent() == [("ann@example.com", "Whole")]


async def test_a_refused_email_shows_again_what_was_typed(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LETTER)
    todo = await knocking.house.todo(one)
    browser = await knocking.signed_in()
    await knocking.house.sequencer.cancel(one, by=RITA)
    await knocking.house.place(one, "canceled")

    answer = await browser.post(f"/todos/{todo.id}/email", subject="S", body="An hour of work")

    assert (answer.status_code, "An hour of work" in answer.text) == (409, True)
    assert "can be reactivated" in answer.text


async def test_a_to_do_is_postponed_handed_on_and_skipped(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", TASK, CALL)
    todo = await knocking.house.todo(one, 1)
    browser = await knocking.signed_in()

    await browser.post(f"/todos/{todo.id}/postponement", until="2027-03-01T09:00")
    await browser.post(f"/todos/{todo.id}/assignment", to=BOB)
    bobs = await knocking.signed_in(BOB)
    seen = (await bobs.get("/todos")).text
    await bobs.post(f"/todos/{todo.id}/skip")

    assert "Mon 1 Mar 2027, 09:00" in seen
    assert (await knocking.house.todo(one, 2)).action == "call"


async def test_attention_names_the_remedy(knocking: Knocking) -> None:
    await knocking.house.place(await knocking.house.enroll("dot", EMAIL), "paused")
    browser = await knocking.signed_in()

    shown = (await browser.get("/attention")).text

    assert ("Dot Dahl" in shown, "Add an address, then resume." in shown) == (True, True)


async def test_every_act_stands_on_the_pages_and_takes_effect(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER, {**LATER, "delay": "301 days"})
    sequence = (await knocking.house.place(one, "waiting")).sequence_id
    browser = await knocking.signed_in()
    stood: list[str] = []

    for noun in ("pause", "resumption", "cancellation", "reactivation", "reply", "resumption", "bypass"):
        assert f"/enrollments/{one}/{noun}" in (await browser.get(f"/enrollments/{one}")).text
        await browser.post(f"/enrollments/{one}/{noun}", next=f"/sequences/{sequence}")
        said = browser.said()
        row = await knocking.house.until(one, lambda row: row is not None and row.noted == row.last_news)
        stood.append(row.status)
        assert ("takes effect" in said, "Ann Abel" in (await browser.get(f"/sequences/{sequence}")).text) == (
            True,
            True,
        )

    assert stood == ["paused", "active", "canceled", "active", "paused", "active", "active"]


async def test_a_step_is_called_as_its_contact_reads_it_whether_it_is_over_or_to_come(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", EMAIL, CALL, {**LATER, "subject": "Bye {{ contact.last_name }}"})
    await knocking.house.todo(one, 2)
    browser = await knocking.signed_in()

    shown = (await browser.get(f"/enrollments/{one}")).text

    for words in ("Automatic email: Hi Ann", "Call: Call Ann Abel", "Automatic email: Bye Abel"):
        assert words in shown
    assert ("{{" in shown, "claimed" in shown) == (False, False)


async def test_taking_a_result_back_is_offered_to_who_may_do_it_alone(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", TASK)
    todo = await knocking.house.todo(one)
    await knocking.house.sequencer.resolve(todo.id, "positive", by=ADA)
    await knocking.house.place(one, "finished")

    offered = {}
    for by in (ADA, RITA):
        browser = await knocking.signed_in(by)
        pages = [(await browser.get(path)).text for path in (f"/enrollments/{one}", f"/todos/{todo.id}")]
        offered[by] = ["/take-back" in shown for shown in pages]
    refused, _ = await knocking.ask("DELETE", f"/todos/{todo.id}/result", by=RITA)

    assert (offered, refused) == ({ADA: [True, True], RITA: [False, False]}, 403)


async def test_a_task_names_its_contact_links_to_him_and_keeps_him_when_it_is_saved(knocking: Knocking) -> None:
    browser = await knocking.signed_in()
    await browser.post("/calendar/tasks", title="Ask", day="2026-12-01", contact="ann abel")
    (line,) = (await own_tasks.listed(knocking.house.door, RITA)).lines
    task = f"/calendar/tasks/{line.task.id}"

    shown = (await browser.get(task)).text
    about = {"about": str(line.task.contact_id), "about_name": "Ann Abel"}
    await browser.post(task, title="Ask twice", day="2026-12-01", contact="Ann Abel", **about)
    (kept,) = (await own_tasks.listed(knocking.house.door, RITA)).lines

    assert f'<a href="/contacts/{line.task.contact_id}">Ann Abel</a>' in shown
    assert 'name="contact" maxlength="320" value="Ann Abel"' in shown
    assert (kept.task.title, kept.contact) == ("Ask twice", "Ann Abel")


async def test_it_is_concluded_with_an_outcome(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)
    browser = await knocking.signed_in()

    await browser.post(f"/enrollments/{one}/conclusion", outcome="negative")

    assert (await knocking.house.place(one, "finished")).outcome == "negative"


async def test_removing_is_asked_about_first(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)
    browser = await knocking.signed_in()

    asked = (await browser.get(f"/enrollments/{one}/removal")).text
    there = await knocking.house.row(one)
    answer = await browser.post(f"/enrollments/{one}/removal")

    assert ("cannot be recovered" in asked, there is not None, answer.status_code) == (True, True, 303)


async def test_a_refusal_is_said_on_the_next_page_and_once(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", CALL)
    await knocking.house.todo(one)
    browser = await knocking.signed_in()

    await browser.post(f"/enrollments/{one}/bypass", next=f"/enrollments/{one}")
    first, second = await browser.get(f"/enrollments/{one}"), await browser.get(f"/enrollments/{one}")

    assert ("Only a wait can be bypassed" in first.text, "Only a wait can be bypassed" in second.text) == (True, False)


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("{us}/sequences/1?status=active", "/sequences/1?status=active"),
        ("{us}/contacts?q=ann+abel", "/contacts"),
        ("{us}//elsewhere.example/x", "/todos"),
        ("https://elsewhere.example/contacts", "/todos"),
        ("", "/todos"),
    ],
)
async def test_a_refused_act_leads_back_to_the_page_of_ours_it_was_asked_on(
    resting: Knocking, page: str, back: str
) -> None:
    one = await resting.house.enroll("ann", LATER)
    browser = await resting.signed_in(BOB)
    headers = {"referer": page.format(us=resting.address)} if page else {}

    answer = await browser.client.post(f"/enrollments/{one}/pause", data={"form": browser.word}, headers=headers)

    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert browser.said().startswith("refused|")


async def test_attention_names_the_field_that_has_no_value_and_leads_to_it(knocking: Knocking) -> None:
    await import_contacts(knocking.house.door, "external_id,first_name,work_email\ntom,Tom,tom@example.com", RITA)
    lacking = {**EMAIL, "body": "{{ contact.title }} {{ company.name }}"}
    await knocking.house.place(await knocking.house.enroll("tom", lacking), "paused")
    about_no_job = {**EMAIL, "body": "{{ opportunity.title }}"}
    other = await knocking.house.place(await knocking.house.enroll("ann", about_no_job), "paused")
    browser = await knocking.signed_in()

    shown = (await browser.get("/attention")).text
    at = re.search(r'href="(/contacts/\d+/details\?missing=title)"[^>]*>Fill in the title<', shown)
    assert at is not None
    asked = (await browser.get(at[1])).text

    assert "Fill in the contact&#39;s title, the company&#39;s name, then resume." in shown
    assert f'href="/sequences/{other.sequence_id}/steps#step-1"' in shown
    assert re.search(r'name="title" autofocus aria-describedby="missing"', asked)


async def test_a_form_without_its_word_changes_nothing(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)
    browser, other = await knocking.signed_in(), await knocking.signed_in(ADA)

    for word in ("", "guessed", other.word, "\N{SNOWMAN}"):
        forged = await Browser(browser.client, word).post(f"/enrollments/{one}/pause")
        assert (forged.status_code, "out of date" in forged.text) == (403, True)

    assert (await knocking.house.place(one, "waiting")).status == "active"


async def test_a_form_sent_from_another_site_changes_nothing(knocking: Knocking) -> None:
    one = await knocking.house.enroll("ann", LATER)
    browser = await knocking.signed_in()

    answer = await browser.client.post(
        f"/enrollments/{one}/pause", data={"form": browser.word}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert (await knocking.house.place(one, "waiting")).status == "active"


@ON_SQLITE
@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nX: y", "evil"])
async def test_signing_in_leads_to_a_page_of_ours_only(resting: Knocking, wanted: str) -> None:
    answer = await resting.browser().sign_in(RITA, "a long enough word", wanted)

    assert (answer.status_code, answer.headers["location"]) == (303, "/todos")


@ON_SQLITE
async def test_signing_in_leads_to_the_page_that_was_asked_for(resting: Knocking) -> None:
    browser = resting.browser()

    asked = await browser.get("/sequences")
    answer = await browser.sign_in(RITA, "a long enough word", "/sequences")

    assert asked.headers["location"] == "/sign-in?next=/sequences"
    assert answer.headers["location"] == "/sequences"


@ON_SQLITE
async def test_pages_hold_no_script_but_files_of_ours_and_say_so(resting: Knocking) -> None:
    browser = await resting.signed_in()

    for path in ("/sign-in", "/todos", "/sequences", "/nowhere", "/api/docs"):
        answer = await browser.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert FOREIGN.findall(answer.text) == []


@ON_SQLITE
async def test_what_people_are_called_is_shown_as_it_is_and_obeyed_by_no_browser(resting: Knocking) -> None:
    name = "<script>alert(1)</script>"
    await resting.ask("POST", "/contacts/imports", content=f"external_id,first_name\nbad,{name}\n")
    sequence = await resting.house.sequence(LATER, name="<b>Bold</b>")
    await resting.house.sequencer.enroll(sequence, ["bad"], by=RITA)
    browser = await resting.signed_in()

    shown = (await browser.get(f"/sequences/{sequence}")).text

    assert ("&lt;script&gt;alert(1)" in shown, "<script>" in shown, "<b>Bold" in shown) == (True, False, False)


@ON_SQLITE
@pytest.mark.parametrize("path", ["/todos/none", "/enrollments/none", "/sequences/999999", "/nowhere"])
async def test_what_is_not_there_is_a_sentence(resting: Knocking, path: str) -> None:
    browser = await resting.signed_in()

    answer = await browser.get(path)

    assert (answer.status_code, "That did not work" in answer.text) == (404, True)


async def test_a_hold_with_its_sequence_and_how_many_wait_stands_in_attention(resting: Knocking) -> None:
    house = resting.house
    sequence = await house.sequence(EMAIL, name="Spring & summer")
    await house.sequencer.enroll(sequence, ["ann", "ben"], by=RITA)
    await house.sequencer.hold(sequence, by=RITA)
    async with house.database.writing() as tx:
        await tx.execute(sa.text("UPDATE enrollments SET why = 'held', due_at = NULL"))

    page = (await (await resting.signed_in()).get("/attention")).text
    _, said = await resting.ask("GET", "/attention")

    assert f'<a href="/sequences/{sequence}">Spring &amp; summer</a>' in page
    assert "Held by you since " in page
    assert ": 2 due messages wait; release it, or cancel them." in page
    assert [(one["cause"], one["sequence"], one["due"]) for one in said["items"]] == [("held", "Spring & summer", 2)]
