"""Email by SMTP: one connection per message.

`begin` ends with the server's 354 and `hand_over` starts with the first byte: what must be on record before the message
is transmitted (the claim's mark) is committed between the two.

An error carries the server's code or one of these words, and never the server's text: `unreachable`, `timeout`,
`disconnected`, `unreadable` (that is no SMTP), `tls` (none where it is required, or a certificate that is not trusted),
`login` (no way to log in is offered), `invalid_address`, `smtputf8` (an address beyond ASCII, a server within).
Only a 5xx and the last two are permanent.
"""

import asyncio
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP, SMTPConnectError, SMTPException, SMTPHeloError, SMTPResponseException
from aiosmtplib.email import parse_address
from aiosmtplib.protocol import normalize_message_line_endings

from sequencing.errors import About, DeliveryUnknown, Misconfigured, TransportError

GOODBYE = 2.0
"""Seconds that the polite end of a conversation may take."""

ABOUT_THE_SERVER = frozenset({421, 530, 534, 535, 538})
"""Closing down (RFC 5321), or log in and encrypt first (RFC 3207, RFC 4954), whatever the question was."""

Answer = TypeVar("Answer")


class SmtpTransport:
    """The mail server at `smtp://user:password@host:port?starttls=auto|required|never` or at `smtps://` likewise.

    Special characters in user and password are percent-encoded. The port is 465 for smtps, 587 with a user, else 25.
    `auto`, the default without a user, encrypts where it is offered and verifies nothing; `required`, the default with
    one, and smtps verify the certificate, against the system's authorities unless `tls` is given.
    `within` is the time that `open` may take, and again that `begin` and `hand_over` may take together.
    Raises Misconfigured `invalid_smtp_url`.
    """

    def __init__(self, url: str, *, within: timedelta, tls: ssl.SSLContext | None = None) -> None:
        self._server = _read(url)
        self._within = within.total_seconds()
        self._tls = tls or _tls(verified=self._server.starttls != "auto")
        self._own_name: str | None = None

    async def open(self, *, sender: str, recipient: str) -> "SmtpDelivery":
        """Connects, logs in, and has the sender and the recipient accepted. Raises TransportError."""
        _refuse_unless_an_address(sender, About.sender)
        _refuse_unless_an_address(recipient, About.recipient)
        smtp = self._unconnected()
        delivery = SmtpDelivery(smtp, self._within)
        try:
            async with asyncio.timeout(self._within):
                await self._connect(smtp)
                await _address(smtp, sender, recipient)
        except TimeoutError:
            delivery.hang_up()
            raise _not_now("timeout") from None
        except TransportError:
            await delivery.close()
            raise
        except BaseException:
            delivery.hang_up()
            raise
        return delivery

    def _unconnected(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=False,
            tls_context=self._tls,
            local_hostname=self._own_name,
            timeout=None,
        )

    async def _connect(self, smtp: SMTP) -> None:
        await _answer(smtp.connect())
        self._own_name = smtp.local_hostname  # asking for it may mean asking the DNS
        await _answer(_greet(smtp))
        if await self._encrypts(smtp):
            await _answer(_greet(smtp))
        if self._server.user is not None:
            await _answer(smtp.login(self._server.user, self._server.password))

    async def _encrypts(self, smtp: SMTP) -> bool:
        if self._server.starttls == "never":
            return False
        if smtp.supports_extension("starttls"):
            await _answer(smtp.starttls())
            return True
        if self._server.starttls == "required":
            raise _not_now("tls")
        return False


class SmtpDelivery:
    """A Delivery over one connection; when anything is unsure it is dropped, so that nothing leaves any more."""

    def __init__(self, smtp: SMTP, within: float) -> None:
        self._smtp = smtp
        self._within = within
        self._until: float | None = None
        self._between_commands = True

    async def begin(self) -> None:
        self._until = asyncio.get_running_loop().time() + self._within
        self._between_commands = False
        try:
            async with asyncio.timeout_at(self._until):
                answer = await _answer(self._smtp.execute_command(b"DATA"))
        except TimeoutError:
            raise _not_now("timeout") from None
        if answer.code != 354:
            self._between_commands = True
            raise _refused(answer.code, About.message)

    async def hand_over(self, message: bytes) -> None:
        self._transmit(_as_data(message))
        code = await self._final_code()
        self._between_commands = True
        if not 200 <= code < 300:
            raise _refused(code, About.message)

    def _transmit(self, data: bytes) -> None:
        assert self._until is not None, "begin comes first"
        if asyncio.get_running_loop().time() >= self._until:
            raise _not_now("timeout")
        if self._smtp.protocol is None or not self._smtp.is_connected:
            raise _not_now("disconnected")
        self._smtp.protocol.write(data)

    async def _final_code(self) -> int:
        assert self._smtp.protocol is not None
        try:
            async with asyncio.timeout_at(self._until):
                answer = await _answer(self._smtp.protocol.read_response())
        except (TimeoutError, TransportError) as error:
            self.hang_up()
            unknown = DeliveryUnknown(error.code if isinstance(error, TransportError) else "timeout")
        except BaseException:
            self.hang_up()
            raise
        else:
            if 200 <= answer.code < 300 or 400 <= answer.code < 600:
                return answer.code
            unknown = DeliveryUnknown("unreadable")
        raise unknown

    async def close(self) -> None:
        try:
            if self._between_commands and self._smtp.is_connected:
                with suppress(Exception):
                    async with asyncio.timeout(GOODBYE):
                        await self._smtp.quit()
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Drops the connection with whatever has not been transmitted; `SMTP.close` would go on transmitting it."""
        self._between_commands = False
        if self._smtp.transport is not None:
            cast(asyncio.WriteTransport, self._smtp.transport).abort()
        self._smtp.close()


async def _greet(smtp: SMTP) -> None:
    try:
        await smtp.ehlo()
    except SMTPHeloError:
        if not smtp.is_connected:
            raise
        await smtp.helo()


async def _address(smtp: SMTP, sender: str, recipient: str) -> None:
    beyond_ascii = not (sender.isascii() and recipient.isascii())
    if beyond_ascii and not smtp.supports_extension("smtputf8"):
        about = About.sender if recipient.isascii() else About.recipient
        raise TransportError("smtputf8", permanent=True, about=about)
    options = ["SMTPUTF8"] if beyond_ascii else []
    await _answer(smtp.mail(sender, options=options, encoding="utf-8"), About.sender)
    await _answer(smtp.rcpt(recipient, encoding="utf-8"), About.recipient)


def _refuse_unless_an_address(address: str, about: About) -> None:
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


async def _answer(question: Awaitable[Answer], about: About = About.server) -> Answer:
    """The answer, or a TransportError that is raised outside of the handler, so that no server's text hangs on it."""
    try:
        return await question
    except (SMTPException, OSError) as error:
        failure = _translated(error, about)
    raise failure


def _translated(error: Exception, about: About) -> TransportError:
    if isinstance(error, SMTPResponseException):
        return _refused(error.code, about)
    if isinstance(error, TimeoutError):
        return _not_now("timeout")
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return _not_now("tls")
    if isinstance(error, SMTPConnectError):
        return _not_now("unreachable")
    return _not_now("disconnected" if isinstance(error, OSError) else "login")


def _refused(code: int, about: About) -> TransportError:
    if not 400 <= code < 600:
        return _not_now("unreadable")
    permanent = code >= 500
    return TransportError(str(code), permanent=permanent, about=About.server if code in ABOUT_THE_SERVER else about)


def _not_now(word: str) -> TransportError:
    return TransportError(word, permanent=False, about=About.server)


def _tls(*, verified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@dataclass(frozen=True)
class _Server:
    host: str
    port: int
    tls: bool
    starttls: str
    user: str | None
    password: str = field(repr=False)


def _read(url: str) -> _Server:
    server = _server(url)
    if server is None:
        raise Misconfigured(
            "invalid_smtp_url",
            "SEQUENCING_SMTP_URL: write smtp://user:password@host:port?starttls=auto|required|never or "
            "smtps://user:password@host:port, special characters in user and password percent-encoded.",
        )
    return server


def _server(url: str) -> _Server | None:
    try:
        parts = urlsplit(url)
        host, port, options = (parts.hostname or "").encode("idna").decode(), parts.port, parse_qs(parts.query, True)
    except ValueError:
        return None
    starttls = options.pop("starttls", ["required" if parts.username else "auto"])
    if (
        parts.scheme not in {"smtp", "smtps"}
        or not host
        or port == 0
        or bool(parts.username) != bool(parts.password)
        or parts.path not in {"", "/"}
        or parts.fragment
        or options
        or starttls not in (["never"], ["auto"], ["required"])
        or (parts.scheme == "smtps" and "starttls" in parts.query)
    ):
        return None
    tls = parts.scheme == "smtps"
    return _Server(
        host=host,
        port=port or (465 if tls else 587 if parts.username else 25),
        tls=tls,
        starttls="never" if tls else starttls[0],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
    )
