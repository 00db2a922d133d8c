"""Who may do what, tried for real: every act of the door and every signal, by every level, on what is one's own, what
one sees, and what is hidden. A refusal changes nothing, and what is hidden answers like what is not there."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities import news as outside
from activities.news import NewsActivities
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import NEWS, OF_THE_WORLD
from sequencing.people import Level
from sequencing.permissions import ACTS
from sequencing.runs import Outside, Ref
from starter import enrollments as enrolling
from starter.door import Door
from starter.todo_lists import Wanted, todo_list
from store import attention, enrollments, sequences, users
from store.news import NOTED
from tests.permitted import (
    CASES,
    GENERAL,
    NOWHERE,
    ON_A_TEMPLATE,
    ON_SOMETHING,
    SAM,
    SIGNALS,
    Act,
    Furnished,
    Judged,
    Names,
    expected,
    nameless,
    rows,
)

ROOT = Path(__file__).parents[2]
NUMBERS = ("last_news", "noted")
"""Columns that say which news there are."""


def test_every_act_of_the_door_has_a_row_and_is_tried_here() -> None:
    asked = set(_asked_at_the_door()) | {what.value for what in NEWS - OF_THE_WORLD}

    assert asked <= set(ACTS), "an act without a row"
    assert asked == set(GENERAL) | set(ON_SOMETHING) | set(ON_A_TEMPLATE), "an act that is not tried"
    assert set(SIGNALS) == outside.SIGNALS


def _asked_at_the_door() -> Iterator[str]:
    """The words with which a door asks for permission, directly or through a helper of its file."""
    for folder in ("starter", "activities", "web"):
        for file in (ROOT / folder).rglob("*.py"):
            yield from _asked_in(ast.parse(file.read_text()))


def _asked_in(tree: ast.Module) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        directly = isinstance(call.func, ast.Name) and call.func.id in ("permitted", "check", "check_level")
        yield from (word for word in words if word in ACTS or directly)


@pytest.mark.parametrize("act", GENERAL)
async def test_an_act_on_nothing_in_particular_is_done_or_refused_with_the_level(
    act: str, furnished: Furnished, tmp_path: Path
) -> None:
    for level, tie in CASES:
        async with furnished.case(tmp_path, level, tie) as door:
            answered = await _answer(door, GENERAL[act], furnished.names, furnished.rows(level, tie))

            assert answered == Judged(act, general=True).answer(level, tie), (level, tie)


@pytest.mark.parametrize("act", ON_SOMETHING)
async def test_an_act_is_done_or_refused_as_the_table_says_and_a_refusal_changes_nothing(
    act: str, furnished: Furnished, tmp_path: Path
) -> None:
    for level, tie in CASES:
        async with furnished.case(tmp_path, level, tie) as door:
            answered = await _answer(door, ON_SOMETHING[act], furnished.names, furnished.rows(level, tie))

            assert answered == expected(act, level, tie), (level, tie)


@pytest.mark.parametrize("act", ON_SOMETHING)
async def test_what_is_hidden_answers_in_the_words_of_what_is_not_there(
    act: str, furnished: Furnished, tmp_path: Path
) -> None:
    for level in list(Level)[:-1]:
        async with furnished.case(tmp_path, level, "hidden") as door:
            hidden = await _sentence(door, ON_SOMETHING[act], furnished.names)
            missing = await _sentence(door, ON_SOMETHING[act], NOWHERE)

            assert hidden == missing, level


@pytest.mark.parametrize("act", ON_A_TEMPLATE)
async def test_a_template_is_shown_to_all_who_see_anything_and_changed_by_its_owner(
    act: str, furnished: Furnished, tmp_path: Path
) -> None:
    for level, tie in [case for case in CASES if case[1] != "hidden"]:
        async with furnished.case(tmp_path, level, tie) as door:
            answered = await _answer(door, ON_A_TEMPLATE[act], furnished.names, furnished.rows(level, tie))

            assert answered == expected(act, level, tie), (level, tie)


@pytest.mark.parametrize("act", ON_A_TEMPLATE)
async def test_without_a_level_a_template_answers_in_the_words_of_what_is_not_there(
    act: str, furnished: Furnished, tmp_path: Path
) -> None:
    async with furnished.case(tmp_path, Level.none, "seen") as door:
        hidden = await _sentence(door, ON_A_TEMPLATE[act], furnished.names)

        assert hidden == await _sentence(door, ON_A_TEMPLATE[act], NOWHERE)


@pytest.mark.parametrize("signal", SIGNALS)
async def test_a_signal_that_names_a_user_is_obeyed_or_kept_with_the_reason_and_changes_nothing(
    signal: str, furnished: Furnished, tmp_path: Path
) -> None:
    for level, tie in CASES:
        async with furnished.case(tmp_path, level, tie) as door:
            before = _but_for_signals(furnished.rows(level, tie, NUMBERS))

            code = await _signaled(furnished, door, signal)

            wanted = expected(signal, level, tie)
            assert code == (NOTED if wanted == "yes" else wanted), (level, tie)
            assert wanted == "yes" or _but_for_signals(rows(door, NUMBERS)) == before, (level, tie)


@pytest.mark.parametrize(("level", "tie"), CASES)
async def test_lists_and_counts_hold_what_one_sees_and_nothing_else(
    furnished: Furnished, tmp_path: Path, level: Level, tie: str
) -> None:
    async with furnished.case(tmp_path, level, tie) as door:
        async with door.database.reading() as tx:
            sam = await users.by_email(tx, SAM)
            listed = len(await enrollments.listed(tx, sam, enrollments.Filter()))
            shown = len(await sequences.all_shown(tx, sam))
            waiting = len(await attention.lines(tx, sam))
        todos = len(await todo_list(door, Wanted(), SAM))

    sees = level is Level.manage or (level.reaches(Level.view) and tie != "hidden")
    assert (listed > 0, shown > 0) == (sees, sees)
    assert todos == (2 if tie == "own" else 0)
    assert waiting == (2 if tie == "own" and level.reaches(Level.use) else 0)


@pytest.mark.parametrize("level", list(Level)[:-1])
async def test_a_dry_run_of_a_hidden_sequence_answers_as_if_there_were_none(
    furnished: Furnished, tmp_path: Path, level: Level
) -> None:
    async def preview(door: Door, names: Names) -> object:
        return await enrolling.enroll(door, names["sequence"], ["ann", "pia"], SAM, dry_run=True)

    async with furnished.case(tmp_path, level, "hidden") as door:
        hidden = await _sentence(door, preview, furnished.names)

        assert hidden == await _sentence(door, preview, NOWHERE)


async def _answer(door: Door, act: Act, names: Names, before: dict[str, list[str]]) -> str:
    """`yes`, or the code of the refusal; a refusal has changed nothing of what was there before."""
    try:
        await act(door, names)
    except Unchanged:
        return "yes"
    except Refused as refused:
        assert rows(door) == before
        unknown = refused.code in ("unknown_sequence", "unknown_template")
        return "not_found" if unknown else refused.code
    return "yes"


async def _sentence(door: Door, act: Act, names: Names) -> str:
    """The refusal's sentence, without the name that was asked for."""
    with pytest.raises(Refused) as refused:
        await act(door, names)
    return nameless(refused.value.sentence, names)


async def _signaled(furnished: Furnished, door: Door, signal: str) -> str:
    """What the activity that notes signals made of it."""
    name, said = SIGNALS[signal]
    async with door.database.reading() as tx:
        row, sam = await enrollments.get(tx, furnished.names[name]), await users.by_email(tx, SAM)
    assert row is not None
    body = {"enrollment_id": row.id, "by": sam.id, **said}
    noting = NewsActivities(replace(furnished.house.world, database=door.database))
    await ActivityEnvironment().run(noting.take_note, _ref(row), [Outside("key", signal, body)])
    async with door.database.reading() as tx:
        told = [event for event in await enrollments.timeline(tx, row.id) if event.by == sam.id]
    return told[-1].code or NOTED


def _ref(row: Enrollment) -> Ref:
    return Ref(row.id, row.run, row.step, row.noted)


def _but_for_signals(held: dict[str, list[str]]) -> dict[str, list[str]]:
    """All but what records that a signal came: its news, and its line on the timeline."""
    return {table: of for table, of in held.items() if table not in ("news", "events", "sqlite_sequence")}
