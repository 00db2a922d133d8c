"""A login that was refused is not tried again by every message that waits: a provider may lock the account for that."""

import time
from collections.abc import Awaitable
from datetime import timedelta

from sequencing.errors import About, TransportError

REST = timedelta(minutes=1)


class Login:
    """At one server: after a refusal for good there is one attempt a minute, and what it hears holds for all."""

    def __init__(self, rest: timedelta = REST) -> None:
        self._rest = rest.total_seconds()
        self._refused: str | None = None
        self._next = 0.0

    def may_try(self) -> None:
        """Raises the refusal that was heard, until it is time for the next attempt, which is the caller's."""
        if self._refused is None:
            return
        if time.monotonic() < self._next:
            raise TransportError(self._refused, permanent=True, about=About.server)
        self._next = time.monotonic() + self._rest

    async def heard(self, attempt: Awaitable[object]) -> None:
        """Raises TransportError as the attempt does."""
        try:
            await attempt
        except TransportError as error:
            if error.permanent:
                self._refused, self._next = error.code, time.monotonic() + self._rest
            raise
        self._refused = None
