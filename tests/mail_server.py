"""A real mail server for tests, as a class and as a program, that keeps a diary and misbehaves where it is told to.

The diary is a file with one JSON object a line, written before anything else happens, so that it survives any kill:

    MAIL           sender, tls
    RCPT           recipient                 the question arrived
    refused        recipient, at, code       the answer to it was no, at "rcpt" or at "354"
    DATA           recipient                 DATA arrived; 354 has not been said
    DATA-begun     recipient                 the first line of the message arrived
    DATA-complete  recipient, message        the lone dot arrived; the final answer has not been said
    stalled        recipient, at             a stall begins here
    dropped        recipient, at             the connection is dropped here
    answered       recipient, code           the final answer was said: 250 means taken
    copied         recipient                 the journal took a copy of what was taken

Every line has `at_second` (time.time) and `connection` (1, 2, ...). A rule is "PATTERN PLACE ACT [once]": the pattern
is a recipient's (fnmatch), the place `rcpt`, `354`, `data` (after the first line, before the rest is read), `answer`
(everything read, nothing said) or `rset` (asked to forget that message), and the act a code to answer, `stall SECONDS`,
`hold` (until it is a rule no longer) or `drop`. All that fit happen in order.

    python -m tests.mail_server --diary mail.jsonl --rule "ann@* answer stall 30" --rule "bo@* rcpt 550"

prints "listening on 127.0.0.1:PORT" and ends with SIGTERM. A file given with --rules is read anew for each decision.
With --journal HOST:PORT:ADDRESS it is a server that journals: a copy of whatever it took goes there, again and again
until it is taken.
"""

import argparse
import asyncio
import json
import os
import signal
import ssl
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import aiosmtplib
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.patience import PATIENCE

PLACES = ("rcpt", "354", "data", "answer", "rset")
SENTENCES = {421: "4.3.2 closing down", 450: "4.2.1", 451: "4.3.0", 550: "5.1.1", 554: "5.7.1"}


@dataclass(frozen=True)
class Rule:
    """What happens to a recipient at a place: `answer` is a code, `stall` seconds; a rule does one thing."""

    pattern: str
    place: str
    answer: int | None = None
    stall: float | None = None
    hold: bool = False
    drop: bool = False
    once: bool = False

    @classmethod
    def read(cls, line: str) -> Self:
        pattern, place, act, *rest = line.split()
        once = rest[-1:] == ["once"]
        assert place in PLACES, line
        assert place != "data" or not act.isdigit(), "a server says nothing in the middle of a message"
        if act == "stall":
            return cls(pattern, place, stall=float(rest[0]), once=once)
        if act == "hold":
            return cls(pattern, place, hold=True)
        return cls(pattern, place, drop=True, once=once) if act == "drop" else cls(pattern, place, int(act), once=once)


class Diary:
    """An append-only file; a line is with the kernel before `write` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, event: str, **facts: object) -> None:
        line = json.dumps({"event": event, "at_second": time.time(), **facts}) + "\n"
        os.write(self._file, line.encode())

    def close(self) -> None:
        os.close(self._file)


def read_diary(path: Path, event: str | None = None, recipient: str | None = None) -> list[dict[str, Any]]:
    """The diary's whole lines in order; an event's or a recipient's only."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    entries = [json.loads(line) for line in lines]
    return [
        entry
        for entry in entries
        if event in {None, entry["event"]} and (recipient is None or entry.get("recipient") == recipient)
    ]


async def written(
    path: Path, event: str, recipient: str | None = None, *, times: int = 1, within: float = PATIENCE
) -> Any:
    """Waits until an event stands in the diary that often; the last such entry."""
    async with asyncio.timeout(within):
        while len(found := read_diary(path, event, recipient)) < times:
            await asyncio.sleep(0.01)
    return found[times - 1]


class MailServer:
    """`async with MailServer(diary=path) as server`: listens on 127.0.0.1:`server.port` until the end of the block."""

    def __init__(
        self,
        *,
        diary: Path,
        rules: Iterable[str] = (),
        rules_file: Path | None = None,
        port: int = 0,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        tls_from_the_start: bool = False,
        smtputf8: bool = True,
        journal: tuple[str, int, str] | None = None,
        copies_after: float = 0,
    ) -> None:
        self.path = diary
        self.port = port
        self.rules = [Rule.read(rule) for rule in rules]
        self.numbers = count(1)
        self._rules_file = rules_file
        self._used: set[Rule] = set()
        self._login = login
        self._tls = tls
        self._tls_from_the_start = tls_from_the_start
        self._smtputf8 = smtputf8
        self._journal = journal
        self._copies_after = copies_after
        self._copying: set[asyncio.Task[None]] = set()
        self.conversations: set[Conversation] = set()

    async def __aenter__(self) -> Self:
        self.diary = Diary(self.path)
        self._server = await asyncio.get_running_loop().create_server(
            self._conversation, "127.0.0.1", self.port, ssl=self._tls if self._tls_from_the_start else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for conversation in list(self.conversations):
            await conversation.end()
        for task in self._copying:
            task.cancel()
        await asyncio.gather(*self._copying, return_exceptions=True)
        self.diary.close()

    def events(self, event: str | None = None, recipient: str | None = None) -> list[dict[str, Any]]:
        return read_diary(self.path, event, recipient)

    async def written(
        self, event: str, recipient: str | None = None, *, times: int = 1, within: float = PATIENCE
    ) -> Any:
        return await written(self.path, event, recipient, times=times, within=within)

    def due(self, recipient: str, place: str) -> list[Rule]:
        """What happens now; a rule that acts once is used up by asking."""
        fitting = [
            rule
            for rule in (*self.rules, *self._rules_of_the_file())
            if rule.place == place and fnmatchcase(recipient, rule.pattern) and rule not in self._used
        ]
        self._used.update(rule for rule in fitting if rule.once)
        return fitting

    async def lifted(self, rule: Rule) -> None:
        """Waits until the rules have it no longer."""
        while rule in (*self.rules, *self._rules_of_the_file()):
            await asyncio.sleep(0.02)

    def taken(self, recipient: str, sender: str, message: bytes) -> None:
        """It was answered with 250."""
        if self._journal is not None:
            self._copying.add(asyncio.create_task(self._copy(*self._journal, recipient, sender, message)))

    async def _copy(self, host: str, port: int, to: str, recipient: str, sender: str, message: bytes) -> None:
        await asyncio.sleep(self._copies_after)
        while True:
            try:
                await aiosmtplib.send(
                    message, sender=sender, recipients=[to], hostname=host, port=port, start_tls=False
                )
                break
            except (aiosmtplib.SMTPException, OSError):
                await asyncio.sleep(0.5)
        self.diary.write("copied", recipient=recipient)

    def _rules_of_the_file(self) -> list[Rule]:
        if self._rules_file is None or not self._rules_file.exists():
            return []
        return [Rule.read(line) for line in self._rules_file.read_text().splitlines() if line.strip()]

    def _conversation(self) -> "Conversation":
        warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
        conversation = Conversation(
            self,
            loop=asyncio.get_running_loop(),
            hostname="mail.test",
            enable_SMTPUTF8=self._smtputf8,
            tls_context=None if self._tls_from_the_start else self._tls,
            authenticator=self._authenticate,
            auth_required=self._login is not None,
            auth_require_tls=False,
        )
        self.conversations.add(conversation)
        return conversation

    async def handle_MAIL(
        self, conversation: "Conversation", _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        conversation.recipient = None
        conversation.note("MAIL", sender=address, tls=conversation.is_encrypted())
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, conversation: "Conversation", _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        conversation.recipient = address
        conversation.note("RCPT")
        if refusal := await conversation.obey("rcpt"):
            conversation.note("refused", at="rcpt", code=int(refusal[:3]))
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, conversation: "Conversation", _session: Session, envelope: Envelope) -> str:
        content = bytes(cast(bytes, envelope.original_content))
        conversation.content = content
        conversation.note("DATA-complete", message=content.decode("utf-8", "surrogateescape"))
        return await conversation.obey("answer") or "250 2.0.0 taken"

    def _authenticate(self, _smtp: SMTP, _session: Session, _envelope: Envelope, _way: str, said: Any) -> AuthResult:
        assert isinstance(said, LoginPassword)
        right = self._login is not None and (said.login.decode(), said.password.decode()) == self._login
        # handled=True would mean that the refusal has been said already: the client would wait for ever
        return AuthResult(success=right, handled=False)


class Conversation(SMTP):
    """One connection; its rules and its diary are the server's."""

    def __init__(self, server: MailServer, **settings: Any) -> None:
        super().__init__(server, **settings)
        self.server = server
        self.number = next(server.numbers)
        self.recipient: str | None = None
        self.content = b""
        self._said = ""

    async def end(self) -> None:
        self.hang_up()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
            await asyncio.gather(self._handler_coroutine, return_exceptions=True)

    def hang_up(self) -> None:
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).abort()

    def is_encrypted(self) -> bool:
        return self.transport is not None and self.transport.get_extra_info("ssl_object") is not None

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.server.conversations.discard(self)

    async def smtp_DATA(self, arg: str | None) -> None:
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 need RCPT")
            return
        self.note("DATA")
        if refusal := await self.obey("354"):
            self.note("refused", at="354", code=int(refusal[:3]))
            await self.push(refusal)
            return
        reader, self._reader = self._reader, cast(Any, _Watched(self._reader, self._first_line))
        sender = self.envelope.mail_from or ""
        try:
            await super().smtp_DATA(arg)
        finally:
            self._reader = reader
        self.note("answered", code=int(self._said[:3]))
        if self._said.startswith("250"):
            self.server.taken(self.recipient or "", sender, self.content)

    async def smtp_RSET(self, arg: str | None) -> None:
        if refusal := await self.obey("rset"):
            await self.push(refusal)
        else:
            await super().smtp_RSET(arg)

    async def push(self, status: Any) -> None:
        self._said = status if isinstance(status, str) else status.decode()
        await super().push(status)

    async def _first_line(self) -> None:
        self.note("DATA-begun")
        await self.obey("data")

    async def obey(self, place: str) -> str | None:
        """Stalls and drops as told; the refusal to give, if one is due."""
        for rule in self.server.due(self.recipient or "", place):
            if rule.stall is not None:
                self.note("stalled", at=place)
                await asyncio.sleep(rule.stall)
            elif rule.hold:
                self.note("stalled", at=place)
                await self.server.lifted(rule)
            elif rule.drop:
                self.note("dropped", at=place)
                self.hang_up()
                raise asyncio.CancelledError  # how aiosmtpd ends a conversation without a word
            else:
                return f"{rule.answer} {SENTENCES.get(rule.answer or 0, '5.0.0')} <{self.recipient}> unknown"
        return None

    def note(self, event: str, **facts: object) -> None:
        about = {"recipient": self.recipient} if self.recipient else {}
        self.server.diary.write(event, connection=self.number, **about, **facts)


class _Watched:
    """The reader of a message: tells once that its first line is there, before any more is read."""

    def __init__(self, reader: asyncio.StreamReader, first_line: Callable[[], Any]) -> None:
        self._reader = reader
        self._first_line: Callable[[], Any] | None = first_line

    async def readuntil(self, end: bytes) -> bytes:
        line = await self._reader.readuntil(end)
        if self._first_line is not None:
            tell, self._first_line = self._first_line, None
            await tell()
        return line

    async def read(self, size: int) -> bytes:
        return await self._reader.read(size)


async def serve(options: argparse.Namespace) -> None:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with MailServer(
        diary=options.diary,
        rules=options.rule,
        rules_file=options.rules,
        port=options.port,
        login=options.login,
        journal=options.journal,
        copies_after=options.copies_after,
    ) as server:
        print(f"listening on 127.0.0.1:{server.port}", flush=True)
        await over.wait()


def _where(said: str) -> tuple[str, int, str]:
    host, port, address = said.split(":")
    return host, int(port), address


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A mail server for tests that keeps a diary.")
    parser.add_argument("--diary", type=Path, required=True, help="the file that is appended to")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rule", action="append", default=[], help='"PATTERN PLACE ACT [once]", may be repeated')
    parser.add_argument("--rules", type=Path, help="a file of such rules, read anew for each decision")
    parser.add_argument("--login", type=lambda said: tuple(said.split(":", 1)), help="user:password that is required")
    parser.add_argument("--journal", type=_where, help="HOST:PORT:ADDRESS that a copy of what was taken goes to")
    parser.add_argument("--copies-after", type=float, default=0, help="seconds until the copy goes there")
    asyncio.run(serve(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
