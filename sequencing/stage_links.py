"""Stages of the recruiting workflow, and what ties one to a sequence."""

from enum import StrEnum


class StageType(StrEnum):
    """What a stage means. There is exactly one `new`, and it is tied to no sequence."""

    new = "new"
    in_progress = "in_progress"
    done = "done"
    done_positive = "done_positive"
    done_negative = "done_negative"
