"""The sequencing settings as values: when automatic messages leave, how many at a time, and the limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from itertools import pairwise

from sequencing.errors import Refused, quoted
from sequencing.limits import NAME_LENGTH
from sequencing.sequences import Pace
from sequencing.timing import Calendar, Frame, check_zone, office_hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Limits:
    """`emails_a_day` and `gap_seconds` (between two automatic emails) count for each sender.

    `moves_a_second` is how many waiting enrollments a change of timing may wake.
    """

    steps: int = 50
    delay_days: int = 365
    contacts_per_add: int = 25_000
    name_length: int = NAME_LENGTH
    emails_a_day: int = 200
    gap_seconds: int = 60
    moves_a_second: int = 20

    @property
    def pace(self) -> Pace:
        """Cap and gap of a sender."""
        return Pace(self.emails_a_day, timedelta(seconds=self.gap_seconds))


BOUNDS: Mapping[str, tuple[int, int]] = {
    "steps": (1, 500),
    "delay_days": (1, 365),
    "contacts_per_add": (1, 100_000),
    "name_length": (1, NAME_LENGTH),
    "emails_a_day": (1, 100_000),
    "gap_seconds": (0, 86_400),
    "moves_a_second": (1, 1000),
}
"""Between what a limit can be set: what tables keep, and what one machine carries."""


@dataclass(frozen=True, slots=True)
class SequencingSettings:
    """`seconds_allowed` lets delays be given in seconds, for demos and tests.

    `calendar_version` is the version that brought the present calendar, or the present cap and gap of senders.
    """

    calendar: Calendar
    more_than_one_sequence: bool = True
    seconds_allowed: bool = False
    version: int = 0
    journaling: bool = False
    limits: Limits = Limits()
    calendar_version: int = 0


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """What shall be otherwise; None, and what is not named, stays. `frames` are for each weekday, Monday is 0."""

    zone: str | None = None
    frames: Mapping[int, tuple[Frame, ...]] = field(default_factory=dict)
    closed_dates: frozenset[date] | None = None
    more_than_one_sequence: bool | None = None
    seconds_allowed: bool | None = None
    journaling: bool | None = None
    limits: Mapping[str, int] = field(default_factory=dict)


def defaults() -> SequencingSettings:
    """What holds before anybody changes anything: Monday to Friday, 9:00 to 17:00, UTC."""
    return SequencingSettings(calendar=office_hours("UTC"))


def changed(now: SequencingSettings, change: SettingsChange) -> SequencingSettings:
    """The settings after the change. Raises Refused(`unknown_time_zone`, `invalid_time_frame`, `invalid_limit`)."""
    calendar = Calendar(
        zone=now.calendar.zone if change.zone is None else check_zone(change.zone),
        frames=tuple(
            check_frames(change.frames[day]) if day in change.frames else before
            for day, before in enumerate(now.calendar.frames)
        ),
        closed_dates=now.calendar.closed_dates if change.closed_dates is None else change.closed_dates,
    )
    for name, value in change.limits.items():
        check_limit(name, value)
    return replace(
        now,
        calendar=calendar,
        more_than_one_sequence=_either(change.more_than_one_sequence, now.more_than_one_sequence),
        seconds_allowed=_either(change.seconds_allowed, now.seconds_allowed),
        journaling=_either(change.journaling, now.journaling),
        limits=replace(now.limits, **change.limits),
    )


def differences(before: SequencingSettings, after: SequencingSettings) -> Iterator[str]:
    """What is otherwise, each as “name: before → after”; the version is not looked at."""
    was, is_now = as_words(before), as_words(after)
    return (f"{name}: {was[name] or 'none'} → {is_now[name] or 'none'}" for name in was if was[name] != is_now[name])


def differences_by_version(newest_first: Sequence[SequencingSettings]) -> list[list[str]]:
    """What became otherwise with each, in the order that they come in; the last is held against the defaults."""
    pairs = pairwise([*newest_first, defaults()])
    return [list(differences(before, after)) for after, before in pairs]


def as_words(settings: SequencingSettings) -> dict[str, str]:
    """Each setting as a person reads it, the version left out."""
    calendar, limits = settings.calendar, settings.limits
    frames = {day: ", ".join(map(str, of)) for day, of in zip(DAYS, calendar.frames, strict=True)}
    return {
        "zone": calendar.zone,
        **frames,
        "closed dates": ", ".join(sorted(map(str, calendar.closed_dates))),
        "more than one sequence": str(settings.more_than_one_sequence),
        "seconds allowed": str(settings.seconds_allowed),
        "journaling": str(settings.journaling),
        **{one.name.replace("_", " "): str(getattr(limits, one.name)) for one in fields(limits)},
    }


def check_frames(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The frames of a day in their order. Raises Refused(`invalid_time_frame`) where two of them overlap."""
    ordered = tuple(sorted(frames, key=lambda frame: frame.opens))
    for earlier, later in pairwise(ordered):
        if earlier.opens >= earlier.closes or later.opens < earlier.closes:
            raise Refused("invalid_time_frame", f"{earlier} and {later} overlap; write frames that do not.")
    return ordered


def check_limit(name: str, value: int) -> int:
    """The value. Raises Refused(`invalid_limit`)."""
    if name not in BOUNDS:
        raise Refused("invalid_limit", f"There is no limit {quoted(name)}; choose one of {', '.join(BOUNDS)}.")
    least, most = BOUNDS[name]
    if not least <= value <= most:
        raise Refused("invalid_limit", f"{name} can be {least} to {most}, not {quoted(str(value))}.")
    return value


def _either(said: bool | None, before: bool) -> bool:
    return before if said is None else said
