"""The editor's form: what was typed, as a document and back, and at which field a refusal belongs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sequencing.errors import Refused
from sequencing.sequences import Action
from sequencing.settings import BOUNDS
from sequencing.timing import parse_delay
from web.pages.frame import Form

WORDS = ("action", "amount", "unit", "owner", "template", "subject", "body", "format", "title", "instructions")
CHOICES = ("address_type", "opportunity")
SWITCHES = ("reply_in_thread", "track_opens", "track_clicks", "unsubscribe_link")
USUAL = {"amount": "1", "unit": "days", "owner": "enroller", "format": "text", "address_type": "any"}
MOST_STEPS = BOUNDS["steps"][1]
"""No setting allows more."""
MOST_FIELDS = MOST_STEPS * (len(WORDS) + len(CHOICES) + len(SWITCHES)) + 1_000
"""Of the form; a thousand users may be ticked."""
CODES = {
    "invalid_delay": "delay",
    "unknown_owner": "owner",
    "unknown_user": "owner",
    "unknown_template": "template",
    "template_archived": "template",
    "unknown_opportunity": "opportunity",
    "text_too_long": "body",
    "text_empty": "body",
}
SAYING = (
    ("shared_with", "shared_with"),
    ("template", "template"),
    ("subject", "subject"),
    ("title", "title"),
    ("instructions", "instructions"),
    ("body", "body"),
    ("description", "description"),
    ("opportunity", "opportunity"),
    ("delay", "delay"),
    ("owner", "owner"),
    ("name", "name"),
)
"""A word of a refusal's sentence, and the field it speaks of; the first that fits."""

Step = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """Everything in the form, as text; a switch is `yes` or empty. `version`: the one read, empty: a new one."""

    name: str = ""
    description: str = ""
    sharing: str = "private"
    shared_with: tuple[str, ...] = ()
    version: str = ""
    steps: tuple[Step, ...] = ()

    @classmethod
    def sent(cls, form: Form) -> Self:
        """What somebody sent."""
        steps: list[Step] = []
        while len(steps) < MOST_STEPS and form.text(f"{len(steps) + 1}-action"):
            steps.append(_step_sent(form, f"{len(steps) + 1}-"))
        plain = {name: form.text(name) for name in ("name", "description", "version")}
        sharing = form.text("sharing") or "private"
        return cls(**plain, sharing=sharing, shared_with=form.many("shared_with"), steps=tuple(steps))

    @classmethod
    def of(cls, document: Mapping[str, Any], sharing: str, shared_with: tuple[str, ...]) -> Self:
        """What stands in a sequence."""
        steps = tuple(_step_of(step) for step in document["steps"])
        plain = {name: document[name] for name in ("name", "description")}
        return cls(**plain, sharing=sharing, shared_with=shared_with, version=str(document["version"]), steps=steps)

    def document(self) -> dict[str, Any]:
        """What the door reads."""
        said: dict[str, Any] = {"name": self.name.strip(), "description": self.description, "sharing": self.sharing}
        said["shared_with"] = list(self.shared_with) if self.sharing == "users" else []
        said["steps"] = [_said(step) for step in self.steps]
        return said | (
            {"version": int(version)} if (version := self.version[:10]).isdecimal() and version.isascii() else {}
        )

    def changed(self, act: str) -> Self:
        """The steps after `add:call`, `remove:2`, `up:2`, `down:2`; as they are where it is none of these."""
        verb, _, what = act.partition(":")
        steps = list(self.steps)
        if verb == "add" and what in list(Action) and len(steps) < MOST_STEPS:
            return replace(self, steps=(*steps, fresh(Action(what), first=not steps)))
        at = int(what) - 1 if what.isascii() and what.isdecimal() and len(what) < 4 else -1
        to = at + {"up": -1, "down": 1}.get(verb, 0)
        if not (0 <= at < len(steps) and 0 <= to < len(steps)) or verb not in ("remove", "up", "down"):
            return self
        moved = steps.pop(at)
        return replace(self, steps=tuple(steps if verb == "remove" else [*steps[:to], moved, *steps[to:]]))


def fresh(action: Action, *, first: bool = False) -> Step:
    """A new step; the first of a sequence waits for nothing."""
    on = dict.fromkeys(SWITCHES[1:], "yes" if action is Action.automatic_email else "")
    return {**dict.fromkeys((*WORDS, *CHOICES, *SWITCHES), ""), **USUAL, **on, "action": action.value} | (
        {"amount": "0"} if first else {}
    )


def place(refused: Refused) -> str:
    """The field that a refusal speaks of, as `name` or `2-subject`; `2-` for a whole step, empty for the whole form."""
    if refused.code in ("frozen", "changed_meanwhile"):
        return ""
    found = re.match(r"step ([0-9]+)\b", refused.sentence, re.IGNORECASE)
    said = refused.sentence.lower()
    field = CODES.get(refused.code) or next((field for word, field in SAYING if re.search(rf"\b{word}\b", said)), "")
    if found:
        return f"{found.group(1)}-{'' if field in ('name', 'description') else field}"
    if said.startswith(("steps:", "missing: steps")):
        return "steps"
    if refused.code in ("unknown_user", "invalid_sharing"):
        return "shared_with"
    return field if field in ("name", "description", "shared_with") else ""


def _step_sent(form: Form, at: str) -> Step:
    return {name: form.text(f"{at}{name}") for name in (*WORDS, *CHOICES, *SWITCHES)}


def _step_of(said: Mapping[str, Any]) -> Step:
    action, delay = Action(said["action"]), parse_delay(said["delay"])
    switches = {name: "yes" if said[name] else "" for name in SWITCHES if name in said}
    words = {name: said[name] for name in (*WORDS, *CHOICES) if said.get(name)}
    when = {"amount": str(delay.amount), "unit": delay.unit.value if delay.amount else "days"}
    return {**fresh(action), **words, **switches, **when}


def _said(step: Step) -> dict[str, Any]:
    """Of each action what it has; what was typed twice over, wording and a template, stays, and is refused."""
    action, amount = step["action"], step["amount"].strip()
    said: dict[str, Any] = {"action": action, "owner": step["owner"] or "enroller"}
    said["delay"] = "none" if amount in ("", "0") else f"{amount} {step['unit']}"
    if action in (Action.call, Action.task):
        return said | {"title": step["title"], "instructions": step["instructions"]} | _regards(step)
    if action == Action.text:
        return said | {"body": step["body"]}
    wording = {"subject": step["subject"], "body": step["body"]}
    wording |= {"template": step["template"]} if step["template"] else {"format": step["format"] or "text"}
    if not step["body"]:
        wording.pop("format", None)
    types = {} if step["template"] else {"address_type": step["address_type"] or "any"}
    return said | wording | types | _regards(step) | {name: step[name] == "yes" for name in SWITCHES}


def _regards(step: Step) -> dict[str, str]:
    return {"opportunity": step["opportunity"].strip()} if step["opportunity"].strip() else {}
