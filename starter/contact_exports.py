"""Contacts as CSV, in the columns in which they are imported."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace

from sequencing.contact_lines import COLUMNS, cells
from starter.door import Door, permitted
from store import contact_lists, contacts, selections, users
from store.selections import Selection

A_PIECE = 500


async def export(door: Door, selection: Selection, by: str) -> AsyncIterator[str]:
    """The file of whom the selection finds, a piece at a time; the first has the header. Raises Refused before it."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        wanted = replace(await selections.wanted(tx, user, selection), limit=A_PIECE)
        owners = {one.id: one.email for one in await users.everybody(tx)}
    yield _written([list(COLUMNS)])
    while True:
        async with door.database.reading() as tx:
            found = await contact_lists.ids(tx, user, wanted)
            known = await contacts.some(tx, found)
            people = [known[one] for one in found if one in known]
        yield _written([cells(one, owners.get(one.owner_id or 0, "")) for one in people])
        if len(found) < A_PIECE:
            return
        wanted = replace(wanted, after=found[-1])


def _written(rows: list[list[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()
