"""What a step is called where it stands in the life of one contact: as it was said, will be said, or is written."""

from dataclasses import dataclass

from sequencing.errors import Refused
from sequencing.merge_fields import check, fields
from sequencing.sequences import Step


@dataclass(frozen=True, slots=True)
class Headline:
    """The title of a call or a task, the subject of an email; empty for a text. `is_template`: the words are those of
    the sequence, and stand for what each contact gets.
    """

    step: Step
    words: str
    is_template: bool = False


def source(step: Step) -> str:
    """What the sequence says of it."""
    return step.title or step.subject


def headline(step: Step, said: str | None, filled_in: str | None) -> Headline:
    """`said`: what was sent, or stands on the to-do; `filled_in`: the wording for the contact; None: there is none."""
    if said:
        return Headline(step, said)
    if filled_in is None or not _can_be_filled_in(source(step)):
        return Headline(step, source(step), is_template=_has_fields(source(step)))
    return Headline(step, filled_in)


def _can_be_filled_in(wording: str) -> bool:
    try:
        check(wording)
    except Refused:
        return False
    return True


def _has_fields(wording: str) -> bool:
    return not _can_be_filled_in(wording) or bool(fields(wording))
