"""What may be changed once contacts have been added, and whom a change reaches."""

from dataclasses import fields, replace

import pytest

from sequencing.editing import REACH, Change, Reach, changes, check_frozen
from sequencing.errors import Refused
from sequencing.sequences import Action, Format, Step
from sequencing.timing import Delay, Unit

HOUR, DAY = Delay(1, Unit.hours), Delay(1, Unit.days)
EMAIL = Step(1, Action.automatic_email, HOUR, subject="Hello", body="Hello")
CALL = Step(2, Action.call, HOUR, title="Call", body="Be kind")
LETTER = Step(3, Action.manual_email, HOUR, subject="Hello", body="Hello")
STEPS = [EMAIL, CALL]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([EMAIL], "2 steps would become 1"),
        ([EMAIL, CALL, CALL], "2 steps would become 3"),
        ([CALL, EMAIL], "rearranged"),
        ([EMAIL, replace(CALL, action=Action.task)], "change their action"),
    ],
)
def test_the_steps_of_a_sequence_that_had_contacts_stay_and_a_copy_is_offered(wanted: list[Step], says: str) -> None:
    with pytest.raises(Refused) as refused:
        check_frozen(STEPS, wanted)

    assert refused.value.code == "frozen"
    assert says in refused.value.sentence
    assert "copy" in refused.value.sentence


def test_what_is_not_the_kind_or_the_order_of_the_steps_is_never_frozen() -> None:
    check_frozen(STEPS, [replace(EMAIL, subject="Hi", delay=DAY), replace(CALL, title="Ring")])


@pytest.mark.parametrize(
    ("step", "changed", "reach"),
    [
        (EMAIL, {"delay": DAY}, Reach.waiting),
        (EMAIL, {"body": "Hi"}, Reach.waiting),
        (EMAIL, {"format": Format.html}, Reach.waiting),
        (LETTER, {"format": Format.html}, Reach.drafts),
        (CALL, {"delay": DAY}, Reach.waiting),
        (CALL, {"body": "Be quick"}, Reach.open_todos),
        (CALL, {"title": "Ring"}, Reach.open_todos),
        (LETTER, {"body": "Hi"}, Reach.drafts),
        (LETTER, {"template_id": 7}, Reach.drafts),
        (LETTER, {"delay": DAY}, Reach.waiting),
    ],
)
def test_each_change_says_whom_it_reaches(step: Step, changed: dict[str, object], reach: Reach) -> None:
    after = replace(step, **changed)  # type: ignore[arg-type]

    assert changes([step], [after]) == [Change(step.position, next(iter(changed)), reach)]


def test_every_field_that_can_be_changed_says_whom_it_reaches() -> None:
    assert set(REACH) == {field.name for field in fields(Step)} - {"position", "action"}
