"""Sequences and their steps as values, and what a sequence document may say."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sequencing.people import AddressType
from sequencing.timing import Calendar, Delay, is_zone, waking_hours


class Action(StrEnum):
    """What a step does."""

    automatic_email = "automatic_email"
    manual_email = "manual_email"
    call = "call"
    text = "text"
    task = "task"

    @property
    def automatic(self) -> bool:
        """Whether it leaves by itself, and therefore keeps to the send window."""
        return self in (Action.automatic_email, Action.text)

    @property
    def is_email(self) -> bool:
        """Whether it ends in an email."""
        return self in (Action.automatic_email, Action.manual_email)

    @property
    def for_a_person_alone(self) -> bool:
        """Whether all it has is a title and instructions."""
        return self in (Action.call, Action.task)

    @property
    def words(self) -> str:
        """As a person reads it."""
        return self.value.replace("_", " ")


class OwnerRule(StrEnum):
    """Who does a step."""

    enroller = "enroller"
    user = "user"
    contact_owner = "contact_owner"
    company_owner = "company_owner"


class Sharing(StrEnum):
    """Who, besides its owner, may see a sequence and enroll in it."""

    private = "private"
    users = "users"
    everyone = "everyone"


class Format(StrEnum):
    """In what the body of an email is written."""

    text = "text"
    html = "html"


@dataclass(frozen=True, slots=True)
class Step:
    """One action.

    Emails carry `subject` and `body` (their own or their template's, in `format`), texts `body`, calls and tasks
    `title` and the instructions in `body`.
    """

    position: int
    action: Action
    delay: Delay
    owner: OwnerRule = OwnerRule.enroller
    user_id: int | None = None
    title: str = ""
    subject: str = ""
    body: str = ""
    format: Format = Format.text
    template_id: int | None = None
    address_type: AddressType = AddressType.any
    reply_in_thread: bool = False
    opportunity_id: int | None = None
    regards_enrolled_opportunity: bool = False
    track_opens: bool = False
    track_clicks: bool = False
    unsubscribe_link: bool = False

    @property
    def rule(self) -> str:
        """Its owner rule in a word; `user-12` names the user."""
        return f"user-{self.user_id}" if self.owner is OwnerRule.user else self.owner.value


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many emails of one sender a day, and so long between two automatic ones."""

    a_day: int
    gap: timedelta

    @property
    def apart(self) -> timedelta:
        """How far slots are from each other: the gap and a sixtieth, a second at most.

        So small delays are made up for. With the bare gap each would be handed on to all that follow, because the gap
        counts from when one really left.
        """
        return self.gap + min(self.gap / 60, timedelta(seconds=1))


USUAL_PACE = Pace(200, timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Course:
    """What decides when things happen: the steps' actions and delays in order; calendar and pace of the settings.

    `version` is the sequence's, `timed` says at which one each step's delay was changed last, and `calendar_version` at
    which version of the settings the calendar was. `contact_zone` is where the contact is, as far as anybody said.
    """

    actions: tuple[Action, ...]
    delays: tuple[Delay, ...]
    calendar: Calendar
    version: int = 1
    timed: tuple[int, ...] = ()
    calendar_version: int = 0
    pace: Pace = USUAL_PACE
    contact_zone: str | None = None

    @property
    def waking_hours(self) -> Calendar:
        """When texts may reach the contact: by his clock, or the settings' where nobody knows his."""
        zone = self.contact_zone if is_zone(self.contact_zone) else None
        return waking_hours(zone or self.calendar.zone)

    def retimed_since(self, version: int, step: int) -> bool:
        """Whether that step's delay was changed after that version of the sequence."""
        return bool(self.timed) and self.timed[step - 1] > version

    def __len__(self) -> int:
        return len(self.actions)
