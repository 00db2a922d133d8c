"""Situations in which replies are not heard: journaling is off, or the journal hears nothing."""

from datetime import UTC, datetime, timedelta

import aiosmtplib
import sqlalchemy as sa

from sequencing.happenings import Reason
from store.tables import MessageRow, SettingsRow
from tests.docs.desk import Desk
from tests.docs.page import section
from tests.docs.stories import lives
from tests.house import CALL, EMAIL
from tests.kills.stage import Child
from tests.ports import free_port

LATER = {"delay": "1 hour"}


@lives("The journal hears nothing")
async def a_silent_journal_is_said_until_it_hears_something(desk: Desk) -> None:
    page, stage = section("The journal hears nothing"), desk.stage
    (address_command,) = page.blocks
    await stage.contact("sila")
    one = await desk.enroll("sila", EMAIL, {**CALL, **LATER})
    await stage.house.place(one.id, "waiting", 2)
    await desk.done("sequencing settings set --journaling --as ada@example.org")
    await _as_if_since_yesterday(desk)

    assert page.says("The journal has heard nothing since") in (await desk.done("sequencing attention")).text
    assert '"journal":"silent"' in (await desk.health()).text
    address = (await desk.done(address_command)).text.strip()
    journal = await _journal(desk, page.code("sequencing journal"))
    asked = page.code("python -c").replace("2525", str(journal.port))
    assert (await desk.done(asked)).text.startswith("220 ")
    await _bring(
        journal, address, "mta@elsewhere.test", "From: x@y.test\r\nTo: z@y.test\r\n\r\nNothing to do with us\r\n"
    )

    assert '"journal":"heard"' in (await desk.health()).text
    assert "heard nothing" not in (await desk.done("sequencing attention")).text
    await desk.stop(journal)


@lives("Replies do not arrive")
async def replies_pause_once_journaling_is_on_and_by_hand_before(desk: Desk) -> None:
    page, stage = section("Replies do not arrive"), desk.stage
    (switching,) = page.blocks
    for name in ("rosa", "rolf"):
        await stage.contact(name)
    missed, next_one = await desk.enroll("rosa", {**EMAIL, **LATER}), await desk.enroll("rolf", {**EMAIL, **LATER})
    await desk.run("sequencing settings set --no-journaling --as ada@example.org")
    journal = await _journal(desk, "sequencing journal")
    address = (await desk.done("sequencing journal --address --as ada@example.org")).text.strip()
    await _bring(
        journal, address, "rosa@example.com", "From: rosa@example.com\r\nMessage-ID: <1@x.test>\r\n\r\nYes\r\n"
    )
    assert (await stage.row(missed.id)).last_news == 0
    adding = await desk.run(f"sequencing enroll {missed.sequence_id} rolf --dry-run")
    assert page.says("Email journaling is off") in adding.text

    await desk.done(switching)
    await desk.done(page.code("sequencing enrollments reply"), missed)
    await _bring(
        journal, address, "rolf@example.com", "From: rolf@example.com\r\nMessage-ID: <2@x.test>\r\n\r\nYes\r\n"
    )

    for each in (missed, next_one):
        assert (await stage.rests(each.id)).reason is Reason.replied
    await desk.stop(journal)


async def _journal(desk: Desk, command: str) -> Child:
    port = free_port()
    journal = await desk.another_worker(*desk.program(command), SEQUENCING_JOURNAL_ADDRESS=f"127.0.0.1:{port}")
    await journal.says("journal started")
    journal.port = port
    return journal


async def _bring(journal: Child, address: str, sender: str, mail: str) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=journal.port) as smtp:
        await smtp.sendmail(sender, [address], mail.encode())


async def _as_if_since_yesterday(desk: Desk) -> None:
    """Nobody waits for a day in a test."""
    yesterday = datetime.now(UTC) - timedelta(hours=25)
    async with desk.stage.house.database.writing() as tx:
        await tx.execute(sa.update(SettingsRow).values(changed_at=yesterday - timedelta(hours=1)))
        await tx.execute(sa.update(MessageRow).where(MessageRow.sent_at.is_not(None)).values(sent_at=yesterday))
