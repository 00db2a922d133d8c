"""To-do lists: whose, which, in which order; postponing, handing on, and many at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from socket import socket
from typing import Any

import pytest
import sqlalchemy as sa
from temporalio.client import Client

from sequencing.enrollments import Enrollment
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Happening, Reason, What
from sequencing.people import Level
from sequencing.sequences import Action
from sequencing.settings import SettingsChange
from sequencing.todos import Due, DueWithin
from starter import todos as acts
from starter.client import Runs
from starter.counts import counts_of
from starter.door import Reached
from starter.enrollments import Receipt
from starter.settings import change_settings
from starter.timeline import story
from starter.todo_lists import Narrowed, Wanted, card, shown, todo_list, worklist
from starter.users import UserChange, add_user, change_user, deactivate_user
from store import news, todos, users
from store.lives import Life
from store.people_tables import UserRow
from tests.house import ADA, BOB, CALL, EMAIL, LETTER, RITA, TASK, House
from tests.patience import PATIENCE

EVE = "eve@example.org"
DAY = timedelta(days=1)
MINE = Wanted()


async def opened(
    house: House, contact: str, assignee: str = RITA, action: Action = Action.task, late: timedelta = timedelta()
) -> str:
    """The id of an open to-do, which fell due `late` ago."""
    one = await house.enroll(contact, {**(CALL if action is Action.call else TASK), "delay": "1 day"})
    todo_id, now = house.door.new_id(), datetime.now(UTC)
    async with house.database.writing() as tx:
        life, who = await Life.lock(tx, one, now), await users.by_email(tx, assignee)
        assert life is not None
        opening = todos.Opening(todo_id, action, who.id, None, "Think", "Think twice")
        await todos.open_one(tx, life.enrollment, opening, now - late, now)
        life.happen(Happening(What.opened, todo=todo_id))
        await life.save()
    return todo_id


async def ids(house: House, by: str, wanted: Wanted = MINE) -> Sequence[str]:
    return [one.todo.id for one in await todo_list(house.door, wanted, by)]


async def test_overdue_ones_come_first_then_the_longest_due(alone: House) -> None:
    today = await opened(alone, "ann")
    overdue, longer = await opened(alone, "ann", late=2 * DAY), await opened(alone, "ann", late=3 * DAY)

    listed = await todo_list(alone.door, Wanted(), RITA)

    assert [one.todo.id for one in listed] == [longer, overdue, today]
    assert [one.due for one in listed] == [Due.overdue, Due.overdue, Due.today]


async def test_the_day_is_over_in_the_assignees_zone_or_else_in_that_of_the_settings(alone: House) -> None:
    async def due_of(zone: str, settings_zone: str) -> Due:
        await change_user(alone.door, RITA, UserChange(time_zone=zone), ADA)
        await change_settings(alone.door, SettingsChange(zone=settings_zone), ADA)
        (one,) = await todo_list(replace(alone.door, now=lambda: noon), Wanted(), RITA)
        return one.due

    noon = datetime.now(UTC).replace(hour=11, minute=30)
    await opened(alone, "ann", late=datetime.now(UTC) - noon + timedelta(hours=12))

    assert await due_of("Asia/Tokyo", "Europe/Berlin") is Due.today
    assert await due_of("", "UTC") is Due.overdue


async def test_everybodys_and_anothers_list_are_for_those_who_manage(alone: House) -> None:
    ritas, bobs = await opened(alone, "ann"), await opened(alone, "ben", BOB)

    assert await ids(alone, ADA, Wanted(everybody=True)) == [ritas, bobs]
    assert await ids(alone, ADA, Wanted(of=BOB)) == [bobs]
    assert await ids(alone, BOB) == [bobs]
    for wanted in (Wanted(of=RITA), Wanted(everybody=True)):
        with pytest.raises(Refused) as refused:
            await ids(alone, BOB, wanted)
        assert refused.value.code == "not_permitted"


async def test_a_list_is_narrowed_by_kind_by_sequence_and_by_when_it_is_due(alone: House) -> None:
    call, task = await opened(alone, "ann", action=Action.call), await opened(alone, "ann", late=2 * DAY)
    async with alone.database.reading() as tx:
        row = await todos.get(tx, call)
    assert row is not None

    assert await ids(alone, RITA, Wanted(kind=Action.call)) == [call]
    assert await ids(alone, RITA, Wanted(sequence=str(row.sequence_id))) == [call]
    assert await ids(alone, RITA, Wanted(due=Due.overdue)) == [task]
    assert await ids(alone, RITA, Wanted(due=Due.later)) == []


async def test_whoever_was_given_a_todo_sees_and_resolves_it_whatever_his_level(alone: House) -> None:
    await add_user(alone.door, EVE, "Eve", ["none"], None, ADA)
    todo = await opened(alone, "ann")
    with pytest.raises(Refused) as before:
        await shown(alone.door, todo, EVE)

    await acts.reassign(alone.door, todo, EVE, RITA)

    told = await shown(alone.door, todo, EVE)
    assert before.value.code == "not_found"
    assert (told["contact"], told["instructions"]) == ("Ann Abel", "Think twice")
    assert await ids(alone, EVE) == [todo]
    assert (await acts.resolve(alone.door, todo, "positive", EVE)).enrollment.status == "finished"


async def test_a_todo_is_postponed_to_a_clock_time_of_its_assignee(alone: House) -> None:
    await change_user(alone.door, RITA, UserChange(time_zone="Asia/Tokyo"), ADA)
    todo, day = await opened(alone, "ann"), (datetime.now(UTC) + 3 * DAY).date()

    at = await acts.postpone(alone.door, todo, datetime(day.year, day.month, day.day, 9), ADA)  # noqa: DTZ001

    (one,) = await todo_list(alone.door, Wanted(), RITA)
    assert at == one.todo.due_at == datetime(day.year, day.month, day.day, 0, tzinfo=UTC)
    assert one.due is Due.later


async def test_a_repeated_postponing_and_handing_on_change_nothing_and_say_so(alone: House) -> None:
    todo, later = await opened(alone, "ann"), datetime.now(UTC) + DAY
    await acts.postpone(alone.door, todo, later, RITA)
    await acts.reassign(alone.door, todo, BOB, RITA)

    with pytest.raises(Unchanged, match="at that instant already"):
        await acts.postpone(alone.door, todo, later, BOB)
    with pytest.raises(Unchanged, match="on the list of bob"):
        await acts.reassign(alone.door, todo, BOB, BOB)


async def told(house: House, todo: str) -> list[str]:
    """What the timeline of its enrollment says in words, without the instants."""
    async with house.database.reading() as tx:
        row = await todos.get(tx, todo)
    assert row is not None
    lines = (await story(house.door, row.enrollment_id, ADA)).as_text().split("\n")
    return [line.partition("  step 1  ")[2] for line in lines if "  step 1  " in line]


async def test_the_timeline_says_who_postponed_a_todo_until_when_and_who_gave_it_to_whom(alone: House) -> None:
    todo = await opened(alone, "ann")
    noon = (datetime.now(UTC) + 3 * DAY).replace(hour=12, minute=0, second=0, microsecond=0)

    await acts.postpone(alone.door, todo, noon, RITA)
    await acts.reassign(alone.door, todo, BOB, RITA)

    assert (await told(alone, todo))[-2:] == [
        f"to-do postponed until {noon:%Y-%m-%d} 12:00:00Z by Rita Recruiter",
        "to-do taken from Rita Recruiter and given to Bob Bystander by Rita Recruiter",
    ]


async def test_the_timeline_says_who_inherited_a_todo(alone: House) -> None:
    todo = await opened(alone, "ann", BOB)

    await deactivate_user(alone.door, BOB, RITA, ADA)

    said = "to-do left to Rita Recruiter with the deactivation of Bob Bystander by Ada Admin"
    assert (await told(alone, todo))[-1] == said


async def test_postponing_that_is_refused_leaves_no_line(alone: House) -> None:
    todo = await opened(alone, "ann")
    before = await told(alone, todo)

    with pytest.raises(Refused):
        await acts.postpone(alone.door, todo, datetime.now(UTC) - DAY, RITA)

    assert await told(alone, todo) == before


async def test_of_many_at_once_each_is_answered_and_a_bad_one_never_stops_the_rest(alone: House) -> None:
    mine, bobs, last = await opened(alone, "ann"), await opened(alone, "ben", BOB), await opened(alone, "pia")

    answers = await acts.each([mine, "none such", bobs, mine, last], lambda todo: acts.skip(alone.door, todo, RITA))

    assert [one.code for one in answers] == ["done", "not_found", "not_permitted", "already_answered", "done"]


async def test_a_todo_can_only_be_handed_to_somebody_active(alone: House) -> None:
    todo = await opened(alone, "ann")
    async with alone.database.writing() as tx:
        await users.change(tx, replace(await users.by_email(tx, BOB), active=False))

    with pytest.raises(Refused, match="deactivated") as refused:
        await acts.reassign(alone.door, todo, BOB, RITA)

    assert refused.value.code == "unknown_user"
    assert await ids(alone, RITA) == [todo]


async def test_of_two_who_resolve_it_at_the_same_moment_one_counts_and_the_other_is_told_who_was_first(
    alone: House,
) -> None:
    names = {RITA: "Rita Recruiter", ADA: "Ada Admin"}
    todo = await opened(alone, "ann")

    said = {RITA: "positive", ADA: "negative"}
    answers = await asyncio.gather(
        *(acts.resolve(alone.door, todo, result, by) for by, result in said.items()), return_exceptions=True
    )

    (second,) = [one for one in answers if isinstance(one, Refused)]
    first = RITA if answers[1] is second else ADA
    (counted,) = [one for one in answers if isinstance(one, Receipt)]
    assert (second.code, counted.enrollment.outcome) == ("already_answered", said[first])
    assert second.sentence == f"{names[first]} was first: {said[first]}."
    async with alone.database.reading() as tx:
        assert len(await news.unnoted(tx, replace(counted.enrollment, noted=0, last_news=9))) == 1


async def test_an_answer_leaves_the_list_at_once_and_what_is_taken_back_is_there_again(alone: House) -> None:
    todo, other = await opened(alone, "ann", late=2 * DAY), await opened(alone, "ben")

    await acts.resolve(alone.door, todo, "none", RITA)
    answered, shows = await ids(alone, RITA), await card(alone.door, todo, RITA)
    await acts.take_back(alone.door, todo, RITA)

    assert (answered, shows.is_open, shows.is_answered) == ([other], False, True)
    assert await ids(alone, RITA) == [todo, other]
    assert (await card(alone.door, todo, RITA)).is_open


@pytest.mark.parametrize("taken_in", [False, True])
async def test_a_result_is_taken_back_by_who_gave_it_or_who_manages_and_by_nobody_else(
    alone: House, taken_in: bool
) -> None:
    todo = await opened(alone, "ann")
    await acts.resolve(alone.door, todo, "none", ADA)
    if taken_in:
        await take_in(alone, todo)

    offered = [await offers_to_take_back(alone, todo, by) for by in (ADA, RITA)]
    with pytest.raises(Refused, match=r"Ada Admin gave it") as refused:
        await acts.take_back(alone.door, todo, RITA)
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(UserRow).where(UserRow.email == RITA).values(level=Level.none))
    with pytest.raises(Refused) as without_level:
        await acts.take_back(alone.door, todo, RITA)
    with pytest.raises(Refused) as without_part:
        await acts.take_back(alone.door, todo, BOB)
    await acts.take_back(alone.door, todo, ADA)

    assert offered == [(True, taken_in), (False, False)]
    assert [one.value.code for one in (refused, without_level, without_part)] == ["not_permitted"] * 3
    assert await ids(alone, RITA) == [todo]


async def offers_to_take_back(house: House, todo_id: str, by: str) -> tuple[bool, bool]:
    """Whether the to-do's page does, and its enrollment's, which shows what the run has noted."""
    one = await card(house.door, todo_id, by)
    return one.is_answered, (await story(house.door, one.todo.enrollment_id, by)).may_take_back


@pytest.mark.parametrize("taken_in", [False, True])
async def test_who_gave_a_result_takes_it_back_without_any_level(alone: House, taken_in: bool) -> None:
    todo = await opened(alone, "ann")
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(UserRow).where(UserRow.email == RITA).values(level=Level.none))
    await acts.resolve(alone.door, todo, "none", RITA)
    if taken_in:
        await take_in(alone, todo)

    await acts.take_back(alone.door, todo, RITA)

    assert await ids(alone, RITA) == [todo]


async def take_in(house: House, todo_id: str) -> None:
    """The run has heard of the answer."""
    async with house.database.writing() as tx:
        todo = await todos.get(tx, todo_id)
        life = await Life.lock(tx, todo.enrollment_id, datetime.now(UTC)) if todo else None
        assert life is not None
        await life.note_news()
        await life.save()


async def test_the_page_list_is_narrowed_by_kind_sequence_and_days(alone: House) -> None:
    call, task = await opened(alone, "ann", action=Action.call), await opened(alone, "ann", late=2 * DAY)
    sequence = (await card(alone.door, call, RITA)).todo.sequence_id

    async def narrowed(**wanted: Any) -> list[str]:
        return [line.todo.id for line in (await worklist(alone.door, Narrowed(**wanted), RITA))[0]]

    assert await narrowed(kind=Action.call) == await narrowed(sequence_id=sequence) == [call]
    assert await narrowed(due=DueWithin.today) == [call]
    assert await narrowed(due=DueWithin.overdue) == [task]
    assert (await worklist(alone.door, Narrowed(limit=1), RITA))[1]
    first = (await card(alone.door, task, RITA)).todo
    assert await narrowed(after=(first.due_at, task)) == [call]


async def test_the_navigation_counts_what_the_lists_hold(alone: House) -> None:
    await opened(alone, "ann")
    answered = await opened(alone, "ben")
    await acts.skip(alone.door, answered, RITA)
    paused = await alone.enroll("pia", {**EMAIL, "delay": "1 day"})
    await alone.sequencer.hold(str((await row_of(alone, paused)).sequence_id), by=RITA)
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, paused, datetime.now(UTC))
        assert life is not None
        life.happen(Happening(What.blocked, reason=Reason.bounced))
        await life.save()
        rita, bob = await users.by_email(tx, RITA), await users.by_email(tx, BOB)

    assert await counts_of(alone.door, rita) == {"/todos": "1", "/attention": "1"}
    assert await counts_of(alone.door, bob) == {}
    assert len(await alone.sequencer.attention(by=RITA)) == 1


async def row_of(house: House, enrollment_id: str) -> Enrollment:
    row = await house.row(enrollment_id)
    assert row is not None
    return row


async def test_a_draft_that_was_sent_leaves_as_it_was_sent_whatever_is_typed_meanwhile(alone: House) -> None:
    one = await alone.enroll("ann", {**LETTER, "delay": "1 day"})
    todo_id, now = alone.door.new_id(), datetime.now(UTC)
    async with alone.database.writing() as tx:
        life, rita = await Life.lock(tx, one, now), await users.by_email(tx, RITA)
        assert life is not None
        opening = todos.Opening(todo_id, Action.manual_email, rita.id, None, "", "", "S", "B")
        await todos.open_one(tx, life.enrollment, opening, now, now)
        life.happen(Happening(What.opened, todo=todo_id))
        await life.save()
    await acts.send(alone.door, todo_id, RITA, "Mine", "As I typed it")

    for act in (
        acts.send(alone.door, todo_id, ADA, "Other", "Not this"),
        acts.edit(alone.door, todo_id, RITA, "Late", "Kept in passing"),
    ):
        with pytest.raises(Refused) as refused:
            await act
        assert (refused.value.code, refused.value.sentence) == ("already_answered", "Rita Recruiter was first: send.")
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, one, now)
        assert life is not None
        await life.note_news()
        await life.save()
    with pytest.raises(Refused):
        await acts.edit(alone.door, todo_id, ADA, "Later", "While the mail server is away")

    async with alone.database.reading() as tx:
        row = await todos.get(tx, todo_id)
    assert row is not None
    assert (row.subject, row.body) == ("Mine", "As I typed it")


async def test_many_wait_for_an_engine_that_does_not_answer_no_longer_than_a_few(alone: House) -> None:
    ids = [await opened(alone, "ann") for _ in range(6)]
    with socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        nobody = await Client.connect(f"127.0.0.1:{mute.getsockname()[1]}", lazy=True)
        door = replace(alone.door, runs=Together(nobody, "queue", act_within=10, patience=0.5))

        async with asyncio.timeout(PATIENCE):
            answers = await acts.each(ids, lambda one: acts.resolve(door, one, "none", RITA))

    assert [(one.todo, one.sentence) for one in answers] == [(one, "takes effect when Temporal is back") for one in ids]


class Together(Runs):
    """Nobody is told anything before six are to be told: they wait at the same time, or for ever."""

    def __init__(self, *client: Any, **settings: Any) -> None:
        super().__init__(*client, **settings)
        self.here = asyncio.Barrier(6)

    async def tell(self, workflow_id: str, name: str, body: dict[str, Any]) -> Reached:
        async with self.here:
            return await super().tell(workflow_id, name, body)
