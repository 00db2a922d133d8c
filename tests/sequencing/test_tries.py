"""How long a try at signing in waits after wrong ones."""

from datetime import UTC, datetime, timedelta

import pytest

from sequencing.tries import ADDRESS, FORGOTTEN_AFTER, USER, Bound, Tried

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BOUND = Bound(free=3, first=timedelta(seconds=2), longest=timedelta(seconds=10))


@pytest.mark.parametrize(("wrong", "seconds"), [(0, 0), (2, 0), (3, 2), (4, 4), (5, 8), (6, 10), (10_000, 10)])
def test_some_are_free_then_each_waits_twice_as_long_up_to_a_bound(wrong: int, seconds: int) -> None:
    assert Tried(wrong, NOW).wait(BOUND, NOW) == timedelta(seconds=seconds)


def test_what_has_passed_since_the_last_one_counts() -> None:
    assert Tried(5, NOW).wait(BOUND, NOW + timedelta(seconds=5)) == timedelta(seconds=3)
    assert Tried(5, NOW).wait(BOUND, NOW + timedelta(seconds=9)) == timedelta(0)


def test_after_an_hour_without_one_they_begin_anew() -> None:
    later = NOW + FORGOTTEN_AFTER

    assert Tried(50, NOW).wait(USER, later) == timedelta(0)
    assert Tried(50, NOW).once_more(later) == Tried(1, later)
    assert Tried(50, NOW).once_more(NOW) == Tried(51, NOW)


@pytest.mark.parametrize("bound", [USER, ADDRESS])
def test_nobody_is_locked_out_for_longer_than_the_bound_says(bound: Bound) -> None:
    assert max(bound.pause(wrong) for wrong in range(2000)) == bound.longest < FORGOTTEN_AFTER
