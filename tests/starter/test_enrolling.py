"""Enrolling at the door, on both databases; the engine is not needed for its rules, so its address leads nowhere."""

from datetime import UTC, datetime

import pytest

from sequencing.errors import Refused
from sequencing.happenings import What
from starter.enrollments import Enrolled, NotEnrolled
from store import enrollments, news, suppressions
from tests.house import ADA, BOB, CALL, EMAIL, RITA, House


async def test_each_contact_gets_an_answer_and_one_bad_one_never_stops_the_rest(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)

    answers = await alone.sequencer.enroll(sequence, ["ann", "nobody", "dot", "ann"], by=RITA)

    assert [type(answer).__name__ for answer in answers] == ["Enrolled", "NotEnrolled", "Enrolled", "NotEnrolled"]
    assert [a.code for a in answers if isinstance(a, NotEnrolled)] == ["unknown_contact", "already_in_sequence"]
    assert isinstance(answers[2], Enrolled)
    assert answers[2].remark == "has no email address: it will pause at step 1"


async def test_a_dry_run_says_the_same_and_enrolls_nobody(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)

    (answer,) = await alone.sequencer.enroll(sequence, ["ann"], by=RITA, dry_run=True)

    assert isinstance(answer, Enrolled)
    assert answer.enrollment_id is None
    async with alone.database.reading() as tx:
        assert await enrollments.open_ids(tx) == []


async def test_whom_nobody_may_write_to_is_refused(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    async with alone.database.writing() as tx:
        await suppressions.add(tx, "Ann@Example.com", "unsubscribed", None, datetime.now(UTC))

    (answer,) = await alone.sequencer.enroll(sequence, ["ann"], by=RITA)

    assert isinstance(answer, NotEnrolled)
    assert answer.code == "unsubscribed"


async def test_with_the_engine_down_an_act_is_accepted_and_recorded_as_news(alone: House) -> None:
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"})

    receipt = await alone.sequencer.pause(one, by=RITA)

    row = await alone.row(one)
    assert receipt.takes_effect == "when Temporal is back"
    assert row is not None
    async with alone.database.reading() as tx:
        assert [piece.happening.what for piece in await news.unnoted(tx, row)] == [What.pause]


async def test_a_door_judges_by_news_that_no_run_has_taken_in_yet(alone: House) -> None:
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"})
    await alone.sequencer.cancel(one, by=RITA)

    with pytest.raises(Refused, match="canceled already"):
        await alone.sequencer.cancel(one, by=RITA)


async def test_who_neither_started_it_nor_owns_the_contact_may_not_act_on_it(alone: House) -> None:
    one = await alone.enroll("ann", CALL)

    with pytest.raises(Refused) as refused:
        await alone.sequencer.cancel(one, by=BOB)

    assert refused.value.code == "not_permitted"
    async with alone.database.reading() as tx:
        row = await enrollments.get(tx, one)
        assert row is not None
        assert row.last_news == 0


async def test_an_admin_may_act_on_everybodys(alone: House) -> None:
    one = await alone.enroll("ann", CALL)

    receipt = await alone.sequencer.cancel(one, by=ADA)

    assert receipt.enrollment.status == "canceled"
