"""Copies of all mail, out and in, for the product's journal address, as `always_bcc` makes them: none is lost.

A copy is a file until the journal has answered 250. While it answers 4xx or nothing it is tried again; what it refuses
for ever is kept in `refused`. What an ended process left is sent by the next one.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from simulator.log import Log, What

AT_ONCE = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
WITHIN = 30.0
"""Seconds the journal may take for one copy."""


@dataclass(frozen=True, slots=True)
class Door:
    """The journal: its secret recipient, and where it listens on this machine."""

    recipient: str
    port: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a copy is: of which mail, of whom, in which direction, and whether it is sent twice on purpose."""

    message_id: str
    who: str
    sender: str
    direction: str
    twice: bool


class Copies:
    """Without a door nothing is copied, as in a company that does not journal."""

    def __init__(self, folder: Path, door: Door | None, log: Log) -> None:
        self.door = door
        self._folder = folder
        self._log = log
        self._waiting: asyncio.Queue[Path] = asyncio.Queue()
        self._numbers = count(1)
        self._open = 0
        if door is not None:
            (folder / "refused").mkdir(parents=True, exist_ok=True)
            left = sorted(folder.glob("*.eml"))
            self._numbers = count(1 + max((int(one.stem) for one in left), default=0))
            for one in left:
                self._enqueue(one)

    @property
    def open(self) -> int:
        """How many have not been taken yet."""
        return self._open

    def keep(self, envelope: Envelope, raw: bytes) -> None:
        """Has it as a file, to be sent."""
        if self.door is None:
            return
        path = self._folder / f"{next(self._numbers):09}.eml"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(json.dumps(asdict(envelope)).encode() + b"\n" + raw)
        fresh.replace(path)
        self._enqueue(path)

    def _enqueue(self, path: Path) -> None:
        self._open += 1
        self._waiting.put_nowait(path)

    async def run(self) -> None:
        """Sends until it is cancelled."""
        if self.door is not None:
            await asyncio.gather(*(self._send_on(self.door) for _ in range(AT_ONCE)))

    async def _send_on(self, door: Door) -> None:
        while True:
            path = await self._waiting.get()
            said, _, raw = path.read_bytes().partition(b"\n")
            await self._send(door, Envelope(**json.loads(said)), raw, path)
            self._open -= 1

    async def _send(self, door: Door, envelope: Envelope, raw: bytes, path: Path) -> None:
        pause, facts = FIRST_PAUSE, {"message_id": envelope.message_id, "direction": envelope.direction}
        for tries in count(1):
            code = await self._offer(door, envelope.sender, raw)
            if code == 250:
                self._log.write(What.copied, envelope.who, **facts, tries=tries, again=False)
                if envelope.twice and await self._offer(door, envelope.sender, raw) == 250:
                    self._log.write(What.copied, envelope.who, **facts, tries=1, again=True)
                self._done(path)
                return
            if code >= 500:
                self._log.write(What.copy_refused, envelope.who, **facts, code=str(code))
                self._set_aside(path)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _done(self, path: Path) -> None:
        path.unlink()

    def _set_aside(self, path: Path) -> None:
        path.replace(self._folder / "refused" / path.name)

    async def _offer(self, door: Door, sender: str, raw: bytes) -> int:
        """The code of the journal's answer; 421 where it cannot be reached or says nothing sensible."""
        smtp = SMTP(hostname="127.0.0.1", port=door.port, start_tls=False, timeout=WITHIN, local_hostname="localhost")
        try:
            await smtp.connect()
            options = [] if (sender + door.recipient).isascii() else ["SMTPUTF8"]
            await smtp.mail(sender, options=options, encoding="utf-8")
            await smtp.rcpt(door.recipient)
            return (await smtp.data(raw)).code
        except SMTPResponseException as answer:
            return answer.code
        except (SMTPException, OSError):
            return 421
        finally:
            with suppress(SMTPException, OSError):
                await smtp.quit()
            smtp.close()
