"""Connections to one mail server that are used again: the last used first, so that the others fall idle and end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from aiosmtplib import SMTP

MOST_MESSAGES = 100
"""So many are tried over one connection, then it ends."""
IDLE = timedelta(seconds=30)
"""So long an unused connection stays; servers give up on it after some minutes."""


@dataclass(eq=False)
class Line:
    """One connection, which serves one message at a time."""

    smtp: SMTP
    messages: int = 0
    ending: asyncio.TimerHandle | None = None

    @property
    def reused(self) -> bool:
        """Whether it may have died while nobody looked."""
        return self.messages > 0


class Pool:
    """At most `most` connections at once; whoever finds none free waits. `connect` answers a new one, logged in."""

    def __init__(self, connect: Callable[[], Awaitable[SMTP]], *, most: int, idle: timedelta = IDLE) -> None:
        self._connect = connect
        self._places = asyncio.Semaphore(most)
        self._idle_seconds = idle.total_seconds()
        self._idle: list[Line] = []

    async def take(self) -> Line:
        """A connection that nobody else uses until it is given back or dropped."""
        await self._places.acquire()
        try:
            return self._idle_one() or Line(await self._connect())
        except BaseException:
            self._places.release()
            raise

    def _idle_one(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            assert line.ending is not None
            line.ending.cancel()
            if line.smtp.is_connected:
                return line
            hang_up(line.smtp)
        return None

    async def replace(self, line: Line) -> None:
        """Puts a new connection in the place of a dead one."""
        hang_up(line.smtp)
        line.messages = 0
        line.smtp = await self._connect()

    def give_back(self, line: Line) -> None:
        """The server knows of no message any more, and the next one may use the connection."""
        line.messages += 1
        if line.messages < MOST_MESSAGES and line.smtp.is_connected:
            self._idle.append(line)
            line.ending = asyncio.get_running_loop().call_later(self._idle_seconds, self._end, line)
        else:
            _say_goodbye(line.smtp)
        self._places.release()

    def drop(self, line: Line) -> None:
        """Nobody knows what the server would take the next words for."""
        hang_up(line.smtp)
        self._places.release()

    def _end(self, line: Line) -> None:
        self._idle.remove(line)
        _say_goodbye(line.smtp)


def hang_up(smtp: SMTP) -> None:
    """Ends it with whatever has not been transmitted; `SMTP.close` would go on transmitting it."""
    if smtp.transport is not None:
        cast(asyncio.WriteTransport, smtp.transport).abort()
    smtp.close()


def _say_goodbye(smtp: SMTP) -> None:
    """QUIT, without waiting for the answer."""
    if smtp.is_connected and smtp.protocol is not None:
        smtp.protocol.write(b"QUIT\r\n")
    smtp.close()
