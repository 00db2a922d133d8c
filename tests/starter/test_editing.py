"""Editing a sequence while contacts are in it."""

import asyncio
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.client import Client

from sequencing.errors import Refused
from sequencing.happenings import What
from starter.client import Runs
from starter.contacts import import_contacts
from starter.editing import archive_sequence, copy_sequence, edit_sequence
from starter.enrollments import Enrolled
from starter.steps import document_of
from starter.sweep import Sweep
from starter.todos import edit as edit_draft
from store import enrollments, replans, sequences
from store.people_tables import UserRow
from store.tables import ReplanRow, SequenceRow, TodoRow
from tests.house import ADA, BOB, CALL, EMAIL, HEADER, LETTER, RITA, House
from tests.patience import PATIENCE

LATER = {**EMAIL, "delay": "5 hours"}


async def document(house: House, sequence: str) -> dict[str, Any]:
    """The sequence as `show --yaml` says it."""
    async with house.database.reading() as tx:
        row = await tx.get_one(SequenceRow, int(sequence))
        return await document_of(tx, row, await sequences.steps(tx, row.id))


async def crowd(house: House, sequence: str, size: int) -> list[str]:
    """So many new contacts, enrolled."""
    lines = [f"c{n},Cay{n},Cass,,,,c{n}@example.com,," for n in range(size)]
    await import_contacts(house.door, "\n".join([HEADER, *lines]), RITA)
    answers = await house.sequencer.enroll(sequence, [f"c{n}" for n in range(size)], by=RITA)
    return [one.enrollment_id or "" for one in answers if isinstance(one, Enrolled)]


async def replanned(house: House, within: float = PATIENCE) -> int:
    """How many were moved, once every replan is over."""
    async with asyncio.timeout(within):
        while True:
            async with house.database.reading() as tx:
                if not await replans.open_ones(tx, datetime.max.replace(tzinfo=UTC)):
                    return sum([row.moved for row in await tx.scalars(select(ReplanRow))])
            await asyncio.sleep(0.1)


async def test_the_document_that_is_shown_makes_the_same_sequence(house: House) -> None:
    first = await house.sequence(
        {**LATER, "format": "html"}, {**CALL, "owner": BOB, "instructions": "Kindly"}, name="First"
    )
    shown = await document(house, first)

    second = await document(house, await house.sequence(*shown["steps"], name="First"))

    assert second == shown


@pytest.mark.parametrize("steps", [[EMAIL], [EMAIL, CALL, CALL], [CALL, EMAIL]])
async def test_once_a_contact_was_added_the_steps_are_frozen_even_when_it_was_removed(
    house: House, steps: list[dict[str, Any]]
) -> None:
    sequence = await house.sequence(LATER, CALL)
    (one,) = await house.sequencer.enroll(sequence, ["ann"], by=RITA)
    assert isinstance(one, Enrolled)
    await house.sequencer.remove(one.enrollment_id or "", by=RITA)
    before = await document(house, sequence)

    with pytest.raises(Refused) as refused:
        await house.sequencer.edit(sequence, {"name": "New", "steps": steps}, by=RITA)

    assert refused.value.code == "frozen"
    assert await document(house, sequence) == before


async def test_before_anybody_is_added_everything_can_be_changed(house: House) -> None:
    sequence = await house.sequence(LATER)

    await house.sequencer.edit(sequence, {"name": "New", "steps": [CALL, EMAIL]}, by=RITA)

    assert [step["action"] for step in (await document(house, sequence))["steps"]] == ["call", "automatic_email"]


async def test_whoever_saves_over_a_newer_version_is_told_who_was_first_and_nothing_is_lost(house: House) -> None:
    sequence = await house.sequence(LATER)
    mine, hers = await document(house, sequence), await document(house, sequence)
    hers["steps"][0]["subject"] = "Hers"
    mine["steps"][0]["subject"] = "Mine"
    await house.sequencer.edit(sequence, hers, by=ADA)

    with pytest.raises(Refused) as refused:
        await house.sequencer.edit(sequence, mine, by=RITA)

    assert refused.value.code == "changed_meanwhile"
    assert "Ada" in refused.value.sentence
    assert (await document(house, sequence))["steps"][0]["subject"] == "Hers"


async def test_who_may_only_use_a_sequence_cannot_change_it(house: House) -> None:
    sequence = await house.sequence(LATER)

    with pytest.raises(Refused, match="manage"):
        await house.sequencer.edit(sequence, {"name": "New", "steps": [EMAIL]}, by=BOB)


async def test_a_preview_changes_nothing_and_says_how_many_move_and_to_when(house: House) -> None:
    sequence = await house.sequence(LATER)
    (one,) = await crowd(house, sequence, 1)
    before, row = await document(house, sequence), await house.row(one)

    seen = await house.sequencer.edit(
        sequence, {**before, "steps": [{**LATER, "delay": "7 hours"}]}, by=RITA, dry_run=True
    )

    assert row is not None
    assert row.due_at is not None
    assert (seen.waiting, seen.moved) == (1, [row.due_at + timedelta(hours=2)])
    assert await document(house, sequence) == before
    assert await house.row(one) == row


async def test_a_new_timing_moves_as_many_as_the_preview_said_and_at_most_twenty_a_second(house: House) -> None:
    sequence = await house.sequence(LATER, {**EMAIL, "delay": "1 day"})
    waiting = await crowd(house, sequence, 50)
    await house.sequencer.bypass(waiting[0], by=RITA)
    await house.place(waiting[0], "waiting", 2)
    await house.sequencer.pause(waiting[1], by=RITA)
    await house.place(waiting[1], "paused")
    sooner = await document(house, sequence)
    sooner["steps"][0]["delay"] = "1 second"

    said = await house.sequencer.edit(sequence, sooner, by=RITA)
    moved = await replanned(house)

    assert (said.waiting, len(said.moved), moved) == (48, 48, 48)
    for one in waiting[2:]:
        await house.place(one, "waiting", 2)
    assert len(house.sent()) == 49
    assert await most_in_a_second(house, waiting) <= 20


async def most_in_a_second(house: House, ids: list[str]) -> int:
    """How many waits moved within one second, at most, by the events' times."""
    async with house.database.reading() as tx:
        told = [event for one in ids for event in await enrollments.timeline(tx, one)]
    recent, most = deque[datetime](), 0
    for at in sorted(event.at for event in told if event.what is What.look_again):
        recent.append(at)
        while at - recent[0] >= timedelta(seconds=1):
            recent.popleft()
        most = max(most, len(recent))
    return most


async def test_nobody_is_due_before_the_new_delay_when_it_becomes_longer(house: House) -> None:
    sequence = await house.sequence({**EMAIL, "delay": "3 seconds"})
    waiting = await crowd(house, sequence, 5)
    longer = await document(house, sequence)
    longer["steps"][0]["delay"] = "2 hours"

    await house.sequencer.edit(sequence, longer, by=RITA)
    await replanned(house)

    for one in waiting:
        row = await house.place(one, "waiting", 1)
        assert row.due_at == row.previous_end + timedelta(hours=2)
    assert house.sent() == []


async def test_edits_that_race_with_steps_that_end_leave_nobody_behind(house: House) -> None:
    sequence = await house.sequence(EMAIL, {**EMAIL, "delay": "5 hours"})
    racing = asyncio.create_task(crowd(house, sequence, 20))
    shorter = await document(house, sequence)
    for hours in (4, 3, 2):
        shorter["steps"][1]["delay"] = f"{hours} hours"
        shorter["version"] = None
        await asyncio.sleep(0.3)
        await house.sequencer.edit(sequence, shorter, by=RITA)
    await replanned(house)

    for one in await racing:
        row = await house.place(one, "waiting", 2)
        assert row.due_at == row.previous_end + timedelta(hours=2)


async def test_new_instructions_reach_an_open_to_do(house: House) -> None:
    one = await house.enroll("ann", {**CALL, "instructions": "Ask {{ contact.first_name }}"})
    todo = await house.todo(one)
    shown = await document(house, str(todo.sequence_id))
    shown["steps"][0]["instructions"] = "Thank {{ contact.first_name }}"

    await house.sequencer.edit(str(todo.sequence_id), shown, by=RITA)
    await replanned(house)

    assert (await house.todo(one)).instructions == "Thank Ann"


async def on_the_list(house: House, sequence: str, size: int) -> list[TodoRow]:
    """So many new contacts in that sequence, each with a to-do at its first step."""
    return [await house.todo(one) for one in await crowd(house, sequence, size)]


async def test_new_instructions_reach_as_many_open_to_dos_as_the_preview_said_and_at_most_twenty_a_second(
    house: House,
) -> None:
    sequence = await house.sequence({**CALL, "instructions": "Ask {{ contact.first_name }}"})
    before = await on_the_list(house, sequence, 50)
    await house.sequencer.pause(before[0].enrollment_id, by=RITA)
    await house.place(before[0].enrollment_id, "paused")
    await house.sequencer.resolve(before[1].id, "no_answer", by=RITA)
    await house.place(before[1].enrollment_id, "finished")
    shown = await document(house, sequence)
    shown["steps"][0]["instructions"] = "Thank {{ contact.first_name }}"

    said = await house.sequencer.edit(sequence, shown, by=RITA, dry_run=True)
    began = monotonic()
    await house.sequencer.edit(sequence, shown, by=RITA)
    moved = await replanned(house)

    assert (said.todos, moved) == (49, 49)
    assert monotonic() - began >= 2, "two seconds lie between three times twenty"
    async with house.database.reading() as tx:
        now = {row.id: row.instructions for row in await tx.scalars(select(TodoRow))}
    assert now[before[1].id] == "Ask Cay1", "what is done stays as it was"
    assert {now[todo.id].split()[0] for todo in before if todo.id != before[1].id} == {"Thank"}


async def test_a_to_do_that_is_opened_while_instructions_change_is_right(house: House) -> None:
    sequence = await house.sequence({**CALL, "instructions": "Version 0"})
    racing = asyncio.create_task(on_the_list(house, sequence, 20))
    for number in (1, 2, 3):
        await asyncio.sleep(0.3)
        newer = {"name": "Newer", "steps": [{**CALL, "instructions": f"Version {number}"}]}
        await house.sequencer.edit(sequence, newer, by=RITA)
    opened = await racing
    await replanned(house)

    assert {(await house.todo(todo.enrollment_id)).instructions for todo in opened} == {"Version 3"}


async def test_a_to_do_that_is_away_says_the_new_instructions_when_it_comes_back(house: House) -> None:
    sequence = await house.sequence({**CALL, "instructions": "Ask"})
    (todo,) = await on_the_list(house, sequence, 1)
    await house.sequencer.cancel(todo.enrollment_id, by=RITA)
    await house.place(todo.enrollment_id, "canceled")
    newer = {"name": "Newer", "steps": [{**CALL, "instructions": "Thank"}]}

    await house.sequencer.edit(sequence, newer, by=RITA)
    await replanned(house)
    await house.sequencer.reactivate(todo.enrollment_id, by=RITA)

    assert (await house.todo(todo.enrollment_id)).instructions == "Thank"


async def test_what_a_person_typed_in_a_draft_or_has_sent_is_never_overwritten(house: House) -> None:
    sequence = await house.sequence(LETTER)
    untouched, touched = await on_the_list(house, sequence, 2)
    await edit_draft(house.door, touched.id, RITA, "Mine", "As I typed it")

    said = await house.sequencer.edit(
        sequence, {"name": "Newer", "steps": [{**LETTER, "body": "Good day {{ contact.first_name }}"}]}, by=RITA
    )
    await replanned(house)

    assert said.todos == 1
    assert (await house.todo(untouched.enrollment_id)).body == "Good day Cay0"
    kept = await house.todo(touched.enrollment_id)
    assert (kept.subject, kept.body) == ("Mine", "As I typed it")


async def test_a_draft_that_could_not_be_filled_in_any_more_stays_as_it_was(house: House) -> None:
    sequence = await house.sequence(LETTER)
    (draft,) = await on_the_list(house, sequence, 1)
    newer = {"name": "Newer", "steps": [{**LETTER, "body": "To {{ company.name }}"}]}

    await house.sequencer.edit(sequence, newer, by=RITA)
    await replanned(house)

    assert (await house.todo(draft.enrollment_id)).body == "Dear Cay0"


async def test_a_copy_belongs_to_the_copier_alone_and_is_not_frozen(house: House) -> None:
    sequence = await house.sequence(LATER, CALL, name="First", by=ADA)
    await house.sequencer.enroll(sequence, ["ann"], by=RITA)

    copy = str(await copy_sequence(house.door, sequence, RITA))
    await house.sequencer.edit(copy, {"name": "Mine", "steps": [CALL]}, by=RITA)

    async with house.database.reading() as tx:
        row = await tx.get_one(SequenceRow, int(copy))
        owner = await tx.get_one(UserRow, row.owner_id)
    assert (row.name, row.sharing, owner.email) == ("Mine", "private", RITA)


async def test_an_archived_sequence_takes_no_new_contacts_and_the_running_ones_go_on(house: House) -> None:
    sequence = await house.sequence({**EMAIL, "delay": "1 second"})
    (one,) = await crowd(house, sequence, 1)

    await archive_sequence(house.door, sequence, RITA, archived=True)

    with pytest.raises(Refused) as refused:
        await house.sequencer.enroll(sequence, ["ann"], by=RITA)
    assert refused.value.code == "sequence_archived"
    await house.place(one, "finished")


async def test_an_edit_while_temporal_is_away_moves_everybody_once_the_sweep_finds_it(house: House) -> None:
    sequence = await house.sequence(LATER)
    (one,) = await crowd(house, sequence, 1)
    nowhere = await Client.connect("127.0.0.1:1", lazy=True)
    hours_ago = datetime.now(UTC) - timedelta(hours=1)
    alone = replace(house.door, runs=Runs(nowhere, "nobody", act_within=1, patience=0.05), now=lambda: hours_ago)
    sooner = await document(house, sequence)
    sooner["steps"][0]["delay"] = "3 hours"
    await edit_sequence(alone, sequence, sooner, RITA)

    await Sweep(house.door, "this", timedelta(seconds=1), lambda kind, number: None).once()

    assert await replanned(house) == 1
    row = await house.place(one, "waiting", 1)
    assert row.due_at == row.previous_end + timedelta(hours=3)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_new_timing_moves_two_thousand_and_nobody_receives_a_step_twice(house: House) -> None:
    sequence = await house.sequence(LATER, {**EMAIL, "delay": "1 day"})
    waiting = await crowd(house, sequence, 2000)
    sooner = await document(house, sequence)
    sooner["steps"][0]["delay"] = "1 second"

    said = await house.sequencer.edit(sequence, sooner, by=RITA)
    moved = await replanned(house, within=900)

    assert (len(said.moved), moved) == (2000, 2000)
    for one in waiting:
        await house.place(one, "waiting", 2)
    assert len({recipient for recipient, _ in house.sent()}) == len(house.sent()) == 2000
    assert await most_in_a_second(house, waiting) <= 20
