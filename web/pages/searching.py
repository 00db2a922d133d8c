"""A search for contacts as it stands in an address or a form: what was typed, what it means, and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from sequencing.enrollments import Status
from sequencing.errors import Refused, quoted
from sequencing.people import ContactKind
from sequencing.todos import Outcome
from sequencing.wording import check_text
from store.selections import Selection
from store.sequences import chosen

Word = TypeVar("Word", bound=StrEnum)
FIELDS = ("q", "kind", "owner", "company", "in", "status", "outcome", "data", "opportunity", "workflow", "stage")
"""The names of the fields; `in` is a sequence, `workflow` the number of an opportunity."""
DATA = {"any": True, "none": False}
STATUSES = [status for status in Status if status is not Status.removed]
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Search:
    """What was typed, without what was left empty, and whom it means."""

    typed: dict[str, str] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)

    @property
    def query(self) -> str:
        """For an address, without the question mark."""
        return written(self.typed)

    def words(self, names: Mapping[str, Mapping[str, str]]) -> str:
        """Whom it finds, for the reader; `names`: by field, what a value of it is called."""
        shown = {name: names.get(name, {}).get(value, value) for name, value in self.typed.items()}
        said = [f"{_SAID[name]} {quoted(value)}" for name, value in shown.items() if name in _SAID]
        kind = [self.typed["kind"].replace("both", "candidate and client")] if "kind" in self.typed else []
        data = [f"with {self.typed['data'].replace('none', 'no')} sequence data"] if "data" in self.typed else []
        return ", ".join([*kind, *said, *data])


_SAID = {
    "q": "found by",
    "owner": "of the owner",
    "company": "at a company called",
    "in": "in the sequence",
    "status": "with the status",
    "outcome": "with the outcome",
    "opportunity": "in the workflow of the opportunity",
    "workflow": "in the workflow of the opportunity",
    "stage": "at the stage",
}


def read_search(said: Mapping[str, str]) -> Search:
    """The search in those fields; others are passed over. Raises Refused for a word that is none of a field's."""
    typed = {name: said[name].strip() for name in FIELDS if said.get(name, "").strip()}
    for value in typed.values():
        check_text("A search", value)
        if len(value) > LONGEST:
            raise Refused("too_long", f"A search has at most {LONGEST} characters a field; shorten it.")
    selection = Selection(
        text=typed.get("q", ""),
        kind=_word(ContactKind, typed, "kind"),
        owner=typed.get("owner", ""),
        company=typed.get("company", ""),
        sequence=chosen(typed.get("in", "")),
        status=_word(Status, typed, "status"),
        outcome=_word(Outcome, typed, "outcome"),
        in_any=_data(typed),
        opportunity=_number(typed, "workflow") or typed.get("opportunity", ""),
        stage=typed.get("stage", ""),
    )
    return Search(typed, selection)


def written(fields: Mapping[str, Any] | list[tuple[str, Any]]) -> str:
    """Fields as they stand in an address that leads to us."""
    return urlencode(fields, quote_via=quote).replace("~", "%7E")


def _word(words: type[Word], typed: Mapping[str, str], name: str) -> Word | None:
    if name not in typed:
        return None
    if typed[name] not in list(words):
        raise Refused("invalid_request", f"Choose one of {', '.join(words)}.")
    return words(typed[name])


def _data(typed: Mapping[str, str]) -> bool | None:
    if typed.get("data", "any") not in DATA:
        raise Refused("invalid_request", "Choose any data, or none.")
    return DATA[typed["data"]] if "data" in typed else None


def _number(typed: Mapping[str, str], name: str) -> int | None:
    value = typed.get(name, "")
    if value and not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise Refused("unknown_opportunity", f"There is no opportunity {quoted(value)}.")
    return int(value) if value else None
