"""The demo cast: on the first start of `sequencing up`, people to work with, and seconds instead of days."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sequencing.people import Level
from sequencing.timing import always
from starter import keys
from starter.door import Door
from store import keys as key_rows
from store import settings, users

ADMIN = "ada@example.org"
RECRUITER = "rita@example.org"


async def cast(door: Door, *, journaling: bool = False) -> None:
    """Ada, who manages, and Rita, who recruits. Where anybody is already, nothing is changed.

    `journaling`: somebody sends copies of all mail.
    """
    async with door.database.writing() as tx:
        if await users.everybody(tx):
            return
        ada = await users.add(tx, ADMIN, "Ada Admin", Level.manage, "+4930900000")
        await users.add(tx, RECRUITER, "Rita Recruiter", Level.edit, "+4930900001")
        now = await settings.current(tx)
        at_once = replace(now.limits, gap_seconds=0)
        at_noon = always(daytime_zone(door.now()))
        for_demos = replace(now, calendar=at_noon, seconds_allowed=True, limits=at_once, journaling=journaling)
        await settings.change(tx, for_demos, ada.id, door.now())


async def is_here(door: Door) -> bool:
    """Whether Ada still manages: nobody has furnished this house for people of his own."""
    async with door.database.reading() as tx:
        everybody = await users.everybody(tx)
    return any(user.email == ADMIN and user.active for user in everybody)


def daytime_zone(now: datetime) -> str:
    """A zone whose clocks show about noon, so that texts leave whenever the first look at this is taken."""
    return f"Etc/GMT{now.astimezone(UTC).hour - 12:+d}"


async def let_in(door: Door, var: Path) -> None:
    """Gives those two, where they have no password yet, the one of this machine."""
    for email in (ADMIN, RECRUITER):
        async with door.database.reading() as tx:
            known = await key_rows.password_of(tx, email)
        if known is not None and known[1] is None:
            await keys.set_password(door, email, password(var), by=email)


def password(var: Path) -> str:
    """Made on the first start, and kept in a file that only its owner reads: a known one would outlive the demo."""
    kept = var / "demo_password"
    if not kept.exists() or not kept.read_text():  # a full disk leaves it empty
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9))
    return kept.read_text()
