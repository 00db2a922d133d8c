"""Whether replies are heard: is journaling on, to which address do copies go, and does the journal hear anything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.replies import is_silent, journal_address
from settings import Settings
from starter.clocks import in_a_sentence
from starter.door import Door, permitted
from store import inbound, settings

OFF = "Email journaling is off: nobody is paused by a reply unless a person records it."


@dataclass(frozen=True, slots=True)
class Hearing:
    """`on`: journaling is on. `silent_since`: when our oldest email left that nothing was journaled after; None: all
    is well. `zone`: by whose clock the sentences tell it.
    """

    on: bool
    silent_since: datetime | None = None
    zone: str = "UTC"

    @property
    def notices(self) -> list[str]:
        """The sentences for whoever adds contacts: whether replies will pause them."""
        return [OFF] if not self.on else self.alarms

    @property
    def alarms(self) -> list[str]:
        """The sentences for everybody."""
        return [self.silent] if self.silent else []

    @property
    def silent(self) -> str | None:
        """The sentence for everybody, if the journal should hear something and does not."""
        if self.silent_since is None:
            return None
        return (
            f"The journal has heard nothing since {in_a_sentence(self.silent_since, self.zone)} although "
            "emails left: replies may have been missed. See docs/operations.md."
        )


async def hearing(tx: AsyncSession, now: datetime, zone: str | None = None) -> Hearing:
    """How it is now, by the clock of that zone; without one by that of the settings."""
    known = await settings.current(tx)
    on = known.journaling
    unheard = await inbound.unheard_since(tx) if on else None
    silent = unheard if is_silent(now, unheard_since=unheard) else None
    return Hearing(on, silent, zone or known.calendar.zone)


async def heard(door: Door, zone: str | None = None) -> Hearing:
    """The same, at the door."""
    async with door.database.reading() as tx:
        return await hearing(tx, door.now(), zone)


async def journal_address_of(door: Door, given: Settings, by: str) -> str:
    """The journal's secret address. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "settings")
    return recipient_of(given)


def recipient_of(given: Settings) -> str:
    """The journal's secret address as the settings say it, or derived from the secret."""
    return given.journal_recipient or journal_address(given.secret_bytes(), given.mail_domain)
