"""What the door does with a mail from the journal: kept once, told to everybody concerned, settled, or merely counted."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from sequencing.enrollments import Enrollment
from sequencing.happenings import Happening, Reason, What
from sequencing.settings import SettingsChange
from sequencing.todos import Outcome
from starter.journal import Journal, Taken
from starter.settings import change_settings
from store import messages, news
from store.lives import Life
from store.mail_tables import JournalDayRow, MailRow
from store.tables import Channel, EventRow, MessageRow, MessageState, SuppressionRow
from tests.house import ADA, CALL, EMAIL, RITA, House

ANN = "ann@example.com"
LATER = {**EMAIL, "delay": "300 days"}
DOMAIN = "example.org"
OUR_ID = "<aaaaaaaaaaaaaaaaaaaaaaaaaa@example.org>"


def mail(
    sender: str = ANN,
    to: str = RITA,
    *headers: str,
    id: str | None = "<one@example.com>",
    text: str = "Yes, please.",
) -> bytes:
    lines = [f"From: Somebody <{sender}>", f"To: {to}", "Subject: Re: Hello", *headers]
    lines += [f"Message-ID: {id}"] if id else []
    return "\r\n".join([*lines, "", text, ""]).encode()


@pytest.fixture
async def hearing(alone: House) -> Journal:
    await change_settings(alone.door, SettingsChange(journaling=True), ADA)
    return Journal(alone.door, DOMAIN)


async def unnoted(house: House, enrollment_id: str) -> list[str]:
    row = await house.row(enrollment_id)
    assert row is not None
    async with house.database.reading() as tx:
        return [piece.happening.what.value for piece in await news.unnoted(tx, row)]


async def folded(house: House, enrollment_id: str) -> Enrollment:
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, house.door.now())
        assert life is not None
        return await news.folded(tx, life.enrollment, life.now, life.course)


async def mails(house: House) -> Sequence[MailRow]:
    async with house.database.reading() as tx:
        return list(await tx.scalars(sa.select(MailRow).order_by(MailRow.id)))


async def counted(house: House) -> tuple[int, int, int]:
    async with house.database.reading() as tx:
        sums = [sa.func.coalesce(sa.func.sum(getattr(JournalDayRow, n)), 0) for n in ("kept", "others", "unreadable")]
        return tuple((await tx.execute(sa.select(*sums))).one())


async def test_a_reply_is_kept_and_pauses_every_active_enrollment_of_the_contact(
    alone: House, hearing: Journal
) -> None:
    first, second, other = [await alone.enroll(name, LATER) for name in ("ann", "ann", "ben")]

    assert await hearing.take(mail()) is Taken.recorded

    assert [(await folded(alone, one)).reason for one in (first, second, other)] == [Reason.replied] * 2 + [None]
    (kept,) = await mails(alone)
    assert (kept.meaning, kept.kind, kept.sender, kept.text) == ("reply", "person", ANN, "Yes, please.")
    assert await counted(alone) == (1, 0, 0)


async def test_the_same_mail_twice_is_one(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)

    assert [await hearing.take(mail()) for _ in range(2)] == [Taken.recorded] * 2

    assert (await unnoted(alone, one), len(await mails(alone))) == (["reply"], 1)


async def test_the_same_mail_many_times_at_the_same_instant_is_one(alone: House, hearing: Journal) -> None:
    one = await alone.enroll("ann", LATER)

    taken = await asyncio.gather(*(hearing.take(mail()) for _ in range(8)))

    assert taken == [Taken.recorded] * 8
    assert (await unnoted(alone, one), len(await mails(alone))) == (["reply"], 1)
