"""Users and their roles: the level that follows, the last admin, and what a deactivated user leaves behind."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Happening, What
from sequencing.people import Level, User
from sequencing.sequences import Action
from starter.roles import add_role, change_role, give_role, take_role
from starter.sharing import hand_over
from starter.users import UserChange, activate_user, add_user, change_user, deactivate_user
from store import enrollments, todos, users
from store.lives import Life
from store.people_tables import ContactRow
from store.tables import SequenceRow, TemplateRow
from tests.house import ADA, BOB, EMAIL, RITA, House
from tests.patience import PATIENCE

EVE = "eve@example.org"


async def user(house: House, email: str) -> User:
    async with house.database.reading() as tx:
        return await users.by_email(tx, email)


async def level(house: House, email: str) -> Level:
    return (await user(house, email)).level


async def test_a_user_is_added_with_roles_named_by_name_or_by_level_and_the_highest_counts(alone: House) -> None:
    await add_role(alone.door, "Sourcer", Level.view, ADA)

    await add_user(alone.door, EVE, "Eve", ["Sourcer", "use"], None, ADA)

    assert await level(alone, EVE) is Level.use


async def test_a_role_that_is_given_or_taken_changes_the_level_at_once(alone: House) -> None:
    await give_role(alone.door, "edit", BOB, ADA)
    with_it = await level(alone, BOB)
    await take_role(alone.door, "edit", BOB, ADA)

    assert (with_it, await level(alone, BOB)) == (Level.edit, Level.use)


async def test_without_any_role_the_level_is_none(alone: House) -> None:
    await take_role(alone.door, "use", BOB, ADA)

    assert await level(alone, BOB) is Level.none


async def test_a_role_that_changes_changes_everybody_who_has_it_and_nobody_else(alone: House) -> None:
    await add_role(alone.door, "Sourcer", Level.view, ADA)
    await add_user(alone.door, EVE, "Eve", ["Sourcer"], None, ADA)

    await change_role(alone.door, "Sourcer", Level.edit, ADA)

    assert [await level(alone, who) for who in (EVE, BOB)] == [Level.edit, Level.use]


async def test_a_role_given_twice_says_so(alone: House) -> None:
    with pytest.raises(Unchanged, match="already"):
        await give_role(alone.door, "use", BOB, ADA)


@pytest.mark.parametrize("how", ["role taken", "role lowered", "deactivated"])
async def test_the_last_admin_stays(alone: House, how: str) -> None:
    acts = {
        "role taken": lambda: take_role(alone.door, "manage", ADA, ADA),
        "role lowered": lambda: change_role(alone.door, "manage", Level.edit, ADA),
        "deactivated": lambda: deactivate_user(alone.door, ADA, RITA, ADA),
    }

    with pytest.raises(Refused) as refused:
        await acts[how]()

    assert refused.value.code == "last_admin"
    assert await level(alone, ADA) is Level.manage
    assert (await user(alone, ADA)).active


async def test_two_admins_who_deactivate_each_other_at_once_leave_one(alone: House) -> None:
    await give_role(alone.door, "manage", RITA, ADA)

    answers = await asyncio.gather(
        deactivate_user(alone.door, RITA, BOB, ADA),
        deactivate_user(alone.door, ADA, BOB, RITA),
        return_exceptions=True,
    )

    assert sum(answer is None for answer in answers) == 1
    async with alone.database.reading() as tx:
        assert await users.first_admin(tx) is not None


async def test_a_deactivated_user_may_do_nothing_until_he_is_activated(alone: House) -> None:
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"})
    await deactivate_user(alone.door, RITA, ADA, ADA)
    with pytest.raises(Refused, match="is deactivated"):
        await alone.sequencer.pause(one, by=RITA)

    await activate_user(alone.door, RITA, ADA)

    assert (await alone.sequencer.pause(one, by=RITA)).enrollment.status == "paused"


async def test_the_heir_takes_over_sequences_and_templates_and_contacts_stay(alone: House) -> None:
    number = int(await alone.sequence(EMAIL))
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"}, by=ADA)
    rita, ada = await user(alone, RITA), await user(alone, ADA)
    async with alone.database.writing() as tx:
        template = TemplateRow(name="T", subject="S", body="B", address_type="any", owner_id=rita.id)
        tx.add(template)

    await deactivate_user(alone.door, RITA, ADA, ADA)

    async with alone.database.reading() as tx:
        assert (await tx.get_one(SequenceRow, number)).owner_id == ada.id
        assert (await tx.get_one(TemplateRow, template.id)).owner_id == ada.id
        ann = await enrollments.get(tx, one)
        assert ann is not None
        assert (await tx.get_one(ContactRow, ann.contact_id)).owner_id == rita.id


async def test_an_heir_of_sequences_must_be_able_to_edit_them(alone: House) -> None:
    await alone.sequence(EMAIL)

    with pytest.raises(Refused) as refused:
        await deactivate_user(alone.door, RITA, BOB, ADA)

    assert refused.value.code == "invalid_heir"
    assert (await user(alone, RITA)).active


@pytest.mark.parametrize("how", ["open", "away", "taken back afterwards"])
async def test_a_to_do_of_a_deactivated_user_is_on_exactly_one_active_list(alone: House, how: str) -> None:
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"})
    rita, now = await user(alone, RITA), datetime.now(UTC)
    happenings = {
        "open": [],
        "away": [Happening(What.pause, by=rita.id)],
        "taken back afterwards": [Happening(What.skip, by=rita.id, step=1, todo="todo")],
    }
    later = {"away": [Happening(What.resume)], "taken back afterwards": [Happening(What.take_back, todo="todo")]}
    await live(alone, one, [Happening(What.opened, todo="todo"), *happenings[how]], now)

    await deactivate_user(alone.door, RITA, ADA, ADA)
    await live(alone, one, later.get(how, []), now)

    async with alone.database.reading() as tx:
        everybody = await users.everybody(tx)
        lists = [who.email for who in everybody for _ in await todos.on_the_list_of(tx, who.id)]
    assert lists == [ADA]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_to_do_that_is_opened_while_its_sequences_owner_is_deactivated_waits_for_nobody(alone: House) -> None:
    """Opening locks the enrollment, its sequence, and then who may be given the to-do."""
    one = await alone.enroll("ann", EMAIL)
    rita, ada = await user(alone, RITA), await user(alone, ADA)

    async with alone.database.writing() as tx:
        assert await Life.lock(tx, one, datetime.now(UTC)) is not None
        deactivating = asyncio.create_task(deactivate_user(alone.door, RITA, ADA, ADA))
        done, _ = await asyncio.wait([deactivating], timeout=0.5)
        given = await asyncio.wait_for(users.some(tx, {rita.id, ada.id}, staying=True), PATIENCE)
    await asyncio.wait_for(deactivating, PATIENCE)

    assert (done, given[rita.id].active) == (set(), True)
    assert not (await user(alone, RITA)).active


async def test_what_is_handed_over_to_who_is_being_deactivated_is_not_left_with_him(alone: House) -> None:
    sequences = [await alone.sequence(EMAIL, by=ADA) for _ in range(5)]

    answers = await asyncio.gather(
        *(hand_over(alone.door, one, RITA, ADA) for one in sequences),
        deactivate_user(alone.door, RITA, ADA, ADA),
        return_exceptions=True,
    )

    assert {type(answer) for answer in answers} <= {type(None), Refused}
    async with alone.database.reading() as tx:
        owners = {(await tx.get_one(SequenceRow, int(one))).owner_id for one in sequences}
    assert owners == {(await user(alone, ADA)).id}


async def live(house: House, enrollment_id: str, happenings: list[Happening], now: datetime) -> None:
    """Lets this happen to the enrollment; a to-do it opens is Rita's."""
    async with house.database.writing() as tx:
        rita, life = await users.by_email(tx, RITA), await Life.lock(tx, enrollment_id, now)
        assert life is not None
        for happening in happenings:
            if happening.what is What.opened:
                opening = todos.Opening("todo", Action.task, rita.id, None, "Think", "")
                await todos.open_one(tx, life.enrollment, opening, now, now)
            life.happen(happening)
            await life.save()


async def test_a_user_changes_in_what_is_named_and_nothing_else(alone: House) -> None:
    before = await user(alone, BOB)

    await change_user(alone.door, BOB, UserChange(name="Bobby", sending_number="", time_zone="Asia/Tokyo"), ADA)

    expected = replace(before, name="Bobby", sending_number=None, time_zone="Asia/Tokyo")
    assert await user(alone, BOB) == expected


async def test_a_change_that_waited_for_a_deactivation_does_not_undo_it(alone: House) -> None:
    async with alone.database.writing() as tx:
        bob = await users.lock(tx, (await users.by_email(tx, BOB)).id)
        late = asyncio.create_task(change_user(alone.door, BOB, UserChange(name="Bobby"), ADA))
        await asyncio.sleep(0.3)
        await users.change(tx, replace(bob, active=False))
    await late

    async with alone.database.reading() as tx:
        now = await users.by_email(tx, BOB)
    assert (now.active, now.name) == (False, "Bobby")
