"""Suppressions at the door: domains, what is in force for whom, the file they come in and go out."""

from dataclasses import replace

import pytest

from sequencing.errors import Refused
from sequencing.lines import BadLines
from starter.erasures import erase
from starter.suppressions import covering, exported, import_suppressions, lift, listed, suppress
from store import suppressions
from store.suppressions import Wanted
from tests.house import ADA, BOB, EMAIL, RITA, House

FILE = """target,reason,since,by
ann@example.com,unsubscribed,2026-01-02T03:04:05+00:00,rita@example.org
'@spam.example,said no,2026-01-02T03:04:05+01:00,
'+4915112340001,stop,,ada@example.org
"""


async def out(house: House) -> str:
    return "".join([piece async for piece in exported(house.door, ADA)])


async def standing(house: House) -> list[tuple[str, str, str | None]]:
    return [(one.target, one.reason, one.by) for one in await listed(house.door, Wanted(oldest_first=True), ADA)]


async def is_suppressed(house: House, target: str) -> bool:
    async with house.database.reading() as tx:
        return await suppressions.is_suppressed(tx, target)


async def test_a_domain_is_suppressed_with_all_below_it(alone: House) -> None:
    assert await suppress(alone.door, "@Example.com ", "by_user", ADA)
    assert not await suppress(alone.door, "@example.com", "by_user", ADA)

    asked = ("ann@example.com", "x@mail.example.com", "x@myexample.com", "+4915112340001")
    async with alone.database.reading() as tx:
        among = await suppressions.among(tx, asked)
    assert [await is_suppressed(alone, one) for one in asked] == [True, True, False, False]
    assert among == {"ann@example.com", "x@mail.example.com"}


async def test_who_is_at_a_suppressed_domain_is_not_enrolled_and_the_preview_counts_him(alone: House) -> None:
    await suppress(alone.door, "@example.com", "by_user", ADA)
    sequence = await alone.sequence(EMAIL)

    foreseen = await alone.sequencer.foresee(sequence, ["ann", "ben", "dot"], by=RITA)
    answers = await alone.sequencer.enroll(sequence, ["ann", "ben", "dot"], by=RITA)

    assert "2 unsubscribed: left out." in foreseen.sentences
    assert [getattr(one, "code", None) for one in answers] == ["unsubscribed", "unsubscribed", None]


async def test_only_who_manages_suppresses_a_domain(alone: House) -> None:
    for by in (RITA, BOB):
        with pytest.raises(Refused) as refused:
            await suppress(alone.door, "@example.com", "by_user", by)
        assert refused.value.code == "not_permitted"

    assert await standing(alone) == []


async def test_lifting_an_address_leaves_its_domain(alone: House) -> None:
    await suppress(alone.door, "@example.com", "by_user", ADA)
    assert not await lift(alone.door, "ann@example.com", ADA)
    assert await suppress(alone.door, "ann@example.com", "by_user", RITA)

    assert await lift(alone.door, "ANN@example.com", ADA)

    assert [one.target for one in await covering(alone.door, "ann@example.com", BOB)] == ["@example.com"]
    assert await lift(alone.door, "@example.com", ADA)
    assert not await is_suppressed(alone, "ann@example.com")


async def test_what_is_exported_is_imported_the_same(alone: House) -> None:
    await import_suppressions(alone.door, FILE, ADA)
    await erase(alone.door, "ben", ADA)
    text = await out(alone)
    before = await standing(alone)

    again = await import_suppressions(alone.door, text, ADA)
    for one in await listed(alone.door, Wanted(), ADA):
        async with alone.database.writing() as tx:
            await suppressions.lift(tx, one.target, None, alone.door.now())
    assert await standing(alone) == []
    anew = await import_suppressions(alone.door, text, ADA)

    assert (again.created, again.updated, again.unchanged) == (0, 0, len(before))
    assert anew.created == len(before)
    assert await standing(alone) == before
    assert await out(alone) == text
    assert await is_suppressed(alone, "ben@example.com"), "his fingerprint came back too"


async def test_an_import_updates_what_is_known_and_leaves_what_the_file_does_not_say(alone: House) -> None:
    await suppress(alone.door, "ann@example.com", "bounced", RITA)
    await suppress(alone.door, "ben@example.com", "by_user", RITA)

    done = await import_suppressions(
        alone.door, "target,reason\nAnn@example.com,complaint\nben@example.com,\nnew@example.com,\n", ADA
    )

    assert (done.created, done.updated, done.unchanged) == (1, 1, 1)
    assert await standing(alone) == [
        ("ann@example.com", "complaint", RITA),
        ("ben@example.com", "by_user", RITA),
        ("new@example.com", "imported", ADA),
    ]


async def test_a_bad_line_is_named_with_line_and_column_and_nothing_is_taken_in_unless_one_says_so(
    alone: House,
) -> None:
    text = (
        "target,reason,since,by\n"
        "good@example.com,,,\n"
        "nobody,,,\n"
        "@com,,,\n"
        f"a@example.com,{'x' * 41},,\n"
        "b@example.com,,yesterday,\n"
        "c@example.com,,,nobody@example.org\n"
        "GOOD@example.com,,,\n"
    )

    with pytest.raises(BadLines) as refused:
        await import_suppressions(alone.door, text, ADA)
    assert await standing(alone) == []
    done = await import_suppressions(alone.door, text, ADA, skip_bad_lines=True)

    places = [(line.number, line.column) for line in refused.value.lines]
    assert places == [(3, 1), (4, 1), (5, 2), (6, 3), (7, 4), (8, 1)]
    assert done.refused == refused.value.lines
    assert [target for target, _, _ in await standing(alone)] == ["good@example.com"]


async def test_the_list_goes_on_where_it_ended_and_can_be_narrowed(alone: House) -> None:
    for number in range(5):
        await suppress(alone.door, f"n{number}@example.com", "odd" if number % 2 else "even", RITA)

    first = await listed(alone.door, Wanted(limit=2), BOB)
    rest = await listed(alone.door, Wanted(after=first[-1].id), BOB)
    odd = await listed(alone.door, Wanted(reason="odd"), BOB)

    assert [one.target[:2] for one in (*first, *rest)] == ["n4", "n3", "n2", "n1", "n0"]
    assert [one.target[:2] for one in odd] == ["n3", "n1"]


async def test_an_address_suppressed_before_the_secret_changed_stays_so(alone: House) -> None:
    await erase(alone.door, "ann", ADA)
    now = alone.database.secrets()[0]
    rotated = type(alone.database)(
        alone.database.url.render_as_string(hide_password=False),
        secret=lambda: b"a new one",
        old_secrets=lambda: (b"one between", now),
    )

    async with rotated.reading() as tx:
        still = await suppressions.is_suppressed(tx, "ann@example.com")
        erased = await suppressions.erased_among(tx, ["ann@example.com"])
    door = replace(alone.door, database=rotated)
    lifted = await lift(door, "ann@example.com", ADA)
    await rotated.close()

    assert (still, erased, lifted) == (True, {"ann@example.com"}, True)
