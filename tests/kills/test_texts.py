"""Texts are sent once or a person is asked, wherever the worker dies, counted at the provider."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sequencing.happenings import Reason, Settlement
from simulator.phones import Phones
from starter.contacts import import_contacts
from store.tables import MessageState
from tests.house import HEADER, RITA, TEXT
from tests.kills.anew import Missed, anew
from tests.kills.stage import PATIENCE, Child, Stage
from tests.mail_server import read_diary, written
from tests.ports import free_port

TOKEN = "of-the-simulated-world"
STUCK = """CREATE TRIGGER stuck BEFORE UPDATE ON messages WHEN NEW.state = 'handing_over'
BEGIN SELECT RAISE(ABORT, 'not yet'); END"""
LONG = 3600.0
"""Seconds of a stall that the worker ends by dying: over when everything else is."""
ROUNDS = 50
AT_ONCE = 10


@dataclass
class Exchange:
    """A stage whose worker texts through a provider that keeps a diary; nobody posts back what became of a text."""

    stage: Stage
    provider: Child
    diary: Path
    rules: Path

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator["Exchange"]:
        folder.mkdir(parents=True, exist_ok=True)
        port, diary, rules = free_port(), folder / "phones.jsonl", folder / "phone-rules"
        where = ["--port", str(port), "--token", TOKEN, "--diary", str(diary), "--rules", str(rules)]
        provider = Child("phones", [sys.executable, "-m", "simulator.phones", *where], folder / "phones.log", port)
        url = Phones("", token=TOKEN).url(f"127.0.0.1:{port}")
        await provider.start()
        try:
            async with Stage.open(folder, environment={"SEQUENCING_TEXTS_URL": url}) as stage:
                yield cls(stage, provider, diary, rules)
        finally:
            await provider.end()

    def rule(self, *lines: str) -> None:
        fresh = self.rules.with_suffix(".new")
        fresh.write_text("\n".join(["* status silence", *lines]))
        fresh.replace(self.rules)

    async def contact(self, name: str, number: int) -> str:
        phone = f"+4915700{number:06d}"
        await import_contacts(self.stage.house.door, f"{HEADER}\n{name},{name.capitalize()},,,,{RITA},,,{phone}", RITA)
        return phone

    async def said(self, event: str, recipient: str | None) -> Any:
        return await written(self.diary, event, recipient, within=PATIENCE)

    def taken(self, recipient: str) -> int:
        return len(read_diary(self.diary, "taken", recipient))

    async def execute(self, statement: str) -> None:
        async with self.stage.house.database.writing() as tx:
            await tx.execute(sa.text(statement))


States = list[MessageState]
Reach = Callable[[Exchange, str, str], Awaitable[tuple[str, States]]]
"""Brings a new enrollment of that contact to the point and kills the worker; its id, and where its messages stood."""


async def before_the_claim(exchange: Exchange, name: str, phone: str) -> tuple[str, States]:
    nth = len(read_diary(exchange.diary, "stalled", "*")) + 1
    exchange.rule(f"* login stall {LONG + nth / 1000} once")  # a rule that was used up once is not another one
    one = await exchange.stage.house.enroll(name, TEXT)
    await written(exchange.diary, "stalled", "*", times=nth, within=PATIENCE)
    return one, await _killed(exchange, one)


async def between_claim_and_post(exchange: Exchange, name: str, phone: str) -> tuple[str, States]:
    exchange.rule()
    await exchange.execute(STUCK)
    one = await exchange.stage.house.enroll(name, TEXT)
    async with asyncio.timeout(PATIENCE):
        while await exchange.stage.claims(one) != [MessageState.claimed]:
            await asyncio.sleep(0.02)
    states = await _killed(exchange, one)
    assert read_diary(exchange.diary, "asked", phone) == []
    await exchange.execute("DROP TRIGGER stuck")
    return one, states


async def after_the_post_began(exchange: Exchange, name: str, phone: str) -> tuple[str, States]:
    exchange.rule(f"{phone} take stall {LONG} once")
    one = await exchange.stage.house.enroll(name, TEXT)
    await exchange.said("stalled", phone)
    return one, await _killed(exchange, one)


async def before_the_record(exchange: Exchange, name: str, phone: str) -> tuple[str, States]:
    exchange.rule(f"{phone} answer hold")
    one = await exchange.stage.house.enroll(name, TEXT)
    await exchange.said("stalled", phone)
    async with exchange.stage.lock(one):
        exchange.rule()
        await exchange.said("answered", phone)
        await asyncio.sleep(0.1)  # the answer is read, and the record waits for the lock
        return one, await _killed(exchange, one)


async def _killed(exchange: Exchange, one: str) -> States:
    """The worker; a dead one moves nothing."""
    await exchange.stage.worker.kill()
    return await exchange.stage.claims(one)


POINTS: dict[Reach, tuple[States, bool]] = {
    before_the_claim: ([], False),
    between_claim_and_post: ([MessageState.claimed], False),
    after_the_post_began: ([MessageState.handing_over], True),
    before_the_record: ([MessageState.handing_over], True),
}
"""Where the messages stand there; whether `delivery_unknown` is right then, else it is sent and nobody is needed."""


async def play(exchange: Exchange, reach: Reach, number: int) -> None:
    await anew(lambda tried: _play(exchange, reach, number + 10_000 * tried))


async def _play(exchange: Exchange, reach: Reach, number: int) -> None:
    (there, unknown), stage = POINTS[reach], exchange.stage
    phone = await exchange.contact(f"kim{number}", number)
    one, died_at = await reach(exchange, f"kim{number}", phone)
    exchange.rule()
    await stage.worker.start()
    row = await stage.rests(one)
    if died_at != there:
        raise Missed(f"it died at {died_at}")

    assert stage.is_unknown(row) is unknown, row
    if not unknown:
        assert (row.reason, exchange.taken(phone)) == (Reason.steps_done, 1)
        return
    assert await stage.attention(one) == [RITA]
    assert exchange.taken(phone) == (1 if reach is before_the_record else 0)
    await stage.house.sequencer.settle(one, Settlement.left, by=RITA)
    assert (await stage.finishes(one)).reason is Reason.steps_done
    assert exchange.taken(phone) <= 1


@pytest.fixture(scope="module")
async def exchange(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Exchange]:
    async with Exchange.open(tmp_path_factory.mktemp("texts")) as opened:
        yield opened


@pytest.mark.parametrize("reach", POINTS, ids=lambda reach: reach.__name__)
async def test_a_worker_that_dies_sends_a_text_once_or_asks(exchange: Exchange, reach: Reach) -> None:
    await play(exchange, reach, list(POINTS).index(reach))


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("reach", POINTS, ids=lambda reach: reach.__name__)
async def test_fifty_dead_workers_send_fifty_texts_once_or_ask(reach: Reach, tmp_path: Path) -> None:
    async with Exchange.open(tmp_path / "texts") as exchange:
        for number in range(ROUNDS):
            await play(exchange, reach, number)


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_workers_that_die_at_any_moment_among_many_texts_send_none_twice(tmp_path: Path) -> None:
    chance, unknown = random.Random(4), 0
    async with Exchange.open(tmp_path / "texts") as exchange:
        stage = exchange.stage
        exchange.rule()
        for number in range(ROUNDS // 5):
            phones = [await exchange.contact(f"kim{number}x{n}", 100 * number + n) for n in range(AT_ONCE)]
            many = [await stage.house.enroll(f"kim{number}x{n}", TEXT) for n in range(AT_ONCE)]
            await asyncio.sleep(chance.random())
            await stage.worker.kill()
            await stage.worker.start()
            for one, phone in zip(many, phones, strict=True):
                row = await stage.rests(one)
                unknown += stage.is_unknown(row)
                assert exchange.taken(phone) <= 1
                assert stage.is_unknown(row) or exchange.taken(phone) == 1, row
    print(f"{unknown} of {ROUNDS // 5 * AT_ONCE} were asked about")
