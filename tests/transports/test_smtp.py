import asyncio
import signal
import ssl
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_string
from pathlib import Path

import pytest

from sequencing.emails import Email, Mailbox, compose
from sequencing.errors import About, DeliveryUnknown, Refused, TransportError
from tests.certificates import self_signed
from tests.mail_server import MailServer, read_diary, written
from tests.patience import PATIENCE
from transports.outgoing import Delivery, Transport
from transports.smtp import SmtpTransport
from transports.smtp_login import Login

BO = "bo@agency.test"
ANN = "ann@example.org"
LONG = timedelta(seconds=PATIENCE)
SHORT = timedelta(seconds=1)
HELLO = compose(
    Email(
        sender=Mailbox("Bo", BO),
        recipient=Mailbox("Ann", ANN),
        subject="Hello",
        text="Hi Ann,\n.dotted\n..\n.\nBye\n",
        message_id="<one@agency.test>",
        date=datetime(2026, 11, 2, tzinfo=UTC),
    )
)


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "mail.jsonl"


def transport_to(port: int, *, within: timedelta = LONG, user: str = "", options: str = "") -> Transport:
    return SmtpTransport(f"smtp://{user}127.0.0.1:{port}{options}", within=within)


async def deliver(transport: Transport, message: bytes = HELLO, recipient: str = ANN) -> None:
    delivery = await transport.open(sender=BO, recipient=recipient)
    try:
        await delivery.begin()
        await delivery.hand_over(message)
    finally:
        await delivery.close()


async def failure_of(transport: Transport, message: bytes = HELLO, recipient: str = ANN) -> TransportError:
    with pytest.raises(TransportError) as failed:
        await deliver(transport, message, recipient)
    return failed.value


async def failure_at_the_stall(server: MailServer, message: bytes = HELLO) -> TransportError:
    """What comes of a delivery that stalls, after a second; if that was not enough to come so far, after longer."""
    within = SHORT
    failed = await failure_of(transport_to(server.port, within=within), message)
    while not server.events("stalled") and within < LONG:
        within *= 3
        failed = await failure_of(transport_to(server.port, within=within), message)
    return failed


def told(failure: TransportError) -> tuple[str, bool, About]:
    return failure.code, failure.permanent, failure.about


async def test_a_message_arrives_as_it_was_composed(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        await deliver(transport_to(server.port))

        [complete] = server.events("DATA-complete", ANN)
        assert complete["message"].encode() == HELLO
        assert [entry["event"] for entry in server.events()] == [
            "MAIL",
            "RCPT",
            "DATA",
            "DATA-begun",
            "DATA-complete",
            "answered",
        ]
        assert server.events("MAIL")[0]["sender"] == BO
        assert server.events("answered")[0]["code"] == 250


async def test_dots_and_foreign_line_ends_cannot_end_a_message_early(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        await deliver(transport_to(server.port), b"Subject: x\n\n.\n\r.\r\n..\r\nQUIT")

        assert server.events("DATA-complete")[0]["message"] == "Subject: x\r\n\r\n.\r\n\r\n.\r\n..\r\nQUIT\r\n"


async def test_a_message_of_megabytes_arrives_whole(diary: Path) -> None:
    big = b"Subject: big\r\n\r\n" + b"0123456789\r\n" * 200_000
    async with MailServer(diary=diary) as server:
        await deliver(transport_to(server.port), big)

        assert server.events("DATA-complete")[0]["message"].encode() == big


async def test_opening_asks_for_sender_and_recipient_and_transmits_nothing(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        delivery = await transport_to(server.port).open(sender=BO, recipient=ANN)

        assert [entry["event"] for entry in server.events()] == ["MAIL", "RCPT"]
        await delivery.close()


async def test_after_begin_the_server_waits_for_the_first_byte_and_a_close_transmits_none(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        delivery = await transport_to(server.port).open(sender=BO, recipient=ANN)
        await delivery.begin()
        await delivery.close()
        await until_nobody_is_connected(server)

        assert [entry["event"] for entry in server.events()] == ["MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize(
    ("rule", "failure"),
    [
        ("ann@* rcpt 550", ("550", True, About.recipient)),
        ("ann@* rcpt 451", ("451", False, About.recipient)),
        ("ann@* rcpt 421", ("421", False, About.server)),
        ("ann@* rcpt drop", ("disconnected", False, About.server)),
        ("ann@* 354 554", ("554", True, About.message)),
        ("ann@* 354 451", ("451", False, About.message)),
        ("ann@* 354 421", ("421", False, About.server)),
        ("ann@* 354 drop", ("disconnected", False, About.server)),
        ("ann@* answer 550", ("550", True, About.recipient)),
        ("ann@* answer 554", ("554", True, About.message)),
        ("ann@* answer 451", ("451", False, About.message)),
        ("ann@* answer 421", ("421", False, About.server)),
    ],
)
async def test_a_refusal_says_whom_it_concerns_and_that_the_message_was_not_taken(
    diary: Path, rule: str, failure: tuple[str, bool, About]
) -> None:
    async with MailServer(diary=diary, rules=[rule]) as server:
        failed = await failure_of(transport_to(server.port))

        assert told(failed) == failure
        assert not isinstance(failed, DeliveryUnknown)
        assert 250 not in [entry["code"] for entry in server.events("answered")]


@pytest.mark.parametrize("place", ["rcpt", "354", "answer"])
async def test_a_failure_never_carries_the_servers_text(diary: Path, place: str) -> None:
    async with MailServer(diary=diary, rules=[f"* {place} 550"]) as server:
        failed = await failure_of(transport_to(server.port))

        assert ANN not in "".join(traceback.format_exception(failed))
        assert failed.__cause__ is None
        assert failed.__context__ is None


async def test_one_bad_recipient_does_not_hold_up_another(diary: Path) -> None:
    async with MailServer(diary=diary, rules=["ann@* rcpt 550"]) as server:
        transport = transport_to(server.port)
        await failure_of(transport)
        await deliver(transport, recipient="cy@example.org")

        assert [entry["recipient"] for entry in server.events("answered")] == ["cy@example.org"]


@pytest.mark.parametrize("place", ["rcpt", "354"])
async def test_time_that_runs_out_before_the_first_byte_is_not_taken(diary: Path, place: str) -> None:
    async with MailServer(diary=diary, rules=[f"* {place} hold"]) as server:
        failed = await failure_at_the_stall(server)

        assert told(failed) == ("timeout", False, About.server)
        assert not isinstance(failed, DeliveryUnknown)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("* data hold", "timeout"),
        ("* answer hold", "timeout"),
        ("* data drop", "disconnected"),
        ("* answer drop", "disconnected"),
    ],
)
async def test_what_is_lost_after_the_first_byte_is_unknown(diary: Path, rule: str, code: str) -> None:
    async with MailServer(diary=diary, rules=[rule]) as server:
        drops = rule.endswith("drop")
        failed = await (failure_of(transport_to(server.port)) if drops else failure_at_the_stall(server))

        assert isinstance(failed, DeliveryUnknown)
        assert failed.code == code


async def test_after_the_time_has_run_out_nothing_more_is_transmitted(diary: Path) -> None:
    big = b"Subject: big\r\n\r\n" + (b"x" * 900 + b"\r\n") * 15_000
    async with MailServer(diary=diary, rules=["* data hold"]) as server:
        assert isinstance(await failure_at_the_stall(server, big), DeliveryUnknown)
        server.rules.clear()
        await until_nobody_is_connected(server)

        assert server.events("stalled")
        assert not server.events("DATA-complete")


async def begun(server: MailServer) -> tuple[Delivery, timedelta]:
    """One that has so much time for the hand-over: a second, or where that was not enough to begin, more."""
    within = SHORT
    while True:
        try:
            delivery = await transport_to(server.port, within=within).open(sender=BO, recipient=ANN)
            await delivery.begin()
            return delivery, within
        except TransportError:
            assert within < LONG
            within *= 3


async def test_begin_and_hand_over_share_one_deadline_and_nothing_is_transmitted_after_it(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        delivery, within = await begun(server)
        await asyncio.sleep(within.total_seconds() + 0.1)

        with pytest.raises(TransportError) as failed:
            await delivery.hand_over(HELLO)
        await delivery.close()
        await until_nobody_is_connected(server)
        assert told(failed.value) == ("timeout", False, About.server)
        assert not isinstance(failed.value, DeliveryUnknown)
        assert not server.events("DATA-begun")


async def test_a_hand_over_that_is_cancelled_drops_the_connection(diary: Path) -> None:
    async with MailServer(diary=diary, rules=["* answer stall 30"]) as server:
        delivery = await transport_to(server.port).open(sender=BO, recipient=ANN)
        await delivery.begin()
        hand_over = asyncio.create_task(delivery.hand_over(HELLO))
        await server.written("stalled")
        hand_over.cancel()

        with pytest.raises(asyncio.CancelledError):
            await hand_over
        await until_nobody_is_connected(server)
        await delivery.close()


async def test_hand_overs_run_side_by_side(diary: Path) -> None:
    async with MailServer(diary=diary, rules=["* answer hold"]) as server:
        transport = transport_to(server.port)
        delivering = [asyncio.create_task(deliver(transport, recipient=f"{number}@example.org")) for number in range(8)]
        await server.written("stalled", times=8)
        server.rules.clear()
        await asyncio.gather(*delivering)

        assert len(server.events("answered")) == 8


async def until_nobody_is_connected(server: MailServer) -> None:
    async with asyncio.timeout(PATIENCE):
        while server.conversations:
            await asyncio.sleep(0.01)


# Servers that say what no decent server says


@asynccontextmanager
async def saying(greeting: str, **answers: str) -> AsyncIterator[int]:
    """A server that answers by the verb, 250 by default; "" is no answer and "-" hangs up after what comes before."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = greeting
        while True:
            writer.write("".join(f"{line}\r\n" for line in answer.rstrip("-").split("|") if line).encode())
            if answer.endswith("-") or not (line := await reader.readline()):
                break
            answer = answers.get(line.decode().split()[0], "250 fine")
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("greeting", "failure"),
    [
        ("421 busy", ("421", False, About.server)),
        ("450 later", ("450", False, About.server)),
        ("554 no", ("554", True, About.server)),
        ("HTTP/1.1 400 Bad Request", ("unreadable", False, About.server)),
        ("299 what", ("unreadable", False, About.server)),
        ("-", ("unreachable", False, About.server)),
        ("", ("timeout", False, About.server)),
    ],
)
async def test_a_server_that_does_not_greet_is_no_fault_of_the_message(
    greeting: str, failure: tuple[str, bool, About]
) -> None:
    async with saying(greeting) as port:
        within = LONG if greeting else SHORT
        assert told(await failure_of(transport_to(port, within=within))) == failure


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    async with saying("220") as port:
        pass

    assert told(await failure_of(transport_to(port))) == ("unreachable", False, About.server)


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ({"EHLO": "421 busy-"}, ("421", False, About.server)),
        ({"EHLO": "500", "HELO": "550"}, ("550", True, About.server)),
        ({"MAIL": "550 no"}, ("550", True, About.sender)),
        ({"MAIL": "451 later"}, ("451", False, About.sender)),
        ({"MAIL": "421 busy"}, ("421", False, About.server)),
        ({"MAIL": "530 log in"}, ("530", True, About.server)),
        ({"MAIL": "-"}, ("disconnected", False, About.server)),
        ({"MAIL": "no number"}, ("unreadable", False, About.server)),
        ({"DATA": "250 what"}, ("unreadable", False, About.server)),
    ],
)
async def test_an_answer_before_the_message_is_never_unknown(
    answers: dict[str, str], failure: tuple[str, bool, About]
) -> None:
    async with saying("220 hello", **answers) as port:
        failed = await failure_of(transport_to(port))

        assert told(failed) == failure
        assert not isinstance(failed, DeliveryUnknown)


async def test_a_server_that_only_knows_helo_takes_messages() -> None:
    async with saying("220 hello", EHLO="502 what") as port:
        delivery = await transport_to(port).open(sender=BO, recipient=ANN)
        await delivery.close()


async def test_a_connection_lost_between_354_and_the_first_byte_is_certainly_not_taken() -> None:
    async with saying("220 hello", DATA="354 go-") as port:
        delivery = await transport_to(port).open(sender=BO, recipient=ANN)
        await delivery.begin()
        await asyncio.sleep(0.1)

        with pytest.raises(TransportError) as failed:
            await delivery.hand_over(HELLO)
        assert told(failed.value) == ("disconnected", False, About.server)
        assert not isinstance(failed.value, DeliveryUnknown)
        await delivery.close()


async def test_an_unreadable_final_answer_is_unknown() -> None:
    async with saying("220 hello", DATA="354 go", Hello="what?") as port:
        failed = await failure_of(transport_to(port), b"Hello")

        assert isinstance(failed, DeliveryUnknown)
        assert failed.code == "unreadable"


async def test_closing_takes_bounded_time_and_may_be_repeated() -> None:
    async with saying("220 hello", RSET="") as port:
        delivery = await transport_to(port).open(sender=BO, recipient=ANN)

        async with asyncio.timeout(PATIENCE):
            await delivery.close()
            await delivery.close()


# Logging in and encrypting


async def test_a_login_that_is_right_may_send(diary: Path) -> None:
    async with MailServer(diary=diary, login=("bo@x", "p:w/ü")) as server:
        await deliver(transport_to(server.port, user="bo%40x:p%3Aw%2F%C3%BC@", options="?starttls=never"))

        assert server.events("answered")[0]["code"] == 250


@pytest.mark.parametrize(
    ("user", "failure"),
    [("bo:wrong@", ("535", True, About.server)), ("", ("530", True, About.server))],
)
async def test_a_login_that_is_wrong_or_missing_concerns_the_server_not_the_message(
    diary: Path, user: str, failure: tuple[str, bool, About]
) -> None:
    async with MailServer(diary=diary, login=("bo", "right")) as server:
        assert told(await failure_of(transport_to(server.port, user=user, options="?starttls=auto"))) == failure


async def test_a_refused_login_is_tried_once_a_minute_however_many_messages_wait(diary: Path) -> None:
    async with MailServer(diary=diary, login=("bo", "right")) as server:
        transport = transport_to(server.port, user="bo:wrong@", options="?starttls=auto")
        heard = [told(await failure_of(transport)) for _ in range(5)]

        assert heard == [("535", True, About.server)] * 5
        assert next(server.numbers) == 2, "one connection so far"


async def test_once_its_rest_is_over_one_message_tries_the_login_for_all_and_all_go_when_it_is_right(
    diary: Path,
) -> None:
    async with MailServer(diary=diary, login=("bo", "right")) as server:
        login = Login(rest=timedelta(0))
        url = f"smtp://bo:{{}}@127.0.0.1:{server.port}?starttls=auto"
        await failure_of(SmtpTransport(url.format("wrong"), within=LONG, login=login))
        await failure_of(SmtpTransport(url.format("wrong"), within=LONG, login=login))

        await deliver(SmtpTransport(url.format("right"), within=LONG, login=login))
        await deliver(SmtpTransport(url.format("right"), within=LONG, login=login))

        assert len(server.events("answered")) == 2


async def test_a_login_that_fails_for_the_moment_can_be_tried_again() -> None:
    async with saying("220 hello", EHLO="250-mail|250 AUTH PLAIN", AUTH="454 later") as port:
        failed = await failure_of(transport_to(port, user="bo:pw@", options="?starttls=auto"))

        assert told(failed) == ("454", False, About.server)


async def test_a_server_that_offers_no_login_is_told_no_password() -> None:
    async with saying("220 hello") as port:
        failed = await failure_of(transport_to(port, user="bo:pw@", options="?starttls=never"))

        assert told(failed) == ("login", False, About.server)


async def test_a_password_does_not_travel_in_clear_unless_the_url_says_so() -> None:
    async with saying("220 hello", EHLO="250-mail|250 AUTH PLAIN", AUTH="235 in") as port:
        assert told(await failure_of(transport_to(port, user="bo:pw@"))) == ("tls", False, About.server)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and the certificate that 127.0.0.1 signed for itself."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


def served(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize(("scheme", "from_the_start"), [("smtp", False), ("smtps", True)])
async def test_a_trusted_certificate_lets_a_login_and_a_message_through(
    diary: Path, certificate: Path, scheme: str, from_the_start: bool
) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate))
    tls = served(certificate)
    async with MailServer(diary=diary, tls=tls, tls_from_the_start=from_the_start, login=("bo", "pw")) as server:
        await deliver(SmtpTransport(f"{scheme}://bo:pw@127.0.0.1:{server.port}", within=LONG, tls=trusted))

        assert [entry["tls"] for entry in server.events("MAIL")] == [True]
        assert server.events("answered")[0]["code"] == 250


@pytest.mark.parametrize(("scheme", "from_the_start"), [("smtp", False), ("smtps", True)])
async def test_a_certificate_that_is_not_trusted_gets_neither_login_nor_message(
    diary: Path, certificate: Path, scheme: str, from_the_start: bool
) -> None:
    tls = served(certificate)
    async with MailServer(diary=diary, tls=tls, tls_from_the_start=from_the_start) as server:
        failed = await failure_of(SmtpTransport(f"{scheme}://bo:pw@127.0.0.1:{server.port}", within=LONG))

        assert told(failed) == ("tls", False, About.server)
        assert not server.events()


async def test_auto_encrypts_where_it_is_offered_whoever_signed(diary: Path, certificate: Path) -> None:
    async with MailServer(diary=diary, tls=served(certificate)) as server:
        await deliver(transport_to(server.port))

        assert [entry["tls"] for entry in server.events("MAIL")] == [True]


async def test_never_does_not_encrypt_even_where_it_is_offered(diary: Path, certificate: Path) -> None:
    async with MailServer(diary=diary, tls=served(certificate)) as server:
        await deliver(transport_to(server.port, options="?starttls=never"))

        assert [entry["tls"] for entry in server.events("MAIL")] == [False]


async def test_a_timeout_after_the_first_byte_is_unknown_over_tls_too(diary: Path, certificate: Path) -> None:
    async with MailServer(diary=diary, tls=served(certificate), rules=["* answer hold"]) as server:
        assert isinstance(await failure_at_the_stall(server), DeliveryUnknown)
        await until_nobody_is_connected(server)


# Addresses


async def test_an_address_beyond_ascii_is_written_to_where_the_server_can(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        await deliver(transport_to(server.port), recipient="ünal@exämple.org")

        assert server.events("RCPT")[0]["recipient"] == "ünal@exämple.org"


async def test_an_address_beyond_ascii_is_refused_for_good_where_the_server_cannot(diary: Path) -> None:
    async with MailServer(diary=diary, smtputf8=False) as server:
        failed = await failure_of(transport_to(server.port), recipient="ünal@example.org")

        assert told(failed) == ("smtputf8", True, About.recipient)
        assert not server.events("RCPT")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@example.org, bo@example.org",
        "ann@example.org,bo@example.org",
        "Ann <ann@example.org>",
        "ann@example.org>\r\nRCPT TO:<bo@example.org",
        "ann@example.org SIZE=1",
        "ann@exam\0ple.org",
        "<ann@example.org>",
    ],
)
async def test_what_is_not_exactly_one_address_is_refused_before_anybody_is_asked(diary: Path, address: str) -> None:
    async with MailServer(diary=diary) as server:
        failed = await failure_of(transport_to(server.port), recipient=address)

        assert told(failed) == ("invalid_address", True, About.recipient)
        assert not server.events()


# URLs


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.test",
        "http://mail.test",
        "smtp://",
        "smtp://:25",
        "smtp://mail.test:port",
        "smtp://mail.test:0",
        "smtp://mail.test:99999",
        "smtp://bo@mail.test",
        "smtp://:secret@mail.test",
        "smtp://bo:se/cret@mail.test",
        "smtp://bo:se#cret@mail.test",
        "smtp://bo:se?cret@mail.test",
        "smtp://bo:secret@mail.test/path",
        "smtp://bo:secret@mail.test?starttls=perhaps",
        "smtp://bo:secret@mail.test?starttls=",
        "smtp://bo:secret@mail.test?starttls=auto&starttls=never",
        "smtp://bo:secret@mail.test?tls=yes",
        "smtps://bo:secret@mail.test?starttls=auto",
        "smtp://bo:secret@mail.test?connections=0",
        "smtp://bo:secret@mail.test?connections=101",
        "smtp://bo:secret@mail.test?connections=-1",
        "smtp://bo:secret@mail.test?connections=1&connections=2",
        "smtp://bo:secret@[::1",
        "smtp://bo:secret@" + "x" * 70,
    ],
)
def test_a_malformed_url_is_refused_without_quoting_the_password(url: str) -> None:
    with pytest.raises(Refused) as refused:
        SmtpTransport(url, within=LONG)

    assert refused.value.code == "invalid_smtp_url"
    assert "secret" not in "".join(traceback.format_exception(refused.value))
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.test",
        "smtp://mail.test/",
        "smtp://[::1]:2525?starttls=never",
        "smtp://bo:secret@mail.test?starttls=required",
        "smtps://bo:secret@mail.test",
        "smtps://bo:secret@mail.test?connections=3",
    ],
)
def test_a_well_formed_url_is_taken_and_the_password_is_not_shown(url: str) -> None:
    assert "secret" not in repr(vars(SmtpTransport(url, within=LONG)))


# The program that tests kill against


async def test_the_mail_server_is_a_program_too_and_obeys_new_rules_at_once(tmp_path: Path, diary: Path) -> None:
    rules = tmp_path / "rules"
    program = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.mail_server",
            "--diary",
            diary,
            "--rules",
            rules,
            "--rule",
            "cy@* rcpt 550 once",
        ),
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    port = int((await program.stdout.readline()).decode().rpartition(":")[2])
    transport = transport_to(port)

    try:
        assert (await failure_of(transport, recipient="cy@example.org")).code == "550"
        await deliver(transport, recipient="cy@example.org")
        rules.write_text("ann@* answer stall 3600\n")
        handing_over = asyncio.create_task(failure_of(transport_to(port)))
        await written(diary, "stalled", ANN)
    finally:
        program.send_signal(signal.SIGTERM)
    assert await program.wait() == 0
    assert isinstance(await handing_over, DeliveryUnknown)
    assert [entry["recipient"] for entry in read_diary(diary, "answered")] == ["cy@example.org"]
    [complete] = read_diary(diary, "DATA-complete", ANN)
    assert message_from_string(complete["message"])["Message-ID"] == "<one@agency.test>"
