"""Tries at signing in: some are free, after more that were wrong each waits longer. It ends by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(hours=1)
"""So long after the last one, wrong tries do not count any more."""


@dataclass(frozen=True, slots=True)
class Bound:
    """So many wrong tries are free; then the next waits `first`, each further one twice as long, up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta

    def pause(self, wrong: int) -> timedelta:
        """How long the next try waits after so many wrong ones."""
        if wrong < self.free:
            return timedelta(0)
        doublings = min(wrong - self.free, 30)
        return min(self.first * (1 << doublings), self.longest)


USER = Bound(free=5, first=timedelta(seconds=5), longest=timedelta(minutes=1))
"""For one account, whoever tries: a minute at most, for its owner waits as well."""
ADDRESS = Bound(free=20, first=timedelta(seconds=5), longest=timedelta(minutes=15))
"""For one address, whichever accounts it tries; an office may share one."""


@dataclass(frozen=True, slots=True)
class Tried:
    """So many wrong tries, the last of them then."""

    wrong: int
    last_at: datetime

    def wait(self, bound: Bound, now: datetime) -> timedelta:
        """How long the next one must wait still; zero: it may come."""
        if now - self.last_at >= FORGOTTEN_AFTER:
            return timedelta(0)
        return max(self.last_at + bound.pause(self.wrong) - now, timedelta(0))

    def once_more(self, now: datetime) -> "Tried":
        """One more, which is wrong until the password has been looked at."""
        return Tried(1 if now - self.last_at >= FORGOTTEN_AFTER else self.wrong + 1, now)
