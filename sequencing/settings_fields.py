"""The sequencing settings as fields of a form: what each means, and reading all of them, each with its own error."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from sequencing.errors import Refused, quoted
from sequencing.settings import BOUNDS, DAYS, Limits, SequencingSettings, SettingsChange, check_frames, check_limit
from sequencing.timing import check_zone, parse_frame

T = TypeVar("T")
NO_DATES: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. `bounds`: between what a number can be set; `name` is that of the field."""

    name: str
    words: str
    meaning: str
    bounds: tuple[int, int] | None = None


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WINDOW = (
    Field("zone", "Time zone", "On whose clocks the days and time frames are meant, as Europe/Berlin."),
    *(
        Field(day, words, "As 09:00-12:00, 13:00-17:00. A frame may cross midnight; empty: nothing leaves.")
        for day, words in zip(DAYS, WEEKDAYS, strict=True)
    ),
    Field("closed_dates", "Closed dates", "No business days, and nothing automatic leaves: as 2026-12-25, one a line."),
)
SWITCHES = (
    Field(
        "more_than_one_sequence",
        "A contact may be in more than one sequence at a time",
        "Off: whoever is in one is refused in another. Running enrollments are left alone either way.",
    ),
    Field(
        "journaling",
        "Email journaling",
        "On: copies of all mail reach the journal, and a reply pauses. Off: nobody hears replies.",
    ),
    Field("seconds_allowed", "Delays in seconds", "On: steps may have delays in seconds, for demos and tests."),
)
_MEANING = {
    "emails_a_day": ("Automatic emails a day", "Of each sender; more of them wait for the next day."),
    "gap_seconds": ("Seconds between two", "Between two automatic emails of one sender."),
    "steps": ("Steps of a sequence", "At most; sequences that have more keep them."),
    "delay_days": ("Days of a delay", "At most, before any step."),
    "contacts_per_add": ("Contacts in one add", "At most; split a larger list."),
    "name_length": ("Letters of a name", "Of a sequence, at most."),
    "moves_a_second": ("Moves a second", "How many waiting contacts a change of timing may wake."),
}
LIMITS = tuple(Field(name, *_MEANING[name], bounds=BOUNDS[name]) for name in _MEANING)
FIELDS = {one.name: one for one in (*WINDOW, *SWITCHES, *LIMITS)}


def written(settings: SequencingSettings) -> dict[str, str]:
    """Each field as it is typed; a switch is `on` or empty."""
    calendar, limits = settings.calendar, settings.limits
    frames = {day: ", ".join(map(str, of)) for day, of in zip(DAYS, calendar.frames, strict=True)}
    return {
        "zone": calendar.zone,
        **frames,
        "closed_dates": "\n".join(sorted(map(str, calendar.closed_dates))),
        **{one.name: "on" if getattr(settings, one.name) else "" for one in SWITCHES},
        **{one.name: str(getattr(limits, one.name)) for one in fields(limits)},
    }


def read(typed: Mapping[str, str]) -> tuple[SettingsChange, dict[str, str]]:
    """What all the fields say, and by field why one cannot be taken; only without any of those may it be used."""
    errors: dict[str, str] = {}

    def taken(name: str, how: Callable[[str], T], otherwise: T) -> T:
        try:
            return how(typed.get(name, "").strip())
        except Refused as refused:
            errors[name] = refused.sentence
            return otherwise

    change = SettingsChange(
        zone=taken("zone", check_zone, ""),
        frames={number: taken(day, _frames, ()) for number, day in enumerate(DAYS)},
        closed_dates=taken("closed_dates", _dates, NO_DATES),
        limits={one.name: taken(one.name, _number(one.name), 0) for one in fields(Limits)},
        **_switches(typed),
    )
    return change, errors


def _switches(typed: Mapping[str, str]) -> dict[str, Any]:
    return {one.name: bool(typed.get(one.name)) for one in SWITCHES}


def _frames(said: str) -> tuple[Any, ...]:
    return check_frames(tuple(parse_frame(frame) for frame in said.split(",") if frame.strip()))


def _dates(said: str) -> frozenset[date]:
    return frozenset(_date(day) for day in _words(said))


def _words(said: str) -> Iterable[str]:
    return said.replace(",", " ").split()


def _date(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Refused("invalid_date", f"{quoted(said)} is no date; write 2026-12-24.") from None


def _number(name: str) -> Callable[[str], int]:
    def read_number(said: str) -> int:
        if not (said.isascii() and said.isdecimal() and len(said) < 10):
            raise Refused("invalid_limit", f"{quoted(said)} is no whole number.")
        return check_limit(name, int(said))

    return read_number
