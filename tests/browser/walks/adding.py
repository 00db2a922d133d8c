"""Add to sequence: one dialog behind six doors, which says what will happen, and adds nobody twice."""

import asyncio
import re
from contextlib import suppress

import pytest
from playwright.async_api import Locator

from starter import adds
from starter.contacts import import_contacts
from starter.stages import link
from tests.browser.office import Office
from tests.browser.tab import PATIENCE, Tab
from tests.house import ADA, EMAIL, RITA

LATER = {**EMAIL, "delay": "300 days"}
MANY = 240


async def _who_is_in(office: Office, sequence: str) -> int:
    return len(await office.house.sequencer.enrollments(by=ADA, sequence=sequence))


async def _add(tab: Tab, sequence: str) -> None:
    """From the dialog on."""
    await tab.field("Sequence").select_option(sequence)
    await tab.press("Show what will happen")
    await tab.reads("will be enrolled")
    await tab.press("Add 1 contact")
    await tab.reads("1 of 1 enrolled.")


@pytest.mark.statement(20)
async def contacts_are_added_from_inside_a_sequence_without_scripts(office: Office) -> None:
    await office.contact("Inge Inside")
    await office.contact("Nora Noaddress", work_email="")
    sequence = await office.house.sequence(LATER)
    tab = await office.enter(RITA, scripts=False)

    await tab.open(f"/sequences/{sequence}")
    await tab.press("Add contacts")
    await tab.field("Contacts, one a line").fill("inge-inside\nnora-noaddress\nnobody-of-that-name")
    await tab.press("Show what will happen")
    await tab.reads("2 of 3 will be enrolled")
    await tab.reads("1 of 3 has no email address: they will pause at step 1.")
    await tab.reads("There is no contact 'nobody-of-that-name'.")
    await tab.on("Add 2 contacts").dblclick()
    await tab.page.wait_for_url("**/adds/*")
    await tab.page.wait_for_load_state("networkidle")
    await tab.reads("2 of 3 enrolled.")

    assert await _who_is_in(office, sequence) == 2


@pytest.mark.statement(21)
@pytest.mark.statement(24)
async def contacts_chosen_in_the_list_and_in_a_search_are_added(office: Office) -> None:
    for name in ("Lena Listed", "Leo Listed", "Lola Listed"):
        await office.contact(name, company="Listing Ltd")
    sequence = await office.house.sequence(LATER)
    tab = await office.enter(RITA)

    await tab.open("/contacts?q=listed")
    assert await tab.on("Add chosen to sequence").is_disabled()
    await tab.page.get_by_label("Choose Lena Listed").check()
    await tab.reads("1 chosen")
    await tab.press("Add chosen to sequence")
    await tab.reads("Lena Listed")
    await _add(tab, sequence)

    await tab.open("/search?company=Listing+Ltd")
    await tab.page.get_by_label("Choose all of this page").check()
    await tab.reads("3 chosen")
    await tab.press("Add chosen to sequence")
    await tab.field("Sequence").select_option(sequence)
    await tab.press("Show what will happen")
    await tab.reads("1 in it already: left out.")
    await tab.look("add-to-sequence")
    await tab.press("Add 2 contacts")
    await tab.reads("2 of 3 enrolled.")
    await tab.look("add")
    await tab.press("All adds")
    await tab.look("adds")

    assert await _who_is_in(office, sequence) == 3


@pytest.mark.statement(22)
async def a_contact_is_added_from_its_own_record(office: Office) -> None:
    await office.contact("Rico Record")
    sequence = await office.house.sequence(LATER)
    tab = await office.enter(RITA)

    await tab.open("/contacts?q=rico")
    await tab.press("Rico Record")
    await tab.press("Add to sequence")
    await _add(tab, sequence)

    assert await _who_is_in(office, sequence) == 1


@pytest.mark.statement(8)
async def who_is_in_another_sequence_is_left_out_with_a_sentence(office: Office) -> None:
    await office.contact("Otto Other")
    await office.enroll("Otto Other", sequence=await office.house.sequence(LATER, name="The other one"))
    sequence = await office.house.sequence(LATER)
    tab = await office.enter(RITA)

    async with office.settings(more_than_one_sequence=False):
        await tab.open(f"/add-to-sequence?sequence={sequence}")
        await tab.field("Contacts, one a line").fill("otto-other")
        await tab.press("Show what will happen")
        await tab.reads("Otto Other is in the sequence 'The other one', and the settings allow one sequence at a time.")
        assert await tab.on("Add 1 contact").count() == 0


@pytest.mark.statement(23)
@pytest.mark.statement(27)
@pytest.mark.statement(28)
async def an_opportunity_and_its_stages_offer_to_enroll(office: Office) -> None:
    for name in ("Olga Open", "Otis Open"):
        await office.contact(name)
    stage, sequence = "Interview", await office.house.sequence(LATER, name="For interviews")
    await link(office.house.door, stage, sequence, ADA)
    tab = await office.enter(RITA)

    await tab.open("/opportunities")
    await tab.press("New opportunity")
    await tab.look("opportunity-new")
    await tab.field("Title").fill("Opening of the year")
    await tab.press("Add")
    board = tab.page.url.removeprefix(office.address)
    await tab.field("Contacts, one a line").fill("olga-open\notis-open")
    await tab.press("Add to workflow")
    await tab.reads("2 contacts stand at New now.")

    await tab.field("Stage for Olga Open").select_option(stage)
    await tab.press("Move Olga Open")
    await tab.reads("The move to Interview is made.")
    await tab.look("add-offered")
    await tab.press("Yes, add 1 contact")
    await tab.reads("1 of 1 enrolled.")
    await tab.open(board)
    await tab.reads("active")
    await tab.look("opportunity")

    await tab.field("Stage for Otis Open").select_option(stage)
    await tab.press("Move Otis Open")
    await tab.press("No")
    assert await _who_is_in(office, sequence) == 1

    await _dragged(tab, "Otis Open", to="Screening")
    await tab.reads("1 contact stands at Screening now.")
    await _dragged(tab, "Otis Open", to=stage)
    await tab.reads("The move to Interview is made.")
    await tab.press("No")
    assert await _who_is_in(office, sequence) == 1

    await tab.press("Add all at Interview to a sequence")
    await tab.press("Add 1 contact")
    await tab.reads("1 of 2 enrolled.")
    assert {one.opportunity_id for one in await office.house.sequencer.enrollments(by=ADA, sequence=sequence)} == {
        int(board.rsplit("/", 1)[1])
    }

    await tab.open(board)
    await tab.press("Edit")
    await tab.look("opportunity-edit")
    await tab.field("Title").fill("Opening of the month")
    await tab.press("Save")
    await tab.reads("Opening of the month")
    await tab.press("← Opportunities")
    await tab.look("opportunities")
    await tab.open(f"{board}/none")
    assert tab.page.url == office.address + board


async def all_that_a_search_finds_are_added_in_the_background_and_the_rest_is_left_out(office: Office) -> None:
    lines = [f"mass{number},Mass{number},Masses" for number in range(MANY)]
    await import_contacts(office.house.door, "\n".join(["external_id,first_name,last_name", *lines]), RITA)
    sequence = await office.house.sequence(LATER)
    tab = await office.enter(RITA)

    await tab.open("/contacts?q=masses")
    await tab.press("Add all found")
    await tab.field("Sequence").select_option(sequence)
    await tab.press("Show what will happen")
    await tab.reads(f"{MANY} of {MANY} will be enrolled")
    await tab.press(f"Add {MANY} contacts")
    await tab.reads("They are being added in the background.")
    add = tab.page.url.removeprefix(office.address)
    async with tab.page.expect_response(f"**{add}/progress"):
        pass
    await tab.press("Cancel the rest")
    await tab.reads("canceled")

    standing = await adds.show_add(office.house.door, add.rsplit("/", 1)[1], RITA)
    assert standing.answered == MANY
    assert standing.refused == {"canceled": MANY - standing.enrolled}
    await tab.open(f"{add}/cancellation")
    assert tab.page.url == office.address + add


async def several_ticked_cards_are_dragged_together_and_one_that_is_dropped_where_it_was_stays(office: Office) -> None:
    for name in ("Dora Dragged", "Dan Dragged", "Dean Dragged"):
        await office.contact(name)
    board = f"/opportunities/{await office.job('A job for mice')}"
    tab = await office.enter(RITA)
    await tab.open(board)
    await tab.field("Contacts, one a line").fill("dora-dragged\ndan-dragged\ndean-dragged")
    await tab.press("Add to workflow")
    await tab.reads("3 contacts stand at New now.")

    await _dragged(tab, "Dora Dragged", to="New")
    for name in ("Dora Dragged", "Dean Dragged"):
        await tab.page.get_by_label(f"Choose {name}").check()
    await _dragged(tab, "Dean Dragged", to="Screening")
    await tab.reads("2 contacts stand at Screening now.")

    left = await _stage(tab, "New").inner_text()
    assert [name in left for name in ("Dora Dragged", "Dan Dragged", "Dean Dragged")] == [False, True, False]


def _stage(tab: Tab, name: str) -> Locator:
    return tab.page.get_by_role("region", name=re.compile(f"^{name} "))


async def _dragged(tab: Tab, name: str, to: str) -> None:
    """The card is taken by the mouse and dropped on that stage."""
    card = tab.page.locator(".stage .card").filter(has_text=name)
    await card.locator(".hint").hover()
    await tab.page.mouse.down()
    await _stage(tab, to).locator("h3").hover()
    await _stage(tab, to).locator("h3").hover(position={"x": 20, "y": 10})
    tab.left.clear()
    await tab.page.mouse.up()
    with suppress(TimeoutError):  # dropped where it was, it leads nowhere
        await asyncio.wait_for(tab.left.wait(), 1)
    await asyncio.wait_for(tab.here.wait(), PATIENCE)
    await tab.page.wait_for_load_state()
