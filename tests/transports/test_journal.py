"""The journal's SMTP server, as strangers meet it: who may connect, to whom mail may go, and when it answers what."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from tests.certificates import self_signed
from tests.patience import PATIENCE
from transports.journal import JournalServer, Patience, networks

SECRET = "j-secret@example.org"
MAIL = b"From: ann@example.com\r\nSubject: Hello\r\n\r\nYes.\r\n"


class Took:
    """What was taken in, and what it answers."""

    def __init__(self, answer: Callable[[bytes], Awaitable[bool]] | None = None) -> None:
        self.mails: list[bytes] = []
        self._answer = answer

    async def __call__(self, raw: bytes) -> bool:
        self.mails.append(raw)
        return await self._answer(raw) if self._answer else True


@asynccontextmanager
async def listening(took: Took, **said: Any) -> AsyncIterator[tuple[JournalServer, int]]:
    settings = {"recipient": SECRET, "senders": networks("127.0.0.0/8"), "hostname": "journal.test", **said}
    server = JournalServer(took, **settings)
    port = await server.start("127.0.0.1", 0)
    yield server, port
    await server.stop()


def both_sides(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and one that trusts it."""
    both = self_signed(folder)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(both)
    return server, ssl.create_default_context(cafile=str(both))


async def brought(port: int, mail: bytes = MAIL, to: str = SECRET, sender: str = "rita@example.org") -> int:
    """The code that the server answers in the end."""
    try:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
            await smtp.sendmail(sender, [to], mail)
            return 250
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return refused.recipients[0].code
    except aiosmtplib.SMTPResponseException as refused:
        return refused.code


async def conversation(port: int, said: bytes, within: float = PATIENCE) -> bytes:
    """Everything the server says to that, until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    heard = b""
    async with asyncio.timeout(within):
        with suppress(ConnectionError):
            while part := await reader.read(65536):
                heard += part
    writer.close()
    return heard


async def test_a_mail_is_answered_once_it_is_taken_in_and_arrives_byte_for_byte() -> None:
    mail = b"Subject: \xc3\xa4\r\n\r\n.dot\r\n..two\r\n" + b"x" * 200_000 + b"\r\nend\r\n"

    async with listening(took := Took()) as (_, port):
        assert await brought(port, mail, to=SECRET.upper()) == 250
        assert await brought(port, sender="") == 250, "reports come from nobody"

    assert took.mails == [mail, MAIL]


async def test_what_cannot_be_taken_in_now_is_not_forgotten_by_its_sender() -> None:
    async def not_now(raw: bytes) -> bool:
        return False

    async def fails(raw: bytes) -> bool:
        raise OSError

    for answer in (not_now, fails):
        async with listening(Took(answer)) as (_, port):
            assert await brought(port) == 451


async def test_what_takes_too_long_to_take_in_is_not_forgotten_either() -> None:
    async def sleeps(raw: bytes) -> bool:
        await asyncio.sleep(0.5)
        return True

    async with listening(Took(sleeps), patience=Patience(taking=0.1)) as (_, port):
        assert await brought(port) == 451


@pytest.mark.parametrize("to", ["rita@example.org", "j-secre@example.org", "j-secret@example.org.test", "postmaster"])
async def test_nothing_is_relayed_and_nobody_but_the_secret_address_gets_mail(to: str) -> None:
    async with listening(took := Took()) as (_, port):
        assert await brought(port, to=to) == 550

    assert took.mails == []


@pytest.mark.parametrize(
    "sender",
    ["<>", "<a..b.@docomo.test>", '<"a > b"@x.test>', "<ä@ö.test>", "<a@>", "<@relay.test:a@b.test>", "a@b.test"],
)
async def test_a_mail_is_taken_whatever_its_sender_is_called(sender: str) -> None:
    said = f"EHLO x\r\nMAIL FROM:{sender} SIZE=9\r\nRCPT TO:<@relay.test:{SECRET}>\r\nDATA\r\n".encode()

    async with listening(took := Took()) as (_, port):
        await conversation(port, said + MAIL + b".\r\nQUIT\r\n")

    assert took.mails == [MAIL]


@pytest.mark.parametrize(
    "address", ["", "<", "<a@", "a b> c", "<a@b.test", '<"a@b.test>', "<a@b.test>x", "<a b@c.test>"]
)
async def test_what_is_no_address_is_refused_and_nothing_fails(address: str) -> None:
    said = f"EHLO x\r\nMAIL FROM:{address}\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:{address}\r\nQUIT\r\n".encode()

    async with listening(Took()) as (_, port):
        answers = [line[:3] for line in (await conversation(port, said)).split(b"\r\n") if line[3:4] == b" "]

    assert [code[:1] for code in answers] == [b"2", b"2", b"5", b"2", b"5", b"2"]


async def test_a_mail_to_others_too_is_taken_in_once_and_for_the_secret_address_alone() -> None:
    async with listening(took := Took()) as (_, port), aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
        refused, _ = await smtp.sendmail("a@b.test", ["x@y.test", SECRET], MAIL)

    assert ([*refused], took.mails) == (["x@y.test"], [MAIL])


async def test_who_is_not_one_of_our_senders_is_told_to_come_again() -> None:
    async with listening(took := Took(), senders=networks("192.0.2.0/24, 2001:db8::/32")) as (_, port):
        said = await conversation(port, b"EHLO x\r\n")

    assert said.startswith(b"421 ")
    assert (said.count(b"\r\n"), took.mails) == (1, [])


async def test_a_mail_that_is_too_large_is_refused_for_good_announced_or_not() -> None:
    async with listening(took := Took(), largest=1000) as (server, port):
        assert await brought(port, b"x" * 2000) == 552
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
            await smtp.ehlo()
            await smtp.mail("a@b.test")
            await smtp.rcpt(SECRET)
            with pytest.raises(aiosmtplib.SMTPDataError) as refused:
                await smtp.data(b"x" * 2000)
            assert refused.value.code == 552
            await smtp.sendmail("a@b.test", [SECRET], MAIL)
        assert server.held == 0

    assert took.mails == [MAIL]


async def test_mails_that_do_not_fit_into_memory_together_are_brought_again() -> None:
    waiting = asyncio.Event()

    async def waits(raw: bytes) -> bool:
        await waiting.wait()
        return True

    async with listening(Took(waits), most_held=300_000) as (server, port):
        first = asyncio.create_task(brought(port))
        while not server.held:
            await asyncio.sleep(0.01)
        second = await brought(port)
        waiting.set()

        assert (second, await first, server.held) == (452, 250, 0)


async def test_there_is_an_end_to_connections() -> None:
    async with listening(Took(), most_connections=2) as (_, port):
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, _ in others:
            assert (await reader.readline()).startswith(b"220")

        assert (await conversation(port, b"")).startswith(b"421 ")

        others[0][1].close()
        await asyncio.sleep(0.1)
        assert await brought(port) == 250
        others[1][1].close()


@pytest.mark.parametrize(
    "said", [b"", b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<" + SECRET.encode() + b">\r\nDATA\r\nSub"]
)
async def test_who_says_nothing_for_long_is_hung_up_on(said: bytes) -> None:
    async with listening(took := Took(), patience=Patience(silence=0.3)) as (server, port):
        await conversation(port, said)
        assert (server.conversations, server.held, took.mails) == (set(), 0, [])


async def test_who_drips_a_mail_is_hung_up_on_in_the_end() -> None:
    async with listening(took := Took(), patience=Patience(silence=5, mail=0.5)) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<" + SECRET.encode() + b">\r\nDATA\r\n")
        with pytest.raises(ConnectionError):
            await dripping(writer)
        assert (server.conversations, server.held, took.mails) == (set(), 0, [])
        del reader


async def dripping(writer: asyncio.StreamWriter) -> None:
    for _ in range(200):
        writer.write(b"x\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_who_hangs_up_in_the_middle_of_a_mail_has_brought_none() -> None:
    async with listening(took := Took()) as (server, port):
        said = b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<" + SECRET.encode() + b">\r\nDATA\r\n" + MAIL + b"."
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        await asyncio.sleep(0.2)
        writer.close()
        await asyncio.sleep(0.2)
        assert (server.conversations, server.held, took.mails) == (set(), 0, [])


async def test_garbage_behind_a_mail_is_no_second_mail_and_ends_the_conversation() -> None:
    envelope = b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<" + SECRET.encode() + b">\r\nDATA\r\n"
    garbage = b"\x00\xff\xfe\r\n" * 3 + b"GET / HTTP/1.1\r\nX: y\r\nA\r\nB\r\nC\r\nD\r\nE\r\nF\r\n"

    async with listening(took := Took()) as (_, port):
        said = await conversation(port, envelope + MAIL + b".\r\n" + garbage)

    assert took.mails == [MAIL]
    assert b"Too many unrecognized commands" in said


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n"])
async def test_only_a_lone_dot_between_whole_line_ends_ends_a_mail(end: bytes) -> None:
    smuggled = MAIL + b"x" + end + b"MAIL FROM:<evil@x.test>\r\n"
    said = (
        b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<" + SECRET.encode() + b">\r\nDATA\r\n" + smuggled + b".\r\nQUIT\r\n"
    )

    async with listening(took := Took()) as (_, port):
        await conversation(port, said)

    assert took.mails == [smuggled.replace(b"\r\n.", b"\r\n")], "a dot that begins a line is one that was doubled"


async def test_long_commands_and_addresses_are_refused_and_the_conversation_goes_on() -> None:
    long = (
        b"EHLO x\r\nMAIL FROM:<" + b"a" * 5000 + b"@x.test>\r\nMAIL FROM:<a@b.c>\r\n" + b"y" * 200_000 + b"\r\nQUIT\r\n"
    )

    async with listening(Took()) as (_, port):
        said = await conversation(port, long)

    assert said.count(b"500 Command line too long") == 2
    assert b"221" in said


async def test_an_address_with_a_line_end_inside_adds_no_command() -> None:
    async with listening(took := Took()) as (_, port):
        said = await conversation(port, b"EHLO x\r\nMAIL FROM:<a\rRCPT TO:@b.c>\r\nRCPT TO:<x@y.test>\r\nQUIT\r\n")

    assert took.mails == []
    assert b"354" not in said


async def test_nobody_is_asked_to_sign_in_and_nobody_can() -> None:
    async with listening(Took()) as (_, port):
        said = await conversation(
            port, b"EHLO x\r\nAUTH PLAIN AGEAYg==\r\nVRFY rita@example.org\r\nEXPN all\r\nQUIT\r\n"
        )

    assert b"AUTH" not in said.partition(b"HELP")[0]
    assert b"235" not in said
    assert b"rita" not in said


async def test_starttls_is_offered_and_taken(tmp_path: Path) -> None:
    server_side, client_side = both_sides(tmp_path)

    async with (
        listening(took := Took(), tls=server_side) as (_, port),
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=True, tls_context=client_side) as smtp,
    ):
        assert not smtp.supports_extension("starttls")
        assert not smtp.supports_extension("auth")
        await smtp.sendmail("a@b.test", [SECRET], MAIL)

    assert took.mails == [MAIL]


async def test_whoever_is_elsewhere_must_use_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine's own addresses can be had in a test, so it is told that none of them is its own."""
    server_side, _ = both_sides(tmp_path)
    monkeypatch.setattr("transports.journal.is_this_machine", lambda peer: False)

    async with listening(took := Took(), tls=server_side) as (_, port):
        assert await brought(port) == 530

    assert took.mails == []


async def test_what_was_said_before_tls_is_forgotten(tmp_path: Path) -> None:
    server_side, client_side = both_sides(tmp_path)

    async with listening(took := Took(), tls=server_side) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@x.test>\r\n")
        await reader.readuntil(b"220 Ready")
        await reader.readline()
        await asyncio.sleep(0.1)
        await writer.start_tls(client_side, server_hostname="127.0.0.1")
        writer.write(b"RCPT TO:<" + SECRET.encode() + b">\r\n")
        assert (await reader.readline()).startswith(b"503")
        writer.close()

    assert took.mails == []


async def test_a_handshake_that_fails_ends_that_conversation_alone(tmp_path: Path) -> None:
    server_side, _ = both_sides(tmp_path)

    async with listening(took := Took(), tls=server_side, patience=Patience(silence=0.5)) as (server, port):
        await conversation(port, b"EHLO x\r\nSTARTTLS\r\n" + b"no handshake at all\r\n" * 50)
        await asyncio.sleep(0.7)
        assert server.conversations == set()
        assert await brought(port) == 250

    assert took.mails == [MAIL]


async def test_a_stop_lets_what_is_being_taken_in_be_answered_and_takes_nothing_more() -> None:
    begun, waiting = asyncio.Event(), asyncio.Event()

    async def waits(raw: bytes) -> bool:
        begun.set()
        await waiting.wait()
        return True

    took = Took(waits)
    server = JournalServer(took, recipient=SECRET, senders=networks("127.0.0.0/8"), hostname="journal.test")
    port = await server.start("127.0.0.1", 0)
    bringing = asyncio.create_task(brought(port))
    await begun.wait()
    idle, idle_writer = await asyncio.open_connection("127.0.0.1", port)
    await idle.readline()

    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0.1)
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)
    waiting.set()
    await stopping

    assert await bringing == 250
    with suppress(ConnectionError):
        assert await idle.read() == b""
    idle_writer.close()
