"""The mail server of everybody: it takes what the product sends, or refuses it where a person's address says so."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Self, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from simulator.log import Log, What
from simulator.personas import Persona, refusal

LARGEST = 40_000_000

Taken = Callable[[str, str, bytes], None]
"""(sender, recipient, the bytes): has it for good when it returns."""


class Mailboxes:
    """`async with Mailboxes(…) as server` listens on 127.0.0.1:`server.port`. 250 means that the mail is on record."""

    def __init__(self, port: int, *, who: Callable[[str], Persona], taken: Taken, log: Log) -> None:
        self.port = port
        self._who = who
        self._taken = taken
        self._log = log
        self._asked: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(self._conversation, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def _conversation(self) -> SMTP:
        return SMTP(
            self,
            loop=asyncio.get_running_loop(),
            hostname="mail.localhost",
            enable_SMTPUTF8=True,
            data_size_limit=LARGEST,
        )

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Yes, or what the persona's address says."""
        self._asked[address.lower()] += 1
        said = refusal(self._who(address), self._asked[address.lower()])
        if said is None:
            envelope.rcpt_tos.append(address)
            return "250 OK"
        self._log.write(What.refused if said.startswith("5") else What.deferred, address, code=said[:3])
        return said

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """On record for each recipient, then taken."""
        raw = bytes(cast(bytes, envelope.original_content))
        for recipient in envelope.rcpt_tos:
            self._taken(envelope.mail_from or "", recipient, raw)
        return "250 2.0.0 taken"

    async def handle_exception(self, error: Exception) -> str:
        """What cannot be put on record now is tried again."""
        return f"451 4.3.0 {type(error).__name__}"
