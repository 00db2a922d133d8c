"""An attempt that was given up and goes on: its process was frozen, another came after it, and now it is thawed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sequencing.happenings import Reason
from store import messages, news
from store.tables import MessageState
from tests.activities.test_emails import LATER, NOW, act, answering
from tests.house import EMAIL, House
from tests.mail_server import written


async def test_an_answer_that_comes_after_the_message_was_given_up_is_news_of_which_its_run_is_still_to_hear(
    alone: House, tmp_path: Path
) -> None:
    one = await alone.enroll("ann", {**EMAIL, **NOW}, LATER)
    async with answering(alone, tmp_path, "* answer stall 1") as house:
        frozen = asyncio.create_task(act(house, one))
        await written(tmp_path / "mail.jsonl", "stalled")
        await act(house, one)
        given_up = await alone.row(one)
        await frozen

    row = await alone.row(one)
    async with alone.database.reading() as tx:
        [message] = await messages.of_enrollment(tx, one)
        unheard = await news.unsignaled(tx, alone.door.now() + timedelta(minutes=1), 10)
    assert given_up is not None
    assert (given_up.reason, message.state) == (Reason.delivery_unknown, MessageState.sent)
    assert unheard == [(one, 1)], "whoever takes note of it alone tells nobody: the run would wait for ever"
    assert row == replace(given_up, last_news=1)
