"""Against a real Postfix and a real Dovecot: an email leaves, is answered, the answer comes back, and it pauses."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
import sqlalchemy as sa
from temporalio.client import Client

from sequencing.adds import Enrolled
from sequencing.enrollments import Status
from sequencing.happenings import Reason
from sequencing.inbound import read_mail
from starter.contacts import import_contacts
from starter.journal import Journal, Taken
from starter.timeline import story
from store import settings, suppressions
from store.database import Database
from store.tables import EnrollmentRow, MessageRow
from tests.house import EMAIL, HEADER, RITA, House
from tests.ports import free_port
from tests.post_office import PostOffice, trouble
from transports.journal import JournalServer, networks
from transports.smtp import SmtpTransport

JOURNAL = "journal-of-tests@journal.example"
OFTEN = [{**EMAIL, "delay": "1 second"} for _ in range(30)]
PATIENCE = 120


@dataclass
class Office:
    """A house whose emails leave by Postfix, and whose journal gets the copies."""

    house: House
    post: PostOffice
    answered: list[tuple[str, float, Taken]] = field(default_factory=list)
    """From whom a mail was, when it was answered (time.time), and with what."""
    down: bool = False

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, client: Client, folder: Path, people: Sequence[str]) -> AsyncIterator[Self]:
        port = free_port()
        async with PostOffice.open([RITA, *people], JOURNAL, port) as post:
            smtp = SmtpTransport(f"smtp://127.0.0.1:{post.smtp_port}", within=timedelta(seconds=20))
            async with House.open(database, client, folder / "outbox", smtp) as house:
                office = cls(house, post)
                async with office._journal(port):
                    await office._furnish(people)
                    try:
                        yield office
                    except TimeoutError:
                        print(office.answered, post.log()[-8000:], sep="\n")
                        raise

    @asynccontextmanager
    async def _journal(self, port: int) -> AsyncIterator[None]:
        journal = Journal(self.house.door)

        async def take(raw: bytes) -> bool:
            taken = Taken.cannot_now if self.down else await journal.take(raw)
            self.answered.append((read_mail(raw).sender, time.time(), taken))
            return taken is not Taken.cannot_now

        server = JournalServer(take, recipient=JOURNAL, senders=networks("127.0.0.0/8"), hostname="journal.example")
        await server.start("127.0.0.1", port)
        yield
        await server.stop()
        await journal.close()

    async def _furnish(self, people: Sequence[str]) -> None:
        async with self.house.database.writing() as tx:
            standing = await settings.current(tx)
            await settings.change(tx, replace(standing, journaling=True), None, datetime.now(UTC))
        lines = [f"{one.partition('@')[0]},Somebody,,,,{RITA},{one},," for one in people]
        await import_contacts(self.house.door, "\n".join([HEADER, *lines]), RITA)


@pytest.fixture(scope="session")
def post() -> None:
    """Both servers can be had here; where CI says so, they must."""
    why_not = trouble()
    if why_not and os.environ.get("CI"):
        pytest.fail(why_not)
    if why_not:
        pytest.skip(why_not)


@pytest.mark.statement(42)
async def test_an_answer_written_in_a_real_mailbox_comes_back_by_the_journal_and_pauses(
    sqlite: Database, client: Client, tmp_path: Path, post: None
) -> None:
    async with Office.open(sqlite, client, tmp_path, ["cara@example.com"]) as office:
        enrollment = await office.house.enroll("cara", EMAIL, {**EMAIL, "delay": "1 hour"})
        (letter,) = await office.post.delivered("cara@example.com")
        await asyncio.to_thread(office.post.reply, letter, "cara@example.com", "Yes, call me on Monday.")

        paused = await office.house.place(enrollment, "paused", 2)

        assert paused.reason is Reason.replied
        assert await _written(office, enrollment) == ["Yes, call me on Monday."]
        assert len(await office.post.delivered(RITA)) == 1


async def test_an_absence_that_a_real_server_carries_does_not_pause(
    sqlite: Database, client: Client, tmp_path: Path, post: None
) -> None:
    async with Office.open(sqlite, client, tmp_path, ["cara@example.com"]) as office:
        enrollment = await office.house.enroll("cara", EMAIL, {**EMAIL, "delay": "1 hour"})
        (letter,) = await office.post.delivered("cara@example.com")
        away = {"Auto_Submitted": "auto-replied"}
        await asyncio.to_thread(office.post.reply, letter, "cara@example.com", "I am away until Friday.", **away)
        await office.post.delivered(RITA)

        waiting = await office.house.place(enrollment, "waiting", 2)

        assert waiting.status is Status.active


async def test_a_notification_that_postfix_writes_suppresses_the_address_and_pauses(
    sqlite: Database, client: Client, tmp_path: Path, post: None
) -> None:
    async with Office.open(sqlite, client, tmp_path, ["dan@gone.example"]) as office:
        enrollment = await office.house.enroll("dan", EMAIL, {**EMAIL, "delay": "1 hour"})

        paused = await office.house.place(enrollment, "paused", 2)

        assert paused.reason is Reason.bounced
        async with sqlite.reading() as tx:
            (found,) = await suppressions.covering(tx, "dan@gone.example")
        assert found.reason == "bounced"


async def test_postfix_tries_again_until_the_journal_has_recorded_an_answer_and_nothing_is_lost_or_twice(
    sqlite: Database, client: Client, tmp_path: Path, post: None
) -> None:
    async with Office.open(sqlite, client, tmp_path, ["cara@example.com"]) as office:
        enrollment = await office.house.enroll("cara", EMAIL, {**EMAIL, "delay": "1 hour"})
        (letter,) = await office.post.delivered("cara@example.com")
        await office.house.place(enrollment, "waiting", 2)
        office.down = True
        await asyncio.to_thread(office.post.reply, letter, "cara@example.com", "Later, please.")
        async with asyncio.timeout(PATIENCE):
            while [taken for _, _, taken in office.answered].count(Taken.cannot_now) < 2:
                await asyncio.sleep(0.1)
        before = await office.house.row(enrollment)
        office.down = False

        paused = await office.house.until(
            enrollment,
            lambda row: row is not None and row.place == "paused" and row.noted == row.last_news,
            PATIENCE,
        )

        assert before is not None
        assert before.status is Status.active
        assert (paused.reason, paused.step) == (Reason.replied, 2)
        assert await _written(office, enrollment) == ["Later, please."]


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_from_the_250_on_nothing_is_claimed_and_soon_it_shows_as_paused(
    sqlite: Database, client: Client, tmp_path: Path, post: None
) -> None:
    many = 200
    people = [f"m{number}@example.com" for number in range(many)]
    async with Office.open(sqlite, client, tmp_path, people) as office:
        sequence = await office.house.sequence(*OFTEN)
        enrollments: dict[str, str] = {}
        shown: dict[str, float] = {}
        for at in range(0, many, 10):
            some = people[at : at + 10]
            answers = await office.house.sequencer.enroll(sequence, some, by=RITA)
            ids = {
                one: str(answer.enrollment_id)
                for one, answer in zip(some, answers, strict=True)
                if isinstance(answer, Enrolled)
            }
            await asyncio.gather(*(_answer(office, one) for one in some))
            await _until_all_paused(office, ids.values(), shown)
            enrollments |= ids
        claims = await _last_claims(office)

    heard = {enrollments[sender]: at for sender, at, _ in office.answered if sender in enrollments}
    late = sorted(claims[one] - at for one, at in heard.items())
    took = sorted(shown[one] - at for one, at in heard.items())
    print(f"\n{many} answers by Postfix, from the journal's 250:")
    print(f"  back to the last claim: {_spread([-one for one in reversed(late)])}")
    print(f"  to shown as paused:     {_spread(took)}")
    assert len(heard) == many
    assert late[-1] <= 0


async def _answer(office: Office, address: str) -> None:
    letter = (await office.post.delivered(address))[0]
    await asyncio.to_thread(office.post.reply, letter, address, "Yes.")


async def _written(office: Office, enrollment: str) -> list[str]:
    """What the story of an enrollment says that was answered."""
    told = (await story(office.house.door, enrollment, RITA)).mails
    return [str(mail["text"]) for mail in told.values() if mail["text"]]


async def _until_all_paused(office: Office, ids: Collection[str], shown: dict[str, float]) -> None:
    """Notes when the row of each said that it is paused."""
    rows = sa.select(EnrollmentRow.id).where(EnrollmentRow.id.in_(ids), EnrollmentRow.status == Status.paused)
    async with asyncio.timeout(PATIENCE):
        while not all(one in shown for one in ids):
            async with office.house.database.reading() as tx:
                found = list(await tx.scalars(rows))
            shown |= {one: time.time() for one in found if one not in shown}
            await asyncio.sleep(0.01)


async def _last_claims(office: Office) -> dict[str, float]:
    rows = sa.select(MessageRow.enrollment_id, sa.func.max(MessageRow.claimed_at)).group_by(MessageRow.enrollment_id)
    async with office.house.database.reading() as tx:
        return {one: at.timestamp() for one, at in await tx.execute(rows)}


def _spread(values: Sequence[float]) -> str:
    return (
        f"median {values[len(values) // 2] * 1000:.0f} ms, 99 % {values[len(values) * 99 // 100] * 1000:.0f} ms, "
        f"most {values[-1] * 1000:.0f} ms"
    )
