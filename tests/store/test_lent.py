"""A database that one test gives back holds for the next just what a new one would."""

import pytest
import sqlalchemy as sa

from sequencing.people import Level
from store import users
from store.database import Database
from tests.lent import Kept, Lent


@pytest.fixture
async def address(lent: Lent, postgres_addresses: dict[str, str]) -> str:
    """Of one that a test has had and given back."""
    one = await lent.lend("furnished", postgres_addresses["furnished"])
    lent.give_back(one)
    return one[0]


async def _again(lent: Lent, addresses: dict[str, str], template: str) -> str:
    one = await lent.lend(template, addresses[template])
    lent.give_back(one)
    return one[0]


@pytest.mark.parametrize("template", ["empty", "furnished"])
async def test_what_a_test_wrote_is_gone_and_what_it_deleted_is_back(
    lent: Lent, postgres_addresses: dict[str, str], address: str, template: str
) -> None:
    database = Database(address)
    async with database.writing() as tx:
        await tx.execute(sa.text("DELETE FROM contact_words"))
        await users.add(tx, "new@example.org", "New", Level.view)
        await tx.execute(sa.text("UPDATE users SET name = 'Another'"))
    await database.close()

    again = await _again(lent, postgres_addresses, template)

    assert again == address
    assert await Kept.of(again) == await Kept.of(postgres_addresses[template])


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE left_behind (id integer)",
        "CREATE FUNCTION left_behind() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE users ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE users ADD CONSTRAINT named CHECK (name <> 'x')",
        "ALTER TABLE users DISABLE TRIGGER ALL",
    ],
)
async def test_one_whose_schema_a_test_changed_is_left(
    lent: Lent, postgres_addresses: dict[str, str], address: str, change: str
) -> None:
    database = Database(address)
    async with database.writing() as tx:
        await tx.execute(sa.text(change))
    await database.close()

    assert await _again(lent, postgres_addresses, "empty") != address


async def test_one_that_somebody_still_writes_to_is_left(
    lent: Lent, postgres_addresses: dict[str, str], address: str
) -> None:
    database = Database(address)
    async with database.writing() as tx:
        await users.add(tx, "new@example.org", "New", Level.view)

        assert await _again(lent, postgres_addresses, "empty") != address
    await database.close()
