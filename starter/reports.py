"""The numbers of a sequence, or of all that a user sees: whoever sees a sequence sees its numbers.

They are counted when they are asked for, from all rows. So few are counted at a time, none for long, and none for
somebody who has left (docs/decisions/0022).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing import reports as rules
from sequencing.errors import TooSoon
from sequencing.people import User
from sequencing.periods import Every, instants
from sequencing.permissions import check, check_level
from sequencing.reports import Count, Names, Report, Time, Wanted
from starter.door import Door, acting_user
from store import reports, sequences, settings, ties, users
from store.tables import SequenceRow

AT_ONCE = asyncio.Semaphore(2)
"""How many a process counts at the same time; each takes one of the database's cores."""
PATIENCE = 10
"""Seconds that one waits for his turn."""
AGAIN = 5
"""Seconds after which he may ask again."""
WITHIN = timedelta(seconds=20)
"""How long the database may count."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks: a sequence by number or name (empty: all he sees), who enrolled by email (empty: everybody),
    days as 2026-12-01 (empty: without an end), the last of them included.
    """

    sequence: str = ""
    user: str = ""
    since: str = ""
    until: str = ""
    time: Time = Time.added
    every: Every = Every.day


async def report(door: Door, asked: Asked, by: str) -> Report:
    """The figures as they are now. Raises Refused: `busy` where too many are counted, `takes_too_long`."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        sequence = await _seen(tx, asked, user)
        wanted = await _wanted(tx, asked, sequence)
    await door.database.rest()
    async with _turn(), door.database.counting(WITHIN) as tx:
        counts = await reports.counts(tx, user, wanted, door.now())
        removed = await reports.removed(tx, user, wanted)
        names = await _names(tx, user, sequence, counts)
    return rules.report(counts, removed, names, wanted)


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """Raises Refused(`busy`)."""
    try:
        await asyncio.wait_for(AT_ONCE.acquire(), PATIENCE)
    except TimeoutError:
        sentence = "Numbers are being counted for others just now. Try again in a moment."
        raise TooSoon("busy", sentence, AGAIN) from None
    try:
        yield
    finally:
        AT_ONCE.release()


async def _seen(tx: AsyncSession, asked: Asked, user: User) -> SequenceRow | None:
    """The sequence that is asked for; None: all that the user sees, for which he needs the level."""
    if not asked.sequence:
        check_level(user, "report")
        return None
    row = await sequences.find(tx, asked.sequence, user)
    check(user, "report", await ties.to_sequence(tx, user, row))
    return row


async def _wanted(tx: AsyncSession, asked: Asked, sequence: SequenceRow | None) -> Wanted:
    zone = (await settings.current(tx)).calendar.zone
    since, until = instants(asked.since, asked.until, zone)
    who = (await users.by_email(tx, asked.user)).id if asked.user else None
    return Wanted(sequence.id if sequence else None, who, since, until, asked.time, asked.every, zone)


async def _names(tx: AsyncSession, user: User, sequence: SequenceRow | None, counts: list[Count]) -> Names:
    named = await users.some(tx, [int(one.key) for one in counts if one.by is rules.By.user])
    people = {one.id: one.name for one in sorted(named.values(), key=lambda one: one.id)}
    if sequence is not None:
        return Names({}, people, tuple(await sequences.steps(tx, sequence.id)))
    return Names({row.id: row.name for row in await sequences.all_shown(tx, user)}, people)
