"""Replans: many waits that are planned anew because something they were planned with has changed."""

from enum import StrEnum


class Cause(StrEnum):
    """What has changed."""

    timing = "timing"
    calendar = "calendar"
    release = "release"
