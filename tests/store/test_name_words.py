"""Companies and opportunities are found by the beginnings of the words of their names, a page at a time."""

import pytest

from sequencing.search_words import of_name
from starter import companies as company_acts
from starter import opportunities as acts
from starter.contacts import import_contacts
from store import companies, opportunities
from tests.house import RITA, House

TITLE = "Senior Engineer, Data (d'École)"
ASKED = ["senior", "SENIOR ENG", "eng", "data sen", "engineer data", "école", "decole", "d'éc", "data (d"]


async def titles(house: House, text: str, after: int = 0, limit: int = 100) -> list[str]:
    async with house.database.reading() as tx:
        return [one.title for one in await opportunities.listed(tx, text=text, after=after, limit=limit)]


async def firms(house: House, text: str) -> list[str]:
    async with house.database.reading() as tx:
        return [one.name for one in await companies.listed(tx, text=text)]


@pytest.mark.parametrize(
    "text", ["senior", "SENIOR ENG", "eng", "data sen", "engineer data", "école", "decole", "d'éc"]
)
async def test_the_beginnings_of_words_in_any_order_find_an_opportunity(alone: House, text: str) -> None:
    await acts.add(alone.door, TITLE, RITA)
    await acts.add(alone.door, "Junior Cook", RITA)

    assert await titles(alone, text) == [TITLE]


@pytest.mark.parametrize("text", ["gineer", "senior cook", "seniors"])
async def test_the_middle_of_a_word_and_what_no_name_has_find_nothing(alone: House, text: str) -> None:
    await acts.add(alone.door, TITLE, RITA)
    await acts.add(alone.door, "Junior Cook", RITA)

    assert await titles(alone, text) == []


async def test_what_is_called_otherwise_is_found_by_its_new_name_alone(alone: House) -> None:
    job = await acts.add(alone.door, TITLE, RITA)
    firm = await company_acts.add(alone.door, "Old Mill", RITA)
    await acts.change(alone.door, str(job), RITA, title="Junior Cook")
    await company_acts.change(alone.door, str(firm), RITA, name="New Harbour")

    assert [await titles(alone, text) for text in ("senior", "cook")] == [[], ["Junior Cook"]]
    assert [await firms(alone, text) for text in ("mill", "harb")] == [[], ["New Harbour"]]


async def test_a_company_that_comes_with_a_contact_is_found_like_others(alone: House) -> None:
    await import_contacts(alone.door, "external_id,first_name,last_name,company\nz,Zoe,Zed,Windy Mill Ltd\n", RITA)

    assert await firms(alone, "mill") == ["Windy Mill Ltd"]


async def test_page_after_page_shows_each_once_however_many_of_its_words_begin_so(alone: House) -> None:
    made = [f"Baker {word} {number}" for number, word in enumerate(["baking", "bank", "x", "bar", "basic", "b"])]
    for title in made:
        await acts.add(alone.door, title, RITA)
    found: list[str] = []
    last = 0
    while True:
        async with alone.database.reading() as tx:
            page = await opportunities.listed(tx, text="ba", after=last, limit=2)
        if not page:
            break
        found, last = [*found, *(one.title for one in page)], page[-1].id

    assert sorted(found) == sorted(made)


def test_a_name_is_found_by_each_word_with_those_behind_it() -> None:
    assert of_name("Bank of England") == {"bank of england", "of england", "england"}
    assert of_name("L'Oréal") == {"loreal", "l oreal", "oreal"}
    assert of_name("C++ (UK)") == {"c++ (uk)", "(uk)", "c uk", "uk"}
