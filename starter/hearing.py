"""Whether replies are heard: is journaling on, to which address do copies go, and does the journal hear anything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.replies import is_silent, journal_address
from settings import Settings
from starter.door import Door, permitted
from store import inbound, settings

OFF = "Email journaling is off: nobody is paused by a reply unless a person records it."


@dataclass(frozen=True, slots=True)
class Hearing:
    """`on`: journaling is on. `silent_since`: when our oldest email left that nothing was journaled after; None: all
    is well.
    """

    on: bool
    silent_since: datetime | None = None

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
            f"The journal has heard nothing since {self.silent_since:%Y-%m-%d %H:%M} UTC although emails left: "
            "replies may have been missed. See docs/operations.md."
        )


async def hearing(tx: AsyncSession, now: datetime) -> Hearing:
    """How it is now."""
    on = (await settings.current(tx)).journaling
    unheard = await inbound.unheard_since(tx) if on else None
    return Hearing(on, unheard if is_silent(now, unheard_since=unheard) else None)


async def heard(door: Door) -> Hearing:
    """The same, at the door."""
    async with door.database.reading() as tx:
        return await hearing(tx, door.now())


async def journal_address_of(door: Door, given: Settings, by: str) -> str:
    """The journal's secret address. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "settings")
    return recipient_of(given)


def recipient_of(given: Settings) -> str:
    """The journal's secret address as the settings say it, or derived from the secret."""
    return given.journal_recipient or journal_address(given.secret_bytes(), given.mail_domain)
