"""What recipients do with links: written down, machines apart, bounded; it moves nothing. Unsubscribing moves a lot."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from sequencing.happenings import Happening, What
from sequencing.machines import Fetch
from sequencing.people import AddressType
from sequencing.tracking import HIDDEN, Clicked, Unsubscribing, Use, Viewed
from starter import people, tracking
from starter.contacts import import_contacts
from starter.door import Door
from starter.erasures import erase
from starter.people import Said
from starter.suppressions import lift, suppress
from store import enrollments, holds, inbound, news, suppressions, texts
from store.lives import Life
from store.tables import EventRow, LinkUseRow, MessageRow, NewsRow, SuppressionRow
from store.tracking import COUNTED, MAIL
from tests.house import ADA, CALL, EMAIL, HEADER, RITA, TASK, House
from tests.posted import Posted, post

T = TypeVar("T")
MOST_TURNS = 200
FIREFOX = Fetch(browser="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
CRAWLER = Fetch(browser="python-requests/2.32")
LATER: dict[str, Any] = {**TASK, "delay": "300 days"}


@pytest.fixture
async def letter(alone: House) -> Posted:
    """Ann got an email an hour ago, and waits for the next step."""
    return await post(alone, await alone.enroll("ann", EMAIL, LATER))


def at(door: Door, **later: float) -> Door:
    """The door so much later."""
    instant = door.now() + timedelta(**later)
    return replace(door, now=lambda: instant)


async def view(house: House, letter: Posted, fetch: Fetch = FIREFOX, **later: float) -> None:
    await tracking.view(at(house.door, **later), Viewed(letter.links.reference), fetch)


async def click(house: House, letter: Posted, position: int, fetch: Fetch = FIREFOX, **later: float) -> None:
    said = Clicked(letter.links.reference, position, "https://example.com")
    await tracking.click(at(house.door, **later), said, fetch)


async def unsubscribe(house: House, letter: Posted, door: Door | None = None) -> None:
    await tracking.unsubscribe(door or house.door, Unsubscribing(letter.links.reference, letter.fingerprint))


async def uses(house: House) -> list[tuple[str, int, str, bool, int]]:
    async with house.database.reading() as tx:
        rows = await tx.scalars(sa.select(LinkUseRow).order_by(LinkUseRow.kind, LinkUseRow.position, LinkUseRow.sign))
        return [(row.kind, row.position, row.sign, row.machine, row.times) for row in rows]


async def told(house: House) -> list[tuple[str, int, Any]]:
    """What the timelines say of links and unsubscribing."""
    async with house.database.reading() as tx:
        words = (What.viewed, What.clicked, What.unsubscribe)
        rows = await tx.scalars(sa.select(EventRow).where(EventRow.what.in_(words)).order_by(EventRow.id))
        return [(row.what, row.step, row.details.get("link")) for row in rows]


async def recorded(house: House) -> list[tuple[str, str, int | None]]:
    """(enrollment, news, step) that no run has taken in."""
    async with house.database.reading() as tx:
        rows = await tx.scalars(sa.select(NewsRow).order_by(NewsRow.enrollment_id, NewsRow.number))
        return [(row.enrollment_id, row.what, row.happening.get("step")) for row in rows]


async def standing(house: House) -> list[tuple[str, str]]:
    async with house.database.reading() as tx:
        rows = await tx.scalars(sa.select(SuppressionRow).order_by(SuppressionRow.id))
        return [(row.target, row.reason) for row in rows]


async def test_a_person_who_opens_and_clicks_stands_on_the_timeline_once_for_each_kind(
    alone: House, letter: Posted
) -> None:
    for _ in range(3):
        await view(alone, letter)
    await click(alone, letter, 2)
    await click(alone, letter, 1, minutes=1)

    assert await told(alone) == [("viewed", 1, None), ("clicked", 1, 2)]
    assert await uses(alone) == [
        ("click", 1, "person", False, 1),
        ("click", 2, "person", False, 1),
        ("view", 0, "person", False, 3),
    ]


async def test_a_machine_is_kept_apart_and_tells_nothing(alone: House, letter: Posted) -> None:
    await view(alone, letter, CRAWLER)
    await view(alone, letter, replace(FIREFOX, method="HEAD"))
    await click(alone, letter, 1, CRAWLER)

    assert await told(alone) == []
    assert await uses(alone) == [
        ("click", 1, "crawler", True, 1),
        ("view", 0, "crawler", True, 1),
        ("view", 0, "head", True, 1),
    ]


async def test_what_comes_within_seconds_of_sending_is_a_machine(alone: House) -> None:
    letter = await post(alone, await alone.enroll("ann", EMAIL, LATER), ago=2)

    await view(alone, letter)
    await view(alone, letter, minutes=1)

    assert [sign for _, _, sign, _, _ in await uses(alone)] == ["person", "too_soon"]
    assert await told(alone) == [("viewed", 1, None)]


async def test_who_follows_many_links_at_once_is_a_machine_with_what_it_followed_before(
    alone: House, letter: Posted
) -> None:
    for position in (1, 2, 3, 4):
        await click(alone, letter, position)

    assert [(position, sign) for _, position, sign, _, _ in await uses(alone)] == [
        (position, "many_links") for position in (1, 2, 3, 4)
    ]
    assert await told(alone) == []


async def test_who_follows_the_hidden_link_is_a_machine_and_a_person_who_comes_later_is_none(
    alone: House, letter: Posted
) -> None:
    await click(alone, letter, 1)
    await click(alone, letter, HIDDEN)
    await click(alone, letter, 2)
    assert await told(alone) == []

    await click(alone, letter, 1, minutes=5)

    assert [(position, sign) for _, position, sign, _, _ in await uses(alone)] == [
        (HIDDEN, "hidden_link"),
        (1, "hidden_link"),
        (1, "person"),
        (2, "hidden_link"),
    ]
    assert await told(alone) == [("clicked", 1, 1)]


async def test_a_persons_click_of_yesterday_stays_when_a_machine_comes(alone: House, letter: Posted) -> None:
    await click(alone, letter, 1)
    for position in (1, 2, 3):
        await click(alone, letter, position, days=1)

    assert ("click", 1, "person", False, 1 + 1) in await uses(alone)
    assert await told(alone) == [("clicked", 1, 1)]


async def test_what_is_fetched_without_end_is_counted_to_a_bound_in_one_row(alone: House, letter: Posted) -> None:
    await view(alone, letter)
    async with alone.database.writing() as tx:
        await tx.execute(sa.update(LinkUseRow).values(times=COUNTED - 1))
    for _ in range(5):
        await view(alone, letter)

    assert await uses(alone) == [("view", 0, "person", False, COUNTED)]


async def test_opens_and_clicks_change_nothing_of_an_enrollment(alone: House) -> None:
    one = await alone.enroll("ann", EMAIL, LATER)
    letter = await post(alone, one)
    before = await alone.row(one)

    await view(alone, letter)
    await click(alone, letter, 1)

    assert await alone.row(one) == before


async def test_of_a_removed_enrollment_nothing_is_kept_and_nothing_comes(alone: House) -> None:
    one = await alone.enroll("ann", EMAIL, CALL)
    letter = await post(alone, one)
    await view(alone, letter)
    await alone.sequencer.cancel(one, by=RITA)
    async with alone.database.writing() as tx:
        await tx.execute(sa.text("UPDATE enrollments SET status = 'canceled', noted = last_news"))
    await alone.sequencer.remove(one, by=RITA)

    await click(alone, letter, 1)
    await view(alone, letter)

    assert await uses(alone) == []
    async with alone.database.reading() as tx:
        assert len((await tx.scalars(sa.select(MessageRow))).all()) == 1, "what left stays in the contact's history"


async def test_a_link_of_an_erased_contact_is_written_down_nowhere(alone: House, letter: Posted) -> None:
    await view(alone, letter)
    await erase(alone.door, "ann", ADA)

    await view(alone, letter)
    await click(alone, letter, 1)

    assert await uses(alone) == []


async def test_an_unsubscribe_suppresses_the_address_and_is_news_to_all_that_runs_for_the_person(
    alone: House, letter: Posted
) -> None:
    await people.change(
        alone.door, "ann", Said(emails=[(AddressType.work, "ann@example.com"), (AddressType.work, "a@b.example")]), RITA
    )
    calling, other = await alone.enroll("ann", CALL), await alone.enroll("ben", CALL)
    async with alone.database.writing() as tx:
        await tx.execute(
            sa.text("UPDATE enrollments SET status = 'paused', reason = 'by_user' WHERE id = :id"), {"id": calling}
        )

    await unsubscribe(alone, letter)

    assert await standing(alone) == [("ann@example.com", "unsubscribed")]
    said = await recorded(alone)
    assert [(what, step) for _, what, step in said] == [("unsubscribe", 1), ("unsubscribe", None)]
    assert {one for one, _, _ in said} >= {calling}
    assert other not in {one for one, _, _ in said}


async def test_an_unsubscribe_that_is_repeated_changes_nothing(alone: House, letter: Posted) -> None:
    await unsubscribe(alone, letter)
    before = await standing(alone), await recorded(alone), await told(alone)

    await unsubscribe(alone, letter)
    await asyncio.gather(*(unsubscribe(alone, letter) for _ in range(5)))

    assert (await standing(alone), await recorded(alone), await told(alone)) == before


async def test_two_unsubscribes_at_once_are_one(alone: House, letter: Posted) -> None:
    for _ in range(4):
        await alone.enroll("ann", CALL)

    await asyncio.gather(*(unsubscribe(alone, letter) for _ in range(8)))

    assert [what for _, what, _ in await recorded(alone)] == ["unsubscribe"] * 5
    assert await standing(alone) == [("ann@example.com", "unsubscribed")]


async def test_an_unsubscribe_to_what_has_ended_keeps_one_line(alone: House) -> None:
    one = await alone.enroll("ann", EMAIL)
    letter = await post(alone, one)
    assert (await alone.row(one)).status == "finished"  # type: ignore[union-attr]

    await unsubscribe(alone, letter)
    await unsubscribe(alone, letter)

    assert await told(alone) == [("unsubscribe", 1, None)]
    assert (await alone.row(one)).reason == "steps_done"  # type: ignore[union-attr]


async def test_an_unsubscribe_outweighs_a_bounce_and_keeps_what_was_there(alone: House, letter: Posted) -> None:
    await suppress(alone.door, "ann@example.com", "bounced", RITA)
    await suppress(alone.door, "@example.com", "by_user", ADA)

    await unsubscribe(alone, letter)

    assert await standing(alone) == [("ann@example.com", "unsubscribed"), ("@example.com", "by_user")]


async def test_who_unsubscribed_is_not_enrolled_again(alone: House, letter: Posted) -> None:
    await unsubscribe(alone, letter)

    (answer,) = await alone.sequencer.enroll(await alone.sequence(EMAIL), ["ann"], by=RITA)

    assert getattr(answer, "code", None) == "unsubscribed"


async def test_an_unsubscribe_of_an_erased_address_suppresses_by_its_fingerprint(alone: House, letter: Posted) -> None:
    await erase(alone.door, "ann", ADA)
    assert await lift(alone.door, "ann@example.com", ADA)

    await unsubscribe(alone, letter)
    await unsubscribe(alone, letter)

    assert (letter.fingerprint, "unsubscribed") in await standing(alone)
    async with alone.database.reading() as tx:
        assert await suppressions.is_suppressed(tx, "ann@example.com")
    assert "ann@example" not in str(await standing(alone))


async def test_while_somebody_unsubscribes_he_is_enrolled_nowhere_for_good(alone: House, letter: Posted) -> None:
    sequences = [await alone.sequence(EMAIL, LATER) for _ in range(6)]

    await asyncio.gather(
        *(alone.sequencer.enroll(one, ["ann"], by=RITA) for one in sequences[:3]),
        unsubscribe(alone, letter),
        *(alone.sequencer.enroll(one, ["ann"], by=RITA) for one in sequences[3:]),
    )

    async with alone.database.reading() as tx:
        running = await enrollments.open_of(tx, [1])
        rows = [await enrollments.get(tx, one) for one in running]
        ends = [await news.unnoted(tx, row) for row in rows if row is not None]
    assert all(any(piece.happening.what is What.unsubscribe for piece in pieces) for pieces in ends)


async def after(seconds: float, what: Awaitable[T]) -> T:
    await asyncio.sleep(seconds)
    return await what


async def try_to_claim(house: House, enrollment_id: str) -> bool:
    """What an activity does at the moment of claiming: row, news, gate, claim."""
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, house.door.now())
        assert life is not None
        await life.note_news()
        row = life.enrollment
        gate = await holds.pass_gate(
            tx, row.sequence_id, row.contact_id, "ann@example.com", suppressions.forms(tx, "ann@example.com")
        )
        free = row.place == "waiting" and not gate.suppressed
        if free:
            life.happen(Happening(What.claimed))
        await life.save()
        return free


async def test_who_changes_a_contact_and_an_unsubscribe_of_his_do_not_wait_for_each_other(alone: House) -> None:
    async with alone.database.writing() as tx:
        [ann] = await texts.holders(tx, "+4915112340001")
        await inbound.lock_contacts(tx, [ann])
        changing = asyncio.create_task(people.change(alone.door, "ann", Said(title="Lead"), RITA))
        await asyncio.sleep(0.5)
        await suppressions.unsubscribe(tx, "ann@example.com", alone.door.now())

    assert (await changing).id == ann


async def test_an_unsubscribe_that_races_a_claim_comes_before_it_or_after_it(alone: House, letter: Posted) -> None:
    seen: set[bool] = set()
    turn = 0
    while turn < 20 or (len(seen) < 2 and turn < MOST_TURNS):
        one = await alone.enroll("ann", EMAIL)
        ahead = 0.004 * turn  # of two that are wide apart each is first some time, however slow the machine
        claiming = asyncio.create_task(after(ahead * (turn % 2), try_to_claim(alone, one)))
        later = 0.001 if turn < 20 else ahead
        claimed, _ = await asyncio.gather(claiming, after(later * (turn % 2 == 0), unsubscribe(alone, letter)))

        row = await alone.row(one)
        assert row is not None
        assert row.last_news == 1
        assert (row.place, row.noted) == (("sending", 0) if claimed else ("finished", 1)), "claimed before it, or never"
        assert not await try_to_claim(alone, one)
        seen.add(claimed)
        await lift(alone.door, "ann@example.com", ADA)
        turn += 1

    assert seen == {True, False}


async def test_an_unsubscribe_finishes_what_runs(house: House) -> None:
    await import_contacts(house.door, f"{HEADER}\neve,Eve,,,,,eve@example.com,,", RITA)
    emailed = await house.enroll("eve", EMAIL, LATER)
    await house.place(emailed, "waiting", 2)
    called = await house.enroll("eve", CALL)
    await house.todo(called)
    async with house.database.reading() as tx:
        message = (await tx.scalars(sa.select(MessageRow))).one()
        said = Unsubscribing(message.reference or "", suppressions.fingerprint(tx, "eve@example.com"))

    await tracking.unsubscribe(house.door, said)

    ended = [await house.place(one, "finished") for one in (emailed, called)]
    assert [(one.reason, one.outcome) for one in ended] == [("unsubscribed", "negative")] * 2
    assert len(house.sent()) == 1


async def test_each_question_of_a_link_has_an_index_that_serves_it(alone: House, letter: Posted) -> None:
    await view(alone, letter)
    statements: list[tuple[Any, dict[str, Any]]] = [
        (MAIL, {"reference": letter.links.reference}),
        (sa.select(LinkUseRow).where(LinkUseRow.message_id == 1, LinkUseRow.kind == Use.view), {}),
        (suppressions.IS_SUPPRESSED, {"forms": ["ann@example.com", "@example.com"]}),
        (sa.select(SuppressionRow).where(SuppressionRow.reason == "x").order_by(SuppressionRow.id.desc()), {}),
    ]

    plans = [await plan(alone, statement, values) for statement, values in statements]

    assert [scan for scan in plans if "SCAN" in scan or "Seq Scan" in scan or "Sort" in scan or "TEMP" in scan] == []


async def plan(house: House, statement: Any, values: dict[str, Any]) -> str:
    """How the database goes about it, if it does not prefer to read a small table whole."""
    dialect = house.database.engine.dialect
    ways = {"literal_binds": True, "render_postcompile": True}
    compiled = statement.params(values).compile(dialect=dialect, compile_kwargs=ways)
    lite = dialect.name == "sqlite"
    async with house.database.reading() as tx:
        if not lite:
            await tx.execute(sa.text("SET LOCAL enable_seqscan = off"))
        rows = await tx.execute(sa.text(f"{'EXPLAIN QUERY PLAN' if lite else 'EXPLAIN'} {compiled}"))
        return "\n".join(map(str, rows.all()))
