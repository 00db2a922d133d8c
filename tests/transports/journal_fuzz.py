"""Anything may be said to the journal: it answers with codes, takes in only what was for its address, and lives on.

python -m tests.transports.journal_fuzz SECONDS FOUND    says things that atheris makes up; what fails is kept there
"""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

if __name__ == "__main__":
    import atheris

    watched = atheris.instrument_imports(include=["aiosmtpd", "transports", "sequencing"])
else:
    watched = nullcontext()
with watched:  # atheris sees where what it says leads
    from sequencing.inbound import read_mail
    from sequencing.replies import Known, key_of, understood
    from transports.journal import JournalServer, Patience, networks

SECRET = "j@x.test"
DIALOGUES = Path(__file__).parent / "journal_dialogues"
"""What was said: seeds, and what once failed. A line end is CRLF there where it stands so."""
BYE = b"\r\n.\r\nRSET\r\nQUIT\r\n"
"""Ends whatever state the conversation is in."""


class BrokenError(AssertionError):
    """What must not happen."""


class Stranger:
    """A server, and one after the other what is said to it."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.failed: list[str] = []

    async def __aenter__(self) -> "Stranger":
        self.server = _Watched(self)
        self.port = await self.server.start("127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()

    async def says(self, said: bytes) -> None:
        """Says it, and holds what comes of it against the rules."""
        self.taken.clear()
        heard = await self._conversation(said)
        if self.failed:
            raise BrokenError(f"it failed inside: {self.failed}")
        for line in heard.split(b"\r\n")[:-1]:
            if not re.match(rb"[2345]\d\d[ -]", line):
                raise BrokenError(f"no answer: {line[:80]!r}")
        if self.taken and SECRET.encode() not in said.lower():
            raise BrokenError("a mail was taken in that was for somebody else")
        if self.server.held or len(self.server.conversations) > 1:
            raise BrokenError("something is left of it")
        for raw in self.taken:
            read_the(raw)

    async def _conversation(self, said: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        heard = b""
        try:
            async with asyncio.timeout(10):
                writer.write(said + BYE)
                while part := await reader.read(65536):
                    heard += part
        except ConnectionError:
            pass
        finally:
            writer.close()
        return heard


class _Watched(JournalServer):
    def __init__(self, stranger: Stranger) -> None:
        async def take(raw: bytes) -> bool:
            stranger.taken.append(raw)
            return len(raw) % 2 == 0

        super().__init__(
            take,
            recipient=SECRET,
            senders=networks("127.0.0.1"),
            hostname="x.test",
            patience=Patience(silence=2),
            largest=5_000,
        )
        self.stranger = stranger

    async def handle_exception(self, error: Exception) -> str:
        self.stranger.failed.append(repr(error))
        return "451 failed"


def read_the(raw: bytes) -> None:
    """A mail as the door reads it: nothing raises, and every column can keep it."""
    mail = read_mail(raw)
    for known in (Known(), Known(writers=(1,)), Known(readers=(2,), by_user=True)):
        understood(mail, known)
    for value, longest in ((mail.sender, 320), (mail.subject, 1_000), (mail.text, 100_000), (mail.why, 80)):
        if len(value) > longest or "\x00" in value:
            raise BrokenError("a column cannot keep it")
        value.encode()
    if not re.fullmatch("[0-9a-f]{64}", key_of(mail)):
        raise BrokenError("no key")


def seeds() -> Iterator[Path]:
    """What is said again in every run."""
    return iter(sorted(DIALOGUES.iterdir()))


def main() -> None:
    """Fuzzes for so many seconds."""
    seconds, found = int(sys.argv[1]), Path(sys.argv[2])
    loop = asyncio.new_event_loop()
    stranger = loop.run_until_complete(Stranger().__aenter__())

    def one(data: bytes) -> None:
        loop.run_until_complete(stranger.says(data))

    options = [f"-max_total_time={seconds}", "-max_len=20000", "-timeout=30", f"-artifact_prefix={found}/"]
    atheris.Setup([sys.argv[0], *options, str(found), str(DIALOGUES)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
