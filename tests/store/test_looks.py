"""What is read in a look stands until it ends, and no longer."""

from dataclasses import replace
from datetime import UTC, datetime

from store import settings
from store.database import Database


async def test_a_look_reads_the_settings_once_and_the_next_one_reads_them_anew(database: Database) -> None:
    async with database.looking() as look:
        async with look.reading() as tx:
            before = await settings.current(tx)
        async with database.writing() as tx:
            wanted = replace(await settings.current(tx), seconds_allowed=not before.seconds_allowed)
            newer = await settings.change(tx, wanted, None, datetime.now(UTC))
        async with look.reading() as tx:
            again = await settings.current(tx)
    async with database.looking() as look, look.reading() as tx:
        after = await settings.current(tx)

    assert (again is before, after) == (True, newer)
