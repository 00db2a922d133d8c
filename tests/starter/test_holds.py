"""Holding a sequence or all sending: nothing more is claimed; released, everything goes."""

import asyncio

import pytest
from sqlalchemy import func, select

from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Why
from starter.contacts import import_contacts
from starter.enrollments import Enrolled
from starter.timeline import story
from store import attention, users
from store.tables import MessageRow
from tests.house import ADA, BOB, CALL, EMAIL, HEADER, LETTER, RITA, House

SIZE = 30


async def crowd(house: House, sequence: str) -> list[str]:
    """Many new contacts, enrolled."""
    lines = [f"c{n},Cay{n},Cass,,,,c{n}@example.com,," for n in range(SIZE)]
    await import_contacts(house.door, "\n".join([HEADER, *lines]), RITA)
    answers = await house.sequencer.enroll(sequence, [f"c{n}" for n in range(SIZE)], by=RITA)
    return [one.enrollment_id or "" for one in answers if isinstance(one, Enrolled)]


async def held(house: House, one: str) -> None:
    """Returns once it is due and held."""
    await house.until(one, lambda e: e is not None and e.why is Why.held)


async def claims(house: House) -> int:
    """How many messages were ever claimed."""
    async with house.database.reading() as tx:
        return await tx.scalar(select(func.count()).select_from(MessageRow)) or 0


@pytest.mark.parametrize("everything", [False, True], ids=["its sequence", "all sending"])
async def test_of_many_that_are_due_none_is_claimed_while_it_is_held_and_all_go_once_released(
    house: House, everything: bool
) -> None:
    sequence = await house.sequence(EMAIL)
    what = None if everything else sequence
    await house.sequencer.hold(what, by=ADA)
    waiting = await crowd(house, sequence)
    for one in waiting:
        await held(house, one)
    claimed_while_held = await claims(house)

    await house.sequencer.release(what, by=ADA)

    for one in waiting:
        await house.place(one, "finished")
    assert claimed_while_held == 0
    assert sorted(recipient for recipient, _ in house.sent()) == sorted(f"c{n}@example.com" for n in range(SIZE))


async def test_a_manual_email_is_held_too_and_leaves_once_released(house: House) -> None:
    one = await house.enroll("ann", LETTER)
    todo = await house.todo(one)
    await house.sequencer.hold(str(todo.sequence_id), by=RITA)

    await house.sequencer.send(todo.id, by=RITA)
    await held(house, one)
    sent_while_held = house.sent()
    await house.sequencer.release(str(todo.sequence_id), by=RITA)
    await house.place(one, "finished")

    assert sent_while_held == []
    assert house.sent() == [("ann@example.com", "A letter")]


async def test_to_dos_open_and_another_sequence_sends_while_one_is_held(house: House) -> None:
    calls = await house.sequence(CALL)
    await house.sequencer.hold(calls, by=RITA)
    (call,) = await house.sequencer.enroll(calls, ["ann"], by=RITA)
    other = await house.enroll("ben", EMAIL)

    await house.place(other, "finished")
    assert isinstance(call, Enrolled)
    await house.place(call.enrollment_id or "", "to_do")


async def test_a_held_one_says_who_holds_it_since_when_and_asks_nobody(house: House) -> None:
    sequence = await house.sequence(EMAIL)
    await house.sequencer.hold(sequence, by=RITA)
    (answer,) = await house.sequencer.enroll(sequence, ["ann"], by=RITA)
    assert isinstance(answer, Enrolled)
    await held(house, answer.enrollment_id or "")

    told = await story(house.door, answer.enrollment_id or "", RITA)
    async with house.database.reading() as tx:
        asked = [await attention.lines(tx, user) for user in await users.everybody(tx)]

    assert "held by Rita Recruiter since" in told.next
    assert asked == [[], [], []]


async def test_releasing_one_of_two_holds_lets_nothing_leave(house: House) -> None:
    sequence = await house.sequence(EMAIL)
    await house.sequencer.hold(sequence, by=RITA)
    await house.sequencer.hold(None, by=ADA)
    (answer,) = await house.sequencer.enroll(sequence, ["ann"], by=RITA)
    assert isinstance(answer, Enrolled)
    await held(house, answer.enrollment_id or "")

    await house.sequencer.release(sequence, by=RITA)
    await asyncio.sleep(1)

    assert house.sent() == []
    await house.sequencer.release(None, by=ADA)
    await house.place(answer.enrollment_id or "", "finished")


async def test_a_hold_can_be_repeated_and_says_whose_it_is(house: House) -> None:
    sequence = await house.sequence(EMAIL)
    await house.sequencer.hold(sequence, by=RITA)

    with pytest.raises(Unchanged, match="held by Rita Recruiter"):
        await house.sequencer.hold(sequence, by=ADA)
    await house.sequencer.release(sequence, by=ADA)
    with pytest.raises(Unchanged, match="not held"):
        await house.sequencer.release(sequence, by=ADA)


@pytest.mark.parametrize("by", [BOB, RITA])
async def test_only_who_manages_holds_all_sending(house: House, by: str) -> None:
    with pytest.raises(Refused):
        await house.sequencer.hold(None, by=by)


async def test_only_who_may_edit_a_sequence_holds_it(house: House) -> None:
    sequence = await house.sequence(EMAIL)

    with pytest.raises(Refused) as refused:
        await house.sequencer.hold(sequence, by=BOB)

    assert refused.value.code == "not_permitted"
