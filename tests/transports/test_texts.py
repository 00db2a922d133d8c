"""Texts by a provider: what was certainly not taken, what nobody knows, and that no secret gets out."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from sequencing.errors import About, DeliveryUnknown, Misconfigured, TransportError
from sequencing.texts import Reference, compose
from settings import Settings
from simulator.phones import Phones, listening
from tests.mail_server import read_diary
from tests.patience import PATIENCE
from tests.ports import free_port
from transports.outgoing import Delivery, Transport
from transports.texts import TextTransport, check_way_back, read_provider

OURS, ANN = "+15550001000", "+15550002000"
TOKEN = "a secret/of:the@account"
QUOTED = "a%20secret%2Fof%3Athe%40account"
HERE = "http://localhost:1"
WORDING = "Grüße – & = + %\nthere"
LONG, SOON = timedelta(seconds=PATIENCE), timedelta(seconds=0.5)


@pytest.fixture
def phones(tmp_path: Path) -> Phones:
    return Phones(HERE, token=TOKEN, diary=tmp_path / "phones.jsonl")


@pytest.fixture
async def provider(phones: Phones) -> AsyncIterator[str]:
    async with listening(phones) as address:
        yield f"http://{phones.account}:{QUOTED}@{address}"


def to(url: str, within: timedelta = LONG) -> TextTransport:
    return TextTransport(url, public_url="http://localhost:1/", within=within)


async def opened(transport: Transport, sender: str = OURS, recipient: str = ANN) -> Delivery:
    return await transport.open(sender=sender, recipient=recipient)


async def deliver(transport: Transport, body: str = WORDING) -> str | None:
    delivery = await opened(transport)
    try:
        await delivery.begin()
        return await delivery.hand_over(compose(Reference("01E", 2, 1), body))
    finally:
        await delivery.close()
        await delivery.close()


async def test_a_text_is_taken_as_it_was_written_and_has_the_providers_name(phones: Phones, provider: str) -> None:
    name = await deliver(to(provider))

    (taken,) = phones.taken
    assert (taken.sid, taken.sender, taken.recipient, taken.body) == (name, OURS, ANN, WORDING)
    assert taken.callback == "http://localhost:1/texts/status?of=01E.2.1"


async def test_until_the_hand_over_the_provider_knows_nothing_of_the_message(phones: Phones, provider: str) -> None:
    delivery = await opened(to(provider))
    await delivery.begin()
    await delivery.close()

    assert phones.taken == []


@pytest.mark.parametrize(
    ("rule", "code", "about", "permanent"),
    [
        ("take 21614", "21614", About.recipient, True),
        ("take 21610", "21610", About.recipient, True),
        ("take 21606", "21606", About.sender, True),
        ("take 20429", "20429", About.server, False),
        ("take 20503", "20503", About.server, False),
        ("answer 418", "418", About.sender, True),
    ],
)
async def test_a_refusal_is_certain(
    phones: Phones, provider: str, rule: str, code: str, about: About, permanent: bool
) -> None:
    phones.rule(f"* {rule}")

    with pytest.raises(TransportError) as refused:
        await deliver(to(provider))

    assert not isinstance(refused.value, DeliveryUnknown)
    assert (refused.value.code, refused.value.about, refused.value.permanent) == (code, about, permanent)


@pytest.mark.parametrize(
    ("rule", "code", "about", "permanent"),
    [
        ("login 401", "401", About.sender, True),
        ("login 403", "403", About.sender, True),
        ("login 429", "429", About.server, False),
        ("login 500", "500", About.server, False),
        ("login 503", "503", About.server, False),
    ],
)
async def test_what_can_be_refused_before_the_claim_is(
    phones: Phones, provider: str, rule: str, code: str, about: About, permanent: bool
) -> None:
    phones.rule(f"* {rule}")

    with pytest.raises(TransportError) as refused:
        await opened(to(provider))

    assert (refused.value.code, refused.value.about, refused.value.permanent) == (code, about, permanent)
    assert phones.taken == []


async def test_a_provider_that_does_not_know_the_account_by_that_path_is_asked_for_the_text(
    phones: Phones, provider: str
) -> None:
    phones.rule("* login 404")

    assert await deliver(to(provider)) == phones.taken[0].sid


async def test_another_secret_is_refused_before_the_claim(phones: Phones, provider: str) -> None:
    with pytest.raises(TransportError) as refused:
        await opened(to(provider.replace("secret", "guess")))

    assert (refused.value.code, refused.value.about, refused.value.permanent) == ("20003", About.sender, True)


@pytest.mark.parametrize(
    ("rule", "code", "was_taken"),
    [
        ("take hold", "timeout", False),
        ("answer hold", "timeout", True),
        ("take drop", "disconnected", False),
        ("answer drop", "disconnected", True),
        ("answer 500", "500", True),
        ("answer 502", "502", True),
        ("answer 504", "504", True),
    ],
)
async def test_once_the_request_has_begun_to_leave_only_an_answer_tells(
    phones: Phones, provider: str, rule: str, code: str, was_taken: bool
) -> None:
    phones.rule(f"* {rule}")

    failed = await failure_at(phones, provider, rule)

    assert isinstance(failed, DeliveryUnknown)
    assert (failed.code, bool(phones.taken)) == (code, was_taken)


async def failure_at(phones: Phones, provider: str, rule: str) -> TransportError:
    """What comes of a text; where it is held, after half a second, or after longer if it had not come so far."""
    within = SOON if "hold" in rule else LONG
    while True:
        with pytest.raises(TransportError) as failed:
            await deliver(to(provider, within))
        assert phones.diary is not None
        if within >= LONG or read_diary(phones.diary, "stalled"):
            return failed.value
        within *= 3


async def test_who_has_texted_stop_gets_nothing_more_by_the_provider_already(phones: Phones, provider: str) -> None:
    await deliver(to(provider))
    await phones.text(ANN, "Stop", tries=1)

    with pytest.raises(TransportError) as refused:
        await deliver(to(provider))
    await phones.text(ANN, "start", tries=1)
    await deliver(to(provider))

    assert (refused.value.code, len(phones.taken)) == ("21610", 2)


async def test_a_provider_that_is_away_is_tried_later(phones: Phones) -> None:
    with pytest.raises(TransportError) as away:
        await opened(to(f"http://a:b@127.0.0.1:{free_port()}"))

    assert (away.value.code, away.value.permanent, away.value.about) == ("unreachable", False, About.server)


async def test_a_provider_that_goes_before_the_first_byte_has_certainly_taken_nothing(phones: Phones) -> None:
    port = free_port()
    transport = to(f"http://{phones.account}:{QUOTED}@127.0.0.1:{port}")
    async with listening(phones, port):
        delivery = await opened(transport)
        await delivery.begin()
    await asyncio.sleep(0.1)

    with pytest.raises(TransportError) as gone:
        await delivery.hand_over(compose(Reference("01E", 1, 1), "Hi"))
    await delivery.close()

    assert not isinstance(gone.value, DeliveryUnknown)
    assert (gone.value.code, gone.value.permanent) == ("unreachable", False)


async def test_a_provider_that_says_nothing_at_all_is_not_waited_for(phones: Phones) -> None:
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]

    with pytest.raises(TransportError) as late:
        await opened(to(f"http://a:b@127.0.0.1:{port}", SOON))
    silent.close()

    assert (late.value.code, late.value.permanent) == ("timeout", False)


@pytest.mark.parametrize(
    "number", ["", "5550001000", "+1 555 000 1000", "+15550001000\nTo: x", "whatsapp:+15550001000"]
)
async def test_what_is_no_number_is_refused_before_anything_is_opened(number: str) -> None:
    transport = to(f"http://a:b@127.0.0.1:{free_port()}")

    with pytest.raises(TransportError) as sender:
        await opened(transport, sender=number)
    with pytest.raises(TransportError) as recipient:
        await opened(transport, recipient=number)

    assert [(one.value.about, one.value.permanent) for one in (sender, recipient)] == [
        (About.sender, True),
        (About.recipient, True),
    ]


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"no JSON", b'{"sid": 7}', b'{"sid": "' + b"a" * 200 + b'"}', b"[" * 9000]
)
async def test_a_text_that_was_taken_without_a_readable_name_was_taken(answer: bytes) -> None:
    async def provider(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                await reader.readexactly(length)
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)

    server = await asyncio.start_server(provider, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    name = await deliver(to(f"http://a:b@127.0.0.1:{port}"))
    server.close()

    assert name is None


async def test_neither_secret_nor_number_nor_wording_is_in_any_error_or_log(
    phones: Phones, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    told = [repr(to(provider).__dict__), repr(read_provider(provider)), repr(Settings(texts_url=provider))]
    for rule in ("take 21614", "take drop", "answer stall 5", "login 500", "login 401"):
        phones.rule(f"* {rule}")
        try:
            await deliver(to(provider, SOON if "stall" in rule else LONG))
        except TransportError as error:
            told += [*traceback.format_exception(error), repr(error.__context__), repr(error.__cause__)]

    everything = "".join(told) + caplog.text
    assert [
        word for word in (TOKEN, QUOTED, ANN, OURS, "Grüße", phones.account + "/Messages") if word in everything
    ] == []


@pytest.mark.parametrize(
    "url",
    [
        "api.twilio.com",
        "https://api.twilio.com",
        "https://AC1@api.twilio.com",
        "http://AC1:t@api.twilio.com",
        "ftp://AC1:t@localhost",
        "https://AC1:t@",
        "https://AC1:t@api.twilio.com:0",
        "https://AC1:t@api.twilio.com:x",
        "https://AC1:t@api.twilio.com/?region=ie1",
        "https://AC1:t@api.twilio.com/#x",
        "https://AC1:t@[::1",
    ],
)
def test_an_address_that_cannot_be_used_is_said_without_quoting_it(url: str) -> None:
    with pytest.raises(Misconfigured, match="SEQUENCING_TEXTS_URL: write https://ACCOUNT:TOKEN@") as refused:
        read_provider(url)

    assert "AC1:t" not in refused.value.sentence


def test_an_address_may_have_a_port_a_path_and_any_secret() -> None:
    provider = read_provider(f"https://AC%31:{QUOTED}@texts.example.org:8443/there/")

    assert (provider.base, provider.account, provider.token) == ("https://texts.example.org:8443/there", "AC1", TOKEN)


def test_a_provider_elsewhere_must_reach_us() -> None:
    elsewhere, here = read_provider("https://AC1:t@api.twilio.com"), read_provider("http://AC1:t@127.0.0.1:9")

    check_way_back(here, "http://localhost:8000")
    check_way_back(elsewhere, "https://app.example.org")

    with pytest.raises(Misconfigured, match="it can bring no reply and no STOP"):
        check_way_back(elsewhere, "http://localhost:8000")
