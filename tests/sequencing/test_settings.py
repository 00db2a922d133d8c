"""The sequencing settings: what a change may say, and how two versions differ."""

from datetime import date, time

import pytest

from sequencing.documents import read_sequence
from sequencing.errors import Refused
from sequencing.settings import BOUNDS, Limits, SettingsChange, changed, defaults, differences
from sequencing.timing import Frame

MORNING, AFTERNOON, NIGHT = Frame(time(9), time(12)), Frame(time(13), time(17)), Frame(time(22), time(6))


def test_the_limits_are_those_of_the_specification() -> None:
    assert Limits() == Limits(50, 365, 25_000, 120, 200, 60, 20)
    assert not defaults().journaling
    assert defaults().more_than_one_sequence


def test_what_is_not_named_stays() -> None:
    now = changed(defaults(), SettingsChange(closed_dates=frozenset({date(2026, 12, 24)}), limits={"steps": 7}))

    after = changed(now, SettingsChange(journaling=True))

    assert list(differences(now, after)) == ["journaling: False → True"]


def test_a_day_may_have_several_frames_and_they_are_kept_in_order() -> None:
    after = changed(defaults(), SettingsChange(frames={0: (AFTERNOON, MORNING)}))

    assert after.calendar.frames[0] == (MORNING, AFTERNOON)
    assert list(differences(defaults(), after)) == ["mon: 09:00-17:00 → 09:00-12:00, 13:00-17:00"]


def test_a_frame_over_midnight_may_be_the_last_of_its_day() -> None:
    after = changed(defaults(), SettingsChange(frames={0: (NIGHT, MORNING)}))

    assert after.calendar.frames[0] == (MORNING, NIGHT)


@pytest.mark.parametrize(
    "frames",
    [
        (MORNING, Frame(time(11), time(13))),
        (MORNING, MORNING),
        (NIGHT, Frame(time(23), time(1))),
        (Frame(time(0), time(0)), MORNING),
    ],
)
def test_frames_of_a_day_that_overlap_are_refused(frames: tuple[Frame, ...]) -> None:
    with pytest.raises(Refused) as refused:
        changed(defaults(), SettingsChange(frames={2: frames}))

    assert refused.value.code == "invalid_time_frame"


def test_every_limit_has_its_bounds_and_starts_within_them() -> None:
    assert set(BOUNDS) == set(Limits.__dataclass_fields__)
    assert all(least <= getattr(Limits(), name) <= most for name, (least, most) in BOUNDS.items())


@pytest.mark.parametrize("name", BOUNDS)
def test_a_limit_out_of_its_bounds_is_refused(name: str) -> None:
    least, most = BOUNDS[name]

    for value in (least - 1, most + 1):
        with pytest.raises(Refused) as refused:
            changed(defaults(), SettingsChange(limits={name: value}))
        assert refused.value.code == "invalid_limit"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(steps=1), "invalid_sequence"),
        (Limits(delay_days=2), "invalid_delay"),
        (Limits(name_length=3), "invalid_text"),
    ],
)
def test_a_sequence_beyond_a_limit_of_the_settings_is_refused(limits: Limits, code: str) -> None:
    step = {"action": "task", "title": "T", "delay": "49 hours"}
    document = {"name": "Name", "steps": [step, step]}

    read_sequence(document, seconds_allowed=False, limits=Limits(2, 3, 1, 4))
    with pytest.raises(Refused) as refused:
        read_sequence(document, seconds_allowed=False, limits=limits)

    assert refused.value.code == code
