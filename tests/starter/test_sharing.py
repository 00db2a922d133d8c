"""Sharing a sequence gives the right to see it and to enroll in it, never to edit it; handing it over gives it away."""

import pytest

from sequencing.errors import Refused, Unchanged
from sequencing.sequences import Sharing
from starter.enrollments import Enrolled
from starter.sequences import create_sequence
from starter.sharing import hand_over, share
from store import sequences, users
from tests.house import ADA, BOB, EMAIL, RITA, House

PRIVATE = {"name": "Quiet", "steps": [EMAIL]}


async def seen_by(house: House, email: str) -> list[str]:
    async with house.database.reading() as tx:
        return [row.name for row in await sequences.all_shown(tx, await users.by_email(tx, email))]


async def test_a_private_sequence_is_seen_by_its_owner_and_by_who_manages(alone: House) -> None:
    await create_sequence(alone.door, PRIVATE, RITA)

    assert [await seen_by(alone, who) for who in (RITA, ADA, BOB)] == [["Quiet"], ["Quiet"], []]


@pytest.mark.parametrize(("sharing", "emails"), [(Sharing.users, [BOB]), (Sharing.everyone, [])])
async def test_who_a_sequence_is_shared_with_sees_it_and_enrolls_in_it_and_cannot_change_it(
    alone: House, sharing: Sharing, emails: list[str]
) -> None:
    await create_sequence(alone.door, PRIVATE, RITA)

    await share(alone.door, "Quiet", sharing, emails, RITA)

    (answer,) = await alone.sequencer.enroll("Quiet", ["ann"], by=BOB)
    assert await seen_by(alone, BOB) == ["Quiet"]
    assert isinstance(answer, Enrolled)
    with pytest.raises(Refused) as refused:
        await share(alone.door, "Quiet", Sharing.private, [], BOB)
    assert refused.value.code == "not_permitted"


async def test_a_sequence_that_is_not_shared_any_more_is_gone_for_the_others(alone: House) -> None:
    await create_sequence(alone.door, {**PRIVATE, "sharing": "users", "shared_with": [BOB]}, RITA)
    before = await seen_by(alone, BOB)

    await share(alone.door, "Quiet", Sharing.private, [], RITA)

    assert (before, await seen_by(alone, BOB)) == (["Quiet"], [])


async def test_sharing_it_the_same_way_again_changes_nothing_and_says_so(alone: House) -> None:
    await create_sequence(alone.door, {**PRIVATE, "sharing": "users", "shared_with": [BOB]}, RITA)

    with pytest.raises(Unchanged, match="like that already"):
        await share(alone.door, "Quiet", Sharing.users, [BOB], RITA)


async def test_a_sequence_that_is_handed_over_is_the_new_owners_and_nobody_elses(alone: House) -> None:
    await create_sequence(alone.door, PRIVATE, RITA)

    await hand_over(alone.door, "Quiet", ADA, ADA)

    assert [await seen_by(alone, who) for who in (ADA, RITA)] == [["Quiet"], []]
    with pytest.raises(Unchanged, match="already"):
        await hand_over(alone.door, "Quiet", ADA, ADA)
