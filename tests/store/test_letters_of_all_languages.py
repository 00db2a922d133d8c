"""A name is found by its words in whatever letters, in every language and in both databases."""

import pytest
import sqlalchemy as sa

from starter import opportunities as acts
from starter.companies import known_or_new
from store import companies, opportunities, sequence_lists, users
from tests.house import ADA, EMAIL, RITA, House


@pytest.mark.parametrize("text", ["école", "ÉCOLE", "École", "für"])
async def test_a_part_of_a_name_is_found_in_whatever_letters(alone: House, text: str) -> None:
    name = "Directeur d'École FÜR Zürich"
    await acts.add(alone.door, name, RITA)
    await known_or_new(alone.door, name, RITA)
    await alone.sequence(EMAIL, name=name)

    async with alone.database.reading() as tx:
        user = await users.by_email(tx, ADA)
        jobs = [one.title for one in await opportunities.listed(tx, text=text)]
        firms = [one.name for one in await companies.listed(tx, text=text)]
        listed = await sequence_lists.listed(tx, user, sequence_lists.Wanted(text=text, limit=5))

    assert (jobs, firms) == ([name], [name])
    assert [one.name for one in listed] == [name]


async def test_nothing_and_what_is_no_text_have_no_capitals(alone: House) -> None:
    async with alone.database.reading() as tx:
        assert await tx.scalar(sa.select(sa.func.lower(sa.null()))) is None
