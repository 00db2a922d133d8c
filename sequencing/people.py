"""The people and things a sequence is about, as values: users, contacts, companies, opportunities."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """What a role grants on sequences, in rising order; admins have `manage`."""

    none = "none"
    view = "view"
    use = "use"
    edit = "edit"
    manage = "manage"

    def reaches(self, other: "Level") -> bool:
        """Whether this level grants at least what `other` grants."""
        order = list(Level)
        return order.index(self) >= order.index(other)


def highest(levels: Iterable[Level]) -> Level:
    """What somebody with all these roles may do: the highest wins; without any role it is `none`."""
    return max(levels, key=list(Level).index, default=Level.none)


@dataclass(frozen=True, slots=True)
class Role:
    """What its holders may do with sequences."""

    id: int
    name: str
    level: Level


class ContactKind(StrEnum):
    """What a contact is to us."""

    candidate = "candidate"
    client = "client"
    both = "both"


class AddressType(StrEnum):
    """Which of a contact's email addresses a template asks for."""

    any = "any"
    work = "work"
    personal = "personal"


class PhoneType(StrEnum):
    """What a contact's number is. Texts go to the first mobile one."""

    mobile = "mobile"
    work = "work"
    home = "home"
    other = "other"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in. Messages leave from `sending_address` and `sending_number`; either may be missing.

    `time_zone` is where he works; without it the settings' zone counts.
    """

    id: int
    email: str
    name: str
    level: Level = Level.none
    active: bool = True
    sending_address: str | None = None
    sending_number: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """Where contacts work."""

    id: int
    name: str
    owner_id: int | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Opportunity:
    """The job or deal an action may regard."""

    id: int
    title: str
    owner_id: int | None = None
    company_id: int | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """The person a sequence addresses. `emails` are (type, address), preferred ones first, and so are
    `numbers`, (type, E.164); `mobile` is the first mobile one."""

    id: int
    first_name: str
    last_name: str
    kind: ContactKind = ContactKind.candidate
    title: str = ""
    emails: tuple[tuple[AddressType, str], ...] = field(default=())
    mobile: str | None = None
    owner_id: int | None = None
    company: Company | None = None
    time_zone: str | None = None
    do_not_contact: bool = False
    external_id: str | None = None
    numbers: tuple[tuple[PhoneType, str], ...] = field(default=())

    @property
    def name(self) -> str:
        """First and last name, whichever there are."""
        return f"{self.first_name} {self.last_name}".strip()

    def address(self, wanted: AddressType) -> str | None:
        """The first address of the wanted type."""
        fitting = (address for kind, address in self.emails if wanted in (AddressType.any, kind))
        return next(fitting, None)
