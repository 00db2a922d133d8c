"""Contacts in an opportunity's workflow: coming in, moving on, and the offer to enroll them; on both databases."""

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from sequencing.adds import Lack
from sequencing.errors import Refused, Unchanged
from sequencing.stage_links import StageType
from starter import opportunities, stages
from starter.candidacies import Moves, enter, move
from starter.enrollments import Enrolled, NotEnrolled
from starter.sequences import create_sequence
from store import enrollments, users
from store import opportunities as jobs
from store import stages as rows
from store.people_tables import StageMoveRow
from tests.house import ADA, BOB, CALL, EMAIL, RITA, House


async def job(house: House) -> str:
    return str(await opportunities.add(house.door, "Senior engineer", RITA, external_id="job"))


async def linked(house: House, stage: str = "Screening") -> int:
    sequence = await house.sequence({**EMAIL, "delay": "1 day"})
    await stages.link(house.door, stage, sequence, ADA)
    return int(sequence)


async def moves(house: House) -> list[StageMoveRow]:
    async with house.database.reading() as tx:
        return list(await tx.scalars(sa.select(StageMoveRow).order_by(StageMoveRow.id)))


def codes(done: Moves) -> list[str]:
    return [one.code for one in done.contacts]


async def test_the_usual_stages_are_there_and_exactly_one_is_new(alone: House) -> None:
    async with alone.database.reading() as tx:
        found = await rows.in_order(tx)

    assert [one.name for one in found] == ["New", "Screening", "Interview", "Offer", "Hired", "Rejected"]
    assert [one.name for one in found if one.type is StageType.new] == ["New"]


async def test_a_second_new_stage_is_refused_by_the_database_itself(alone: House) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with alone.database.writing() as tx:
            await tx.execute(sa.text("INSERT INTO stages (name, type, position) VALUES ('Fresh', 'new', 9)"))


async def test_two_stages_made_new_at_once_leave_exactly_one(alone: House) -> None:
    both = [stages.change(alone.door, name, ADA, type_=StageType.new) for name in ("Screening", "Offer")]

    await asyncio.gather(*both)

    async with alone.database.reading() as tx:
        found = await rows.in_order(tx)
    assert len([one for one in found if one.type is StageType.new]) == 1
    assert next(one for one in found if one.name == "New").type is StageType.in_progress


async def test_stages_are_added_renamed_moved_and_removed(alone: House) -> None:
    await stages.add(alone.door, "Assessment", StageType.in_progress, ADA)
    await stages.shift(alone.door, "Assessment", -1, ADA)
    await stages.change(alone.door, "Offer", ADA, name="Contract")
    await stages.remove(alone.door, "Interview", ADA)

    async with alone.database.reading() as tx:
        found = await rows.in_order(tx)
    assert [one.name for one in found] == ["New", "Screening", "Contract", "Hired", "Assessment", "Rejected"]


async def test_a_stage_where_a_contact_stood_is_not_removed(alone: House) -> None:
    opportunity = await job(alone)
    await enter(alone.door, opportunity, ["ann"], RITA, stage="Offer")
    await move(alone.door, opportunity, ["ann"], "Interview", RITA)

    with pytest.raises(Refused) as refused:
        await stages.remove(alone.door, "Offer", ADA)

    assert refused.value.code == "stage_in_use"


async def test_only_who_manages_links_a_stage(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)

    with pytest.raises(Refused) as refused:
        await stages.link(alone.door, "Screening", sequence, RITA)

    assert refused.value.code == "not_permitted"


async def test_linking_twice_changes_nothing_and_says_so(alone: House) -> None:
    sequence = await linked(alone)

    with pytest.raises(Unchanged):
        await stages.link(alone.door, "Screening", str(sequence), ADA)


async def test_a_contact_comes_in_at_new_unless_told_otherwise(alone: House) -> None:
    opportunity = await job(alone)

    done = await enter(alone.door, opportunity, ["ann"], RITA)
    other = await enter(alone.door, opportunity, ["ben"], RITA, stage="Interview")
    again = await enter(alone.door, opportunity, ["ann", "nobody"], RITA)

    assert (done.stage.name, codes(done)) == ("New", ["entered"])
    assert (other.stage.name, codes(other)) == ("Interview", ["entered"])
    assert codes(again) == ["in_workflow_already", "unknown_contact"]


async def test_a_move_into_a_linked_stage_offers_to_enroll_and_enrolls_nobody(alone: House) -> None:
    opportunity, sequence = await job(alone), await linked(alone)
    await enter(alone.door, opportunity, ["ann", "dot"], RITA)

    done = await move(alone.door, opportunity, ["ann", "dot"], "Screening", RITA)

    assert codes(done) == ["moved", "moved"]
    assert done.offer is not None
    assert (done.offer.sequence_id, done.offer.refusal, done.offer.enrolled) == (sequence, None, False)
    assert [type(answer) for answer in done.offer.answers] == [Enrolled, Enrolled]
    assert done.offer.answers[1] == Enrolled("dot", 3, None, None, False, Lack("email address", 1))
    async with alone.database.reading() as tx:
        assert await enrollments.open_ids(tx) == []


async def test_who_says_yes_enrolls_them_regarding_the_opportunity(alone: House) -> None:
    opportunity, _ = await job(alone), await linked(alone)
    await enter(alone.door, opportunity, ["ann"], RITA)

    done = await move(alone.door, opportunity, ["ann"], "Screening", RITA, enrolls=True)

    assert done.offer is not None
    (answer,) = done.offer.answers
    assert isinstance(answer, Enrolled)
    row = await alone.row(answer.enrollment_id or "")
    assert row is not None
    assert row.opportunity_id == int(opportunity)


async def test_moving_on_does_nothing_to_the_enrollment(alone: House) -> None:
    opportunity, _ = await job(alone), await linked(alone)
    done = await enter(alone.door, opportunity, ["ann"], RITA, stage="Screening", enrolls=True)
    assert done.offer is not None
    (answer,) = done.offer.answers
    assert isinstance(answer, Enrolled)
    before = await alone.row(answer.enrollment_id or "")

    await move(alone.door, opportunity, ["ann"], "Rejected", RITA)

    assert before is not None
    assert await alone.row(answer.enrollment_id or "") == before


async def test_the_move_stands_although_the_contact_cannot_be_enrolled(alone: House) -> None:
    opportunity, _ = await job(alone), await linked(alone)
    await enter(alone.door, opportunity, ["ann"], RITA, stage="Screening", enrolls=True)
    await move(alone.door, opportunity, ["ann"], "Offer", RITA)

    done = await move(alone.door, opportunity, ["ann"], "Screening", RITA, enrolls=True)

    assert codes(done) == ["moved"]
    assert done.offer is not None
    assert [one.code for one in done.offer.answers if isinstance(one, NotEnrolled)] == ["already_in_sequence"]


async def test_no_offer_is_made_to_whom_the_sequence_is_not_shown(alone: House) -> None:
    opportunity = await job(alone)
    hidden = await create_sequence(alone.door, {"name": "Hidden", "steps": [CALL]}, ADA)
    await stages.link(alone.door, "Screening", str(hidden), ADA)

    to_bob = await enter(alone.door, opportunity, ["ann"], BOB, stage="Screening", enrolls=True)
    to_ada = await enter(alone.door, opportunity, ["ben"], ADA, stage="Screening")

    assert codes(to_bob) == ["entered"]
    assert to_bob.offer is None
    assert to_ada.offer is not None
    async with alone.database.reading() as tx:
        assert await enrollments.open_ids(tx) == []


async def test_an_archived_sequence_is_offered_with_the_reason_why_not(alone: House) -> None:
    opportunity, sequence = await job(alone), await linked(alone)
    async with alone.database.writing() as tx:
        await tx.execute(sa.text(f"UPDATE sequences SET archived = true WHERE id = {sequence}"))

    done = await enter(alone.door, opportunity, ["ann"], RITA, stage="Screening", enrolls=True)

    assert codes(done) == ["entered"]
    assert done.offer is not None
    assert "archived" in (done.offer.refusal or "")


async def test_many_moves_of_one_contact_at_once_end_in_one_stage_with_all_in_the_history(alone: House) -> None:
    opportunity = await job(alone)
    await enter(alone.door, opportunity, ["ann"], RITA)
    wanted = ["Screening", "Interview", "Offer", "Hired", "Rejected"]

    await asyncio.gather(*(move(alone.door, opportunity, ["ann"], stage, RITA) for stage in wanted))

    kept = await moves(alone)
    async with alone.database.reading() as tx:
        (stands, _), *_ = await rows.of_contact(tx, 1)
        names = {stage.id: stage.name for stage in await rows.in_order(tx)}
    assert [row.from_stage_id for row in kept] == [None, *(row.stage_id for row in kept[:-1])]
    assert {names[row.stage_id] for row in kept[1:]} == set(wanted)
    assert stands.stage_id == kept[-1].stage_id


async def test_many_adds_of_one_contact_at_once_bring_him_in_once(alone: House) -> None:
    opportunity = await job(alone)

    done = await asyncio.gather(*(enter(alone.door, opportunity, ["ann"], RITA) for _ in range(8)))

    assert sorted(code for one in done for code in codes(one)) == ["entered", *["in_workflow_already"] * 7]
    assert len(await moves(alone)) == 1


async def test_the_stage_shows_each_contacts_status_in_the_sequence_in_three_statements(alone: House) -> None:
    opportunity, _ = await job(alone), await linked(alone)
    await enter(alone.door, opportunity, ["ann"], RITA, stage="Screening", enrolls=True)
    await enter(alone.door, opportunity, ["ben", "dot"], RITA, stage="Screening")
    asked: list[str] = []
    sa.event.listen(
        alone.database.engine.sync_engine, "before_cursor_execute", lambda *args: asked.append(str(args[2]))
    )

    async with alone.database.reading() as tx:
        ada = await users.by_email(tx, ADA)
        asked.clear()
        found = await rows.standings(tx, int(opportunity), ada)

    assert [(one.name, one.stage.name, one.status) for one in found] == [
        ("Ann Abel", "Screening", "active"),
        ("Ben Bruno", "Screening", None),
        ("Dot Dahl", "Screening", None),
    ]
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 3


async def test_the_view_goes_on_page_by_page(alone: House) -> None:
    opportunity = await job(alone)
    await enter(alone.door, opportunity, ["ann", "ben", "dot"], RITA)

    first = await opportunities.workflow(alone.door, opportunity, RITA, limit=2)
    second = await opportunities.workflow(alone.door, opportunity, RITA, after=first.standings[-1].contact_id)

    assert [one.contact_id for one in first.standings + second.standings] == [1, 2, 3]


async def test_a_status_in_a_sequence_that_is_not_shown_is_not_told(alone: House) -> None:
    opportunity = await job(alone)
    hidden = await create_sequence(alone.door, {"name": "Hidden", "steps": [CALL]}, ADA)
    await stages.link(alone.door, "Screening", str(hidden), ADA)
    await enter(alone.door, opportunity, ["pia"], ADA, stage="Screening", enrolls=True)

    to_ada = await opportunities.workflow(alone.door, opportunity, ADA)
    to_bob = await opportunities.workflow(alone.door, opportunity, BOB)

    assert [one.status for one in to_ada.standings] == ["active"]
    assert [(one.status, one.enrollment_id) for one in to_bob.standings] == [(None, None)]


async def test_two_who_change_an_opportunity_at_the_same_moment_lose_nothing(alone: House) -> None:
    job = await opportunities.add(alone.door, "A job", RITA)
    async with alone.database.writing() as tx:
        found = await jobs.find(tx, job, lock=True)
        late = asyncio.create_task(opportunities.change(alone.door, job, ADA, external_id="X-1"))
        await asyncio.sleep(0.3)
        await jobs.change(tx, replace(found, title="Another job"))
    await late

    now = (await opportunities.workflow(alone.door, job, RITA)).opportunity
    assert (now.title, now.external_id) == ("Another job", "X-1")
