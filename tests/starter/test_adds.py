"""Adding at the door, on both databases: who is refused and why, what is said beforehand, and adding under a rush."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from sequencing.adds import Enrolled, NotEnrolled
from sequencing.enrollments import Status
from sequencing.errors import Refused
from sequencing.people import ContactKind
from sequencing.settings import Limits
from sequencing.stage_links import StageType
from starter.adds import read_list
from starter.contacts import import_contacts
from starter.sequences import create_sequence
from store import settings, suppressions
from store.people_tables import CandidacyRow, ContactRow, OpportunityRow, StageRow
from store.selections import Selection
from store.tables import EnrollmentRow, SequenceRow
from tests.house import ADA, BOB, CALL, EMAIL, RITA, TEXT, House

RUSH = 200
WORK_EMAIL = {**EMAIL, "address_type": "work"}


async def one_code(house: House, sequence: str, contact: str, by: str = RITA) -> tuple[str, str]:
    """The code and sentence with which that contact is refused; a dry run says the same."""
    (foreseen,) = await house.sequencer.enroll(sequence, [contact], by=by, dry_run=True)
    (answer,) = await house.sequencer.enroll(sequence, [contact], by=by)
    assert isinstance(answer, NotEnrolled), answer
    assert foreseen == answer
    return answer.code, answer.sentence


async def one_at_a_time(house: House) -> None:
    async with house.database.writing() as tx:
        now = await settings.current(tx)
        await settings.change(tx, replace(now, more_than_one_sequence=False), None, datetime.now(UTC))


async def change(house: House, statement: sa.Update) -> None:
    async with house.database.writing() as tx:
        await tx.execute(statement)


async def test_who_is_in_the_sequence_is_not_added_again(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    await alone.sequencer.enroll(sequence, ["ann"], by=RITA)

    code, sentence = await one_code(alone, sequence, "ann")

    assert (code, sentence) == ("already_in_sequence", "The contact is in this sequence already.")


async def test_the_other_sequence_is_named_to_those_who_may_see_it(alone: House) -> None:
    await one_at_a_time(alone)
    await alone.sequencer.enroll(await alone.sequence(EMAIL, name="The other"), ["ann"], by=RITA)

    code, sentence = await one_code(alone, await alone.sequence(EMAIL), "ann", by=BOB)

    assert code == "already_in_another_sequence"
    assert "'The other'" in sentence


async def test_the_other_sequence_is_not_named_to_those_who_may_not_see_it(alone: House) -> None:
    await one_at_a_time(alone)
    private = str(await create_sequence(alone.door, {"name": "Secret", "steps": [EMAIL]}, ADA))
    await alone.sequencer.enroll(private, ["ann"], by=ADA)

    code, sentence = await one_code(alone, await alone.sequence(EMAIL), "ann")

    assert code == "already_in_another_sequence"
    assert "Secret" not in sentence


async def test_an_archived_sequence_takes_nobody(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    await change(alone, sa.update(SequenceRow).where(SequenceRow.id == int(sequence)).values(archived=True))

    with pytest.raises(Refused) as refused:
        await alone.sequencer.enroll(sequence, ["ann"], by=RITA)

    assert refused.value.code == "sequence_archived"


async def test_who_is_not_to_be_contacted_is_refused(alone: House) -> None:
    await change(alone, sa.update(ContactRow).where(ContactRow.external_id == "ann").values(do_not_contact=True))

    code, _ = await one_code(alone, await alone.sequence(CALL), "ann")

    assert code == "do_not_contact"


@pytest.mark.parametrize(("step", "target"), [(EMAIL, "Ann@Example.com"), (TEXT, "+4915112340001")])
async def test_who_has_unsubscribed_is_refused_where_the_sequence_has_an_automatic_message(
    alone: House, step: dict[str, Any], target: str
) -> None:
    async with alone.database.writing() as tx:
        await suppressions.add(tx, target, "unsubscribed", None, datetime.now(UTC))

    code, _ = await one_code(alone, await alone.sequence(CALL, step), "ann")

    assert code == "unsubscribed"


async def test_who_has_unsubscribed_may_still_be_called(alone: House) -> None:
    async with alone.database.writing() as tx:
        await suppressions.add(tx, "ann@example.com", "unsubscribed", None, datetime.now(UTC))

    (answer,) = await alone.sequencer.enroll(await alone.sequence(CALL), ["ann"], by=RITA)

    assert isinstance(answer, Enrolled)


async def test_who_may_only_look_adds_nobody(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    await change(alone, sa.text("UPDATE users SET level = 'view' WHERE email = 'bob@example.org'"))  # type: ignore[arg-type]

    with pytest.raises(Refused) as refused:
        await alone.sequencer.enroll(sequence, ["ann"], by=BOB)

    assert refused.value.code == "not_permitted"


async def test_too_many_at_once_are_refused(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)

    with pytest.raises(Refused) as refused:
        await alone.sequencer.add(sequence, ["ann"] * (Limits().contacts_per_add + 1), by=RITA)

    assert refused.value.code == "limit_reached"


@pytest.mark.parametrize("name", ["nobody", "nobody@example.com", "9999", "a\0b", "x" * 10_000, ""])
async def test_an_unknown_contact_is_refused(alone: House, name: str) -> None:
    code, _ = await one_code(alone, await alone.sequence(EMAIL), name)

    assert code == "unknown_contact"


async def test_a_name_that_fits_two_contacts_is_refused_with_their_numbers(alone: House) -> None:
    await import_contacts(alone.door, "external_id,first_name,work_email\ntwin,Twin,ann@example.com\n", RITA)

    code, sentence = await one_code(alone, await alone.sequence(EMAIL), "ann@example.com")

    assert code == "ambiguous_contact"
    assert "1, 5" in sentence


async def test_a_rush_on_the_same_contact_and_sequence_enrolls_it_once(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)

    answers = await asyncio.gather(*(alone.sequencer.enroll(sequence, ["ann"], by=RITA) for _ in range(RUSH)))

    assert counted(answers) == {"enrolled": 1, "already_in_sequence": RUSH - 1}
    assert await open_ones(alone) == 1


async def test_a_rush_on_one_contact_with_two_sequences_and_one_at_a_time_enrolls_it_once(alone: House) -> None:
    await one_at_a_time(alone)
    pair = await alone.sequence(EMAIL), await alone.sequence(CALL)

    answers = await asyncio.gather(*(alone.sequencer.enroll(pair[n % 2], ["ann"], by=RITA) for n in range(RUSH)))

    told = counted(answers)
    assert told == {
        "enrolled": 1,
        "already_in_sequence": RUSH // 2 - 1,
        "already_in_another_sequence": RUSH // 2,
    }
    assert await open_ones(alone) == 1


async def test_two_lists_in_opposite_order_added_at_once_wait_for_each_other_and_lose_nobody(alone: House) -> None:
    sequence = await alone.sequence(EMAIL)
    names = ["ann", "ben", "dot", "pia"]

    answers = await asyncio.gather(
        *(alone.sequencer.enroll(sequence, names if n % 2 else names[::-1], by=RITA) for n in range(20))
    )

    assert counted(answers) == {"enrolled": 4, "already_in_sequence": 76}


async def test_it_is_said_beforehand_what_will_happen_in_sum(alone: House) -> None:
    sequence = await alone.sequence(WORK_EMAIL)
    (before,) = await alone.sequencer.enroll(sequence, ["ben"], by=RITA)
    assert isinstance(before, Enrolled)
    await alone.sequencer.cancel(before.enrollment_id or "", by=RITA)
    await change(alone, sa.update(EnrollmentRow).values(status=Status.canceled, reason="by_user"))
    async with alone.database.writing() as tx:
        await suppressions.add(tx, "ann@example.com", "unsubscribed", None, datetime.now(UTC))

    forecast = await alone.sequencer.foresee(sequence, ["ann", "ben", "dot", "nobody"], by=RITA)

    assert forecast.sentences == [
        "2 of 4 would be enrolled.",
        "1 of 4 has no work email address: they will pause at step 1.",
        "1 unsubscribed: left out.",
        "1 unknown: left out.",
        "1 was in it before.",
        "Email journaling is off: nobody is paused by a reply unless a person records it.",
    ]
    assert await open_ones(alone) == 0


async def test_contacts_are_found_by_what_they_have_in_common(alone: House) -> None:
    sequence = await alone.sequence(EMAIL, name="Old")
    await alone.sequencer.enroll(sequence, ["ben"], by=RITA)
    await candidates(alone)
    fresh = await alone.sequence(EMAIL)

    async def found(**wanted: Any) -> list[str]:
        forecast = await alone.sequencer.foresee(fresh, by=RITA, selection=Selection(**wanted))
        return [answer.contact for answer in forecast.answers]

    assert await found(kind=ContactKind.candidate) == ["1", "2", "3", "4"]
    assert await found(kind=ContactKind.client) == []
    assert await found(owner=RITA) == ["1", "2", "3"]
    assert await found(company="acm") == ["1", "2"]
    assert await found(company="%") == []
    assert await found(sequence="Old", status=Status.active) == ["2"]
    assert await found(sequence="Old", status=Status.paused) == []
    assert await found(status=Status.active) == ["2"]
    assert await found(text="ann") == ["1"]
    assert await found(in_any=True) == ["2"]
    assert await found(opportunity="cto") == ["1", "3"]
    assert await found(opportunity="cto", stage="Screened") == ["3"]
    assert await found(stage="Screened", company="birch") == ["3"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"sequence": "None such"}, "unknown_sequence"),
        ({"opportunity": "none"}, "unknown_opportunity"),
        ({"stage": "none"}, "unknown_stage"),
        ({"owner": "none@example.org"}, "unknown_user"),
    ],
)
async def test_a_search_that_names_nothing_is_refused(alone: House, wanted: dict[str, Any], code: str) -> None:
    sequence = await alone.sequence(EMAIL)

    with pytest.raises(Refused) as refused:
        await alone.sequencer.add(sequence, by=RITA, selection=Selection(**wanted))

    assert refused.value.code == code


async def test_a_search_by_a_sequence_that_is_not_shown_finds_no_such_sequence(alone: House) -> None:
    await create_sequence(alone.door, {"name": "Secret", "steps": [EMAIL]}, ADA)

    with pytest.raises(Refused) as refused:
        await alone.sequencer.foresee(await alone.sequence(EMAIL), by=RITA, selection=Selection(sequence="Secret"))

    assert refused.value.code == "unknown_sequence"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ann\n\n ben \n", ["ann", "ben"]),
        ("external_id\nann\n", ["ann"]),
        ('name,email\n"A, B",a@example.com\nC,\n', ["a@example.com"]),
        ("\ufeffid,name\n1,A\n", ["1"]),
        ("", []),
    ],
)
def test_a_list_is_one_a_line_or_a_csv(text: str, names: list[str]) -> None:
    assert read_list(text) == names


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,phone\nA,1\n", "Line 1"),
        ("name,email\nA\n", "Line 2"),
        ('name,email\n"A,b\n', "quotation"),
    ],
)
def test_a_broken_list_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_list(text)


def counted(answers: list[list[Any]]) -> Counter[str]:
    return Counter("enrolled" if isinstance(one, Enrolled) else one.code for some in answers for one in some)


async def open_ones(house: House) -> int:
    async with house.database.reading() as tx:
        open_ = EnrollmentRow.status.in_(("active", "paused"))
        return await tx.scalar(sa.select(sa.func.count()).select_from(EnrollmentRow).where(open_)) or 0


async def candidates(house: House) -> None:
    """Ann is new and Dot is screened, for one opportunity."""
    now = datetime.now(UTC)
    async with house.database.writing() as tx:
        tx.add(OpportunityRow(id=1, external_id="cto", title="CTO"))
        tx.add_all(
            [
                StageRow(id=91, name="Fresh", type=StageType.in_progress, position=91),
                StageRow(id=92, name="Screened", type=StageType.in_progress, position=92),
            ]
        )
        await tx.flush()
        tx.add_all(
            [
                CandidacyRow(opportunity_id=1, contact_id=1, stage_id=91, since=now),
                CandidacyRow(opportunity_id=1, contact_id=3, stage_id=92, since=now),
            ]
        )
