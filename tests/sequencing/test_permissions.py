"""Who may do what: the table of permissions, level by level."""

import pytest

from sequencing.errors import Refused
from sequencing.people import Level, User
from sequencing.permissions import ACTS, Tie, check, check_level

NONE, VIEW, USE, EDIT, MANAGE = Level
MINE, SHOWN, HIDDEN = Tie(own=True, seen=True), Tie(seen=True), Tie()
GIVEN = Tie(own=True)

# act: the lowest level for what is one's own, for what one sees, and for everything else
TABLE = {
    **dict.fromkeys(["result", "skip", "send", "draft", "postpone", "take_back", "reassign"], (NONE, MANAGE, MANAGE)),
    **dict.fromkeys(["see_todo", "own_tasks"], (NONE, MANAGE, MANAGE)),
    **dict.fromkeys(["export", "preview", "report"], (VIEW, VIEW, MANAGE)),
    **dict.fromkeys(["password", "profile", "tokens"], (NONE, MANAGE, MANAGE)),
    "see": (VIEW, VIEW, MANAGE),
    **dict.fromkeys(["enroll", "send_test"], (USE, USE, MANAGE)),
    **dict.fromkeys(["bypass", "pause", "resume", "cancel", "reactivate", "remove"], (USE, MANAGE, MANAGE)),
    **dict.fromkeys(["conclude", "settle", "reply", "look_again"], (USE, MANAGE, MANAGE)),
    **dict.fromkeys(["suppress", "see_suppressions", "import_contacts"], (USE, USE, USE)),
    **dict.fromkeys(["companies", "opportunities", "change_contacts", "move_in_stages"], (USE, USE, USE)),
    **dict.fromkeys(["stages", "stage_links", "erase"], (MANAGE, MANAGE, MANAGE)),
    **dict.fromkeys(["create_sequence", "create_template"], (EDIT, EDIT, EDIT)),
    **dict.fromkeys(["edit_sequence", "edit_template", "share", "archive", "hold"], (EDIT, MANAGE, MANAGE)),
    **dict.fromkeys(["copy_sequence", "copy_template"], (EDIT, EDIT, MANAGE)),
    "archive_template": (EDIT, MANAGE, MANAGE),
    "see_template": (VIEW, VIEW, MANAGE),
    "see_settings": (VIEW, VIEW, VIEW),
    **dict.fromkeys(["see_users", "see_roles"], (NONE, NONE, NONE)),
    **dict.fromkeys(["settings", "users", "roles", "stage_links", "hand_over", "hold_all"], (MANAGE, MANAGE, MANAGE)),
    "hand_over_template": (MANAGE, MANAGE, MANAGE),
    **dict.fromkeys(
        ["suppress_domain", "import_suppressions", "lift_suppression", "erase", "reconcile"], (MANAGE, MANAGE, MANAGE)
    ),
}


def user(level: Level, *, active: bool = True) -> User:
    return User(id=1, email="alice@example.com", name="Alice", level=level, active=active)


def answer(who: User, act: str, tie: Tie) -> str:
    """`yes`, or the code of the refusal."""
    try:
        check(who, act, tie)
    except Refused as refused:
        return refused.code
    return "yes"


def test_every_act_has_its_row() -> None:
    assert set(TABLE) == set(ACTS)


def test_the_levels_rise() -> None:
    assert [level.reaches(USE) for level in Level] == [False, False, True, True, True]


@pytest.mark.parametrize("act", TABLE)
def test_what_is_mine_needs_the_level_of_the_table(act: str) -> None:
    own, _, _ = TABLE[act]

    assert [level for level in Level if answer(user(level), act, MINE) == "yes"] == from_level(own)


@pytest.mark.parametrize("act", TABLE)
def test_what_is_merely_shown_to_me_needs_the_level_of_the_table(act: str) -> None:
    _, seen, _ = TABLE[act]

    assert [level for level in Level if answer(user(level), act, SHOWN) == "yes"] == from_level(seen)


@pytest.mark.parametrize("act", TABLE)
def test_what_is_hidden_from_me_needs_the_level_of_the_table(act: str) -> None:
    _, _, others = TABLE[act]

    assert [level for level in Level if answer(user(level), act, HIDDEN) == "yes"] == from_level(others)


def from_level(lowest: Level) -> list[Level]:
    return list(Level)[list(Level).index(lowest) :]


@pytest.mark.parametrize("tie", [MINE, SHOWN, HIDDEN], ids=["mine", "shown", "hidden"])
def test_a_deactivated_admin_may_do_nothing(tie: Tie) -> None:
    assert {answer(user(MANAGE, active=False), act, tie) for act in ACTS} == {"not_found"}


@pytest.mark.parametrize("act", ["result", "skip", "send", "postpone", "take_back", "reassign"])
def test_whoever_was_given_a_todo_may_resolve_it_whatever_his_level(act: str) -> None:
    assert answer(user(NONE), act, GIVEN) == "yes"


@pytest.mark.parametrize("level", [NONE, VIEW, USE, EDIT])
@pytest.mark.parametrize("act", ["result", "pause", "edit_sequence", "see"])
def test_what_one_may_not_see_answers_as_if_it_did_not_exist(act: str, level: Level) -> None:
    assert answer(user(level), act, HIDDEN) == "not_found"


@pytest.mark.parametrize("act", ["pause", "edit_sequence", "see", "hand_over"])
def test_without_a_level_what_was_mine_does_not_exist_any_more(act: str) -> None:
    assert answer(user(NONE), act, MINE) == "not_found"


@pytest.mark.parametrize("act", ["create_sequence", "suppress", "settings"])
def test_what_regards_nothing_in_particular_is_refused_with_the_level_that_is_missing(act: str) -> None:
    with pytest.raises(Refused) as refused:
        check_level(user(NONE), act)

    assert refused.value.code == "not_permitted"
    assert f"{ACTS[act].own.value!r}" in refused.value.sentence


def test_without_a_level_what_is_shared_with_everyone_does_not_exist_either() -> None:
    assert answer(user(NONE), "pause", SHOWN) == "not_found"


@pytest.mark.parametrize("level", [VIEW, USE, EDIT])
def test_what_one_sees_but_may_not_change_says_so(level: Level) -> None:
    assert answer(user(level), "pause", SHOWN) == "not_permitted"


@pytest.mark.parametrize(
    ("level", "act", "tie", "missing"), [(VIEW, "pause", MINE, USE), (EDIT, "edit_sequence", SHOWN, MANAGE)]
)
def test_a_refusal_names_the_level_that_is_missing_and_the_one_there_is(
    level: Level, act: str, tie: Tie, missing: Level
) -> None:
    with pytest.raises(Refused) as refused:
        check(user(level), act, tie)

    assert f"{missing.value!r}" in refused.value.sentence
    assert f"{level.value!r}" in refused.value.sentence


def test_an_act_without_a_row_cannot_be_done_by_anybody() -> None:
    with pytest.raises(KeyError):
        check(user(MANAGE), "fly", MINE)
