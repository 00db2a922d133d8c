"""A sequence as a person writes it down, in YAML or JSON; read strictly, so that a slip is said, not guessed."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sequencing.errors import Refused
from sequencing.limits import NAME_LENGTH, STEPS_PER_SEQUENCE, WORDING_LENGTH
from sequencing.merge_fields import check
from sequencing.people import AddressType
from sequencing.sequences import Action, Sharing
from sequencing.timing import Delay, Unit, parse_delay


class StepDocument(BaseModel):
    """One step. `owner` is enroller, contact owner, company owner, or the email of a user."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    delay: str = "none"
    owner: str = "enroller"
    template: str | None = None
    subject: str = Field("", max_length=1000)
    body: str = Field("", max_length=WORDING_LENGTH)
    title: str = Field("", max_length=1000)
    instructions: str = Field("", max_length=WORDING_LENGTH)
    address_type: AddressType = AddressType.any
    reply_in_thread: bool = False
    opportunity: str | None = None
    track_opens: bool | None = None
    track_clicks: bool | None = None
    unsubscribe_link: bool | None = None

    @field_validator("delay", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def switch(self, name: str) -> bool:
        """An email's switch: on for automatic ones unless it says otherwise."""
        said: bool | None = getattr(self, name)
        return self.action is Action.automatic_email if said is None else said


class SequenceDocument(BaseModel):
    """The whole: a name and steps are required."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    description: str = Field("", max_length=WORDING_LENGTH)
    sharing: Sharing = Sharing.private
    shared_with: list[str] = Field(default_factory=list, max_length=1000)
    steps: list[StepDocument] = Field(min_length=1, max_length=STEPS_PER_SEQUENCE)


def read_sequence(document: object, *, seconds_allowed: bool) -> SequenceDocument:
    """The document, if it can be carried out. Raises Refused(`invalid_sequence`, …) with the place and the trouble."""
    if not isinstance(document, Mapping):
        raise Refused("invalid_sequence", "A sequence document is a mapping with `name` and `steps`.")
    try:
        sequence = SequenceDocument.model_validate(document)
    except ValidationError as error:
        raise Refused("invalid_sequence", _first(error.errors()[0])) from None
    for number, step in enumerate(sequence.steps, 1):
        try:
            _check(step, seconds_allowed)
        except Refused as refusal:
            raise Refused(refusal.code, f"Step {number}: {refusal.sentence}") from None
    return sequence


def delay_of(step: StepDocument) -> Delay:
    """The step's delay, which was checked when it was read."""
    return parse_delay(step.delay)


def _check(step: StepDocument, seconds_allowed: bool) -> None:
    delay = parse_delay(step.delay)
    if delay.unit is Unit.seconds and delay.amount and not seconds_allowed:
        raise Refused("invalid_delay", "delays in seconds are for demos; the settings do not allow them.")
    if step.action.is_email and not step.template and not (step.subject and step.body):
        raise Refused("invalid_sequence", "an email needs a template, or a subject and a body.")
    if step.action.is_email and step.template and (step.subject or step.body):
        raise Refused("invalid_sequence", "give a template or a subject and body, not both.")
    if step.action is Action.text and not step.body:
        raise Refused("invalid_sequence", "a text message needs a body.")
    if step.action is Action.text and step.opportunity:
        raise Refused("invalid_sequence", "a text message regards no opportunity.")
    if step.action in (Action.call, Action.task) and not step.title:
        raise Refused("invalid_sequence", f"a {step.action.words} needs a title.")
    for wording in (step.subject, step.body, step.title, step.instructions):
        check(wording)


def _first(error: Any) -> str:
    parts = error["loc"] if len(error["loc"]) == 1 else [part for part in error["loc"] if part != "steps"]
    where = ", ".join(f"step {part + 1}" if isinstance(part, int) else str(part) for part in parts)
    if error["type"] == "extra_forbidden":
        return f"Unknown key: {where}."
    if error["type"] == "missing":
        return f"Missing: {where}."
    return f"{where}: {error['msg']}."
