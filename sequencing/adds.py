"""Large adds: many contacts into one sequence, in the background."""

from enum import StrEnum


class AddStatus(StrEnum):
    """Where an add stands."""

    running = "running"
    canceled = "canceled"
    done = "done"
