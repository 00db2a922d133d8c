"""What the world brings while its contact is just being enrolled: whoever is first, the new enrollment hears of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sequencing.happenings import What
from sequencing.settings import SettingsChange
from sequencing.tracking import Unsubscribing
from starter import tracking
from starter.journal import Journal, Taken
from starter.settings import change_settings
from starter.texts import Incoming, take_text
from store import enrolling, news
from store.enrolling import Add, Wanted
from tests.activities.test_emails import LATER
from tests.house import ADA, EMAIL, House
from tests.posted import Posted, post

ANN_CALLS_FROM = "+4915112340001"
Comes = Callable[[House, Posted], Coroutine[Any, Any, None]]


async def a_reply_by_mail(house: House, letter: Posted) -> None:
    said = f"From: Ann <ann@example.com>\r\nMessage-ID: <1@x.test>\r\nIn-Reply-To: {letter.message_id}\r\n\r\nYes\r\n"
    assert await Journal(house.door).take(said.encode()) is Taken.recorded


async def a_reply_by_text(house: House, _: Posted) -> None:
    await take_text(house.door, Incoming("SM1", ANN_CALLS_FROM, "Yes"))


async def a_stop_by_text(house: House, _: Posted) -> None:
    await take_text(house.door, Incoming("SM1", ANN_CALLS_FROM, "STOP"))


async def an_unsubscribe(house: House, letter: Posted) -> None:
    await tracking.unsubscribe(house.door, Unsubscribing(letter.links.reference, letter.fingerprint))


@pytest.mark.parametrize(
    ("comes", "what"),
    [
        (a_reply_by_mail, What.reply),
        (a_reply_by_text, What.reply),
        (a_stop_by_text, What.unsubscribe),
        (an_unsubscribe, What.unsubscribe),
    ],
)
async def test_whoever_is_just_being_enrolled_hears_of_it_too(alone: House, comes: Comes, what: What) -> None:
    await change_settings(alone.door, SettingsChange(journaling=True), ADA)
    letter = await post(alone, await alone.enroll("ann", EMAIL, LATER))
    add = Add(int(await alone.sequence(LATER)), by=2)

    async with alone.database.writing() as tx:
        batch = await enrolling.enroll(tx, add, [Wanted("ann")], alone.door.now(), alone.door.new_id)
        coming = asyncio.create_task(comes(alone, letter))
        done, _ = await asyncio.wait([coming], timeout=0.5)
    await coming

    [(born, _)] = batch.born
    row = await alone.row(born.id)
    assert row is not None
    async with alone.database.reading() as tx:
        heard = [piece.happening.what for piece in await news.unnoted(tx, row)]
    assert (heard, done) == ([what], set())
