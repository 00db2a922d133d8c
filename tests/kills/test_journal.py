"""Mails come in by the journal while something is killed: each is answered 4xx or recorded; none is lost, none counts
twice. The sender is a server that keeps what it was not told to be taken, as all mail servers do.
"""

import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import aiosmtplib
import pytest
import sqlalchemy as sa

from sequencing.happenings import Reason, What
from sequencing.settings import SettingsChange
from settings import Settings
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from starter.hearing import recipient_of
from starter.settings import change_settings
from store.mail_tables import MailRow
from store.tables import NewsRow
from tests.house import ADA, EMAIL, HEADER, RITA
from tests.kills.anew import Missed, anew
from tests.kills.stage import PATIENCE, Child, Stage
from tests.ports import free_port

LATER = {**EMAIL, "delay": "30 days"}
AT_ONCE = 8


class Victim(StrEnum):
    journal = "journal"
    engine = "engine"
    database = "database"


@pytest.mark.parametrize("victim", Victim)
async def test_a_kill_while_replies_come_in_loses_none_and_counts_none_twice(tmp_path: Path, victim: Victim) -> None:
    await play(tmp_path, victim, replies=30, kills=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("victim", Victim)
async def test_twenty_kills_while_replies_come_in_lose_none(tmp_path: Path, victim: Victim) -> None:
    await play(tmp_path, victim, replies=400, kills=20)


async def play(folder: Path, victim: Victim, replies: int, kills: int) -> None:
    """So many contacts reply, each twice told by the sender's server, and the victim dies so many times meanwhile."""
    await anew(lambda number: _play(folder / str(number), victim, replies, kills))


async def _play(folder: Path, victim: Victim, replies: int, kills: int) -> None:
    async with Stage.open(folder / "stage", postgresql=victim is Victim.database) as stage:
        journal = _journal(stage, folder)
        try:
            await change_settings(stage.house.door, SettingsChange(journaling=True), ADA)
            enrollments = await _enrolled(stage, replies)
            await journal.start()
            sender = _Sender(journal, folder / "stage")
            bringing = asyncio.create_task(sender.bring_all(replies))
            for number in range(kills):
                await _until(sender, at_least=replies * (number + 1) // (kills + 1))
                child = {Victim.journal: journal, Victim.engine: stage.engine, Victim.database: stage.postgres}[victim]
                assert child is not None
                await child.kill()
                await asyncio.sleep(0.5)
                await stage.start(child)
            await asyncio.wait_for(bringing, PATIENCE * 2)
            for one in enrollments:
                paused = await stage.rests(one)
                assert (paused.status, paused.reason) == ("paused", Reason.replied)
            assert await _counted(stage) == (replies, replies)
            print(
                f"{victim}: {replies} replies, {sender.refused} refused for the moment, {sender.lost} without an answer"
            )
            if victim is not Victim.engine and not sender.refused + sender.lost:
                raise Missed("nothing was killed in time")
        finally:
            await journal.end()


class _Sender:
    """A mail server: it brings each mail until somebody says 250, and once more when that took more than one try."""

    def __init__(self, journal: Child, var: Path) -> None:
        self.journal, self.taken, self.refused, self.lost = journal, 0, 0, 0
        secret = (var / "secret").read_text() if (var / "secret").exists() else ""
        self.recipient = recipient_of(Settings(var=var, secret=secret))
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def bring_all(self, replies: int) -> None:
        await asyncio.gather(*(self._bring(number) for number in range(replies)))

    async def _bring(self, number: int) -> None:
        async with self._turns:
            tries = 1
            while not await self._once(number):
                tries += 1
                await asyncio.sleep(0.2)
            self.taken += 1
            if tries > 1:
                with suppress(aiosmtplib.SMTPException, OSError):
                    await self._once(number)

    async def _once(self, number: int) -> bool:
        mail = f"From: k{number}@example.com\r\nMessage-ID: <{number}@example.com>\r\nSubject: Re\r\n\r\nYes.\r\n"
        try:
            async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.journal.port, timeout=40) as smtp:
                await smtp.sendmail("mta@example.org", [self.recipient], mail.encode())
            return True
        except aiosmtplib.SMTPResponseException as refusal:
            if refusal.code >= 500:
                raise
            self.refused += 1
        except (aiosmtplib.SMTPException, OSError):
            self.lost += 1
        return False


def _journal(stage: Stage, folder: Path) -> Child:
    port = free_port()
    address = {"SEQUENCING_JOURNAL_ADDRESS": f"127.0.0.1:{port}"}
    return replace(
        stage.worker,
        name="journal",
        command=[sys.executable, "-m", "starter", "journal"],
        log=folder / "journal.log",
        port=port,
        environment={**stage.worker.environment, **address},
        process=None,
    )


async def _enrolled(stage: Stage, number: int) -> list[str]:
    names = [f"k{one}" for one in range(number)]
    people = "\n".join([HEADER, *(f"{name},Kay,Kay,,,,{name}@example.com,," for name in names)])
    await import_contacts(stage.house.door, people, RITA)
    answers = await stage.house.sequencer.enroll(await stage.house.sequence(LATER), names, by=RITA)
    return [one.enrollment_id for one in answers if isinstance(one, Enrolled) and one.enrollment_id]


async def _until(sender: _Sender, at_least: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while sender.taken < at_least:
            await asyncio.sleep(0.005)


async def _counted(stage: Stage) -> tuple[int, int]:
    """How many mails are kept, and how many pieces of news they brought."""
    async with stage.house.database.reading() as tx:
        mails = await tx.scalar(sa.select(sa.func.count()).select_from(MailRow))
        news = await tx.scalar(sa.select(sa.func.count()).select_from(NewsRow).where(NewsRow.what == What.reply))
    return mails or 0, news or 0
