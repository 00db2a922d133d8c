"""A message that was leaving already when something forbade it is named so; one that was not is not."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sequencing.enrollments import Enrollment
from sequencing.happenings import Happening, What
from starter.enrollments import Enrolled
from starter.erasures import erase
from starter.people import Said, change
from starter.suppressions import import_suppressions, suppress
from starter.timeline import story
from store import enrollments, messages, news, suppressions
from store.lives import Life
from store.tables import Channel, EventRow
from tests.house import ADA, EMAIL, RITA, TEXT, House

NOW = datetime.now(UTC)
STOPPING = [What.reply, What.bounce, What.unsubscribe, What.pause, What.cancel, What.conclude, What.remove]


async def claim(house: House, one: str, to: str = "ann@example.com", channel: Channel = Channel.email) -> Enrollment:
    """It leaves from now on."""
    async with house.database.writing() as tx:
        life = await Life.lock(tx, one, NOW)
        assert life is not None
        letter = {"sender_id": 1, "recipient": to, "subject": "", "body": "Hello", "message_id": one}
        await messages.claim(tx, life.enrollment, channel=channel, attempt="a", at=NOW, **letter)  # type: ignore[arg-type]
        life.happen(Happening(What.claimed))
        await life.save()
        return life.enrollment


async def begin_transmitting(house: House, claimed: Enrollment) -> None:
    async with house.database.writing() as tx:
        assert await messages.hand_over(tx, claimed, "a")


async def leave(house: House, claimed: Enrollment) -> None:
    await begin_transmitting(house, claimed)
    async with house.database.writing() as tx:
        life = await Life.lock(tx, claimed.id, NOW)
        assert life is not None
        assert await messages.arrive(tx, claimed, "a", NOW)
        life.happen(Happening(What.sent, step=claimed.step, copy=claimed.copy))
        await life.save()


async def record(house: House, one: str, what: What) -> None:
    async with house.database.writing() as tx:
        life = await Life.lock(tx, one, NOW)
        assert life is not None
        await news.append(tx, life.enrollment, Happening(what, by=2), NOW)


async def named(house: House) -> list[tuple[str, int, str]]:
    """(enrollment, step, because of what) of every line that says that a message was leaving already."""
    async with house.database.reading() as tx:
        rows = await tx.scalars(select(EventRow).where(EventRow.what == What.was_leaving).order_by(EventRow.id))
        return [(row.enrollment_id, row.step, row.details["because"]) for row in rows]


async def _enrolled(house: House, sequence: str, contact: str) -> str:
    (answer,) = await house.sequencer.enroll(sequence, [contact], by=RITA)
    assert isinstance(answer, Enrolled)
    return answer.enrollment_id or ""


@pytest.mark.parametrize("what", STOPPING)
async def test_news_names_the_message_that_was_leaving_when_it_was_recorded(alone: House, what: What) -> None:
    ann, ben = [await alone.enroll(name, EMAIL, EMAIL) for name in ("ann", "ben")]
    await claim(alone, ann)

    await record(alone, ann, what)
    await record(alone, ben, what)

    assert await named(alone) == [(ann, 1, what.value)]


async def test_every_word_of_news_that_stops_is_asked_above() -> None:
    assert {what for what in What if what.stops} == set(STOPPING)


async def test_news_names_nothing_once_the_message_has_left_or_was_not_taken(alone: House) -> None:
    ann, ben = [await alone.enroll(name, EMAIL, EMAIL) for name in ("ann", "ben")]
    await leave(alone, await claim(alone, ann))
    claimed = await claim(alone, ben)
    async with alone.database.writing() as tx:
        life = await Life.lock(tx, ben, NOW)
        assert life is not None
        assert await messages.release(tx, claimed, "a")
        life.happen(Happening(What.released, step=1, copy=1))
        await life.save()

    for one in (ann, ben):
        await record(alone, one, What.pause)

    assert await named(alone) == []


async def test_news_that_stops_nothing_names_nothing(alone: House) -> None:
    ann = await alone.enroll("ann", EMAIL)
    await claim(alone, ann)

    await record(alone, ann, What.look_again)

    assert await named(alone) == []


async def test_each_piece_of_news_names_it_and_one_that_is_refused_does_not(alone: House) -> None:
    ann = await alone.enroll("ann", EMAIL)
    await begin_transmitting(alone, await claim(alone, ann))

    await alone.sequencer.reply(ann, by=RITA)
    await alone.sequencer.cancel(ann, by=RITA)
    with pytest.raises(Exception, match="already"):
        await alone.sequencer.cancel(ann, by=RITA)

    assert await named(alone) == [(ann, 1, "reply"), (ann, 1, "cancel")]


@pytest.mark.parametrize("everything", [False, True], ids=["its sequence", "all sending"])
async def test_a_hold_names_all_that_were_leaving_under_it_and_no_others(alone: House, everything: bool) -> None:
    held, other = await alone.sequence(EMAIL, EMAIL), await alone.sequence(EMAIL)
    ann, ben, pia = [await _enrolled(alone, held, name) for name in ("ann", "ben", "pia")]
    elsewhere = await _enrolled(alone, other, "dot")
    await claim(alone, ann)
    await begin_transmitting(alone, await claim(alone, ben))
    await leave(alone, await claim(alone, pia))
    await claim(alone, elsewhere)

    await alone.sequencer.hold(None if everything else held, by=ADA)

    expected = {(one, 1, "hold") for one in (ann, ben, *((elsewhere,) if everything else ()))}
    assert set(await named(alone)) == expected
    assert len(await named(alone)) == len(expected)


async def test_a_suppression_names_what_was_leaving_to_that_address_or_number_once(alone: House) -> None:
    first, second = await alone.enroll("ann", EMAIL), await alone.enroll("ann", TEXT)
    third = await alone.enroll("ben", EMAIL)
    await claim(alone, first)
    await claim(alone, second, "+4915112340001", Channel.text)
    await claim(alone, third, "ben@example.com")

    for _ in range(2):
        await alone.sequencer.suppress("Ann@example.com", by=RITA)
    by_mail = await named(alone)
    async with alone.database.writing() as tx:
        await suppressions.add(tx, "+4915112340001", "stop", None, NOW)

    assert by_mail == [(first, 1, "suppression")]
    assert await named(alone) == [(first, 1, "suppression"), (second, 1, "suppression")]


async def test_a_suppression_of_a_domain_names_what_was_leaving_to_it_and_below_it(alone: House) -> None:
    ann, ben, pia = [await alone.enroll(name, EMAIL) for name in ("ann", "ben", "pia")]
    await claim(alone, ann, "ann@example.com")
    await claim(alone, ben, "ben@mail.example.com")
    await claim(alone, pia, "pia@anotherexample.com")

    for _ in range(2):
        await suppress(alone.door, "@Example.com", "by_user", ADA)

    assert sorted(one for one, _, _ in await named(alone)) == sorted([ann, ben])


async def test_a_fingerprint_that_is_suppressed_names_what_was_leaving_to_whose_it_is_once(alone: House) -> None:
    ann, ben = [await alone.enroll(name, EMAIL) for name in ("ann", "ben")]
    await claim(alone, ann)
    await claim(alone, ben, "ben@example.com")

    for _ in range(2):
        async with alone.database.writing() as tx:
            await suppressions.unsubscribe_unread(tx, suppressions.fingerprint(tx, "ann@example.com"), NOW)

    assert await named(alone) == [(ann, 1, "suppression")]


async def test_an_erasure_names_what_was_leaving_to_another_contact_with_that_address(alone: House) -> None:
    await change(alone.door, "pia", Said(emails=[("work", "ann@example.com")]), ADA)  # type: ignore[list-item]
    hers = await alone.enroll("pia", EMAIL)
    await claim(alone, hers)

    await erase(alone.door, "ann", ADA)

    assert await named(alone) == [(hers, 1, "suppression")]


async def test_an_import_of_suppressions_names_what_was_leaving_to_those_that_are_new(alone: House) -> None:
    ann, ben, pia = [await alone.enroll(name, EMAIL) for name in ("ann", "ben", "pia")]
    await alone.sequencer.suppress("pia@example.com", by=RITA)
    await claim(alone, ann)
    await claim(alone, ben, "ben@mail.example.net")
    await claim(alone, pia, "pia@example.com")
    domains = [f"@no{n}.example.org" for n in range(1200)]

    text = "\n".join(["target", "ann@example.com", "pia@example.com", "@example.net", *domains])
    await import_suppressions(alone.door, text, ADA)

    assert {one for one, _, _ in await named(alone)} == {ann, ben}


async def test_the_story_says_it_in_words(alone: House) -> None:
    ann = await alone.enroll("ann", EMAIL)
    await claim(alone, ann)

    await alone.sequencer.pause(ann, by=RITA)

    told = (await story(alone.door, ann, RITA)).as_text()
    assert "  step 1  was already leaving when the pause was recorded by Rita Recruiter\n" in told


async def test_what_was_removed_keeps_only_the_line_of_its_removal(alone: House) -> None:
    ann = await alone.enroll("ann", EMAIL)
    claimed = await claim(alone, ann)
    await alone.sequencer.remove(ann, by=RITA)
    await leave(alone, claimed)

    async with alone.database.writing() as tx:
        life = await Life.lock(tx, ann, NOW)
        assert life is not None
        await life.note_news()
        await life.save()

    async with alone.database.reading() as tx:
        assert [row.what for row in await enrollments.timeline(tx, ann)] == [What.remove]
