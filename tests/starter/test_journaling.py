"""`sequencing journal` as a process of its own: what it prints, what it takes in, and how it stops."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
import pytest

from sequencing.settings import SettingsChange
from settings import Settings
from starter.hearing import recipient_of
from starter.settings import change_settings
from tests.commands import ROOT
from tests.conftest import free_port
from tests.house import ADA, EMAIL, RITA, House

ANN = "ann@example.com"
MAIL = f"From: {ANN}\r\nTo: {RITA}\r\nSubject: Re: Hi\r\nMessage-ID: <1@example.com>\r\n\r\nGladly.\r\n".encode()


@asynccontextmanager
async def journal(house: House, folder: Path, **said: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """The journal on the house's database; its log is `journal.log`."""
    port = free_port()
    about = {
        "SEQUENCING_VAR": str(folder),
        "SEQUENCING_SECRET": "for tests, not for mail",
        "SEQUENCING_DATABASE_URL": house.database.url.render_as_string(hide_password=False),
        "SEQUENCING_JOURNAL_ADDRESS": f"127.0.0.1:{port}",
        "SEQUENCING_MAIL_DOMAIN": "example.org",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
    }
    with (folder / "journal.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "starter", "journal"),
            cwd=ROOT,
            env={**os.environ, **about, **said},
            stdout=log,
            stderr=log,
        )
    try:
        async with asyncio.timeout(30):
            while "journal started" not in (folder / "journal.log").read_text() and process.returncode is None:
                await asyncio.sleep(0.05)
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def bring(port: int, mail: bytes = MAIL) -> None:
    recipient = recipient_of(Settings(secret="for tests, not for mail", mail_domain="example.org"))
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
        await smtp.sendmail("mta@example.org", [recipient], mail)


async def test_a_reply_that_the_journal_took_in_is_recorded_and_its_log_names_nobody(
    alone: House, tmp_path: Path
) -> None:
    await change_settings(alone.door, SettingsChange(journaling=True), ADA)
    one = await alone.enroll("ann", {**EMAIL, "delay": "300 days"})

    async with journal(alone, tmp_path) as (process, port):
        await bring(port)
        row = await alone.row(one)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0

    assert row is not None
    assert row.last_news == 1
    log = (tmp_path / "journal.log").read_text()
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events == ["journal started", "journal stopping", "journal stopped"]
    assert not any(word in log for word in (ANN, RITA, "Gladly", "j-"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEQUENCING_JOURNAL_ADDRESS", "192.0.2.1:2525"),
        ("SEQUENCING_JOURNAL_CERTIFICATE", "/nowhere"),
        ("SEQUENCING_JOURNAL_SENDERS", "10.0.0.0/99"),
        ("SEQUENCING_JOURNAL_RECIPIENT", "no address"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named(alone: House, tmp_path: Path, name: str, value: str) -> None:
    async with journal(alone, tmp_path, **{name: value}) as (process, _):
        assert await asyncio.wait_for(process.wait(), 20) == 2

    assert name in (tmp_path / "journal.log").read_text()
