"""Where the office's emails leave: they stay in the outbox, but for those to one domain with an unsure server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.mail_server import MailServer
from tests.patience import PATIENCE
from transports.outbox import EmailOutbox
from transports.outgoing import Delivery
from transports.smtp import SmtpTransport

UNSURE = "unsure.example"
"""Whose server drops the connection in the middle of a message: nobody knows what became of it."""


@dataclass(frozen=True)
class Wires:
    """A Transport of two."""

    kept: EmailOutbox
    unsure: SmtpTransport

    async def open(self, *, sender: str, recipient: str) -> Delivery:
        """By the recipient's domain."""
        wire = self.unsure if recipient.endswith(f"@{UNSURE}") else self.kept
        return await wire.open(sender=sender, recipient=recipient)


@asynccontextmanager
async def wires(folder: Path) -> AsyncIterator[Wires]:
    """With the outbox in that folder."""
    async with MailServer(diary=folder.with_name("mail.jsonl"), rules=[f"*@{UNSURE} data drop"]) as server:
        smtp = SmtpTransport(f"smtp://127.0.0.1:{server.port}", within=timedelta(seconds=PATIENCE))
        yield Wires(EmailOutbox(folder), smtp)
