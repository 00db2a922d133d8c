"""What may be changed in a sequence once contacts have been added, and whom each change reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from sequencing.errors import Refused
from sequencing.sequences import Action, Step


class Reach(StrEnum):
    """Whom a change reaches. Everybody who has not got to the step is reached by every change."""

    coming = "everybody who has not got there yet"
    waiting = "everybody who has not got there yet, and those who wait for it now"
    open_todos = "everybody who has not got there yet, those who wait for it now, and open to-dos"
    drafts = "everybody who has not got there yet, those who wait for it now, and drafts that nobody has touched"

    @property
    def goes_on_lists(self) -> bool:
        """Whether it changes to-dos that are on somebody's list already."""
        return self in (Reach.open_todos, Reach.drafts)


REACH: Mapping[str, Reach] = {
    "delay": Reach.waiting,
    "owner": Reach.waiting,
    "user_id": Reach.waiting,
    "title": Reach.open_todos,
    "subject": Reach.waiting,
    "body": Reach.waiting,
    "format": Reach.waiting,
    "template_id": Reach.waiting,
    "address_type": Reach.waiting,
    "reply_in_thread": Reach.waiting,
    "opportunity_id": Reach.waiting,
    "regards_enrolled_opportunity": Reach.waiting,
    "track_opens": Reach.waiting,
    "track_clicks": Reach.waiting,
    "unsubscribe_link": Reach.waiting,
}
"""What is read when the step acts reaches those who wait for it; instructions and wording of drafts go further."""

DRAFTED = frozenset({"subject", "body", "format", "template_id"})


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one step."""

    step: int
    field: str
    reach: Reach


def changes(before: Sequence[Step], after: Sequence[Step]) -> list[Change]:
    """What differs, step by step. The steps have the same actions in the same order."""
    return [
        Change(old.position, field.name, _reach(new, field.name))
        for old, new in zip(before, after, strict=True)
        for field in fields(Step)
        if getattr(old, field.name) != getattr(new, field.name)
    ]


def _reach(step: Step, field: str) -> Reach:
    if field == "body" and step.action.for_a_person_alone:
        return Reach.open_todos
    return Reach.drafts if field in DRAFTED and step.action is Action.manual_email else REACH[field]


def check_frozen(before: Sequence[Step], after: Sequence[Step]) -> None:
    """Raises Refused(`frozen`): the steps of a sequence that had contacts stay as they are, and in their order."""
    was, wanted = [step.action for step in before], [step.action for step in after]
    if was == wanted:
        return
    tried = "steps were rearranged, or change their action"
    if len(wanted) != len(was):
        tried = f"{len(was)} steps would become {len(wanted)}"
    raise Refused(
        "frozen",
        f"Contacts have been added, so its steps are frozen, and {tried}. Make a copy and change that: "
        "`sequencing sequences copy`.",
    )
