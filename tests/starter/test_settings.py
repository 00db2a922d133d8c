"""Changing the settings: versions, who was faster, and what the limits reach."""

import asyncio
from datetime import UTC, datetime, time

import pytest

from sequencing.enrollments import Status
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Why
from sequencing.settings import SettingsChange, differences
from sequencing.timing import Calendar, Frame, always, next_open, parse_frame
from starter.enrollments import Enrolled, NotEnrolled
from starter.settings import change_settings, settings_history
from store import settings
from tests.house import ADA, EMAIL, RITA, TASK, House

LATER = {**EMAIL, "delay": "1 day"}


async def test_each_change_is_a_version_that_says_who_and_what(alone: House) -> None:
    await change_settings(alone.door, SettingsChange(journaling=True), ADA)

    newest, before = (await settings_history(alone.door, ADA))[:2]

    assert newest.by == ADA
    assert newest.settings.version == before.settings.version + 1
    assert list(differences(before.settings, newest.settings)) == ["journaling: False → True"]


async def test_what_was_changed_is_in_force_as_it_was_said(alone: House) -> None:
    said = await change_settings(alone.door, SettingsChange(zone="Europe/Berlin", limits={"gap_seconds": 0}), ADA)

    async with alone.database.reading() as tx:
        assert await settings.current(tx) == said


async def test_saving_over_a_newer_version_is_refused_and_nothing_is_lost(alone: House) -> None:
    first = await change_settings(alone.door, SettingsChange(journaling=True), ADA)

    with pytest.raises(Refused, match=f"{ADA} made version {first.version}") as refused:
        await change_settings(alone.door, SettingsChange(journaling=False), ADA, first.version - 1)

    assert refused.value.code == "changed_meanwhile"
    async with alone.database.reading() as tx:
        assert await settings.current(tx) == first


async def test_running_waits_follow_a_changed_window(house: House) -> None:
    await house.settle_on(Calendar("UTC", ((),) * 7))
    stuck = await house.enroll("ann", EMAIL)
    await house.until(stuck, lambda row: row is not None and row.why is Why.no_send_window)
    later = await house.enroll("ben", LATER)
    todo = await house.todo(await house.enroll("dot", TASK))

    whole_day = {day: (parse_frame("00:00-24:00"),) for day in range(7)}
    await change_settings(house.door, SettingsChange(frames=whole_day), ADA)

    assert (await house.place(stuck, "finished")).status is Status.finished
    assert (await house.place(later, "waiting")).why is Why.delay
    assert (await house.todo(todo.enrollment_id)).id == todo.id


async def test_a_wait_that_a_narrower_window_puts_off_is_due_at_its_opening(house: House) -> None:
    await house.settle_on(always("UTC"))
    one = await house.enroll("ann", {**EMAIL, "delay": "2 days"})
    before = await house.place(one, "waiting")
    assert before.ready_at is not None
    opens = time((datetime.now(UTC).hour + 2) % 24)
    frame = Frame(opens, time((opens.hour + 1) % 24))

    await change_settings(house.door, SettingsChange(frames=dict.fromkeys(range(7), (frame,))), ADA)

    moved = await house.until(one, lambda row: row is not None and row.calendar_version > before.calendar_version)
    assert (moved.why, moved.due_at) == (Why.send_window, next_open(before.ready_at, Calendar("UTC", ((frame,),) * 7)))
    assert moved.ready_at == before.ready_at


async def test_of_many_who_save_over_the_same_version_at_once_one_succeeds(alone: House) -> None:
    async with alone.database.reading() as tx:
        version = (await settings.current(tx)).version

    answers = await asyncio.gather(
        *(change_settings(alone.door, SettingsChange(limits={"steps": n}), ADA, version) for n in range(1, 9)),
        return_exceptions=True,
    )

    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer.code for answer in refused] == ["changed_meanwhile"] * 7
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1


async def test_what_is_so_already_makes_no_version(alone: House) -> None:
    with pytest.raises(Unchanged, match="says so already"):
        await change_settings(alone.door, SettingsChange(journaling=False), ADA)


async def test_more_contacts_than_the_settings_allow_at_once_are_refused(alone: House) -> None:
    sequence = await alone.sequence(LATER)
    await change_settings(alone.door, SettingsChange(limits={"contacts_per_add": 1}), ADA)

    with pytest.raises(Refused) as refused:
        await alone.sequencer.enroll(sequence, ["ann", "ben"], by=RITA)

    assert refused.value.code == "limit_reached"


async def test_another_sequence_is_named_only_to_those_who_may_see_it(alone: House) -> None:
    from starter.sequences import create_sequence

    await change_settings(alone.door, SettingsChange(more_than_one_sequence=False), ADA)
    hidden = await create_sequence(alone.door, {"name": "Secret search", "steps": [LATER]}, ADA)
    await alone.sequencer.enroll(str(hidden), ["ann"], by=ADA)
    other = await alone.sequence(LATER)

    (to_rita,) = await alone.sequencer.enroll(other, ["ann"], by=RITA)
    (to_ada,) = await alone.sequencer.enroll(other, ["ann"], by=ADA, dry_run=True)

    assert isinstance(to_rita, NotEnrolled)
    assert isinstance(to_ada, NotEnrolled)
    assert (to_rita.code, to_ada.code) == ("already_in_another_sequence",) * 2
    assert "Secret search" not in to_rita.sentence
    assert "'Secret search'" in to_ada.sentence


async def test_allowing_one_sequence_only_leaves_running_enrollments_alone(alone: House) -> None:
    first, second = await alone.enroll("ann", LATER), await alone.enroll("ann", LATER)
    before = [await alone.row(first), await alone.row(second)]

    await change_settings(alone.door, SettingsChange(more_than_one_sequence=False), ADA)

    (answer,) = await alone.sequencer.enroll(await alone.sequence(LATER), ["ben"], by=RITA)
    assert [await alone.row(first), await alone.row(second)] == before
    assert isinstance(answer, Enrolled)
