"""What the clock says where a contact is, and instants as a reader reads them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import Contact, User
from sequencing.permissions import check, not_found
from starter.door import Door, acting_user
from store import contacts, enrollments, settings, ties


@dataclass(frozen=True, slots=True)
class Clock:
    """A contact's local time; `known` is false where nobody has said the zone, and it is that of the settings."""

    contact: str
    time: str
    zone: str
    known: bool

    @property
    def words(self) -> str:
        """For whoever decides whether that hour will do."""
        if self.known:
            return f"It is {self.time} where {self.contact} is ({self.zone})."
        return f"Nobody knows what time it is where {self.contact} is; in {self.zone} it is {self.time}."


async def clock_of(door: Door, enrollment_id: str, by: str) -> Clock:
    """The clock of the contact of an enrollment that the user may bypass. Raises Refused."""
    async with door.database.reading() as tx:
        user, one = await acting_user(tx, by), await enrollments.get(tx, enrollment_id)
        if one is None:
            raise not_found()
        _, tie = await ties.to_enrollment(tx, user.id, one)
        check(user, "bypass", tie)
        contact = (await contacts.some(tx, [one.contact_id]))[one.contact_id]
        zone = contact.time_zone or (await settings.current(tx)).calendar.zone
    return Clock(contact.name, local_time(contact, door.now(), zone), zone, contact.time_zone is not None)


def local_time(contact: Contact, now: datetime, zone: str) -> str:
    """Weekday and time; where the contact's zone is not known, in this one."""
    return f"{now.astimezone(ZoneInfo(contact.time_zone or zone)):%a %H:%M}"


def as_read(instant: datetime, zone: str) -> str:
    """An instant as people in that zone read it."""
    return f"{instant.astimezone(ZoneInfo(zone)):%a %-d %b %Y, %H:%M}"


def in_a_sentence(instant: datetime, zone: str) -> str:
    """The same with the name of the zone, for what is read without a page that says it."""
    return f"{as_read(instant, zone)} ({zone})"


async def zone_of_reader(tx: AsyncSession, user: User | None) -> str:
    """Where the user works; without that, the zone of the settings."""
    return user.time_zone if user and user.time_zone else (await settings.current(tx)).calendar.zone
