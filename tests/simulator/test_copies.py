"""Copies for the journal: none is lost, whatever the journal says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from simulator.copies import Copies, Door, Envelope
from simulator.log import Log, What, entries
from tests.mail_server import MailServer
from tests.patience import PATIENCE
from tests.ports import free_port

JOURNAL = "secret@journal.example.org"


def envelope(name: str, *, twice: bool = False) -> Envelope:
    return Envelope(f"<{name}@example.com>", "ann@example.com", "rita@example.org", "out", twice)


def mail(name: str) -> bytes:
    return f"Message-ID: <{name}@example.com>\r\n\r\nHello.\r\n.\r\nA dot.\r\n".encode()


@asynccontextmanager
async def copying(folder: Path, port: int) -> AsyncIterator[Copies]:
    log = Log(folder / "log.jsonl")
    copies = Copies(folder / "copies", Door(JOURNAL, port), log)
    sending = asyncio.create_task(copies.run())
    yield copies
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    log.close()


async def done(copies: Copies) -> None:
    async with asyncio.timeout(PATIENCE):
        while copies.open:
            await asyncio.sleep(0.02)


def logged(folder: Path, what: What) -> list[dict[str, Any]]:
    return [entry for entry in entries(folder / "log.jsonl") if entry["what"] == what]


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "copies").rglob("*.eml"))


async def test_a_copy_reaches_the_journal_byte_for_byte_and_is_kept_no_longer(tmp_path: Path) -> None:
    async with MailServer(diary=tmp_path / "diary") as journal, copying(tmp_path, journal.port) as copies:
        copies.keep(envelope("one"), mail("one"))
        await done(copies)

        (came,) = journal.events("DATA-complete", JOURNAL)
    assert came["message"].encode() == mail("one")
    assert [entry["tries"] for entry in logged(tmp_path, What.copied)] == [1]
    assert kept(tmp_path) == []


async def test_while_the_journal_says_not_now_it_is_asked_again(tmp_path: Path) -> None:
    rules = ["*@* answer 451 once", "*@* rcpt 450 once"]
    async with MailServer(diary=tmp_path / "diary", rules=rules) as journal, copying(tmp_path, journal.port) as copies:
        copies.keep(envelope("one"), mail("one"))
        await done(copies)

        answered = [entry["code"] for entry in journal.events("answered")]
    assert answered == [451, 250]
    assert [entry["tries"] for entry in logged(tmp_path, What.copied)] == [3]


async def test_a_journal_that_is_away_gets_everything_when_it_is_back_and_after_the_world_was_killed(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with copying(tmp_path, port) as copies:
        for name in ("one", "two"):
            copies.keep(envelope(name), mail(name))
        await asyncio.sleep(0.3)
        assert len(kept(tmp_path)) == 2

    async with MailServer(diary=tmp_path / "diary", port=port) as journal, copying(tmp_path, port) as copies:
        copies.keep(envelope("three"), mail("three"))
        await done(copies)

        came = sorted(entry["message"].encode() for entry in journal.events("DATA-complete"))
    assert came == sorted(map(mail, ("one", "two", "three")))
    assert kept(tmp_path) == []


async def test_what_is_sent_twice_on_purpose_comes_twice_and_is_logged_as_such(tmp_path: Path) -> None:
    async with MailServer(diary=tmp_path / "diary") as journal, copying(tmp_path, journal.port) as copies:
        copies.keep(envelope("one", twice=True), mail("one"))
        await done(copies)

        assert len(journal.events("DATA-complete")) == 2
    assert [entry["again"] for entry in logged(tmp_path, What.copied)] == [False, True]


async def test_what_the_journal_refuses_for_ever_is_set_aside_and_holds_up_nobody(tmp_path: Path) -> None:
    rules = ["*@* rcpt 550 once"]
    async with MailServer(diary=tmp_path / "diary", rules=rules) as journal, copying(tmp_path, journal.port) as copies:
        copies.keep(envelope("one"), mail("one"))
        await done(copies)
        copies.keep(envelope("two"), mail("two"))
        await done(copies)

    assert [entry["code"] for entry in logged(tmp_path, What.copy_refused)] == ["550"]
    assert [path.parent.name for path in kept(tmp_path)] == ["refused"]
    assert [entry["message_id"] for entry in logged(tmp_path, What.copied)] == ["<two@example.com>"]


async def test_without_a_journal_nothing_is_copied_or_kept(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl")
    copies = Copies(tmp_path / "copies", None, log)

    copies.keep(envelope("one"), mail("one"))

    assert (copies.open, kept(tmp_path)) == (0, [])
    log.close()
