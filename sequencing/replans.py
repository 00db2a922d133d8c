"""Replans: many waits that are planned anew, or to-dos that are told anew, because what they follow has changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """What has changed."""

    timing = "timing"
    calendar = "calendar"
    release = "release"
    instructions = "instructions"


@dataclass(frozen=True, slots=True)
class Replan:
    """One change, by whom and when; `sequence_id` None: it concerns all sequences."""

    id: str
    cause: Cause
    sequence_id: int | None
    by: int
    at: datetime

    @property
    def workflow_id(self) -> str:
        """The public name of its run."""
        return f"replan-{self.id}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replan is: how many it has moved (told anew), in all and just now, and whether it is over."""

    moved: int
    moved_now: int
    over: bool
