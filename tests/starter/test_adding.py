"""The dialog that adds: what it says beforehand, and adding once however often its form is sent; on both databases."""

import asyncio

import pytest
import sqlalchemy as sa

from sequencing.errors import Refused
from sequencing.limits import ADDED_AT_ONCE
from starter import adding, adds, opportunities, people
from starter.adds import Whom
from starter.candidacies import enter
from starter.contacts import import_contacts
from starter.editing import archive_sequence
from starter.sequences import create_sequence
from store.selections import Selection
from store.tables import EnrollmentRow
from tests.house import ADA, BOB, CALL, EMAIL, RITA, House

LATER = {**EMAIL, "delay": "1 day"}


async def enrolled(house: House) -> int:
    async with house.database.reading() as tx:
        return (await tx.execute(sa.select(sa.func.count()).select_from(EnrollmentRow))).scalar_one()


async def number_of(house: House, name: str) -> int:
    return (await people.card(house.door, name, ADA)).contact.id


async def test_it_offers_what_the_user_may_enroll_in_and_nothing_else(alone: House) -> None:
    shared, gone = await alone.sequence(LATER, name="B"), await alone.sequence(LATER, name="A")
    await archive_sequence(alone.door, gone, RITA, archived=True)
    await create_sequence(alone.door, {"name": "Private", "steps": [LATER]}, ADA)

    offered = {by: [one.name for one in await adding.choices(alone.door, by)] for by in (BOB, ADA)}

    assert offered == {BOB: ["B"], ADA: ["B", "Private"]}
    assert shared


async def test_it_says_who_is_enrolled_who_is_not_and_when_and_by_whom_the_first_step_is_done(alone: House) -> None:
    sequence = await alone.sequence({**CALL, "delay": "1 day", "owner": "contact_owner"}, LATER)
    await alone.sequencer.enroll(sequence, ["ben"], by=RITA)
    chosen = [await number_of(alone, name) for name in ("ann", "ben", "dot")]

    told = await adding.foresee(alone.door, sequence, Whom(chosen=chosen), RITA)

    assert (told.total, told.enrolled, told.refused) == (3, 2, {"already_in_sequence": 1})
    assert [one.contact_id for one in told.told] == chosen[1:]
    assert told.first.action == "call"
    assert told.first.who == "each contact's owner, or you where there is none"
    assert told.first.at is not None
    assert 23.9 < (told.first.at - alone.door.now()).total_seconds() / 3600 < 24.1
    assert await enrolled(alone) == 1


async def test_the_same_form_sent_again_adds_nobody_and_answers_the_same(alone: House) -> None:
    sequence, key = await alone.sequence(LATER), alone.door.new_id()
    whom = Whom(names=["ann", "ben", "nobody"])

    await adding.add_once(alone.door, key, sequence, whom, RITA)
    for one in await alone.sequencer.enrollments(by=RITA):
        await alone.sequencer.remove(one.id, by=RITA)
    await adding.add_once(alone.door, key, sequence, whom, RITA)
    told = await adds.show_add(alone.door, key, RITA)

    assert (told.status, told.total, told.enrolled, told.refused) == ("done", 3, 2, {"unknown_contact": 1})


async def test_a_form_sent_five_times_at_once_adds_everybody_once(alone: House) -> None:
    sequence, key = await alone.sequence(LATER), alone.door.new_id()

    await asyncio.gather(
        *(adding.add_once(alone.door, key, sequence, Whom(names=["ann", "ben"]), RITA) for _ in range(5))
    )

    assert await enrolled(alone) == 2
    assert len(await adds.listed(alone.door, RITA)) == 1


async def test_the_key_of_another_users_form_is_no_key(alone: House) -> None:
    sequence, key = await alone.sequence(LATER), alone.door.new_id()
    await adding.add_once(alone.door, key, sequence, Whom(names=["ann"]), RITA)

    for wrong, code in ((key, "not_found"), ("guessed", "wrong_form")):
        with pytest.raises(Refused) as refused:
            await adding.add_once(alone.door, wrong, sequence, Whom(names=["ben"]), BOB)
        assert refused.value.code == code

    assert await enrolled(alone) == 1


async def test_more_than_a_few_are_left_to_a_run_and_nobody_is_enrolled_in_the_request(alone: House) -> None:
    lines = [f"x{number},Xena{number}" for number in range(ADDED_AT_ONCE + 1)]
    await import_contacts(alone.door, "\n".join(["external_id,first_name", *lines]), RITA)
    sequence, key = await alone.sequence(CALL), alone.door.new_id()
    whom = Whom(selection=Selection(text="Xena"))

    await adding.add_once(alone.door, key, sequence, whom, RITA)
    told = await adds.show_add(alone.door, key, RITA)

    assert (told.status, told.total, told.answered) == ("running", ADDED_AT_ONCE + 1, 0)
    assert (await adding.foresee(alone.door, sequence, whom, RITA)).in_background


async def test_an_external_id_that_looks_like_a_number_is_not_mixed_up_with_who_was_chosen(alone: House) -> None:
    ann = await number_of(alone, "ann")
    await import_contacts(alone.door, f"external_id,first_name\n{ann},Impostor", RITA)
    sequence, key = await alone.sequence(LATER), alone.door.new_id()

    await adding.add_once(alone.door, key, sequence, Whom(chosen=[ann, ann]), RITA)
    lines = await adds.lines(alone.door, key, RITA, refused_only=False)

    assert [(line.contact, line.code, line.status) for line in lines] == [("Ann Abel", "enrolled", "active")]


async def test_who_may_not_enroll_is_told_nothing_and_adds_nobody(alone: House) -> None:
    hidden = str(await create_sequence(alone.door, {"name": "Hidden", "steps": [LATER]}, ADA))

    for act in (
        adding.foresee(alone.door, hidden, Whom(names=["ann"]), BOB),
        adding.add_once(alone.door, alone.door.new_id(), hidden, Whom(names=["ann"]), BOB),
    ):
        with pytest.raises(Refused) as refused:
            await act
        assert refused.value.code == "unknown_sequence"

    assert await enrolled(alone) == 0


async def test_the_candidates_of_an_opportunity_are_added_with_regard_to_it(alone: House) -> None:
    job = await opportunities.add(alone.door, "A job", RITA)
    await enter(alone.door, job, ["ann", "ben"], RITA)
    sequence, key = await alone.sequence(LATER), alone.door.new_id()

    await adding.add_once(alone.door, key, sequence, Whom(selection=Selection(opportunity=job)), RITA)

    assert [one.opportunity_id for one in await alone.sequencer.enrollments(by=RITA)] == [job, job]


async def test_a_line_of_an_add_forgets_the_enrollment_that_was_removed(alone: House) -> None:
    sequence, key = await alone.sequence(LATER), alone.door.new_id()
    await adding.add_once(alone.door, key, sequence, Whom(names=["ann"]), RITA)
    async with alone.database.writing() as tx:
        await tx.execute(sa.text("DELETE FROM events"))
        await tx.execute(sa.delete(EnrollmentRow))

    (line,) = await adds.lines(alone.door, key, RITA, refused_only=False)

    assert (line.code, line.enrollment_id, line.status) == ("enrolled", None, None)
