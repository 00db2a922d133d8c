"""From the journal's 250 for a reply to the end of sending: `python -m benchmarks.replies [--postgresql]`.

Engine, worker, journal and mail server are processes; this program is the company's mail server and whoever looks. In
each round some contacts have just got a mail, their next one falls due about when their replies are handed in, and two
instants are taken for each, from the moment at which the 250 was read:

    no further claim   the reply is seen by a transaction that begins then: whatever claims next sees it too
    shown as paused    the row says so

`claims after` counts messages that were claimed after the first look nevertheless: 0 is the only good answer.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from aiosmtplib import SMTP

from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import What
from sequencing.settings import SettingsChange
from settings import Settings
from simulator.letters import Occasion, answer
from simulator.mails import read
from simulator.personas import chance_of, persona_of
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from starter.hearing import recipient_of
from starter.settings import change_settings
from store.tables import MessageRow, NewsRow
from tests.house import ADA, EMAIL, HEADER, RITA
from tests.kills.stage import Child, Stage
from tests.mail_server import read_diary
from tests.ports import free_port

DUE = 2.0
"""Seconds from the first mail to the second."""
EARLY, LATE = -0.5, 0.1
"""When the reply comes, by the second one's due instant."""
LOOK = 0.002
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one reply, in seconds after the 250; `claims` were committed after the first look."""

    seen: float
    paused: float
    claims: int


@dataclass(frozen=True, slots=True)
class Scene:
    """The stage, and its journal's door."""

    stage: Stage
    recipient: str
    port: int

    async def hand_in(self, raw: bytes) -> float:
        """The instant (monotonic) at which the journal's 250 was read."""
        async with SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, local_hostname="localhost") as smtp:
            await smtp.mail("someone@example.com")
            await smtp.rcpt(self.recipient)
            await smtp.data(raw)
            return time.monotonic()


async def main(replies: int, at_once: int, *, postgresql: bool) -> None:
    """Runs the rounds and prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        async with _scene(Path(folder), postgresql=postgresql) as scene:
            await _people(scene, replies)
            steps = [EMAIL, {**EMAIL, "delay": f"{DUE:.0f} seconds"}, {**EMAIL, "delay": "1 day"}]
            sequence = await scene.stage.house.sequence(*steps)
            figures: list[Figures] = []
            for first in range(0, replies, at_once):
                names = [f"c{number}" for number in range(first, min(first + at_once, replies))]
                figures += await asyncio.gather(*(_one(scene, sequence, name) for name in names))
                print(f"{len(figures)} of {replies}", flush=True)
    _print(figures, "PostgreSQL" if postgresql else "SQLite")


async def _one(scene: Scene, sequence: str, name: str) -> Figures:
    house = scene.stage.house
    (answered,) = await house.sequencer.enroll(sequence, [name], by=RITA)
    assert isinstance(answered, Enrolled), answered
    one = answered.enrollment_id or ""
    reply = _reply(await _arrived(scene, f"{name}@example.com"), f"{name}@example.com")
    await asyncio.sleep(DUE + random.uniform(EARLY, LATE))
    told = await scene.hand_in(reply)
    while not await _is_seen(scene, one):
        await asyncio.sleep(LOOK)
    seen = time.monotonic()
    before = await _claims(scene, one)
    await _row(scene, one, Status.paused)
    paused = time.monotonic()
    await asyncio.sleep(1)
    return Figures(seen - told, paused - told, await _claims(scene, one) - before)


async def _arrived(scene: Scene, recipient: str) -> bytes:
    """The mail that came for that recipient."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for entry in read_diary(scene.stage.diary, "DATA-complete", recipient):
                return str(entry["message"]).encode("utf-8", "surrogateescape")
            await asyncio.sleep(0.05)


def _reply(raw: bytes, address: str) -> bytes:
    chance = chance_of("bench", address)
    occasion = Occasion(read(raw, address), persona_of(address, chance), f"<r-{address}>", datetime.now(UTC), chance)
    return answer(occasion).raw


async def _is_seen(scene: Scene, one: str) -> bool:
    async with scene.stage.house.database.reading() as tx:
        of = NewsRow.enrollment_id == one, NewsRow.what == What.reply
        return bool(await tx.scalar(sa.select(sa.func.count()).where(*of)))


async def _claims(scene: Scene, one: str) -> int:
    async with scene.stage.house.database.reading() as tx:
        of = sa.select(sa.func.count()).select_from(MessageRow).where(MessageRow.enrollment_id == one)
        return int(await tx.scalar(of) or 0)


async def _row(scene: Scene, one: str, status: Status) -> Enrollment:
    async with asyncio.timeout(PATIENCE):
        while True:
            row = await scene.stage.house.row(one)
            if row is not None and row.status is status:
                return row
            await asyncio.sleep(LOOK)


async def _people(scene: Scene, number: int) -> None:
    lines = [f"c{one},Cay{one},Cass,,,{RITA},c{one}@example.com,," for one in range(number)]
    await import_contacts(scene.stage.house.door, "\n".join([HEADER, *lines]), RITA)
    await change_settings(scene.stage.house.door, SettingsChange(journaling=True), ADA)


@asynccontextmanager
async def _scene(folder: Path, *, postgresql: bool) -> AsyncIterator[Scene]:
    async with Stage.open(folder / "var", postgresql=postgresql) as stage:
        port = free_port()
        environment = stage.worker.environment | {"SEQUENCING_JOURNAL_ADDRESS": f"127.0.0.1:{port}"}
        command = [sys.executable, "-m", "starter", "journal"]
        journal = Child("journal", command, folder / "journal.log", port, environment)
        await journal.start()
        try:
            yield Scene(stage, recipient_of(Settings(var=folder / "var")), port)
        finally:
            await journal.end()


def _print(figures: list[Figures], store: str) -> None:
    print(f"\n{len(figures)} replies by SMTP, on {store}; milliseconds after the journal's 250\n")
    for name in ("seen", "paused"):
        values = [getattr(one, name) * 1000 for one in figures]
        last = statistics.quantiles(values, n=100, method="inclusive")[98]
        words = {"seen": "no further claim", "paused": "shown as paused"}[name]
        print(f"  {words:18} median {statistics.median(values):8.1f}   99th percentile {last:8.1f}")
    print(f"  claims after       {sum(one.claims for one in figures)}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--replies", type=int, default=200)
    options.add_argument("--at-once", type=int, default=10)
    options.add_argument("--postgresql", action="store_true", help="not on SQLite")
    chosen = options.parse_args()
    asyncio.run(main(chosen.replies, chosen.at_once, postgresql=chosen.postgresql))
