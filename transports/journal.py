"""The journal's SMTP server: takes mail for one secret address from servers of ours, and answers when it is recorded.

    connection → an address of ours?   else 421: a sender of ours that is not listed yet keeps its mail
    RCPT       → the secret address?   else 550: nothing is relayed
    DATA       → read with a bound     else 552; 452 while other mails fill the memory that is meant for them
    the dot    → `take`                250 recorded or none of ours, 451 cannot now: the sender tries again

aiosmtpd speaks the protocol on the running loop. Reading DATA is ours: its own refuses lines of more than 1,000 octets,
which senders do write, and a refusal for good is a mail that is lost.
"""

import asyncio
import hmac
import logging
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NoReturn, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

Network = IPv4Network | IPv6Network
Take = Callable[[bytes], Awaitable[bool]]
"""Takes in a mail: True when it is recorded or none of ours, False when that cannot be done now."""

LARGEST = 40 * 2**20
"""Octets of one mail."""
MOST_HELD = 4 * LARGEST
"""Octets of all mails that are being read or taken in at the same time."""
MOST_CONNECTIONS = 50
CHUNK = 256 * 1024
PIECE = 64 * 1024
"""Octets of a line that are looked at together."""

BRACKETED = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>(?:\s+(.*))?')
BARE = re.compile(r"([^<>\s]+)(?:\s+(.*))?")
ROUTE = re.compile(r"@[^:]*:")

log = structlog.get_logger()
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # aiosmtpd's: it quotes addresses


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: of silence, for one mail, for taking it in, for a whole connection, and for what runs at the stop."""

    silence: float = 60
    mail: float = 600
    taking: float = 30
    connection: float = 3600
    stopping: float = 15


class JournalServer:
    """Listens once it is `started`. `senders` are the networks that may connect; `recipient` is the secret address.

    With `tls` STARTTLS is offered, and whoever is not on this machine must use it.
    """

    def __init__(
        self,
        take: Take,
        *,
        recipient: str,
        senders: Sequence[Network],
        hostname: str,
        tls: ssl.SSLContext | None = None,
        patience: Patience = Patience(),
        largest: int = LARGEST,
        most_connections: int = MOST_CONNECTIONS,
        most_held: int = MOST_HELD,
    ) -> None:
        self.take, self.recipient, self.senders = take, recipient, senders
        self.hostname, self.tls, self.patience = hostname, tls, patience
        self.largest, self.most_connections, self.most_held = largest, most_connections, most_held
        self.held = 0
        self.conversations: set[Conversation] = set()
        self.stopping = False
        self._taking: set[asyncio.Task[bool]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listens there, and answers the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Conversation(self, loop), host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """No new connections; a mail whose last dot has come is answered, all else its sender tries again."""
        self.stopping = True
        self._server.close()
        for conversation in list(self.conversations):
            if not conversation.is_taking:
                conversation.hang_up()
        if self._taking:
            await asyncio.wait(self._taking, timeout=self.patience.stopping)
        await asyncio.sleep(0.05)  # the answers are on their way
        for conversation in list(self.conversations):
            conversation.hang_up()

    def may_connect(self, peer: str) -> bool:
        """Whether that address is one of ours."""
        address = ip_address(peer.partition("%")[0])
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self.senders if network.version == plain.version)

    def is_secret(self, address: str) -> bool:
        """Whether it is the journal's own address; case does not count, and time tells nothing."""
        address = ROUTE.sub("", address, count=1) if address.startswith("@") else address
        return hmac.compare_digest(
            address.strip("<>").lower().encode(errors="replace"), self.recipient.lower().encode()
        )

    def reserve(self, octets: int) -> bool:
        """Whether there is room for so much more."""
        if self.held + octets > self.most_held:
            return False
        self.held += octets
        return True

    async def handed_in(self, raw: bytes) -> bool:
        """Takes it in although the sender may hang up; False too when it takes too long."""
        task = asyncio.ensure_future(self.take(raw))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)
        done, _ = await asyncio.wait([task], timeout=self.patience.taking)
        return bool(done) and not task.cancelled() and task.exception() is None and task.result()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, conversation: "Conversation", session: Session, envelope: Envelope, name: str, said: list[str]
    ) -> list[str]:
        """Says what it can, but for AUTH, which nobody needs."""
        session.host_name = name
        return [line for line in said if not line.startswith("250-AUTH")]

    async def handle_RCPT(  # noqa: N802
        self, conversation: "Conversation", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only the secret address; nothing is relayed."""
        if not self.is_secret(address):
            return "550 5.7.1 nobody of that name here, and nothing is relayed"
        envelope.rcpt_tos = [address]
        return "250 2.1.5 OK"

    async def handle_VRFY(  # noqa: N802
        self, conversation: "Conversation", session: Session, envelope: Envelope, address: str
    ) -> str:
        """Tells nothing."""
        return "252 2.5.0 send it and see"

    async def handle_exception(self, error: Exception) -> str:
        """A conversation that cannot be understood goes on, and nothing of it is said or logged."""
        log.warning("journal conversation failed", error=type(error).__name__)
        return "451 4.3.0 cannot now"


class Conversation(SMTP):
    """One connection."""

    line_length_limit = PIECE

    def __init__(self, server: JournalServer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            data_size_limit=server.largest,
            enable_SMTPUTF8=True,
            hostname=server.hostname,
            ident="journal",
            tls_context=server.tls,
            timeout=server.patience.silence,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=loop,
        )
        self.command_size_limits = defaultdict(lambda: 1024)  # aiosmtpd's is the class's, and grows with each EHLO
        self.server = server
        self.is_taking = False
        self._over: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._over is None:
            self.server.conversations.add(self)
            self._over = self.loop.call_later(self.server.patience.connection, self.hang_up)
            peer = transport.get_extra_info("peername")
            self.peer = str(peer[0]) if peer else ""
            self.require_starttls = self.server.tls is not None and not is_this_machine(self.peer)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over()
        super().connection_lost(error)

    def _is_over(self) -> None:
        for timer in (self._over, self._timeout_handle):
            if timer is not None:
                timer.cancel()
        self.server.conversations.discard(self)

    def hang_up(self) -> None:
        """Closes it, whatever is going on."""
        transport = self.transport or self._original_transport
        if transport is not None:
            cast(asyncio.Transport, transport).abort()

    def _timeout_cb(self) -> None:
        self.hang_up()

    async def _handle_client(self) -> None:
        refusal = self._refusal()
        if refusal is None:
            await super()._handle_client()
            return
        log.warning("journal connection refused", why=refusal)
        await self.push(f"421 4.7.0 {refusal}")
        if self.transport is not None:
            self.transport.close()

    def _refusal(self) -> str | None:
        if self.server.stopping:
            return "stopping, try again"
        if not self.server.may_connect(self.peer):
            return "not from here"
        if len(self.server.conversations) > self.server.most_connections:
            return "too many connections, try again"
        return None

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """(address, the words behind it): whatever stands in the brackets, for nobody writes there. aiosmtpd's own
        reading fails on some, and refuses for good what some providers hand out (two dots in a row).
        """
        found = BRACKETED.fullmatch(arg.strip()) or BARE.fullmatch(arg.strip())
        return (found[1] or "<>", found[2] or "") if found else (None, None)

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Ends the conversation where the handshake fails, which asyncio may tell as a success, or not at all."""
        try:
            await super().smtp_STARTTLS(arg)
        except Exception:
            self._fail()
        assert self.session is not None
        if self._tls_protocol is not None and self.session.ssl is None:
            self._fail()

    def _fail(self) -> NoReturn:
        self._is_over()
        self.hang_up()
        raise asyncio.CancelledError  # how aiosmtpd ends a conversation without a word

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Reads the mail, whatever its lines are, and answers when it is taken in."""
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 need RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no words")
            return
        reading = _Reading(self)
        try:
            await self.push("354 end with a lone dot")
            async with asyncio.timeout(self.server.patience.mail):
                await reading.to_the_dot()
            self.envelope = self._create_envelope()
            await self.push(reading.refusal or await self._taken(reading.mail()))
        except TimeoutError:
            self.hang_up()
        finally:
            self.server.held -= reading.reserved

    async def _taken(self, raw: bytes) -> str:
        if self.server.stopping:
            return "421 4.3.2 stopping, try again"
        self.is_taking = True
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        try:
            taken = await self.server.handed_in(raw)
        finally:
            self.is_taking = False
            self._reset_timeout()
        return "250 2.0.0 taken" if taken else "451 4.3.0 cannot now, try again"


class _Reading:
    """One mail on its way in: `reserved` octets are held for it, and `refusal` says why it is read only to its end."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation, self.server = conversation, conversation.server
        self.reserved = 0
        self.refusal = ""
        self._octets = bytearray()

    async def to_the_dot(self) -> None:
        """Reads to the line that is a lone dot; lines are as long as they like, and doubled dots are one."""
        reader = self.conversation._reader
        begins = True
        since = 0
        while True:
            try:
                piece = await reader.readuntil(b"\r\n")
                ends = True
            except asyncio.LimitOverrunError as over:
                piece, ends = await reader.read(over.consumed), False
            if begins and ends and piece == b".\r\n":
                return
            self._keep(piece[1:] if begins and piece.startswith(b".") else piece)
            begins, since = ends, since + len(piece)
            if since > PIECE:
                since = 0
                self.conversation._reset_timeout()

    def mail(self) -> bytes:
        """All that was read."""
        raw = bytes(self._octets)
        self._octets.clear()
        return raw

    def _keep(self, piece: bytes) -> None:
        if self.refusal:
            return
        size = len(self._octets) + len(piece)
        if size > self.server.largest:
            self._refuse("552 5.3.4 larger than this takes")
        elif size > self.reserved and not self._reserve():
            self._refuse("452 4.3.1 too much at the same time, try again")
        else:
            self._octets += piece

    def _reserve(self) -> bool:
        reserved = self.server.reserve(CHUNK)
        self.reserved += CHUNK if reserved else 0
        return reserved

    def _refuse(self, refusal: str) -> None:
        self.refusal = refusal
        self._octets.clear()


def is_this_machine(peer: str) -> bool:
    """Whether what is said to that address leaves no machine."""
    return ip_address(peer.partition("%")[0]).is_loopback


def networks(said: str) -> list[Network]:
    """The networks in a list with commas or blanks. Raises ValueError."""
    return [ip_network(one, strict=False) for one in said.replace(",", " ").split()]
