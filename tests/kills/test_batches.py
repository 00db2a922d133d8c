"""kill -9 of the worker while ten messages are at the same point of a send, counted where the mail arrives."""

from pathlib import Path

import pytest

from tests.kills.batches import HAND_OVER_SECONDS, Counted, Point, strike
from tests.kills.stage import Stage

KILLS = 50
"""At each point, of ten messages each."""


async def test_of_ten_messages_that_a_killed_worker_leaves_half_answered_each_is_sent_once_or_unknown(
    tmp_path: Path,
) -> None:
    async with Stage.open(tmp_path / "stage", hand_over=HAND_OVER_SECONDS) as stage:
        print(await strike(stage, Point.after_the_250, "kim"))


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("postgresql", [False, True], ids=["sqlite", "postgresql"])
@pytest.mark.parametrize("point", Point)
async def test_fifty_kills_of_ten_messages_at_each_point_of_a_send_send_each_once_or_leave_it_unknown(
    point: Point, postgresql: bool, tmp_path: Path
) -> None:
    counted: list[Counted] = []
    async with Stage.open(tmp_path / "stage", postgresql=postgresql, hand_over=HAND_OVER_SECONDS) as stage:
        for kill in range(KILLS):
            counted.append(await strike(stage, point, f"kim{kill}"))
            print(point, kill, counted[-1])
    print(f"{point}: {sum(one.sent for one in counted)} sent, {sum(one.unknown for one in counted)} unknown,")
    print(f"of which {sum(one.unknown_and_arrived for one in counted)} had arrived")


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("copies_after", [0, 30], ids=["while the worker is dead", "when they are unknown already"])
@pytest.mark.parametrize("point", [Point.during_data, Point.after_the_250, Point.before_recording])
async def test_with_journaling_on_none_is_unknown_ten_seconds_after_its_copy_came(
    point: Point, copies_after: float, tmp_path: Path
) -> None:
    async with Stage.open(tmp_path / "stage", hand_over=HAND_OVER_SECONDS, copies_after=copies_after) as stage:
        counted = [await strike(stage, point, f"kim{kill}") for kill in range(KILLS)]

    print(point, copies_after, counted)
    assert max(one.unknown_after_its_copy for one in counted) < 10
