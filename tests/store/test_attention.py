"""Every enrollment that waits for a person is on exactly one person's list, whatever it waits for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from sequencing.happenings import Happening, Reason, What, Why
from sequencing.people import Level
from sequencing.sequences import Action
from sequencing.timing import Calendar
from starter.attention import attention_of, waiting_for
from starter.enrollments import Enrolled
from starter.timeline import story
from store import attention, todos, users
from store.database import Database
from store.lives import Life
from tests.house import ADA, BOB, EMAIL, RITA, House

CARLA = "carla@example.org"

PAUSES = [reason for reason in Reason if list(Reason).index(reason) <= list(Reason).index(Reason.delivery_unknown)]
GONE = ["nobody is gone", "who enrolled is gone", "who enrolled and the owner are gone"]


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("reason", PAUSES)
async def test_a_paused_one_is_on_exactly_one_attention_list(alone: House, reason: Reason, gone: str) -> None:
    one = await alone.enroll("pia" if "owner" in gone else "ann", {**EMAIL, "delay": "1 day"})
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, one, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.blocked, reason=reason))
        await life.save()
        if gone != GONE[0]:
            rita = await users.by_email(tx, RITA)
            await users.change(tx, replace(rita, active=False))

    lists = await _lists_with(alone.database, one)

    assert len(lists) == 1


@pytest.mark.parametrize("reason", PAUSES)
async def test_what_mends_it_is_said_in_words_of_people(alone: House, reason: Reason) -> None:
    one = await alone.enroll("ann", {**EMAIL, "delay": "1 day"})
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, one, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.blocked, reason=reason))
        await life.save()

    (told,) = await waiting_for(alone.door, RITA)
    nothing = (await story(alone.door, one, RITA)).next

    assert ("_" in told.remedy, "_" in nothing) == (False, False), (told.remedy, nothing)


async def test_one_that_waits_for_a_send_window_that_never_opens_is_on_exactly_one_attention_list(
    alone: House,
) -> None:
    await alone.settle_on(Calendar("UTC", ((),) * 7))
    one = await alone.enroll("ann", EMAIL)
    row = await alone.row(one)

    lists = await _lists_with(alone.database, one)

    assert row is not None
    assert row.why is Why.no_send_window
    assert lists == [RITA]


@pytest.mark.parametrize("action", [Action.call, Action.task, Action.manual_email])
async def test_one_with_an_open_to_do_is_on_exactly_one_to_do_list(alone: House, action: Action) -> None:
    one = await alone.enroll("pia", {**EMAIL, "delay": "1 day"})
    bob = await _opened(alone.database, one, action)

    lists = await _lists_with(alone.database, one)

    assert lists == [bob]


async def test_the_owner_who_sees_to_one_is_that_of_its_own_contact(alone: House) -> None:
    answers = await alone.sequencer.enroll(await alone.sequence(EMAIL), ["pia", "ann"], by=BOB)
    other, one = (answer.enrollment_id or "" for answer in answers if isinstance(answer, Enrolled))
    async with alone.database.writing() as tx:
        for each in (other, one):
            life = await Life.lock(tx, each, datetime.now(UTC))
            assert life is not None
            life.happen(Happening(What.blocked, reason=Reason.by_user))
            await life.save()
        bob = await users.by_email(tx, BOB)
        await users.change(tx, replace(bob, active=False))

    assert await _lists_with(alone.database, one) == [RITA]
    assert await _lists_with(alone.database, other) == [ADA]


GIVEN_TO_CARLA = "UPDATE sequences SET owner_id = 4"
HOLDERS: dict[str, tuple[tuple[str, ...], str]] = {
    "nobody is gone": ((), RITA),
    "who holds may hold no more": (("UPDATE users SET level = 'view' WHERE email = 'rita@example.org'",), ADA),
    "who holds is gone, the owner is there": (
        (GIVEN_TO_CARLA, "UPDATE users SET active = false WHERE email = 'rita@example.org'"),
        CARLA,
    ),
    "who holds and the owner are gone": (
        (
            GIVEN_TO_CARLA,
            "UPDATE users SET active = false WHERE email IN ('rita@example.org', 'carla@example.org')",
        ),
        ADA,
    ),
}
"""What has happened since, and on whose list it stands then."""


@pytest.mark.parametrize("since", HOLDERS)
async def test_what_a_hold_keeps_waiting_is_one_line_on_exactly_one_attention_list(alone: House, since: str) -> None:
    changes, keeper = HOLDERS[since]
    sequence = await alone.sequence(EMAIL)
    async with alone.database.writing() as tx:
        await users.add(tx, CARLA, "Carla", Level.edit)
    await alone.sequencer.enroll(sequence, ["ann", "ben", "pia"], by=BOB)
    await alone.sequencer.hold(sequence, by=RITA)
    async with alone.database.writing() as tx:
        await tx.execute(sa.text("UPDATE enrollments SET why = 'held', due_at = NULL WHERE contact_id < 3"))
        for change in changes:
            await tx.execute(sa.text(change))
    async with alone.database.reading() as tx:
        present = [user.email for user in await users.everybody(tx) if user.active]

    lists = {email: await alone.sequencer.attention(by=email) for email in present}

    (line,) = lists.pop(keeper)
    assert not any(lists.values())
    assert (line.cause, line.enrollment, line.due, line.sequence_id) == ("held", None, 2, int(sequence))
    holder = "you" if keeper == RITA else "Rita Recruiter"
    assert line.remedy.startswith(f"held by {holder} since ")
    assert line.remedy.endswith(": 2 due messages wait; release it, or cancel them")


async def test_a_hold_on_all_sending_is_on_the_list_of_who_holds_it_and_counts_all(alone: House) -> None:
    await alone.enroll("ann", EMAIL)
    await alone.enroll("ben", EMAIL)
    await alone.sequencer.hold(None, by=ADA)
    quiet = await alone.sequencer.attention(by=ADA)
    async with alone.database.writing() as tx:
        await tx.execute(sa.text("UPDATE enrollments SET why = 'held', due_at = NULL"))

    (line,) = await alone.sequencer.attention(by=ADA)
    others = await alone.sequencer.attention(by=RITA)

    assert (quiet, others) == ([], [])
    assert (line.sequence, line.sequence_id, line.due) == (None, None, 2)
    assert line.remedy.startswith("all sending is held by you since ")


async def test_attention_is_read_page_by_page_and_what_somebody_mends_leaves_it_at_once(alone: House) -> None:
    ids = [await alone.enroll(name, {**EMAIL, "delay": "1 day"}) for name in ("ann", "ben", "pia")]
    for one in ids:
        async with alone.database.writing() as tx:
            life = await Life.lock(tx, one, datetime.now(UTC))
            assert life is not None
            life.happen(Happening(What.pause, by=2))
            await life.save()

    first = await attention_of(alone.door, RITA, limit=2)
    second = await attention_of(alone.door, RITA, after=first.more, limit=2)
    await alone.sequencer.resume(ids[0], by=RITA)

    assert [one.enrollment for one in first.items + second.items] == ids
    assert second.more is None
    assert [one.enrollment for one in (await attention_of(alone.door, RITA)).items] == ids[1:]


async def _opened(database: Database, enrollment_id: str, action: Action) -> str:
    """Opens a to-do for somebody who neither enrolled nor owns the contact; answers who that is."""
    now = datetime.now(UTC)
    async with database.writing() as tx:
        life, bob = await Life.lock(tx, enrollment_id, now), await users.by_email(tx, BOB)
        assert life is not None
        opening = todos.Opening("todo", action, bob.id, None, "Think", "")
        await todos.open_one(tx, life.enrollment, opening, now, now)
        life.happen(Happening(What.opened, todo=opening.id))
        await life.save()
    return bob.email


async def _lists_with(database: Database, enrollment_id: str) -> list[str]:
    """The users on whose attention or to-do list it stands."""
    found = []
    async with database.reading() as tx:
        for user in await users.everybody(tx):
            listed = [one.enrollment.id for one in await attention.lines(tx, user)]
            to_do = [todo.enrollment_id for todo in await todos.on_the_list_of(tx, user.id)]
            found += [user.email] * (listed + to_do).count(enrollment_id)
    return found
