"""Pages in real hands: sent twice, from two windows, too late, after going back; nothing is done twice or lost."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import Request
from temporalio.testing import ActivityEnvironment

from activities.todos import TodoActivities
from sequencing.happenings import Happening, Reason, Settlement, What
from sequencing.runs import Ref
from starter import keys, opportunities, people, stages
from starter.candidacies import enter
from starter.erasures import erase
from starter.users import UserChange, change_oneself
from store.lives import Life
from store.people_tables import ContactRow, OpportunityRow
from store.tables import NewsRow, SequenceRow, TemplateRow, TodoRow
from store.task_tables import OwnTaskRow
from tests.house import ADA, EMAIL, LETTER, RITA, TASK, House
from tests.web.forms import default_button, filled
from tests.web.knocking import PASSWORD, Knocking
from web.pages.frame import at, go_on

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}
NOW = {"delay": "none"}


async def opened(house: House, enrollment_id: str) -> TodoRow:
    """The to-do that is due, put on somebody's list as the worker would do it."""
    one = await house.row(enrollment_id)
    assert one is not None
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    await environment.run(TodoActivities(house.world).open_todo, Ref(one.id, one.run, one.step, one.noted))
    return await house.todo(enrollment_id)


async def number_of(house: House, name: str) -> str:
    return str((await people.card(house.door, name, ADA)).contact.id)


async def how_many(house: House, *of: Any) -> int:
    async with house.database.reading() as tx:
        return (await tx.execute(sa.select(sa.func.count()).select_from(of[0]).where(*of[1:]))).scalar_one()


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("form", "at", "said", "made"),
    [
        ("/contacts/new", "/contacts", {"first_name": "Zoe"}, (ContactRow, ContactRow.first_name == "Zoe")),
        (
            "/contacts/new",
            "/contacts",
            {"first_name": "Zoe", "email": "zoe@example.com"},
            (ContactRow, ContactRow.first_name == "Zoe"),
        ),
        ("/opportunities/new", "/opportunities", {"title": "A job"}, (OpportunityRow,)),
        ("/calendar", "/calendar/tasks", {"title": "Think"}, (OwnTaskRow,)),
        (
            "/sequences/new",
            "/sequences",
            {"name": "New", "1-subject": "S", "1-body": "B", "act": "save"},
            (SequenceRow, SequenceRow.name == "New"),
        ),
        ("/sequences/1/managing", "/sequences/1/copies", {}, (SequenceRow, SequenceRow.name == "Copy of Old")),
        ("/templates/new", "/templates", {"name": "New", "subject": "S", "body": "B"}, (TemplateRow,)),
    ],
    ids=["contact", "contact with address", "opportunity", "task", "sequence", "copy", "template"],
)
async def test_a_form_that_makes_something_makes_it_once_however_often_it_is_sent(
    resting: Knocking, form: str, at: str, said: dict[str, str], made: tuple[Any, ...], at_once: bool
) -> None:
    await resting.house.sequence(LATER, name="Old")
    browser = await resting.signed_in()
    fields = filled((await browser.get(form)).text, at) | {name: [word] for name, word in said.items()}

    sent = [browser.client.post(at, data=fields) for _ in range(3)]
    answers = await asyncio.gather(*sent) if at_once else [await one for one in sent]

    assert [one.status_code for one in answers] == [303] * 3
    assert len({one.headers["location"] for one in answers}) == 1
    assert await how_many(resting.house, *made) == 1


async def test_the_same_form_with_other_words_makes_another_one(resting: Knocking) -> None:
    browser = await resting.signed_in()
    fields = filled((await browser.get("/contacts/new")).text, "/contacts")

    places = [
        (await browser.client.post("/contacts", data=fields | {"first_name": [name]})).headers["location"]
        for name in ("Zoe", "Zac")
    ]

    assert len(set(places)) == 2


async def test_who_goes_back_to_the_dialog_and_chooses_another_sequence_adds_to_that_one(resting: Knocking) -> None:
    one, two = await resting.house.sequence(LATER), await resting.house.sequence(LATER)
    browser, ann = await resting.signed_in(), await number_of(resting.house, "ann")
    at = "/add-to-sequence"
    shown = filled((await browser.get(f"{at}?sequence={one}&contact={ann}")).text, at)
    await browser.client.post("/adds", data=shown)

    again = filled((await browser.client.post(at, data=shown | {"sequence": [two]})).text, at)
    await browser.client.post("/adds", data=again)

    assert {str(row.sequence_id) for row in await resting.house.sequencer.enrollments(by=RITA)} == {one, two}


@pytest.mark.parametrize("how", ["page", "any hour", "row", "chosen"])
async def test_an_old_page_bypasses_no_wait_of_a_later_step(resting: Knocking, how: str) -> None:
    one = await resting.house.enroll("ann", LATER, LATER)
    row = await resting.house.row(one)
    assert row is not None
    browser, at, many = await resting.signed_in(), f"/enrollments/{one}", f"/sequences/{row.sequence_id}"
    listed = (await browser.get(many)).text
    to, fields = {
        "page": (f"{at}/bypass", filled((await browser.get(at)).text, f"{at}/pause")),
        "any hour": (f"{at}/bypass", filled((await browser.get(f"{at}/any-hour")).text, f"{at}/bypass")),
        "row": (listed.partition(f'formaction="{at}/bypass')[2].partition('"')[0], filled(listed, f"{many}/chosen")),
        "chosen": (f"{many}/chosen", filled(listed, f"{many}/chosen") | {"chosen": [one], "act": ["bypass"]}),
    }[how]
    to = f"{at}/bypass{to}" if how == "row" else to
    await step_one_left(resting.house, one)

    answer = await browser.client.post(to, data=fields)

    assert "The step whose wait was to be bypassed is over" in answer.text + browser.said()
    assert await how_many(resting.house, NewsRow) == 0


async def test_a_late_bypass_by_the_api_that_says_its_step_ends_no_wait_of_a_later_one(resting: Knocking) -> None:
    one = await resting.house.enroll("ann", LATER, LATER)
    await step_one_left(resting.house, one)

    late = await resting.ask("POST", f"/enrollments/{one}/bypass", json={"step": 1})
    meant = await resting.ask("POST", f"/enrollments/{one}/bypass", json={"step": 2})

    assert (late[0], late[1]["code"]) == (409, "too_late")
    assert (meant[0], meant[1]["changed"], await how_many(resting.house, NewsRow)) == (200, True, 1)


@pytest.mark.parametrize("page", ["/enrollments/{one}", "/attention"])
@pytest.mark.parametrize("word", ["left", "send_again"])
async def test_an_old_page_settles_no_later_message(resting: Knocking, page: str, word: str) -> None:
    one = await resting.house.enroll("ann", {**EMAIL, **NOW}, {**EMAIL, **NOW})
    await lost(resting.house, one, 1)
    browser, to = await resting.signed_in(), f"/enrollments/{one}/delivery"
    fields = filled((await browser.get(page.format(one=one))).text, to) | {"settlement": [word]}
    async with resting.house.database.writing() as tx:
        life = await Life.lock(tx, one, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.settle, settlement=Settlement.left))
        await life.save()
    await lost(resting.house, one, 2)

    answer = await browser.client.post(to, data=fields)

    assert "The message of step 1 is not in question any more" in answer.text + browser.said()
    assert await how_many(resting.house, NewsRow) == 0


async def test_attention_says_which_message_is_in_question(resting: Knocking) -> None:
    one = await resting.house.enroll("ann", {**EMAIL, **NOW})
    await lost(resting.house, one, 1)

    _, told = await resting.ask("GET", "/attention")

    assert [(line["step"], line["copy_number"]) for line in told["items"]] == [(1, 1)]


async def lost(house: House, enrollment_id: str, step: int) -> None:
    """Nobody knows whether the message of that step left."""
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.claimed))
        life.happen(Happening(What.lost, step=step, copy=1))
        await life.save()


async def step_one_left(house: House, enrollment_id: str) -> None:
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.claimed))
        life.happen(Happening(What.sent, step=1, copy=1))
        await life.save()


async def test_a_second_tab_does_not_spoil_the_form_of_the_first_for_signing_in(resting: Knocking) -> None:
    browser = resting.browser()
    first = filled((await browser.get("/sign-in")).text, "/sign-in")
    await browser.get("/sign-in")

    answer = await browser.client.post("/sign-in", data=first | {"email": [RITA], "password": [PASSWORD]})

    assert answer.status_code == 303


async def test_what_was_typed_is_shown_again_to_whose_session_was_over(resting: Knocking) -> None:
    todo = await opened(resting.house, await resting.house.enroll("ann", {**LETTER, **NOW}))
    browser = await resting.signed_in()
    await keys.sign_out(resting.house.door, browser.client.cookies["sequencing_session"])
    typed = {"subject": "S", "body": "An hour of work", "present_password": "x" * 50}

    answer = await browser.post(f"/todos/{todo.id}/email", **typed)
    foreign = await browser.client.post(f"/todos/{todo.id}/email", data=typed, headers={"sec-fetch-site": "cross-site"})

    assert (answer.status_code, "An hour of work" in answer.text, "xxxx" in answer.text) == (401, True, False)
    assert (foreign.status_code, foreign.headers["location"]) == (303, "/sign-in?next=/todos")


async def test_a_move_that_is_sent_twice_still_offers_the_sequence_of_its_stage(resting: Knocking) -> None:
    house = resting.house
    stage = next(one for one, _ in await stages.shown(house.door, ADA) if one.type != "new")
    await stages.link(house.door, stage.id, await house.sequence(LATER), ADA)
    job = await opportunities.add(house.door, "A job", RITA)
    await enter(house.door, job, ["ann"], RITA)
    browser, ann = await resting.signed_in(), await number_of(house, "ann")

    answers = [await browser.post(f"/opportunities/{job}/stage-moves", chosen=ann, stage=stage.name) for _ in range(2)]

    assert all(one.headers["location"].startswith("/add-to-sequence?") for one in answers)
    assert await how_many(house, NewsRow) == 0


async def test_contacts_who_are_brought_in_twice_are_still_offered_the_sequence_of_their_stage(
    resting: Knocking,
) -> None:
    house = resting.house
    stage = next(one for one, _ in await stages.shown(house.door, ADA) if one.type != "new")
    await stages.link(house.door, stage.id, await house.sequence(LATER), ADA)
    job = await opportunities.add(house.door, "A job", RITA)
    browser = await resting.signed_in()

    said = {"names": "ann", "stage": stage.name}
    answers = [await browser.post(f"/opportunities/{job}/candidates", **said) for _ in range(2)]
    elsewhere = await browser.post(f"/opportunities/{job}/candidates", names="ann", stage="New")

    assert all(one.headers["location"].startswith("/add-to-sequence?") for one in answers)
    assert elsewhere.headers["location"] == f"/opportunities/{job}"


async def test_enter_in_a_field_neither_sends_a_draft_nor_bypasses_whom_one_chose(resting: Knocking) -> None:
    one = await resting.house.enroll("ann", {**LETTER, **NOW})
    todo = await opened(resting.house, one)
    browser, many = await resting.signed_in(), f"/sequences/{todo.sequence_id}"

    draft = default_button((await browser.get("/todos")).text, f"/todos/{todo.id}/email")
    acts = default_button((await browser.get(many)).text, f"{many}/chosen")

    assert ("disabled" in draft, "disabled" in acts) == (True, True)


async def test_undo_leads_to_a_to_do_and_nowhere_else(resting: Knocking) -> None:
    await opened(resting.house, await resting.house.enroll("ann", {**TASK, **NOW}))
    browser = await resting.signed_in()
    shown = []
    for undo in ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "../sign-out%3F"):
        browser.client.cookies.set("sequencing_said", "done%7CDone.")
        shown.append((await browser.get(f"/todos?undo={undo}")).text)

    assert ["/take-back" in one for one in shown] == [True, False]


async def test_the_page_behind_the_last_one_does_not_say_that_nothing_is_to_be_done(resting: Knocking) -> None:
    await opened(resting.house, await resting.house.enroll("ann", {**TASK, **NOW}))

    shown = (await (await resting.signed_in()).get("/todos?after=2999-01-01T00:00:00Z_x")).text

    assert ("Nothing to do here" in shown, "New items come here" in shown) == (True, False)


@pytest.mark.parametrize("at", ["/sequences/1/steps", "/templates/1"])
async def test_a_version_that_no_form_of_ours_has_is_refused(resting: Knocking, at: str) -> None:
    await resting.house.sequence(LATER, name="Old")
    browser = await resting.signed_in()
    await browser.post("/templates", name="T", subject="S", body="B")
    fields = filled((await browser.get(at)).text, at)

    answer = await browser.client.post(at, data=fields | {"version": ["9" * 5000]})

    assert answer.status_code == 409


@pytest.mark.parametrize("sign", ["a", "ä", "漢", "😀"])
async def test_a_sentence_for_the_next_page_is_never_larger_than_a_cookie(resting: Knocking, sign: str) -> None:
    scope = {"type": "http", "scheme": "http", "server": ("localhost", 80), "path": "/", "headers": []}

    answer = go_on(Request(scope), "/todos", sign * 900)

    assert 200 < len(answer.headers["set-cookie"]) < 4000


async def test_what_is_next_is_told_in_the_zone_of_its_reader(resting: Knocking) -> None:
    one = await resting.house.enroll("ann", LATER)
    await change_oneself(resting.house.door, UserChange(time_zone="Asia/Tokyo"), RITA)
    row = await resting.house.row(one)
    assert row is not None
    due = at(row.due_at, "Asia/Tokyo")

    shown = (await (await resting.signed_in()).get(f"/enrollments/{one}")).text

    assert f"due {due}" in shown
    assert f"Next: step 1 at {due}" in shown


async def test_since_when_it_is_paused_is_told_in_the_zone_of_its_reader(resting: Knocking) -> None:
    one = await resting.house.enroll("ann", LATER)
    await change_oneself(resting.house.door, UserChange(time_zone="Asia/Tokyo"), RITA)
    async with resting.house.database.writing() as tx:
        life = await Life.lock(tx, one, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.blocked, reason=Reason.no_email_address))
        await life.save()

    shown = (await (await resting.signed_in()).get(f"/enrollments/{one}")).text

    assert f"no email address, since {at(life.now, 'Asia/Tokyo')}." in shown


async def test_a_fault_has_the_headers_of_all_answers(resting: Knocking) -> None:
    browser = await resting.signed_in()
    async with resting.house.database.writing() as tx:
        await tx.execute(sa.text("UPDATE sequencing_settings SET frames = '7'"))

    answer = await browser.client.get("/settings/sequencing")

    assert (answer.status_code, answer.headers.get("cache-control")) == (500, "no-store")
    assert "default-src 'none'" in answer.headers.get("content-security-policy", "")


async def test_the_fingerprint_of_an_erased_contact_is_no_word_for_people(resting: Knocking) -> None:
    await erase(resting.house.door, "pia", ADA)
    browser = await resting.signed_in(ADA)
    fields = filled((await browser.get("/suppressions")).text, "/suppressions/lifting")

    await browser.client.post("/suppressions/lifting", data=fields)

    assert browser.said() == "done|An erased contact's address or number may be written to again."
