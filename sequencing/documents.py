"""A sequence as a person writes it down, in YAML or JSON; read strictly, so that a slip is said, not guessed."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sequencing.errors import Refused, quoted
from sequencing.letters import check_html
from sequencing.limits import LINE_LENGTH, WORDING_LENGTH
from sequencing.merge_fields import check
from sequencing.people import AddressType
from sequencing.sequences import Action, Format, Sharing
from sequencing.settings import BOUNDS, Limits
from sequencing.texts import check_source
from sequencing.timing import Delay, Unit, in_days, parse_delay
from sequencing.wording import check_line, check_name, check_text

MOST_STEPS = BOUNDS["steps"][1]
DEFAULT_LIMITS = Limits()


class StepDocument(BaseModel):
    """One step. `owner` is enroller, contact owner, company owner, or the email of a user."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    delay: str = "none"
    owner: str = "enroller"
    template: str | None = None
    subject: str = Field("", max_length=LINE_LENGTH)
    body: str = Field("", max_length=WORDING_LENGTH)
    format: Format = Format.text
    title: str = Field("", max_length=LINE_LENGTH)
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
    """The whole: a name and steps are required. `version`: the one that was read and is now edited."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    description: str = Field("", max_length=WORDING_LENGTH)
    sharing: Sharing = Sharing.private
    shared_with: list[str] = Field(default_factory=list, max_length=1000)
    steps: list[StepDocument] = Field(min_length=1, max_length=MOST_STEPS)
    version: int | None = Field(None, ge=1)


def read_sequence(document: object, *, seconds_allowed: bool, limits: Limits = DEFAULT_LIMITS) -> SequenceDocument:
    """The document, if it can be carried out. Raises Refused(`invalid_sequence`, …) with the place and the trouble."""
    if not isinstance(document, Mapping):
        raise Refused("invalid_sequence", "A sequence document is a mapping with `name` and `steps`.")
    try:
        sequence = SequenceDocument.model_validate(document)
    except ValidationError as error:
        raise Refused("invalid_sequence", _first(error.errors()[0])) from None
    check_name("The name", sequence.name, limits.name_length)
    check_text("The description", sequence.description)
    if len(sequence.steps) > limits.steps:
        raise Refused(
            "invalid_sequence", f"steps: a sequence has at most {limits.steps}, this has {len(sequence.steps)}."
        )
    for number, step in enumerate(sequence.steps, 1):
        try:
            _check(step, seconds_allowed, limits)
        except Refused as refusal:
            raise Refused(refusal.code, f"Step {number}: {refusal.sentence}") from None
    return sequence


def delay_of(step: StepDocument) -> Delay:
    """The step's delay, which was checked when it was read."""
    return parse_delay(step.delay)


def _check(step: StepDocument, seconds_allowed: bool, limits: Limits) -> None:
    delay = parse_delay(step.delay)
    if delay.unit is Unit.seconds and delay.amount and not seconds_allowed:
        raise Refused("invalid_delay", "delays in seconds are for demos; the settings do not allow them.")
    if in_days(delay) > limits.delay_days:
        raise Refused("invalid_delay", f"A delay cannot be longer than {limits.delay_days} days.")
    if step.action.is_email and not step.template and not (step.subject and step.body):
        raise Refused("invalid_sequence", "an email needs a template, or a subject and a body.")
    if step.action.is_email and step.template and (step.subject or step.body):
        raise Refused("invalid_sequence", "give a template or a subject and body, not both.")
    if step.format is Format.html and not (step.action.is_email and step.body):
        raise Refused("invalid_sequence", "format is html only for an email with a body of its own.")
    if step.action is Action.text and not step.body:
        raise Refused("invalid_sequence", "a text message needs a body.")
    if step.action is Action.text:
        check_source(step.body)
    if step.action is Action.text and step.opportunity:
        raise Refused("invalid_sequence", "a text message regards no opportunity.")
    if step.action in (Action.call, Action.task) and not step.title:
        raise Refused("invalid_sequence", f"a {step.action.words} needs a title.")
    for name in ("subject", "title", "owner", "template", "opportunity"):
        check_line(f"the {name}", getattr(step, name) or "", LINE_LENGTH)
    for name in ("body", "instructions"):
        check_text(f"the {name}", getattr(step, name))
    for wording in (step.subject, step.body, step.title, step.instructions):
        check(wording)
    if step.format is Format.html:
        check_html(step.body)


def _first(error: Any) -> str:
    where = ", ".join(_places(error["loc"]))
    if error["type"] in ("extra_forbidden", "invalid_key"):
        known = StepDocument if error["loc"][0] == "steps" else SequenceDocument
        return f"Unknown key: {where}; known are {', '.join(known.model_fields)}."
    if error["type"] == "missing":
        return f"Missing: {where}."
    return f"{where}: {error['msg']}."


def _places(path: tuple[str | int, ...]) -> Iterator[str]:
    match path:
        case ("steps", int(number), *below):
            yield f"step {number + 1}"
        case below:
            pass
    for place in below:
        yield place if isinstance(place, str) and place.isidentifier() and len(place) <= 80 else quoted(str(place))
