"""One email that a person lets go outside the send window, after seeing what time it is where the contact is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sequencing.errors import Refused
from sequencing.timing import Calendar, office_hours
from starter.clocks import clock_of
from starter.people import Said, change
from starter.timeline import story
from tests.house import ADA, BOB, EMAIL, RITA, TEXT, House

NEVER = Calendar("UTC", ((),) * 7)


async def closed(house: House, step: dict[str, object] = EMAIL) -> str:
    """An enrollment that waits for a window that never opens."""
    await house.settle_on(NEVER)
    return await house.enroll("ann", step, EMAIL)


async def test_the_email_leaves_although_the_window_is_closed_and_the_timeline_says_so(house: House) -> None:
    one = await closed(house)

    await house.sequencer.bypass(one, by=RITA, any_hour=True)
    await house.place(one, "waiting", 2)

    assert house.sent() == [("ann@example.com", "Hi Ann")]
    assert "bypass, at any hour by Rita Recruiter" in (await story(house.door, one, RITA)).as_text()


async def test_without_that_word_the_window_stands(house: House) -> None:
    one = await closed(house, {**EMAIL, "delay": "1 day"})

    await house.sequencer.bypass(one, by=RITA)
    row = await house.place(one, "waiting", 1)

    assert (row.due_at, row.any_hour, house.sent()) == (None, False, [])


async def test_a_hold_stands(house: House) -> None:
    one = await closed(house)
    row = await house.place(one, "waiting")
    await house.sequencer.hold(str(row.sequence_id), by=RITA)

    await house.sequencer.bypass(one, by=RITA, any_hour=True)
    await house.until(one, lambda e: e is not None and e.why == "held")
    await house.sequencer.release(str(row.sequence_id), by=RITA)
    await house.place(one, "waiting", 2)

    assert house.sent() == [("ann@example.com", "Hi Ann")]


async def test_a_text_is_never_let_go_at_any_hour(alone: House) -> None:
    one = await closed(alone, TEXT)

    with pytest.raises(Refused, match="Only an automatic email"):
        await alone.sequencer.bypass(one, by=RITA, any_hour=True)


async def test_the_clock_is_the_contacts_or_says_that_nobody_knows_it(alone: House) -> None:
    await alone.settle_on(office_hours("Europe/Berlin"))
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"})
    door = replace(alone.door, now=lambda: datetime(2026, 3, 2, 20, tzinfo=UTC))

    guessed = (await clock_of(door, one, RITA)).words
    await change(alone.door, "ann", Said(time_zone="Asia/Tokyo"), RITA)
    known = (await clock_of(door, one, RITA)).words

    assert guessed == "Nobody knows what time it is where Ann Abel is; in Europe/Berlin it is Mon 21:00."
    assert known == "It is Tue 05:00 where Ann Abel is (Asia/Tokyo)."


async def test_the_clock_is_shown_to_whoever_may_bypass(alone: House) -> None:
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"}, by=ADA)
    await alone.sequencer.bypass(one, by=ADA)

    with pytest.raises(Refused) as refused:
        await clock_of(alone.door, one, BOB)

    assert refused.value.code == "not_permitted"
