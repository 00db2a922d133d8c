"""An attempt that was given up and goes on: its process was frozen, another came after it, and now it is thawed."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sequencing.decisions import Do
from sequencing.enrollments import Status
from sequencing.happenings import Happening, Reason, What, Why
from sequencing.runs import Ref
from sequencing.timing import Calendar, Frame
from store import messages, news
from store.lives import Life
from store.people_tables import EmailAddressRow
from store.tables import Channel, EnrollmentRow, MessageRow, MessageState
from tests.activities.test_emails import LATER, NOW, act, answering, send
from tests.house import ADA, EMAIL, RITA, House
from tests.mail_server import read_diary, written


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


async def test_a_refusal_that_comes_after_the_message_was_given_up_leaves_the_question_to_a_person(
    alone: House, tmp_path: Path
) -> None:
    one = await alone.enroll("ann", {**EMAIL, **NOW}, LATER)
    async with answering(alone, tmp_path, "* answer stall 1", "* answer 451") as house:
        frozen = asyncio.create_task(act(house, one))
        await written(tmp_path / "mail.jsonl", "stalled")
        await act(house, one)
        given_up = await alone.row(one)
        await frozen

    assert given_up is not None
    assert given_up.reason is Reason.delivery_unknown
    assert await alone.row(one) == given_up


async def test_a_pause_that_comes_while_the_message_leaves_is_taken_in_with_its_end(
    alone: House, tmp_path: Path
) -> None:
    one = await alone.enroll("ann", {**EMAIL, **NOW}, LATER)
    async with answering(alone, tmp_path, "* answer stall 1") as house:
        leaving = asyncio.create_task(act(house, one))
        await written(tmp_path / "mail.jsonl", "stalled")
        await alone.sequencer.pause(one, by=RITA)
        await leaving

    row = await alone.row(one)
    assert row is not None
    assert (row.status, row.step, row.noted, row.last_news) == (Status.paused, 2, 1, 1)


@pytest.mark.parametrize("answered_before", [True, False], ids=["answered", "still with the server"])
async def test_a_message_that_was_leaving_when_its_run_was_terminated_is_not_sent_again_by_the_next_run(
    alone: House, tmp_path: Path, answered_before: bool
) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "* answer stall 1") as house:
        leaving = asyncio.create_task(act(house, one))
        await written(diary, "stalled")
        await terminated(alone, one)
        if answered_before:
            await leaving
        await alone.sequencer.reactivate(one, by=RITA)
        await act(house, one)
        row = await alone.row(one)
        await leaving

    assert row is not None
    assert (row.step, row.reason) == ((2, None) if answered_before else (1, Reason.delivery_unknown))
    assert len(read_diary(diary, "DATA-complete")) == 1


async def test_an_attempt_of_a_run_that_was_terminated_sends_nothing_for_the_next_run(alone: House) -> None:
    one = await alone.enroll("ann", {**EMAIL, **NOW}, LATER)
    before = await alone.row(one)
    await terminated(alone, one)
    await alone.sequencer.reactivate(one, by=RITA)
    stands = await alone.row(one)
    assert before is not None

    answer = await send(alone, Ref(one, before.run, before.step, before.noted))

    assert answer.decision.do is Do.end
    assert (await alone.row(one), alone.sent()) == (stands, [])


async def test_an_attempt_that_was_overtaken_before_the_first_byte_transmits_nothing(
    alone: House, tmp_path: Path
) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "* 354 stall 1") as house:
        frozen = asyncio.create_task(act(house, one))
        await written(diary, "stalled")
        await act(house, one)
        await frozen

    row = await alone.row(one)
    assert row is not None
    assert (row.status, row.step) == (Status.active, 2)
    assert len(read_diary(diary, "DATA-complete")) == 1


async def test_an_address_that_is_taken_away_just_before_the_claim_gets_nothing(alone: House, tmp_path: Path) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "ann@* rcpt stall 1") as house:
        leaving = asyncio.create_task(act(house, one))
        await written(diary, "stalled")
        async with alone.database.writing() as tx:
            of_ann = EmailAddressRow.address == "ann@example.com"
            await tx.execute(sa.update(EmailAddressRow).where(of_ann).values(address="abel@example.com"))
        await leaving
        await act(house, one)

    assert [mail["recipient"] for mail in read_diary(diary, "DATA-complete")] == ["abel@example.com"]


async def test_what_is_put_off_just_before_the_claim_does_not_leave(alone: House, tmp_path: Path) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "ann@* rcpt stall 1") as house:
        leaving = asyncio.create_task(act(house, one))
        await written(diary, "stalled")
        later = alone.door.now() + timedelta(days=1)
        async with alone.database.writing() as tx:
            here = sa.update(EnrollmentRow).where(EnrollmentRow.id == one)
            await tx.execute(here.values(ready_at=later, due_at=later))
        put_off = await alone.row(one)
        await leaving

    assert (await alone.row(one), read_diary(diary, "DATA")) == (put_off, [])


@pytest.mark.parametrize("forbidden", ["suppressed", "held"])
async def test_what_is_forbidden_just_before_the_claim_does_not_leave(
    alone: House, tmp_path: Path, forbidden: str
) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "ann@* rcpt stall 1") as house:
        leaving = asyncio.create_task(act(house, one))
        await written(diary, "stalled")
        if forbidden == "held":
            await alone.sequencer.hold(None, by=ADA)
        else:
            await alone.sequencer.suppress("ann@example.com", by=RITA)
        await leaving

    row = await alone.row(one)
    assert row is not None
    assert (row.step, row.reason or row.why) == (1, forbidden)
    assert read_diary(diary, "DATA") == []


async def test_what_was_waiting_for_the_claim_when_the_send_window_closed_does_not_leave(
    alone: House, tmp_path: Path
) -> None:
    one, diary = await alone.enroll("ann", {**EMAIL, **NOW}, LATER), tmp_path / "mail.jsonl"
    async with answering(alone, tmp_path, "ann@* rcpt stall 1") as house:
        leaving = asyncio.create_task(act(house, one))
        await written(diary, "stalled")
        hour = alone.door.now().hour
        hours = Frame(time((hour + 6) % 24), time((hour + 7) % 24))
        await alone.settle_on(Calendar("UTC", ((hours,),) * 7))
        await leaving

    row = await alone.row(one)
    assert row is not None
    assert (row.place, row.step, row.why) == ("waiting", 1, Why.send_window)
    assert read_diary(diary, "DATA") == []


@pytest.mark.parametrize("state", [MessageState.handing_over, MessageState.unknown, MessageState.sent])
async def test_a_message_that_left_or_may_have_left_is_never_claimed_again(alone: House, state: MessageState) -> None:
    one = await alone.enroll("ann", {**EMAIL, **NOW}, LATER)
    row = await alone.row(one)
    assert row is not None
    about: dict[str, Any] = {
        "channel": Channel.email,
        "sender_id": 2,
        "recipient": "ann@example.com",
        "subject": "",
        "body": "",
    }
    async with alone.database.writing() as tx:
        await messages.claim(tx, row, attempt="first", message_id="<one@example.org>", at=alone.door.now(), **about)
        await tx.execute(sa.update(MessageRow).values(state=state))

    with pytest.raises(AssertionError, match="never claimed again"):
        async with alone.database.writing() as tx:
            await messages.claim(
                tx, row, attempt="second", message_id="<one@example.org>", at=alone.door.now(), **about
            )

    async with alone.database.reading() as tx:
        claim = await messages.of_step(tx, row)
    assert claim is not None
    assert (claim.state, claim.attempt) == (state, "first")


async def terminated(house: House, enrollment_id: str) -> None:
    """As `reconcile` writes it down."""
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, house.door.now())
        assert life is not None
        life.happen(Happening(What.ended_in_temporal))
        await life.save()
