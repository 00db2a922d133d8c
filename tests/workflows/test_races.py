"""News that arrives at the very moment at which a message is due: ordered by commit, and no claim comes after it."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Happening, What, Why
from starter.contacts import import_contacts
from starter.enrollments import Enrolled, tell
from starter.sequencer import Sequencer
from store import news
from store.database import Database
from store.lives import Life
from store.tables import EventRow, MessageRow
from tests import witness
from tests.house import ADA, EMAIL, HEADER, RITA, House
from tests.mail_server import MailServer, read_diary
from transports.smtp import SmtpTransport

STEPS = [{**EMAIL, "delay": "4 seconds"}, {**EMAIL, "delay": "1 hour"}]
WAVE = 12
SPREAD, STEP = timedelta(milliseconds=50), timedelta(milliseconds=25)
"""News comes so far before or after the middle of what is expected. So far that moves after a race, and twice as far
after another that ended alike: on a slow machine, too, the turning point is found."""
ENDS = ("sent", "not_sent", "unknown")


@dataclass
class Race:
    """One enrollment and the one piece of news that comes for it."""

    kind: str
    enrollment: str
    address: str
    sequence: str
    due: datetime

    @property
    def about(self) -> str:
        """Under which name the witness tells of the news."""
        return {"hold": f"sequence-{self.sequence}", "suppression": self.address}.get(self.kind, self.enrollment)


@dataclass(frozen=True)
class Order:
    """What the witness saw: whether it was claimed before the news, and was leaving then; what was claimed after it."""

    claimed_before: bool
    leaving: bool
    claimed_after: int


@dataclass
class Track:
    """Where races are run: a house whose worker mails to a server that takes its time, and a door of its own."""

    house: House
    door: Sequencer
    diary: Path
    expected: dict[str, timedelta] = field(default_factory=lambda: defaultdict(timedelta))
    moved: Counter[str] = field(default_factory=Counter)
    races: list[Race] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, client: Client, folder: Path) -> AsyncIterator["Track"]:
        """The door has its own connections, as a command has, so that the database alone decides who is first."""
        apart = Database(database.url.render_as_string(hide_password=False))
        async with MailServer(diary=folder / "mail.jsonl", rules=["* answer stall 0.03"]) as server:
            wire = SmtpTransport(f"smtp://127.0.0.1:{server.port}?starttls=never", within=timedelta(seconds=5))
            async with House.open(database, client, folder / "outbox", wire) as house:
                await witness.call(database)
                yield cls(house, Sequencer(replace(house.door, database=apart)), folder / "mail.jsonl")
        await apart.close()

    async def run(self, many: int) -> None:
        """So many races more, a few at a time; what a wave has shown lets the next be closer."""
        if not self.expected:
            lags = [await self._lag(race) for race in await self._start(-WAVE)]
            self.expected.update(dict.fromkeys(KINDS, sorted(lags)[len(lags) // 4]))
        for at in range(len(self.races), len(self.races) + many, WAVE):
            wave = await self._start(at)
            await asyncio.gather(*[self._race(race) for race in wave])
            await self._learn(wave)
            self.races += wave

    async def _start(self, at: int) -> list[Race]:
        some = [(n, list(KINDS)[n % len(KINDS)]) for n in range(at + WAVE, at + 2 * WAVE)]
        lines = [f"c{n},Cay{n},Cass,,,,c{n}@example.com,," for n, _ in some]
        await import_contacts(self.house.door, "\n".join([HEADER, *lines]), RITA)
        shared = await self.house.sequence(*STEPS)
        begun = []
        for number, kind in some:
            sequence = await self.house.sequence(*STEPS) if kind == "hold" else shared
            begun.append((kind, f"c{number}", sequence))
        races = []
        for kind, name, sequence in begun:
            (answer,) = await self.house.sequencer.enroll(sequence, [name], by=RITA)
            assert isinstance(answer, Enrolled)
            row = await self.house.row(answer.enrollment_id or "")
            assert row is not None
            assert row.due_at is not None
            races.append(Race(kind, row.id, f"{name}@example.com", sequence, row.due_at))
        return races

    async def _lag(self, race: Race) -> timedelta:
        """How long after it was due its message was claimed."""
        await self.house.until(race.enrollment, lambda row: row is not None and row.step == 2)
        async with self.house.database.reading() as tx:
            of = select(MessageRow.claimed_at).where(MessageRow.enrollment_id == race.enrollment)
            return (await tx.scalars(of)).one() - race.due

    async def _race(self, race: Race) -> None:
        off = self.expected[race.kind] + random.uniform(-1, 1) * SPREAD
        await asyncio.sleep((race.due + off - datetime.now(UTC)).total_seconds())
        await KINDS[race.kind](self, race)
        await self.house.until(race.enrollment, _rests)

    async def orders(self) -> list[tuple[Race, Order]]:
        """How each race that was run went."""
        told = await witness.heard(self.house.database)
        return [(race, seen(race, told)) for race in self.races]

    async def _learn(self, wave: list[Race]) -> None:
        """Where the news was first it may come later, and the other way round."""
        told = await witness.heard(self.house.database)
        for race in wave:
            way = -1 if seen(race, told).claimed_before else 1
            self.moved[race.kind] = way * max(1, 2 * way * self.moved[race.kind])
            self.expected[race.kind] += self.moved[race.kind] * STEP


def _rests(row: Enrollment | None) -> bool:
    """All news is taken in, and the first message has left or will not."""
    assert row is not None
    over = row.status is not Status.active or row.step == 2 or row.why is Why.held
    return over and row.state is not StepState.sending and row.noted == row.last_news


async def _unsubscribe(track: Track, race: Race) -> None:
    """As the link in an email does it."""
    door = track.door.door
    async with door.database.writing() as tx:
        life = await Life.lock(tx, race.enrollment, door.now())
        assert life is not None
        piece = await news.append(tx, life.enrollment, Happening(What.unsubscribe), life.now)
    await tell(door, life.enrollment, piece)


KINDS: dict[str, Callable[[Track, Race], Awaitable[object]]] = {
    "reply": lambda track, race: track.door.reply(race.enrollment, by=RITA),
    "unsubscribe": _unsubscribe,
    "suppression": lambda track, race: track.door.suppress(race.address, by=RITA),
    "pause": lambda track, race: track.door.pause(race.enrollment, by=RITA),
    "hold": lambda track, race: track.door.hold(race.sequence, by=ADA),
    "cancel": lambda track, race: track.door.cancel(race.enrollment, by=RITA),
}


def seen(race: Race, told: dict[str, list[tuple[int, str]]]) -> Order:
    """How the witness tells of it."""
    ((at, _),) = [(number, word) for number, word in told[race.about] if word == race.kind]
    before = Counter(word for number, word in told[race.enrollment] if number < at)
    after = Counter(word for number, word in told[race.enrollment] if number > at)
    ended = sum(before[word] for word in ENDS)
    return Order(before["claimed"] > 0, before["claimed"] > ended, after["claimed"])


async def _named(database: Database) -> Counter[tuple[str, str, int]]:
    """How often each (enrollment, because of what, step) is said to have been leaving already."""
    async with database.reading() as tx:
        rows = await tx.scalars(select(EventRow).where(EventRow.what == What.was_leaving))
        return Counter((row.enrollment_id, row.details["because"], row.step) for row in rows)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("many", "each"), [(24, 2), pytest.param(504, 50, marks=pytest.mark.soak)])
async def test_news_round_the_due_instant_is_ordered_by_commit_and_nothing_is_claimed_after_it(
    database: Database, client: Client, tmp_path: Path, many: int, each: int
) -> None:
    async with Track.open(database, client, tmp_path) as track:
        await track.run(many)
        while len(track.races) < max(192, 4 * many) and _missing(figures(await track.orders()), each):
            await track.run(WAVE)

        orders, named = await track.orders(), await _named(database)

    arrived = Counter(entry["recipient"] for entry in read_diary(track.diary, "answered") if entry["code"] == 250)
    first, leaving, gone = figures(orders)
    print(f"{len(orders)} races: {first} news first, {leaving} while leaving, {gone} after it had left")
    assert [race for race, order in orders if order.claimed_after] == []
    assert named == Counter((race.enrollment, race.kind, 1) for race, order in orders if order.leaving)
    assert [race for race, order in orders if arrived[race.address] != int(order.claimed_before)] == []
    assert not _missing((first, leaving, gone), each)


def figures(orders: list[tuple[Race, Order]]) -> tuple[int, int, int]:
    """How many news came first, while the message was leaving, and when it had left."""
    found = Counter((order.claimed_before, order.leaving) for _, order in orders)
    return found[False, False], found[True, True], found[True, False]


def _missing(found: tuple[int, int, int], each: int) -> bool:
    first, leaving, gone = found
    return first < each or leaving + gone < each or leaving < each // 5
