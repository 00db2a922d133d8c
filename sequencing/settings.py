"""The sequencing settings as values: when automatic messages leave, whether a contact may be in several sequences."""

from dataclasses import dataclass

from sequencing.timing import Calendar, office_hours


@dataclass(frozen=True, slots=True)
class SequencingSettings:
    """`seconds_allowed` lets delays be given in seconds, for demos and tests.

    `calendar_version` is the version that brought the present calendar.
    """

    calendar: Calendar
    more_than_one_sequence: bool = True
    seconds_allowed: bool = False
    version: int = 0
    calendar_version: int = 0


def defaults() -> SequencingSettings:
    """What holds before anybody changes anything: Monday to Friday, 9:00 to 17:00, UTC."""
    return SequencingSettings(calendar=office_hours("UTC"))
