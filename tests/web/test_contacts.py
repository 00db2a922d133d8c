"""Contacts, opportunities and adding to a sequence by HTTP: the pages without scripts, and the API."""

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from sequencing.people import AddressType, Level
from starter import opportunities, people, stages
from starter.candidacies import enter
from starter.contacts import import_contacts
from starter.sequences import create_sequence
from starter.users import deactivate_user
from store.people_tables import UserRow
from tests.house import ADA, BOB, EMAIL, RITA
from tests.web.forms import filled
from tests.web.knocking import Knocking

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}


async def number_of(knocking: Knocking, name: str) -> int:
    return (await people.card(knocking.house.door, name, ADA)).contact.id


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the form that adds."""
    form = html.partition('class="card adding"')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


async def enrolled(knocking: Knocking) -> list[str]:
    return sorted(one["contact"] for one in (await knocking.ask("GET", "/enrollments", by=ADA))[1]["items"])


async def test_a_change_of_one_field_leaves_what_somebody_else_changed_meanwhile(resting: Knocking) -> None:
    ann = await number_of(resting, "ann")
    browser = await resting.signed_in()
    shown = (await browser.get(f"/contacts/{ann}/details")).text
    was = re.search(r'name="was" value="([^"]*)"', shown)
    assert was is not None
    kept = was[1].replace("&#34;", '"')
    before = json.loads(kept)
    await people.change(resting.house.door, "ann", people.Said(title="Chief"), ADA)

    fields = {name: value for name, value in before.items() if isinstance(value, str)} | {"last_name": "Abelson"}
    pairs = {"email_type": "work", "email": "ann@example.com", "number_type": "mobile", "number": "+4915112340001"}
    answer = await browser.post(f"/contacts/{ann}/details", was=kept, **fields, **pairs)
    now = (await people.card(resting.house.door, "ann", ADA)).contact

    assert (answer.status_code, now.last_name, now.title) == (303, "Abelson", "Chief")
    assert now.emails[0][1] == "ann@example.com"


async def test_what_was_changed_before_a_refusal_is_kept_once_it_is_mended(resting: Knocking) -> None:
    job, ann = await opportunities.add(resting.house.door, "A job", RITA), await number_of(resting, "ann")
    browser = await resting.signed_in()

    for at, wrong, right in (
        (f"/contacts/{ann}/details", {"email": ["nonsense"]}, {"email": ["ann@example.com"]}),
        (f"/opportunities/{job}/details", {"owner": ["nobody@example.org"]}, {"owner": [RITA]}),
    ):
        typed = filled((await browser.get(at)).text, at) | {"title": ["Chief"]}
        refused = await browser.client.post(at, data=typed | wrong)
        mended = await browser.client.post(at, data=filled(refused.text, at) | right)
        assert (refused.status_code, mended.status_code) == (422, 303)

    assert (await people.card(resting.house.door, "ann", ADA)).contact.title == "Chief"
    assert (await opportunities.workflow(resting.house.door, job, ADA)).opportunity.title == "Chief"


async def test_two_who_edit_a_contact_at_once_lose_no_address_of_each_other(resting: Knocking) -> None:
    at, browser = f"/contacts/{await number_of(resting, 'ann')}/details", await resting.signed_in()
    typed = filled((await browser.get(at)).text, at)
    theirs = [(AddressType.work, "new@example.com")]
    await people.change(resting.house.door, "ann", people.Said(emails=theirs), ADA)

    mine = {"email": [*typed["email"][:1], "mine@example.com"], "email_type": ["work", "personal"]}
    answer = await browser.client.post(at, data=typed | mine)

    assert answer.status_code == 303
    now = (await people.card(resting.house.door, "ann", ADA)).contact
    assert sorted(address for _, address in now.emails) == ["mine@example.com", "new@example.com"]


async def test_an_owner_who_was_deactivated_stays_the_owner_when_something_else_is_edited(resting: Knocking) -> None:
    door, browser = resting.house.door, await resting.signed_in(ADA)
    await people.change(door, "ann", people.Said(owner=BOB), ADA)
    job = await opportunities.add(door, "A job", RITA, owner=BOB)
    await deactivate_user(door, BOB, RITA, ADA)

    for at in (f"/contacts/{await number_of(resting, 'ann')}/details", f"/opportunities/{job}/details"):
        typed = filled((await browser.get(at)).text, at) | {"title": ["Chief"]}
        await browser.client.post(at, data=typed)

    assert (await people.card(door, "ann", ADA)).owner == BOB
    job_now = (await opportunities.workflow(door, job, ADA)).opportunity
    assert (job_now.title, job_now.owner_id is not None) == ("Chief", True)


async def test_a_refused_contact_shows_again_what_was_typed(resting: Knocking) -> None:
    browser = await resting.signed_in()

    answer = await browser.post(
        "/contacts", first_name="Nora", kind="client", email_type="work", email="ann@example.com", company="Newly Ltd"
    )

    assert (answer.status_code, "has the address" in answer.text) == (409, True)
    assert 'value="Nora"' in answer.text
    assert 'value="Newly Ltd"' in answer.text


async def test_an_import_is_checked_first_and_a_bad_line_loses_nothing(resting: Knocking) -> None:
    browser = await resting.signed_in()
    file = "external_id,first_name,work_email\nnew,Nell,nell@example.com\n,Nobody,\nann,Anna,ann@example.com\n"

    checked = (await browser.post("/contacts/imports", text=file, do="check")).text
    refused = await browser.post("/contacts/imports", text=file, do="import")
    done = (await browser.post("/contacts/imports", text=file, do="import_good")).text

    assert "1 new, 1 updated, 1 refused" in checked
    assert "Line 3, column 1: external_id: it needs an external id or an email address." in checked
    assert ("updates <a" in checked, "Import the 2 good ones" in checked) == (True, True)
    assert (refused.status_code, "Nothing was imported" in refused.text, "Nell" in refused.text) == (422, True, True)
    assert ("1 imported, 1 updated" in done, "Nobody" in done) == (True, True)
    assert (await people.card(resting.house.door, "new", ADA)).contact.name == "Nell"


async def test_a_file_that_is_no_text_is_refused_and_what_was_typed_stays(resting: Knocking) -> None:
    browser = await resting.signed_in()
    files = {"file": ("a.csv", b"\xff\xfe\x00", "text/csv")}

    answer = await browser.client.post(
        "/contacts/imports", data={"form": browser.word, "text": "typed before", "do": "check"}, files=files
    )

    assert (answer.status_code, "not UTF-8" in answer.text, "typed before" in answer.text) == (422, True, True)


async def test_the_list_is_exported_as_it_is_searched(resting: Knocking) -> None:
    browser = await resting.signed_in()

    answer = await browser.get("/contacts/export?q=abel")

    assert answer.headers["content-type"].startswith("text/csv")
    assert [line.split(",")[1] for line in answer.text.splitlines()] == ["first_name", "Ann"]


async def test_whom_one_chose_is_added_after_it_was_said_what_will_happen_and_once(resting: Knocking) -> None:
    sequence = await resting.house.sequence(LATER)
    await resting.house.sequencer.enroll(sequence, ["ben"], by=RITA)
    browser = await resting.signed_in()
    chosen = [str(await number_of(resting, name)) for name in ("ann", "ben", "dot")]
    word = {"form": browser.word}

    first = await browser.client.post("/add-to-sequence", data={**word, "chosen": chosen})
    told = await browser.client.post(
        "/add-to-sequence", data={**word, **hidden(first.text), "chosen": chosen, "sequence": sequence}
    )
    form = {**word, **hidden(told.text), "chosen": chosen, "sequence": sequence}
    there = [await browser.client.post("/adds", data=form) for _ in range(2)]
    page = (await browser.get(there[0].headers["location"] + "?only=all")).text

    assert "Ann Abel, Ben Bruno, Dot Dahl" in first.text
    assert "<strong>2</strong> of 3 will be enrolled" in told.text
    assert "Step 1, automatic email" in told.text
    assert [one.headers["location"] for one in there] == [f"/adds/{form['key']}"] * 2
    assert await enrolled(resting) == ["Ann Abel", "Ben Bruno", "Dot Dahl"]
    assert ("already in sequence" in page, "will pause at step 1" in page) == (True, True)


async def test_another_sequence_than_the_one_foreseen_is_foreseen_first(resting: Knocking) -> None:
    one, two = await resting.house.sequence(LATER), await resting.house.sequence(LATER)
    browser = await resting.signed_in()
    told = (await browser.get(f"/add-to-sequence?sequence={one}&contact={await number_of(resting, 'ann')}")).text

    answer = await browser.post("/adds", **hidden(told) | {"sequence": two})

    assert (answer.status_code, "will be enrolled" in answer.text) == (200, True)
    assert await enrolled(resting) == []


async def test_all_that_a_search_finds_are_added(resting: Knocking) -> None:
    sequence = await resting.house.sequence(LATER)
    browser = await resting.signed_in()
    told = (await browser.get(f"/add-to-sequence?sequence={sequence}&company=acme&kind=candidate")).text

    await browser.post("/adds", **hidden(told) | {"sequence": sequence})

    assert "All contacts candidate, at a company called &#39;acme&#39;: 2" in told
    assert await enrolled(resting) == ["Ann Abel", "Ben Bruno"]


async def test_the_dialog_of_a_hidden_sequence_is_that_of_none(resting: Knocking) -> None:
    secret = await create_sequence(resting.house.door, {"name": "Secret", "steps": [LATER]}, ADA)
    await resting.house.sequence(LATER, name="Open")
    browser = await resting.signed_in(BOB)
    ann = await number_of(resting, "ann")

    seen = [await browser.get(f"/add-to-sequence?sequence={one}&contact={ann}") for one in (secret, 999_999)]
    unchosen = (await browser.get(f"/add-to-sequence?contact={ann}")).text
    found = await browser.get(f"/search?in={secret}")

    assert [one.status_code for one in seen] == [404, 404]
    assert ("Open" in unchosen, "Secret" in unchosen) == (True, False)
    assert (found.status_code, "Secret" in found.text) == (404, False)


async def test_the_progress_of_another_users_hidden_add_is_not_there(resting: Knocking) -> None:
    secret = str(await create_sequence(resting.house.door, {"name": "Secret", "steps": [LATER]}, ADA))
    add = await resting.house.sequencer.add(secret, ["ann"], by=ADA)
    browser = await resting.signed_in(BOB)

    codes = [
        (await browser.get(f"/adds/{one}{noun}")).status_code for one in (add, "none") for noun in ("", "/progress")
    ]
    canceled = await browser.post(f"/adds/{add}/cancellation")

    assert (codes, canceled.status_code) == ([404] * 4, 404)
    assert "Secret" not in (await browser.get("/adds")).text


async def job(knocking: Knocking) -> tuple[int, str]:
    """An opportunity with Ann in its workflow, and the sequence that Interview offers."""
    door = knocking.house.door
    number = await opportunities.add(door, "A job", RITA, external_id="job")
    await enter(door, number, ["ann"], RITA)
    sequence = await knocking.house.sequence(LATER, name="For interviews")
    await stages.link(door, "Interview", sequence, ADA)
    return number, sequence


async def test_a_move_to_a_linked_stage_stands_and_offers_to_enroll(resting: Knocking) -> None:
    number, _ = await job(resting)
    browser, ann = await resting.signed_in(), await number_of(resting, "ann")
    board = f"/opportunities/{number}"

    moved = await browser.post(f"{board}/stage-moves", chosen=str(ann), stage="Interview", next=board)
    before = await enrolled(resting)
    offer = (await browser.get(moved.headers["location"])).text
    sequence = re.search(r'<option value="(\d+)" selected', offer)
    assert sequence is not None
    await browser.post("/adds", **hidden(offer) | {"sequence": sequence[1], "regards": str(number)})
    card = (await browser.get(board)).text

    assert ("The move to" in offer, "For interviews" in offer, before) == (True, True, [])
    assert await enrolled(resting) == ["Ann Abel"]
    assert "Ann Abel in For interviews: active" in card
    assert [one.opportunity_id for one in await resting.house.sequencer.enrollments(by=RITA)] == [number]


async def test_a_move_is_made_for_who_may_not_enroll_there_and_nothing_is_offered(resting: Knocking) -> None:
    number, _ = await job(resting)
    door = resting.house.door
    secret = str(await create_sequence(door, {"name": "Secret", "steps": [LATER]}, ADA))
    await stages.link(door, "Offer", secret, ADA)
    browser, ann = await resting.signed_in(BOB), await number_of(resting, "ann")

    moved = await browser.post(f"/opportunities/{number}/stage-moves", chosen=str(ann), stage="Offer")
    board = (await browser.get(f"/opportunities/{number}")).text

    assert moved.headers["location"] == f"/opportunities/{number}"
    assert ("1 contact stands at Offer now." in board, "Secret" in board) == (True, False)


async def test_who_only_looks_is_offered_no_act(resting: Knocking) -> None:
    number, _ = await job(resting)
    ann = await number_of(resting, "ann")
    async with resting.house.database.writing() as tx:
        await tx.execute(sa.update(UserRow).where(UserRow.email == BOB).values(level=Level.view))
    browser = await resting.signed_in(BOB)

    for path in ("/contacts", f"/contacts/{ann}", f"/contacts/{ann}/opportunities", f"/opportunities/{number}"):
        page = (await browser.get(path)).text
        assert re.findall(r'<form method="post" action="(?!/sign-out)', page) == [], path
        assert "/add-to-sequence" not in page
    for path in ("/contacts/new", "/contacts/imports", "/add-to-sequence", f"/contacts/{ann}/details"):
        assert (await browser.get(path)).status_code == 403, path


async def test_the_api_finds_shows_adds_and_changes_contacts(resting: Knocking) -> None:
    sequence = await resting.house.sequence(LATER)
    await resting.house.sequencer.enroll(sequence, ["ann"], by=RITA)
    new = {"first_name": "Nora", "emails": [{"type": "work", "value": "nora@example.com"}], "kind": "client"}

    status, added = await resting.ask("POST", "/contacts", json=new, headers={"Idempotency-Key": "k"})
    again = await resting.ask("POST", "/contacts", json=new, headers={"Idempotency-Key": "k"})
    _, changed = await resting.ask("PATCH", "/contacts/nora@example.com", json={"title": "Chief", "last_name": "N"})
    _, nora = await resting.ask("GET", f"/contacts/{added['id']}")
    _, found = await resting.ask("GET", f"/contacts?sequence={sequence}&status=active&any_sequence=true")
    _, none = await resting.ask("GET", "/contacts?any_sequence=false&q=example.com&limit=1")
    missing = await resting.ask("GET", "/contacts/nobody")

    assert (status, again, changed["changed"]) == (201, (201, added), True)
    assert (nora["title"], nora["kind"], nora["emails"]) == ("Chief", "client", new["emails"])
    assert [one["external_id"] for one in found["items"]] == ["ann"]
    assert ([one["external_id"] for one in none["items"]], none["next"]) == (["ben"], str(none["items"][0]["id"]))
    assert (missing[0], missing[1]["code"]) == (404, "not_found")


async def test_the_api_moves_contacts_and_says_what_enrolling_would_do_or_did(resting: Knocking) -> None:
    await job(resting)

    _, offered = await resting.ask(
        "POST", "/opportunities/job/stage-moves", json={"contacts": ["ann", "ben"], "stage": "Interview"}
    )
    _, done = await resting.ask(
        "POST", "/opportunities/job/candidates", json={"contacts": ["ben"], "stage": "Interview", "enroll": True}
    )
    _, shown = await resting.ask("GET", "/opportunities/job?limit=1")
    _, known = await resting.ask("GET", "/stages", by=BOB)
    _, listed = await resting.ask("GET", "/opportunities?q=job")

    assert [one["code"] for one in offered["contacts"]] == ["moved", "not_in_workflow"]
    assert [one["status"] for one in offered["offer"]["answers"]] == ["would_be_enrolled"]
    assert [one["status"] for one in done["offer"]["answers"]] == ["active"]
    assert await enrolled(resting) == ["Ben Bruno"]
    assert ([one["stage"] for one in shown["contacts"]], shown["next"] is None) == (["Interview"], False)
    assert [one["name"] for one in known["items"]][:2] == ["New", "Screening"]
    assert [one["external_id"] for one in listed["items"]] == ["job"]


async def test_what_contacts_are_called_is_obeyed_by_no_browser(resting: Knocking) -> None:
    name = '"><script>alert(1)</script>'
    await import_contacts(
        resting.house.door, f'external_id,first_name\nbad,"{name.replace(chr(34), chr(34) * 2)}"', RITA
    )
    number = await opportunities.add(resting.house.door, name, RITA)
    await enter(resting.house.door, number, ["bad"], RITA)
    browser, bad = await resting.signed_in(), await number_of(resting, "bad")

    for path in (
        "/contacts", f"/contacts/{bad}", f"/contacts/{bad}/details", "/opportunities", f"/opportunities/{number}",
        f"/add-to-sequence?contact={bad}", "/search?q=%3Cscript%3E",
    ):  # fmt: skip
        assert "<script>alert" not in (await browser.get(path)).text, path
