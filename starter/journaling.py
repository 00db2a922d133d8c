"""`sequencing journal`: takes in copies of mail by SMTP until SIGTERM; what is just being taken in is answered."""

import asyncio
import signal
import ssl

import structlog

from sequencing.errors import Misconfigured
from settings import Settings
from starter.hearing import recipient_of
from starter.journal import Journal, Taken
from starter.log import configure
from starter.opening import open_door
from store import schema
from transports.journal import JournalServer, networks

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Raises Misconfigured where nothing can be served at the address, or the certificate cannot be used."""
    configure()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with open_door(settings) as door:
        await schema.check_if_there(door.database)
        journal = Journal(door)

        async def take(raw: bytes) -> bool:
            return await journal.take(raw) is not Taken.cannot_now

        server = JournalServer(
            take,
            recipient=recipient_of(settings),
            senders=networks(settings.journal_senders),
            hostname=settings.mail_domain,
            tls=tls_of(settings),
        )
        host, _, port = settings.journal_address.rpartition(":")
        try:
            await server.start(host.strip("[]"), int(port))
        except OSError:
            raise Misconfigured(
                "journal_address",
                f"SEQUENCING_JOURNAL_ADDRESS: nothing can be served at {settings.journal_address}; "
                "another program may be there.",
            ) from None
        log.info("journal started", address=settings.journal_address)
        await stopping.wait()
        log.info("journal stopping")
        await server.stop()
        await journal.close()
        log.info("journal stopped")


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """For STARTTLS, where a certificate is set. Raises Misconfigured."""
    if not settings.journal_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.journal_certificate, settings.journal_key or None)
    except (OSError, ssl.SSLError):
        raise Misconfigured(
            "journal_certificate",
            "SEQUENCING_JOURNAL_CERTIFICATE: the certificate, or its key, cannot be read or does not fit.",
        ) from None
    return context
