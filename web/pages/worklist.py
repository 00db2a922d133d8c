"""What the pages of to-dos share: how the list was narrowed, and what one item shows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query

from sequencing.people import User
from sequencing.sequences import Action
from sequencing.todos import RESULTS, DueWithin, later_choices
from starter.door import Door
from starter.todo_lists import Card, Narrowed
from store import users
from web.api.todos import read_cursor

W = TypeVar("W", bound=StrEnum)
KINDS = (Action.call, Action.task, Action.manual_email)
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class View:
    """How the reader has narrowed his list, as the page's address says it; what it says wrongly narrows nothing."""

    kind: Action | None = None
    sequence: int | None = None
    due: DueWithin | None = None
    after: str = ""

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != View(after=self.after)

    def narrowed(self, limit: int) -> Narrowed:
        """The same at the door. Raises Refused(`invalid_cursor`)."""
        return Narrowed(self.kind, self.sequence, self.due, read_cursor(self.after), limit)

    def path(self, **otherwise: str) -> str:
        """The list's address, with something said otherwise; `at` is the item that is shown whole."""
        said = {"kind": self.kind or "", "sequence": str(self.sequence or ""), "due": self.due or ""}
        said["after"] = self.after
        words = {name: word for name, word in {**said, **otherwise}.items() if word}
        return f"/todos?{urlencode(words)}" if words else "/todos"


def _view(
    kind: str = "",
    sequence: Annotated[str, Query(max_length=20)] = "",
    due: str = "",
    after: Annotated[str, Query(max_length=80)] = "",
) -> View:
    number = int(sequence) if sequence.isascii() and sequence.isdecimal() else 0
    return View(_word(Action, kind), number if 0 < number <= LARGEST_ID else None, _word(DueWithin, due), after)


Viewed = Annotated[View, Depends(_view)]


def _word(words: type[W], said: str) -> W | None:
    return next((word for word in words if word.value == said), None)


async def item(door: Door, card: Card, user: User, zone: str) -> dict[str, Any]:
    """What a template needs to show one to-do whole."""
    async with door.database.reading() as tx:
        colleagues = [one for one in await users.everybody(tx) if one.active and one.id != card.todo.assignee_id]
    return {
        "card": card,
        "row": card.todo,
        "person": card.contact,
        "kind": card.todo.action.words,
        "title": card.todo.title or card.todo.subject,
        "results": list(RESULTS.get(card.todo.action, ())),
        "colleagues": colleagues,
        "later": [(words, f"{at:%Y-%m-%dT%H:%M}") for words, at in later_choices(door.now(), zone)],
        "someone_else_s": card.assignee if card.assignee.id != user.id else None,
    }
