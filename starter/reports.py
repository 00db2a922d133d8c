"""The numbers of a sequence, or of all that a user sees: whoever sees a sequence sees its numbers."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing import reports as rules
from sequencing.people import User
from sequencing.periods import Every, instants
from sequencing.permissions import check, check_level
from sequencing.reports import Count, Names, Report, Time, Wanted
from starter.door import Door, acting_user
from store import reports, sequences, settings, ties, users
from store.tables import SequenceRow


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
    """The figures as they are now. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        sequence = await _seen(tx, asked, user)
        wanted = await _wanted(tx, asked, sequence)
        counts = await reports.counts(tx, user, wanted, door.now())
        removed = await reports.removed(tx, user, wanted)
        names = await _names(tx, user, sequence, counts)
    return rules.report(counts, removed, names, wanted)


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
