"""Numbers counted from the simulator's log alone. Nothing of this is shared with the product's own counting.

The log is read line by line, and each enrollment followed through it by hand, as the specification says it goes. What a
line tells of is that person's alone, so all of his may be put back by so many days: a run of minutes becomes a month.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

ENDING = {"interested": "positive", "not_interested": "negative", "positive": "positive", "negative": "negative"}
BY_A_PERSON = ("person", "proxy")
EMAILS = ("automatic_email", "manual_email")
Numbers = dict[tuple[str, str, str, str], int]
"""By table, key of the line, measure and word."""


@dataclass(frozen=True)
class Person:
    """Whom the contacts' file tells of."""

    email: str
    number: str


@dataclass
class One:
    """An enrollment, as far as the log was read."""

    id: str
    person: str
    sequence: int
    by: str
    at: datetime
    step: int = 1
    status: str = "active"
    word: str = ""
    since: datetime | None = None
    gone: bool = False

    @property
    def is_open(self) -> bool:
        return not self.gone and self.status in ("active", "paused")

    def stand(self, status: str, word: str, at: datetime) -> None:
        if (self.status, self.word) != (status, word):
            self.status, self.word, self.since = status, word, at


@dataclass(frozen=True)
class Fact:
    """One thing that counts."""

    one: One
    measure: str
    at: datetime | None
    step: int | None = None
    user: str | None = None
    word: str = ""


@dataclass
class Todo:
    """A to-do that stood on a list."""

    one: One
    step: int
    at: datetime
    answer: Fact | None = None


@dataclass(frozen=True)
class Asked:
    """Which numbers: those of a sequence, of whom a user enrolled, of a period by days."""

    sequence: int | None = None
    user: str | None = None
    since: date | None = None
    until: date | None = None
    time: str = "added"
    every: str = "day"

    def holds(self, at: datetime | None) -> bool:
        """Whether that is in the period."""
        if self.since is None or self.until is None:
            return True
        return at is not None and self.since <= at.date() <= self.until


@dataclass
class Counting:
    """`plans` are the actions of each sequence; `placed` says of which sequence and step the email with a subject is;
    `clock` is how far the house's is ahead of UTC, and `back` by how many days everything of a person is put back.
    """

    plans: Mapping[int, tuple[str, ...]]
    people: Mapping[str, Person]
    placed: Callable[[str], tuple[int, int]]
    clock: timedelta = timedelta()
    back: Callable[[str], int] = lambda person: 0
    ones: dict[str, One] = field(default_factory=dict)
    messages: dict[str, Fact] = field(default_factory=dict)
    letters: dict[str, tuple[str, str]] = field(default_factory=dict)
    todos: dict[str, Todo] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    removed: list[tuple[One, str, datetime]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unwanted: set[tuple[str, str]] = field(default_factory=set)
    """(person, channel) that may not be written to any more: by email, or by text."""

    def read(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Goes through the log, then stops at whoever has nothing to be written to."""
        self._names = {one.number: name for name, one in self.people.items() if one.number}
        for line in sorted(lines, key=lambda line: datetime.fromisoformat(line.get("asked", line["at"]))):
            take = getattr(self, f"_{line['what']}", None)
            if take is not None:
                person = self._person(line["who"])
                at = datetime.fromisoformat(line["at"]) + self.clock - timedelta(days=self.back(person))
                take(line, person, at)
        for one in self.ones.values():
            self._wants_an_address(one)

    def _person(self, who: str) -> str:
        return self._names.get(who) or re.split(r"[+@]", who)[0]

    def _wants_an_address(self, one: One) -> None:
        """Nothing outside tells that somebody has no address, or none that may be used: he is paused where he should
        have been written to.
        """
        person, action = self.people[one.person], self.plans[one.sequence][one.step - 1]
        if one.status != "active" or action not in (*EMAILS, "text"):
            return
        channel, has = ("text", person.number) if action == "text" else ("email", person.email)
        if not has:
            one.stand("paused", "no_phone_number" if channel == "text" else "no_email_address", one.at)
        elif (one.person, channel) in self.unwanted:
            one.stand("paused", "suppressed", one.at)

    # --- what recruiters did

    def _added(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        one = One(line["enrollment"], person, line["sequence"], line["by"], at, since=at)
        self.ones[one.id] = one
        self.facts.append(Fact(one, "enrolled", at, user=one.by))

    def _not_added(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        self.refused.append(line["code"])

    def _listed(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        one = self.ones[line["enrollment"]]
        self.todos[line["todo"]] = Todo(one, line["step"], at)
        self.facts.append(Fact(one, "todos", at, line["step"]))

    def _resolved(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        todo = self.todos[line["todo"]]
        todo.answer = Fact(todo.one, "result", at, todo.step, line["by"], line["result"])
        if line["result"] in ENDING:
            todo.one.stand("finished", ENDING[line["result"]], at)
        else:
            self._step_over(todo.one, todo.step, at)

    def _skipped(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        todo = self.todos[line["todo"]]
        todo.answer = Fact(todo.one, "skipped", at, todo.step, line["by"])
        self._step_over(todo.one, todo.step, at)

    def _taken_back(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        todo = self.todos[line["todo"]]
        todo.answer, todo.one.step = None, todo.step
        todo.one.stand("active", "", at)

    def _acted(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        one = self.ones[line["enrollment"]]
        match line["act"]:
            case "pause":
                one.stand("paused", "by_user", at)
            case "cancel":
                one.stand("canceled", "", at)
            case "resume" | "reactivate":
                one.stand("active", "", at)
            case "conclude":
                one.stand("finished", line["outcome"], at)
            case "remove":
                one.gone = True
                self.removed.append((one, line["by"], at))

    def _step_over(self, one: One, step: int, at: datetime) -> None:
        """The step is done; after the last one it has run out, whatever came while that was leaving."""
        if step == len(self.plans[one.sequence]):
            one.stand("finished", "neutral", at)
        one.step = min(step + 1, len(self.plans[one.sequence]))

    # --- what the world got and did

    def _mail(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        sequence, step = self.placed(line["subject"])
        one = [each for each in self.ones.values() if (each.person, each.sequence) == (person, sequence)][-1]
        self._left(one, step, at, line, "email")

    def _text(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        enrollment, step, _ = line["message_id"].split(".")
        one = self.ones[enrollment]
        self._left(one, int(step), at, {**line, "sender": one.by}, "text")

    def _left(self, one: One, step: int, at: datetime, line: Mapping[str, Any], channel: str) -> None:
        self.messages[line["message_id"]] = Fact(one, "sent", at, step, line["sender"], channel)
        self._step_over(one, step, at)

    def _of(self, message: str, measure: str, at: datetime) -> None:
        sent = self.messages[message]
        self.facts.append(Fact(sent.one, measure, at, sent.step, sent.user))

    def _opened(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        if line["by"] in BY_A_PERSON:
            self._of(line["message_id"], "opened", at)

    def _clicked(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        if line["by"] in BY_A_PERSON:
            self._of(line["message_id"], "opened", at)
            self._of(line["message_id"], "clicked", at)

    def _refused(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        self.unwanted.add((person, "email"))
        for one in self._all_open(person):
            if one.status == "active" and self.plans[one.sequence][one.step - 1] in EMAILS:
                self.facts += [Fact(one, measure, at, one.step, one.by) for measure in ("tried", "bounced")]
                one.stand("paused", "bounced", at)

    def _replied(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        self.letters[line["letter"]] = "replied", line["message_id"]

    def _returned(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        if line["code"] == "5.1.1":
            self.letters[line["letter"]] = "bounced", line["message_id"]

    def _copied(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        """Only now the product knows of the letter."""
        if line["direction"] != "in" or line["again"] or line["message_id"] not in self.letters:
            return
        measure, answered = self.letters[line["message_id"]]
        if measure == "bounced":
            self.unwanted.add((person, "email"))
        self._of(answered, measure, at)
        for one in self._all_open(person):
            if measure == "replied":
                one.stand("paused", "replied", at)
            elif one.status == "active" and self._was_written_to(one):
                one.stand("paused", "bounced", at)

    def _was_written_to(self, one: One) -> bool:
        return any(sent.one is one and sent.word == "email" for sent in self.messages.values())

    def _unsubscribed(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        self._of(line["message_id"], "unsubscribed", at)
        self.unwanted.add((person, "email"))
        self._leave_all(person, at)

    def _texted(self, line: Mapping[str, Any], person: str, at: datetime) -> None:
        if line["kind"] == "reply":
            self._of(line["message_id"], "replied", at)
            for one in self._all_open(person):
                one.stand("paused", "replied", at)
        elif line["kind"] == "stop":
            self._of(line["message_id"], "unsubscribed", at)
            self.unwanted.add((person, "text"))
            self._leave_all(person, at)
        else:
            self.unwanted.discard((person, "text"))

    def _leave_all(self, person: str, at: datetime) -> None:
        for one in self._all_open(person):
            one.stand("finished", "negative", at)

    def _all_open(self, person: str) -> list[One]:
        return [one for one in self.ones.values() if one.person == person and one.is_open]

    # --- counting

    def numbers(self, asked: Asked) -> Numbers:
        """So many different people, for each line of each table."""
        people: dict[tuple[str, str, str, str], set[str]] = {}
        for fact in self._facts(asked):
            for table, key in _lines(fact, asked):
                for word in {"", fact.word}:
                    people.setdefault((table, key, fact.measure, word), set()).add(fact.one.person)
        return {key: len(found) for key, found in people.items()}

    def number_removed(self, asked: Asked) -> int:
        """Enrollments."""
        return len(
            [
                one
                for one, by, at in self.removed
                if asked.sequence in (None, one.sequence) and asked.user in (None, by) and asked.holds(at)
            ]
        )

    def _facts(self, asked: Asked) -> list[Fact]:
        chosen = [one for one in self.ones.values() if self._is_chosen(one, asked)]
        found = [fact for fact in self._all_facts() if fact.one in chosen]
        for one in chosen:
            found += [Fact(one, "reached", None, step) for step in range(1, one.step + 1)]
        found += [self._standing(one) for one in _where_each_stands(chosen)]
        return found if asked.time == "added" else [fact for fact in found if asked.holds(fact.at)]

    def _all_facts(self) -> list[Fact]:
        sent = list(self.messages.values())
        tried = [Fact(fact.one, "tried", fact.at, fact.step, fact.user) for fact in sent]
        return [*self.facts, *sent, *tried, *(todo.answer for todo in self.todos.values() if todo.answer)]

    def _standing(self, one: One) -> Fact:
        return Fact(one, one.status, one.since, one.step, one.by, one.word)

    def _is_chosen(self, one: One, asked: Asked) -> bool:
        if one.gone or asked.sequence not in (None, one.sequence) or asked.user not in (None, one.by):
            return False
        return asked.time == "happened" or asked.holds(one.at)


def _where_each_stands(ones: list[One]) -> list[One]:
    """Of each person in each sequence the one that is open, or else the last."""
    standing: dict[tuple[str, int], One] = {}
    for one in ones:
        before = standing.get((one.person, one.sequence))
        if before is None or not before.is_open:
            standing[one.person, one.sequence] = one
    return list(standing.values())


def _lines(fact: Fact, asked: Asked) -> list[tuple[str, str]]:
    lines = [("all", "")]
    if asked.sequence is None:
        lines.append(("sequence", str(fact.one.sequence)))
    if fact.step is not None:
        lines.append(("step", str(fact.step)))
    if fact.user is not None:
        lines.append(("user", fact.user))
    if fact.at is not None:
        day = fact.at.date()
        monday = day - timedelta(days=day.weekday())
        lines.append(("time", (day if asked.every == "day" else monday).isoformat()))
    return lines


def told(report: Mapping[str, Any], users: Mapping[str, str]) -> tuple[Numbers, Numbers]:
    """The numbers in the product's JSON, and those of whom it says the shares are; `users`: emails by id."""
    numbers: Numbers = {}
    shares: Numbers = {}
    lines = [("all", "", report["all"])]
    for table in ("steps", "sequences", "users", "times"):
        for line in report[table]:
            key = users[line["key"]] if table == "users" else line["key"]
            lines.append((table.removesuffix("s"), key, line["figures"]))
    for table, key, figures in lines:
        for one in figures:
            numbers[table, key, one["measure"], one["word"]] = one["people"]
            if one["of"] is not None:
                measure, _, word = one["of_what"].partition(" ")
                shares[table, key, measure, word] = one["of"]
    if not report["steps"]:
        numbers |= {("step", str(one["step"]), "active", ""): one["people"] for one in report["active_at"]}
    return numbers, shares


def differences(counting: Counting, report: Mapping[str, Any], users: Mapping[str, str], asked: Asked) -> list[str]:
    """Where the product says another number than was counted; of what it has a table and a measure for."""
    numbers, shares = told(report, users)
    said = {(table, measure) for table, _, measure, _ in numbers}
    expected = {key: people for key, people in counting.numbers(asked).items() if (key[0], key[2]) in said}
    found = [
        f"{key}: {numbers.get(key, 0)} instead of {expected.get(key, 0)}"
        for key in sorted(numbers.keys() | expected.keys())
        if numbers.get(key, 0) != expected.get(key, 0)
    ]
    found += [f"of {key}: {of}" for key, of in shares.items() if of != expected.get(key, 0)]
    if report["removed"] != counting.number_removed(asked):
        found.append(f"removed: {report['removed']} instead of {counting.number_removed(asked)}")
    return found
