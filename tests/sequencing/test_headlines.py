"""What a step is called in the life of one contact."""

from dataclasses import replace

import pytest

from sequencing.headlines import Headline, headline
from sequencing.sequences import Action, Step
from sequencing.timing import Delay, Unit

CALL = Step(1, Action.call, Delay(0, Unit.minutes), title="Call {{ contact.name }}")


def test_what_was_sent_or_stands_on_the_to_do_is_what_it_is_called_whatever_the_sequence_says_now() -> None:
    assert headline(CALL, "Call Ann, soon", "Call Ann Abel") == Headline(CALL, "Call Ann, soon")


def test_what_is_to_come_is_called_as_this_contact_will_see_it() -> None:
    assert headline(CALL, None, "Call Ann Abel") == Headline(CALL, "Call Ann Abel")


@pytest.mark.parametrize("broken", ["Call {{ contact.nme }}", "Call {{ contact.name }"])
def test_what_cannot_be_filled_in_is_shown_as_a_template(broken: str) -> None:
    step = replace(CALL, title=broken)

    assert headline(step, None, broken) == Headline(step, broken, is_template=True)


def test_where_nobody_is_left_to_do_it_a_wording_with_fields_is_a_template_and_one_without_is_not() -> None:
    plain = replace(CALL, title="Think")

    assert headline(CALL, None, None).is_template
    assert headline(plain, None, None) == Headline(plain, "Think")


def test_an_email_is_called_by_its_subject_and_a_text_by_nothing() -> None:
    email = Step(1, Action.automatic_email, Delay(0, Unit.minutes), subject="Hello")
    text = Step(1, Action.text, Delay(0, Unit.minutes), body="Hello")

    assert (headline(email, None, "Hello").words, headline(text, None, "").words) == ("Hello", "")
