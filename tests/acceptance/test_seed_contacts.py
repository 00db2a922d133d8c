"""Contacts: the doors into a sequence, the recruiting workflow, and how they are found again."""

import asyncio
from typing import Any

import pytest

from tests.acceptance.agency import Agency
from tests.house import ADA, EMAIL
from tests.patience import PATIENCE

LATER: dict[str, Any] = {**EMAIL, "delay": "300 days"}


@pytest.mark.statement(3)
async def test_a_contact_is_a_candidate_a_client_or_both(agency: Agency) -> None:
    for kind in ("candidate", "client", "both"):
        await agency.done("contacts", "add", kind.title(), "Kindson", "--kind", kind)

    found = {
        kind: sorted(one["name"] for one in await agency.told("contacts", "list", "Kindson", "--kind", kind))
        for kind in ("candidate", "client")
    }

    assert found == {
        "candidate": ["Both Kindson", "Candidate Kindson"],
        "client": ["Both Kindson", "Client Kindson"],
    }


@pytest.mark.statement(20)
@pytest.mark.statement(22)
async def test_a_contact_is_added_to_a_sequence_by_name(agency: Agency) -> None:
    number = await agency.sequence(LATER)
    await agency.contact("Nina")

    await agency.done("enroll", str(number), "nina")

    assert await _in(agency, number) == ["Nina"]


@pytest.mark.statement(21)
@pytest.mark.statement(24)
async def test_everybody_whom_a_search_finds_is_added(agency: Agency) -> None:
    number = await agency.sequence(LATER)
    for name in ("Sue", "Sid", "Els"):
        await agency.contact(name, company="Elsewhere" if name == "Els" else "Searched")

    _, said = await agency.ask("POST", f"/sequences/{number}/bulk-adds", {"selection": {"company": "Searched"}})
    await _ended(agency, said["id"])

    assert await _in(agency, number) == ["Sid", "Sue"]


@pytest.mark.statement(23)
async def test_the_candidates_of_an_opportunity_are_added(agency: Agency) -> None:
    number = await agency.sequence(LATER)
    await agency.contact("Opal")
    await agency.done("opportunities", "add", "Welder", "--external-id", "welder")
    await agency.done("opportunities", "enter", "welder", "opal")

    await agency.done("enroll", str(number), "--opportunity", "welder")

    assert await _in(agency, number) == ["Opal"]


@pytest.mark.statement(25)
@pytest.mark.statement(26)
@pytest.mark.statement(27)
@pytest.mark.statement(28)
async def test_a_linked_stage_offers_its_sequence_and_shows_where_its_contacts_are_in_it(agency: Agency) -> None:
    number = str(await agency.sequence(LATER))
    await agency.done("opportunities", "add", "Baker", "--external-id", "baker")
    for name in ("Mia", "Max"):
        await agency.contact(name)
    await agency.done("opportunities", "enter", "baker", "mia", "max")
    stages = await agency.told("stages", "list")
    newest = next(one["name"] for one in stages if one["type"] == "new")
    going = next(one["name"] for one in stages if one["type"] == "in_progress")

    refused = await agency.typed("stages", "link", newest, number, by=ADA)
    await agency.done("stages", "link", going, number, by=ADA)
    offered = await agency.done("opportunities", "move", "baker", going, "max")
    await agency.done("opportunities", "move", "baker", going, "mia", "--enroll")
    shown = await agency.told("opportunities", "show", "baker")

    assert (refused.code, "New" in refused.err or "new" in refused.err) == (1, True)
    assert "--enroll" in offered
    assert {one["name"]: one["status"] for one in shown["contacts"]} == {"Mia": "active", "Max": None}
    await agency.done("stages", "unlink", going, by=ADA)


@pytest.mark.statement(45)
async def test_a_contacts_record_shows_every_sequence_it_was_added_to(agency: Agency) -> None:
    names = {"Chefs": LATER, "Cooks": LATER}
    await agency.contact("Rena")
    for name, step in names.items():
        await agency.add(await agency.sequence(step, name=name), "rena")

    shown = await agency.told("contacts", "show", "rena")

    assert sorted(one["sequence"] for one in shown["sequences"]) == ["Chefs", "Cooks"]


@pytest.mark.statement(46)
@pytest.mark.statement(47)
async def test_contacts_are_searched_by_sequence_and_by_any_sequence_at_all(agency: Agency) -> None:
    number = await agency.sequence(LATER)
    for name in ("Fina", "Fila", "Fiza"):
        await agency.contact(name, company="Findable")
    await agency.add(number, "fina")
    await agency.add(await agency.sequence(LATER), "fila")

    in_this = await agency.told("contacts", "list", "--sequence", str(number))
    in_any = await agency.told("contacts", "list", "--company", "Findable", "--any-sequence")
    in_none = await agency.told("contacts", "list", "--company", "Findable", "--no-sequence")

    assert [one["name"] for one in in_this] == ["Fina"]
    assert sorted(one["name"] for one in in_any) == ["Fila", "Fina"]
    assert [one["name"] for one in in_none] == ["Fiza"]


async def _in(agency: Agency, number: int) -> list[str]:
    listed = await agency.told("contacts", "list", "--sequence", str(number))
    return sorted(one["name"] for one in listed)


async def _ended(agency: Agency, add: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await agency.ask("GET", f"/bulk-adds/{add}"))[1]["status"] != "done":
            await asyncio.sleep(0.05)
