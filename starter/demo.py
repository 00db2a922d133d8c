"""The demo cast: on the first start of `sequencing up`, people to work with, and seconds instead of days."""

from dataclasses import replace

from sequencing.people import Level
from sequencing.timing import always
from starter.door import Door
from store import settings, users

ADMIN = "ada@example.org"
RECRUITER = "rita@example.org"


async def cast(door: Door) -> None:
    """Ada, who manages, and Rita, who recruits. Where anybody is already, nothing is changed."""
    async with door.database.writing() as tx:
        if await users.everybody(tx):
            return
        ada = await users.add(tx, ADMIN, "Ada Admin", Level.manage, "+4930900000")
        await users.add(tx, RECRUITER, "Rita Recruiter", Level.edit, "+4930900001")
        now = await settings.current(tx)
        for_demos = replace(now, calendar=always("UTC"), seconds_allowed=True)
        await settings.change(tx, for_demos, ada.id, door.now())
