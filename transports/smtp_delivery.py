"""One message for one recipient over a connection of the pool."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.email import parse_address
from aiosmtplib.protocol import normalize_message_line_endings

from sequencing.errors import About, DeliveryUnknown, TransportError
from transports.smtp_pool import Line, Pool, hang_up
from transports.smtp_words import answer, not_now, refused

GOODBYE = 2.0
"""Seconds that taking a message back may take."""
GONE = frozenset({"disconnected", "421"})
"""What a used connection says that has died, or that the server wants to end."""

Answer = TypeVar("Answer")


class SmtpDelivery:
    """A Delivery over one connection; when anything is unsure it is dropped, so that nothing leaves any more."""

    def __init__(self, pool: Pool, sender: str, recipient: str, within: float) -> None:
        self._pool = pool
        self._line: Line | None = None
        self._sender = sender
        self._recipient = recipient
        self._within = within
        self._until: float | None = None
        self._sure = False
        self._is_introduced = False
        self._is_known = False
        """Whether the server has heard of the message, and is to forget it before the next one."""

    @property
    def _smtp(self) -> SMTP:
        assert self._line is not None, "open comes first, and close is the end"
        return self._line.smtp

    async def address(self) -> None:
        """Takes a connection and says from whom and to whom. Raises TransportError."""
        self._line = await self._pool.take()
        self._sure = True
        self._check_letters()
        await self._over_a_living_line(self._introduce)

    def _check_letters(self) -> None:
        if self._is_ascii or self._smtp.supports_extension("smtputf8"):
            return
        about = About.sender if self._recipient.isascii() else About.recipient
        raise TransportError("smtputf8", permanent=True, about=about)

    @property
    def _is_ascii(self) -> bool:
        return self._sender.isascii() and self._recipient.isascii()

    async def _over_a_living_line(self, talk: Callable[[], Awaitable[Answer]]) -> Answer:
        """Talks; where a used connection has died since it was used, once more over a new one, from the start."""
        assert self._line is not None
        reused = self._line.reused
        try:
            return await talk()
        except TransportError as error:
            if not reused or error.code not in GONE:
                raise
        self._sure = self._is_introduced = False
        await self._pool.replace(self._line)
        return await talk()

    async def _introduce(self) -> None:
        options = [] if self._is_ascii else ["SMTPUTF8"]
        await self._ask(self._smtp.mail(self._sender, options=options, encoding="utf-8"), About.sender)
        await self._ask(self._smtp.rcpt(self._recipient, encoding="utf-8"), About.recipient)
        self._is_introduced = True

    async def _ask(self, question: Awaitable[SMTPResponse], about: About) -> SMTPResponse:
        """The answer, after which a refusal leaves the connection as usable as an assent does."""
        self._sure, self._is_known = False, True
        try:
            said = await answer(question, about)
        except TransportError as error:
            self._sure = error.code.isdigit() and error.code != "421"
            raise
        self._sure = said.code != 421
        return said

    async def begin(self) -> None:
        self._until = asyncio.get_running_loop().time() + self._within
        try:
            async with asyncio.timeout_at(self._until):
                said = await self._over_a_living_line(self._data)
        except TimeoutError:
            raise not_now("timeout") from None
        self._sure = 400 <= said.code < 600 and said.code != 421
        if said.code != 354:
            raise refused(said, About.message)

    async def _data(self) -> SMTPResponse:
        if not self._is_introduced:
            await self._introduce()
        return await self._ask(self._smtp.execute_command(b"DATA"), About.message)

    async def hand_over(self, message: bytes) -> None:
        self._transmit(_as_data(message))
        said = await self._final_answer()
        self._sure = said.code != 421
        self._is_known = not 200 <= said.code < 300
        if self._is_known:
            raise refused(said, About.message)

    def _transmit(self, data: bytes) -> None:
        assert self._until is not None, "begin comes first"
        if asyncio.get_running_loop().time() >= self._until:
            raise not_now("timeout")
        if self._smtp.protocol is None or not self._smtp.is_connected:
            raise not_now("disconnected")
        self._smtp.protocol.write(data)

    async def _final_answer(self) -> SMTPResponse:
        assert self._smtp.protocol is not None
        try:
            async with asyncio.timeout_at(self._until):
                said = await answer(self._smtp.protocol.read_response())
        except (TimeoutError, TransportError) as error:
            hang_up(self._smtp)
            unknown = DeliveryUnknown(error.code if isinstance(error, TransportError) else "timeout")
        except BaseException:
            hang_up(self._smtp)
            raise
        else:
            if 200 <= said.code < 300 or 400 <= said.code < 600:
                return said
            unknown = DeliveryUnknown("unreadable")
        raise unknown

    async def close(self) -> None:
        kept = False
        try:
            kept = self._sure and (not self._is_known or await self._is_forgotten())
        finally:
            self._end(kept=kept)

    async def _is_forgotten(self) -> bool:
        """RSET: the server expects a new message."""
        with suppress(Exception):
            async with asyncio.timeout(GOODBYE):
                await self._smtp.rset()
            return True
        return False

    def give_up(self) -> None:
        """Drops the connection without a word."""
        self._end(kept=False)

    def _end(self, *, kept: bool) -> None:
        line, self._line, self._sure = self._line, None, False
        if line is not None:
            (self._pool.give_back if kept else self._pool.drop)(line)


def refuse_unless_an_address(address: str, about: About) -> None:
    """Raises TransportError `invalid_address`."""
    # aiosmtplib takes "ann@example.org, bo@example.org" and writes to Ann alone
    try:
        exact = address.isprintable() and "@" in address and parse_address(address) == address
    except ValueError:
        exact = False
    if not exact:
        raise TransportError("invalid_address", permanent=True, about=about)


def _as_data(message: bytes) -> bytes:
    """Every line ends in CRLF, a dot that begins one is doubled, and a lone dot ends it all (RFC 5321, 4.5.2)."""
    lines = b"\r\n" + normalize_message_line_endings(message)
    return lines.replace(b"\r\n.", b"\r\n..").removeprefix(b"\r\n") + b".\r\n"
