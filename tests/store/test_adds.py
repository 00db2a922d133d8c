"""Large adds in the database: no line is answered twice, whoever comes in between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from sequencing.adds import AddProgress, AddStatus
from sequencing.errors import Refused
from starter.adds import cancel_add, show_add
from starter.contacts import import_contacts
from starter.sequences import create_sequence
from store import adds, users
from store.database import Database
from store.selections import Selection
from store.tables import EnrollmentRow, EventRow
from tests.house import ADA, BOB, CALL, RITA, House

MANY = 250
LATER = {**CALL, "delay": "1 day"}


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """A house without worker or engine, with many contacts of one company."""
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    async with House.open(database, nowhere, tmp_path / "outbox", working=False) as opened:
        opened.door.runs.patience = 0.05
        lines = "".join(f"c{number},Cay,Crowd\n" for number in range(MANY))
        await import_contacts(opened.door, f"external_id,first_name,company\n{lines}", RITA)
        yield opened


async def begun(house: House) -> str:
    return await house.sequencer.add(await house.sequence(LATER), by=RITA, selection=Selection(company="Crowd"))


async def some(house: House, add: str, position: int = 0) -> AddProgress:
    """The next batch."""
    async with house.database.writing() as tx:
        added = await adds.add_some(tx, add, position, 100, datetime.now(UTC), house.door.new_id)
    assert added is not None
    return added.progress


async def to_the_end(house: House, add: str) -> None:
    while (await some(house, add)).status is AddStatus.running:
        pass


async def enrolled(house: House) -> Counter[int]:
    async with house.database.reading() as tx:
        return Counter(await tx.scalars(sa.select(EnrollmentRow.contact_id)))


async def test_attempts_at_the_same_time_take_turns_and_enroll_nobody_twice(house: House) -> None:
    add = await begun(house)

    await asyncio.gather(*(to_the_end(house, add) for _ in range(3)))

    standing = await show_add(house.door, add, RITA)
    assert (standing.status, standing.enrolled, standing.refused) == (AddStatus.done, MANY, {})
    assert set((await enrolled(house)).values()) == {1}
    async with house.database.reading() as tx:
        assert await tx.scalar(sa.select(sa.func.count()).select_from(EventRow)) == MANY


async def test_canceled_half_way_the_rest_stays_un_added_and_says_so(house: House) -> None:
    add = await begun(house)
    await some(house, add)

    assert await cancel_add(house.door, add, RITA)

    assert (await some(house, add, 100)).status is AddStatus.canceled
    standing = await show_add(house.door, add, RITA)
    assert (standing.enrolled, standing.refused) == (100, {"canceled": MANY - 100})
    assert (await enrolled(house)).total() == 100


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE users SET level = 'view' WHERE id = 2", "not_permitted"),
        ("UPDATE users SET active = false WHERE id = 2", "not_permitted"),
        ("UPDATE sequences SET archived = true", "sequence_archived"),
    ],
)
async def test_what_is_forbidden_meanwhile_is_refused_from_then_on(house: House, change: str, code: str) -> None:
    add = await begun(house)
    await some(house, add)
    async with house.database.writing() as tx:
        await tx.execute(sa.text(change))

    await to_the_end(house, add)

    standing = await show_add(house.door, add, ADA)
    assert (standing.enrolled, standing.refused) == (100, {code: MANY - 100})


async def test_somebody_elses_add_into_a_sequence_that_is_not_shown_is_no_add(house: House) -> None:
    hidden = str(await create_sequence(house.door, {"name": "Hidden", "steps": [LATER]}, ADA))
    add = await house.sequencer.add(hidden, ["c1"], by=ADA)

    for act in (show_add, cancel_add):
        with pytest.raises(Refused) as refused:
            await act(house.door, add, RITA)
        assert refused.value.code == "not_found"
    async with house.database.reading() as tx:
        assert await adds.listed(tx, await users.by_email(tx, RITA)) == []


async def test_somebody_elses_add_may_be_looked_at_and_not_canceled(house: House) -> None:
    add = await begun(house)

    with pytest.raises(Refused) as refused:
        await cancel_add(house.door, add, BOB)

    assert refused.value.code == "not_permitted"
    assert (await show_add(house.door, add, BOB)).status is AddStatus.running


async def test_adds_are_listed_newest_first_page_by_page(house: House) -> None:
    first, second, third = [await begun(house) for _ in range(3)]

    async with house.database.reading() as tx:
        rita = await users.by_email(tx, RITA)
        page = [row.id for row, _ in await adds.listed(tx, rita, limit=2)]
        rest = [row.id for row, _ in await adds.listed(tx, rita, before=page[-1], limit=2)]

    assert (page, rest) == ([third, second], [first])


async def test_a_search_that_finds_nobody_begins_nothing(house: House) -> None:
    sequence = await house.sequence(LATER)

    with pytest.raises(Refused) as refused:
        await house.sequencer.add(sequence, by=RITA, selection=Selection(company="None such"))

    assert refused.value.code == "nobody"
    async with house.database.reading() as tx:
        assert await adds.running(tx) == []
