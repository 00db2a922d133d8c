"""With engine, worker and mail server: our own copy settles by itself, whichever comes first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client

from sequencing.happenings import Reason
from sequencing.settings import SettingsChange
from starter.journal import Journal, Taken
from starter.settings import change_settings
from store.database import Database
from tests.house import ADA, CALL, EMAIL, RITA, House
from tests.mail_server import MailServer
from tests.patience import PATIENCE
from transports.smtp import SmtpTransport

ANN = "ann@example.com"
WITHIN = timedelta(seconds=PATIENCE)


@asynccontextmanager
async def sending(
    database: Database, client: Client, folder: Path, *rules: str
) -> AsyncIterator[tuple[House, MailServer]]:
    """A house that sends to a mail server which keeps to these rules, with journaling on."""
    async with MailServer(diary=folder / "mail.jsonl", rules=rules) as mail:
        smtp = SmtpTransport(f"smtp://127.0.0.1:{mail.port}", within=WITHIN)
        async with House.open(database, client, folder / "outbox", smtp) as house:
            await change_settings(house.door, SettingsChange(journaling=True), ADA)
            yield house, mail


async def test_a_copy_that_comes_while_the_message_is_with_the_server_keeps_it_from_being_unknown(
    sqlite: Database, client: Client, tmp_path: Path
) -> None:
    async with sending(sqlite, client, tmp_path, "ann@* answer hold", "ann@* answer drop") as (house, mail):
        journal = Journal(house.door)
        one = await house.enroll("ann", EMAIL, CALL)
        copy = (await mail.written("DATA-complete", ANN))["message"].encode()

        assert await journal.take(copy) is Taken.recorded

        del mail.rules[0]  # from now on the answer does not come
        await house.place(one, "to_do", 2)
        told = await house.sequencer.show(one, by=RITA)
        assert [event["what"] for event in told.events] == ["enrolled", "claimed", "sent", "opened"]
        assert told.events[2]["seen"] is True


async def test_a_copy_that_comes_after_the_message_was_given_up_settles_it_within_seconds(
    sqlite: Database, client: Client, tmp_path: Path
) -> None:
    async with sending(sqlite, client, tmp_path, "ann@* answer drop") as (house, mail):
        journal = Journal(house.door)
        one = await house.enroll("ann", EMAIL, CALL)
        copy = (await mail.written("DATA-complete", ANN))["message"].encode()
        assert (await house.place(one, "paused")).reason is Reason.delivery_unknown

        assert await journal.take(copy) is Taken.recorded

        await house.until(one, lambda e: e is not None and e.place == "to_do" and e.step == 2)
        await journal.close()
