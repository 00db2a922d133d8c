"""What came and what was done, one JSON object a line: a count of the world that asks the product nothing.

Every line has `at` (UTC, ISO 8601), `what` and `who` (the address or number of the person it is about).
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self


class What(StrEnum):
    """What a line tells, with its further fields."""

    mail = "mail"
    """A mail was taken: `message_id`, `sender`, `subject`."""
    refused = "refused"
    """A recipient was refused for ever: `code`."""
    deferred = "deferred"
    """A recipient was refused for the moment: `code`."""
    opened = "opened"
    """`message_id`, `by` (a word of `By`)."""
    clicked = "clicked"
    """`message_id`, `by`, `link`, `leads_to`."""
    saw_page = "saw_page"
    """The page to unsubscribe was fetched, which changes nothing: `message_id`, `by`."""
    unsubscribed = "unsubscribed"
    """`message_id`, `how` (`page`, `header`)."""
    replied = "replied"
    """A person wrote: `message_id` is ours, `letter` theirs, `sender` the address it came from."""
    away = "away"
    """A notice of absence: the same fields."""
    returned = "returned"
    """A returned mail: the same fields, and `code`."""
    copied = "copied"
    """The journal took a copy: `message_id` is the copied mail's, `direction` (`out`, `in`), `tries`, `again`."""
    copy_refused = "copy_refused"
    """The journal refused a copy for ever; it is kept: `message_id`, `direction`, `code`."""
    text = "text"
    """A text was taken: `message_id`, `sender`."""
    texted = "texted"
    """A text was written to us: `kind` (`reply`, `stop`, `start`)."""
    added = "added"
    """A recruiter added somebody: `enrollment`, `sequence`, `by`; `asked` is when he began, mail may come at once."""
    not_added = "not_added"
    """The product refused it: `sequence`, `code`, `by`."""
    listed = "listed"
    """A to-do stood on a recruiter's list: `enrollment`, `step`, `todo`, `kind`, `by`."""
    resolved = "resolved"
    """It got a result: the same fields, and `result`."""
    skipped = "skipped"
    """It was skipped: the same fields."""
    posted = "posted"
    """Its email was sent: the same fields."""
    taken_back = "taken_back"
    """Its result was taken back: the same fields."""
    acted = "acted"
    """A recruiter did something to an enrollment: `enrollment`, `act` (a word of `Doing`), `outcome`, `by`."""
    failed = "failed"
    """An act came to nothing: `message_id`, `act`, `why`."""


class By(StrEnum):
    """Who fetches pictures and links."""

    person = "person"
    proxy = "proxy"
    """A person, through the provider that fetches pictures for its readers."""
    prefetch = "prefetch"
    scanner = "scanner"


PERSONS = frozenset({By.person, By.proxy})
HARD = ("5.1.1", "550")


class Log:
    """The file, and the tally of what this process has written into it."""

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.tally = Tally()
        self._now = now
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, what: What, who: str, **facts: object) -> None:
        """Appends a line; the system has it when this returns."""
        entry = {"at": self._now().isoformat(), "what": what, "who": who, **facts}
        os.write(self._file, (json.dumps(entry, ensure_ascii=False) + "\n").encode(errors="replace"))
        self.tally.add(entry)

    def close(self) -> None:
        """Ends it."""
        os.close(self._file)


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a log, in order; a line that a crash cut short is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


@dataclass(slots=True)
class Tally:
    """Counts of mails by Message-ID, of people by address or number; what happens twice to one counts once."""

    mails: set[str] = field(default_factory=set)
    mails_twice: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    opened_by_machines: set[str] = field(default_factory=set)
    clicked: set[str] = field(default_factory=set)
    clicked_by_machines: set[str] = field(default_factory=set)
    unsubscribed: set[str] = field(default_factory=set)
    replied: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    returned_hard: set[str] = field(default_factory=set)
    returned_soft: set[str] = field(default_factory=set)
    copied: set[str] = field(default_factory=set)
    copies_refused: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    texts_twice: set[str] = field(default_factory=set)
    texted_back: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    failed: int = 0

    @classmethod
    def of(cls, lines: Iterable[Mapping[str, Any]]) -> Self:
        """The counts of a log."""
        tally = cls()
        for line in lines:
            tally.add(line)
        return tally

    def add(self, line: Mapping[str, Any]) -> None:
        """One line more."""
        who, mail, by = line["who"], line.get("message_id", ""), line.get("by")
        match line["what"]:
            case What.mail:
                (self.mails_twice if mail in self.mails else self.mails).add(mail)
            case What.text:
                (self.texts_twice if mail in self.texts else self.texts).add(mail)
            case What.opened:
                (self.opened if by in PERSONS else self.opened_by_machines).add(mail)
            case What.clicked:
                (self.clicked if by in PERSONS else self.clicked_by_machines).add(mail)
            case What.returned:
                (self.returned_hard if line["code"] in HARD else self.returned_soft).add(mail)
            case What.texted:
                {"reply": self.texted_back, "stop": self.stopped, "start": self.started}[line["kind"]].add(who)
            case What.failed:
                self.failed += 1
            case What.refused | What.deferred | What.unsubscribed:
                getattr(self, line["what"]).add(who)
            case What.replied | What.away:
                getattr(self, line["what"]).add(mail)
            case What.copied:
                self.copied.add(mail)
            case What.copy_refused:
                self.copies_refused.add(mail)

    @property
    def has_begun(self) -> bool:
        """Whether anything came."""
        return any(self.counts().values())

    def counts(self) -> dict[str, int]:
        """The numbers by name, in order."""
        names = [name for name in self.__slots__ if name != "failed"]
        return {**{name: len(getattr(self, name)) for name in names}, "failed": self.failed}

    def __str__(self) -> str:
        """What is not zero, as a line to read."""
        said = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in self.counts().items() if number)
        return said or "nothing yet"
