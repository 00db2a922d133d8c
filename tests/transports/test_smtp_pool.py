"""Connections that are used again, and what becomes of those that cannot be."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sequencing.emails import Email, Mailbox, compose
from sequencing.errors import DeliveryUnknown, TransportError
from tests.mail_server import MailServer
from tests.patience import PATIENCE
from transports.smtp import SmtpTransport
from transports.smtp_pool import MOST_MESSAGES

BO, ANN, CY = "bo@agency.test", "ann@example.org", "cy@example.org"
HELLO = compose(
    Email(
        sender=Mailbox("Bo", BO),
        recipient=Mailbox("Ann", ANN),
        subject="Hello",
        text="Hi Ann\n",
        message_id="<one@agency.test>",
        date=datetime(2026, 11, 2, tzinfo=UTC),
    )
)


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "mail.jsonl"


def to(port: int, connections: int = 1, *, idle: float = PATIENCE, within: float = PATIENCE) -> SmtpTransport:
    url = f"smtp://127.0.0.1:{port}?connections={connections}"
    return SmtpTransport(url, within=timedelta(seconds=within), idle=timedelta(seconds=idle))


async def deliver(transport: SmtpTransport, recipient: str = ANN) -> None:
    delivery = await transport.open(sender=BO, recipient=recipient)
    try:
        await delivery.begin()
        await delivery.hand_over(HELLO)
    finally:
        await delivery.close()


def connections(server: MailServer) -> list[int]:
    return [entry["connection"] for entry in server.events("answered")]


async def until(server: MailServer, connected: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(server.conversations) != connected:
            await asyncio.sleep(0.01)


async def test_messages_one_after_the_other_share_a_connection(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        transport = to(server.port, 8)
        for _ in range(3):
            await deliver(transport)

        assert connections(server) == [1, 1, 1]


async def test_messages_at_once_have_as_many_connections_as_are_allowed_and_the_others_wait(diary: Path) -> None:
    async with MailServer(diary=diary, rules=["* answer stall 0.2"]) as server:
        transport = to(server.port, 3)
        await asyncio.gather(*(deliver(transport, f"{number}@example.org") for number in range(9)))

        assert sorted(connections(server)) == [1, 1, 1, 2, 2, 2, 3, 3, 3]


async def test_the_connection_that_was_used_last_is_used_first(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        transport = to(server.port, 2)
        one = await transport.open(sender=BO, recipient=ANN)
        two = await transport.open(sender=BO, recipient=ANN)
        await two.close()
        await one.close()
        await deliver(transport)
        await deliver(transport)

        assert connections(server) == [1, 1]


async def test_an_idle_connection_is_ended_politely(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        transport = to(server.port, idle=0.05)
        await deliver(transport)
        await until(server, connected=0)
        await deliver(transport)

        assert connections(server) == [1, 2]


async def test_a_connection_ends_after_its_hundredth_message(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        transport = to(server.port)
        for _ in range(MOST_MESSAGES + 1):
            await deliver(transport)

        assert connections(server) == [1] * MOST_MESSAGES + [2]


@pytest.mark.parametrize("place", ["rcpt", "354", "answer"])
@pytest.mark.parametrize("code", [451, 550])
async def test_a_refusal_leaves_the_connection_good_for_the_next_message(diary: Path, place: str, code: int) -> None:
    async with MailServer(diary=diary, rules=[f"ann@* {place} {code}"]) as server:
        transport = to(server.port)
        with pytest.raises(TransportError):
            await deliver(transport)
        await deliver(transport, CY)

        [taken] = server.events("answered", CY)
        assert (taken["code"], taken["connection"]) == (250, 1)


async def test_a_message_that_is_not_begun_leaves_the_connection_good_for_the_next_one(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        transport = to(server.port)
        given_up = await transport.open(sender=BO, recipient=ANN)
        await given_up.close()
        await given_up.close()
        await deliver(transport, CY)

        assert [entry["recipient"] for entry in server.events("DATA")] == [CY]
        assert connections(server) == [1]


@pytest.mark.parametrize("rule", ["ann@* rset 451", "ann@* rset 421", "ann@* rset drop", "ann@* rset stall 30"])
async def test_a_connection_whose_server_has_not_forgotten_the_message_serves_no_other(diary: Path, rule: str) -> None:
    async with MailServer(diary=diary, rules=[rule]) as server:
        transport = to(server.port)
        given_up = await transport.open(sender=BO, recipient=ANN)
        await given_up.close()
        await deliver(transport, CY)

        assert [entry["connection"] for entry in server.events("MAIL")] == [1, 2]
        assert [entry["recipient"] for entry in server.events("DATA")] == [CY]


@pytest.mark.parametrize("rule", ["ann@* answer drop", "ann@* data drop", "ann@* answer 421"])
async def test_anything_else_costs_the_connection_and_makes_room_for_another(diary: Path, rule: str) -> None:
    async with MailServer(diary=diary, rules=[rule]) as server:
        transport = to(server.port)
        with pytest.raises(TransportError):
            await deliver(transport)
        await deliver(transport, CY)

        assert [entry["connection"] for entry in server.events("answered", CY)] == [2]


async def test_so_does_an_answer_that_does_not_come_in_time(tmp_path: Path) -> None:
    async def play(within: float) -> None:
        async with MailServer(diary=tmp_path / f"{within}.jsonl", rules=["ann@* answer hold"]) as server:
            transport = to(server.port, within=within)
            with pytest.raises(TransportError):
                await deliver(transport)
            await deliver(transport, CY)

            [answered] = server.events("answered", CY)
            assert len(server.events("stalled")) == 1
            assert answered["connection"] == 2

    await with_more_time(play)


async def test_a_used_connection_that_died_unnoticed_is_replaced_and_nobody_hears_of_it(diary: Path) -> None:
    async with MailServer(diary=diary) as server:
        transport = to(server.port)
        await deliver(transport)
        for conversation in list(server.conversations):
            conversation.hang_up()
        await deliver(transport)

        assert connections(server) == [1, 2]


@pytest.mark.parametrize("rule", ["cy@* rcpt drop once", "cy@* rcpt 421 once", "cy@* 354 drop once"])
async def test_a_used_connection_that_dies_before_the_message_is_replaced_from_the_start(
    diary: Path, rule: str
) -> None:
    async with MailServer(diary=diary, rules=[rule]) as server:
        transport = to(server.port)
        await deliver(transport)
        await deliver(transport, CY)

        assert [entry["connection"] for entry in server.events("MAIL")] == [1, 1, 2]
        assert connections(server) == [1, 2]


async def test_a_used_connection_on_which_the_server_gives_up_before_anything_is_asked_is_replaced(
    diary: Path,
) -> None:
    async with MailServer(diary=diary) as server:
        transport = to(server.port)
        await deliver(transport)
        delivery = await transport.open(sender=BO, recipient=CY)
        for conversation in list(server.conversations):
            conversation.hang_up()
        await delivery.begin()
        await delivery.hand_over(HELLO)
        await delivery.close()

        assert connections(server) == [1, 2]


async def test_a_new_connection_that_dies_is_not_tried_again(diary: Path) -> None:
    async with MailServer(diary=diary, rules=["* rcpt drop"]) as server:
        with pytest.raises(TransportError) as failed:
            await deliver(to(server.port))

        assert failed.value.code == "disconnected"
        assert len(server.events("MAIL")) == 1


@pytest.mark.parametrize("rule", ["cy@* data drop", "cy@* answer drop"])
async def test_from_the_first_byte_on_nothing_is_tried_twice(diary: Path, rule: str) -> None:
    async with MailServer(diary=diary, rules=[rule]) as server:
        transport = to(server.port)
        await deliver(transport)
        with pytest.raises(DeliveryUnknown):
            await deliver(transport, CY)

        assert len(server.events("DATA-begun", CY)) == 1


async def test_waiting_for_a_connection_ends_with_the_time_there_is(tmp_path: Path) -> None:
    async def play(within: float) -> None:
        async with MailServer(diary=tmp_path / f"{within}.jsonl") as server:
            transport = to(server.port, within=within)
            busy = await transport.open(sender=BO, recipient=ANN)
            with pytest.raises(TransportError) as failed:
                await transport.open(sender=BO, recipient=CY)
            await busy.close()
            await deliver(transport, CY)

            assert failed.value.code == "timeout"
            assert connections(server) == [1]

    await with_more_time(play)


async def with_more_time(play: Callable[[float], Awaitable[None]]) -> None:
    """Each step of it has half a second; on a machine to which that was too little for a step, more."""
    for within in (0.5, 4):
        with suppress(TransportError, AssertionError):
            await play(within)
            return
    await play(30)


async def test_whoever_is_canceled_while_he_waits_or_talks_leaves_his_place_to_the_next(diary: Path) -> None:
    async with MailServer(diary=diary, rules=["ann@* rcpt stall 30"]) as server:
        transport = to(server.port)
        both = [asyncio.create_task(transport.open(sender=BO, recipient=ANN)) for _ in range(2)]
        await server.written("stalled")
        for each in both:
            each.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        await deliver(transport, CY)

        assert connections(server) == [2]
