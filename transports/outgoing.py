"""What every wire offers: a delivery is opened, asked once more, and handed over, so that a claim fits in between."""

from collections.abc import Awaitable
from typing import Protocol


class Delivery(Protocol):
    """One message for one recipient: connected, both accepted, nothing of the message itself transmitted yet."""

    async def begin(self) -> None:
        """Asks the last question before the first byte (SMTP: DATA and its 354). Raises TransportError."""

    async def hand_over(self, message: bytes) -> str | None:
        """Transmits the message and waits for the final answer; once, after `begin`. What the other side calls it.

        Raises TransportError when the message was certainly not taken, and DeliveryUnknown when the connection was
        lost or time ran out after the first byte. A task that is cancelled here does not know either.
        """

    async def close(self) -> None:
        """Gives up, or ends politely what is over. Never raises, takes bounded time, may be repeated."""


class Transport(Protocol):
    """Where messages of one kind leave."""

    def open(self, *, sender: str, recipient: str) -> Awaitable[Delivery]:
        """A delivery from this address or number to that one. Raises TransportError; then nothing is left open."""
