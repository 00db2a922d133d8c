"""The rules of stages: exactly one of type New, always, and it takes no link."""

import pytest

from sequencing.errors import Refused, Unchanged
from sequencing.stage_links import (
    Stage,
    StageType,
    check_addition,
    check_link,
    check_removal,
    entry,
    moved,
    retyped,
)

NEW = Stage(1, "New", StageType.new)
TALK = Stage(2, "Talk", StageType.in_progress)
LINKED = Stage(3, "Linked", StageType.in_progress, sequence_id=7)
WON = Stage(4, "Won", StageType.done_positive)
ALL = [NEW, TALK, LINKED, WON]


def test_contacts_come_in_at_the_stage_of_type_new_wherever_it_stands() -> None:
    assert entry([TALK, WON, NEW]) == NEW


def test_the_new_stage_takes_no_link_and_every_other_does() -> None:
    with pytest.raises(Refused) as refused:
        check_link(NEW)

    assert refused.value.code == "new_takes_no_link"
    for other in (TALK, LINKED, WON):
        check_link(other)


def test_a_second_new_stage_is_not_added() -> None:
    with pytest.raises(Refused) as refused:
        check_addition(StageType.new)

    assert refused.value.code == "one_new_stage"
    for kind in set(StageType) - {StageType.new}:
        check_addition(kind)


def test_the_new_stage_is_not_removed_and_every_other_is() -> None:
    with pytest.raises(Refused) as refused:
        check_removal(NEW, ALL)

    assert refused.value.code == "one_new_stage"
    for other in (TALK, LINKED, WON):
        check_removal(other, ALL)


def test_who_becomes_new_relieves_the_stage_that_was_first() -> None:
    assert list(retyped(TALK, StageType.new, ALL).items()) == [
        (NEW.id, StageType.in_progress),
        (TALK.id, StageType.new),
    ]


def test_a_linked_stage_does_not_become_new() -> None:
    with pytest.raises(Refused) as refused:
        retyped(LINKED, StageType.new, ALL)

    assert refused.value.code == "new_takes_no_link"


def test_the_new_stage_gives_its_type_up_only_to_another() -> None:
    with pytest.raises(Refused) as refused:
        retyped(NEW, StageType.done, ALL)

    assert refused.value.code == "one_new_stage"


def test_another_type_is_just_another_type_and_the_same_one_changes_nothing() -> None:
    assert retyped(TALK, StageType.done, ALL) == {TALK.id: StageType.done}
    with pytest.raises(Unchanged):
        retyped(TALK, StageType.in_progress, ALL)


@pytest.mark.parametrize(("by", "order"), [(-1, [1, 3, 2, 4]), (1, [1, 2, 4, 3])])
def test_a_stage_moves_a_place_up_or_down(by: int, order: list[int]) -> None:
    assert moved(LINKED, by, ALL) == order


@pytest.mark.parametrize(("stage", "by"), [(NEW, -1), (WON, 1)])
def test_beyond_either_end_there_is_no_place(stage: Stage, by: int) -> None:
    with pytest.raises(Unchanged):
        moved(stage, by, ALL)
