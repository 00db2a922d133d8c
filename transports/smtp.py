"""Email by SMTP, over connections that are used again (`transports/smtp_pool.py`).

`begin` ends with the server's 354 and `hand_over` starts with the first byte: what must be on record before the message
is transmitted (the claim's mark) is committed between the two. A used connection that turns out to be dead before the
354 is replaced, and nobody hears of it; from the first byte on nothing is tried twice.

An error carries the server's code or one of these words, and never the server's text: `unreachable`, `timeout`,
`disconnected`, `unreadable` (that is no SMTP), `tls` (none where it is required, or a certificate that is not trusted),
`login` (no way to log in is offered), `oauth` (no token is granted), `invalid_address`, `smtputf8` (an address beyond
ASCII, a server within). Whose fault a code is: `sequencing/smtp_answers.py`.
"""

import asyncio
import ssl
from datetime import timedelta

from aiosmtplib import SMTP, SMTPHeloError

from sequencing.errors import About, TransportError
from transports.oauth import Tokens
from transports.smtp_delivery import SmtpDelivery, refuse_unless_an_address
from transports.smtp_login import Login
from transports.smtp_pool import IDLE, Pool, hang_up
from transports.smtp_server import read, tls_to
from transports.smtp_words import answer, not_now


class SmtpTransport:
    """The mail server at `smtp://user:password@host:port?starttls=auto|required|never` or at `smtps://` likewise.

    Special characters in user and password are percent-encoded. The port is 465 for smtps, 587 with a user, else 25.
    `auto`, the default without a user, encrypts where it is offered and verifies nothing; `required`, the default with
    one, and smtps verify the certificate, against the system's authorities unless `tls` is given. With `tokens` the URL
    has no password (XOAUTH2). `connections=8` is how many there are at most; one that is `idle` so long is ended.
    After a refused login all hear that refusal, and one a minute tries (`transports/smtp_login.py`).
    `within` is the time that `open` may take, and again that `begin` and `hand_over` may take together.
    Raises Misconfigured `invalid_smtp_url`.
    """

    def __init__(
        self,
        url: str,
        *,
        within: timedelta,
        tls: ssl.SSLContext | None = None,
        tokens: Tokens | None = None,
        idle: timedelta = IDLE,
        login: Login | None = None,
    ) -> None:
        self._server = read(url, by_token=tokens is not None)
        self._within = within.total_seconds()
        self._tls = tls or tls_to(self._server)
        self._tokens = tokens
        self._login = login or Login()
        self._own_name: str | None = None
        self._pool = Pool(self._connected, most=self._server.connections, idle=idle)

    async def open(self, *, sender: str, recipient: str) -> SmtpDelivery:
        """Takes a connection, and has the sender and the recipient accepted. Raises TransportError."""
        refuse_unless_an_address(sender, About.sender)
        refuse_unless_an_address(recipient, About.recipient)
        delivery = SmtpDelivery(self._pool, sender, recipient, self._within)
        try:
            async with asyncio.timeout(self._within):
                await delivery.address()
        except TimeoutError:
            delivery.give_up()
            raise not_now("timeout") from None
        except TransportError:
            await delivery.close()
            raise
        except BaseException:
            delivery.give_up()
            raise
        return delivery

    async def _connected(self) -> SMTP:
        self._login.may_try()
        smtp = self._unconnected()
        try:
            await self._connect(smtp)
        except BaseException:
            hang_up(smtp)
            raise
        return smtp

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
        await answer(smtp.connect())
        self._own_name = smtp.local_hostname  # asking for it may mean asking the DNS
        await answer(_greet(smtp))
        if await self._encrypts(smtp):
            await answer(_greet(smtp))
        if self._server.user is not None:
            await self._login.heard(self._log_in(smtp, self._server.user))

    async def _encrypts(self, smtp: SMTP) -> bool:
        if self._server.starttls == "never":
            return False
        if smtp.supports_extension("starttls"):
            await answer(smtp.starttls())
            return True
        if self._server.starttls == "required":
            raise not_now("tls")
        return False

    async def _log_in(self, smtp: SMTP, user: str) -> None:
        if self._tokens is None:
            await answer(smtp.login(user, self._server.password))
            return
        if "xoauth2" not in smtp.server_auth_methods:
            raise not_now("login")
        token = await self._tokens.token()
        if not await _is_let_in(smtp, user, token):
            fresh = await self._tokens.token(instead_of=token)
            await answer(smtp.auth_xoauth2(user, fresh))


async def _is_let_in(smtp: SMTP, user: str, token: str) -> bool:
    """False where the token is not good any more."""
    try:
        await answer(smtp.auth_xoauth2(user, token))
    except TransportError as error:
        if error.code != "535":
            raise
        return False
    return True


async def _greet(smtp: SMTP) -> None:
    try:
        await smtp.ehlo()
    except SMTPHeloError:
        if not smtp.is_connected:
            raise
        await smtp.helo()
