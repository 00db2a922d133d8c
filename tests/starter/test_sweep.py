"""Whom the sweep asks: runs that take no note of their news, ever more rarely, and each in its turn."""

from datetime import UTC, datetime, timedelta

import pytest

from sequencing.happenings import Happening, What
from starter import sweep
from starter.sweep import Stuck
from store import news
from store.lives import Life
from tests.house import CALL, House

LATER = datetime(2027, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def test_a_run_that_takes_no_note_is_asked_after_five_minutes_ten_twenty_and_then_every_hour(
    alone: House,
) -> None:
    await _told(alone, "ann")
    stuck, asked = Stuck(), []

    for minute in range(4 * 60):
        for enrollment in await _asked(alone, stuck, LATER + minute * MINUTE):
            asked.append(minute)
            stuck.asked[enrollment] = LATER + minute * MINUTE

    assert asked == [6, 12, 24, 48, 96, 156, 216]


async def test_a_run_that_could_not_be_asked_is_asked_at_the_next_look(alone: House) -> None:
    one = await _told(alone, "ann")
    stuck = Stuck()

    looks = [await _asked(alone, stuck, LATER + minute * MINUTE) for minute in (6, 7)]

    assert looks == [[one], [one]]


async def test_news_that_came_later_is_asked_for_although_its_run_was_asked_before(alone: House) -> None:
    one = await _told(alone, "ann")
    stuck = Stuck(asked={one: LATER + 48 * MINUTE})
    await _news(alone, one, LATER + 50 * MINUTE)

    looks = [await _asked(alone, stuck, LATER + minute * MINUTE) for minute in (54, 56)]

    assert looks == [[], [one]]


async def test_more_than_are_asked_at_once_have_their_turn_one_after_the_other_and_begin_anew(
    alone: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "AT_ONCE", 2)
    everybody = [await _told(alone, name) for name in ("ann", "ben", "dot")]
    stuck = Stuck()

    looks = [await _asked(alone, stuck, LATER + 6 * MINUTE) for _ in range(3)]

    assert [len(look) for look in looks] == [2, 1, 2]
    assert sorted(looks[0] + looks[1]) == sorted(everybody)
    assert looks[2] == looks[0]


async def _told(house: House, name: str) -> str:
    """An enrollment whose run was told of news, and has not taken note of it."""
    one = await house.enroll(name, CALL)
    await _news(house, one, LATER)
    return one


async def _news(house: House, one: str, at: datetime) -> None:
    async with house.database.writing() as tx:
        life = await Life.lock(tx, one, at)
        assert life is not None
        piece = await news.append(tx, life.enrollment, Happening(What.pause, by=2), at)
        await news.signaled(tx, one, piece.number)


async def _asked(house: House, stuck: Stuck, now: datetime) -> list[str]:
    async with house.database.reading() as tx:
        return await stuck.some(tx, now)
