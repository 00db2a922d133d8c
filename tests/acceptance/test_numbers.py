"""The figures of a simulated month are, to the unit, those that are counted from the world's own log."""

import asyncio
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happenings import Reason
from sequencing.todos import Outcome
from simulator.log import entries
from simulator.personas import Behaviour, chance_of, other_address, persona_of
from simulator.recruiters import Doing, Recruiter, Todo, Vain
from store.lives import value
from store.people_tables import UserRow
from store.tables import EnrollmentRow, SequenceRow
from tests.acceptance.counting import Asked, Counting, Person, differences
from tests.acceptance.simulated import RITA, Place, clock, recruiters, running

RON, ADA = "ron@example.org", "ada@example.org"
SPEED = 1200
QUIET = 12.0
"""Seconds after which nobody outside is still at it."""
TRACKED = {"track_opens": True, "track_clicks": True, "unsubscribe_link": True}
PLANS = (
    ("automatic_email", "call", "automatic_email"),
    ("automatic_email", "text", "automatic_email"),
    ("manual_email", "task", "automatic_email"),
    ("automatic_email", "task", "call"),
)
DELAYS = {(2, 3): "30 days"}
"""Where one waits for longer than the test lasts; all others are short."""
SHARES = (0.3, 0.3, 0.2, 0.2)
MEASURES = (
    *("enrolled", "active", "paused", "canceled", "finished", "reached", "tried", "sent", "opened", "clicked"),
    *("replied", "bounced", "unsubscribed", "todos", "result", "skipped"),
)
UNDELIVERABLE = (Behaviour.opens_bounces, Behaviour.bounces_later, Behaviour.bounces, Behaviour.deferred)
RARE = (*UNDELIVERABLE[:3], Behaviour.unsubscribes, Behaviour.one_click)
HEADER = "external_id,first_name,company,owner,work_email,personal_email,mobile,time_zone"


@dataclass
class Month:
    """So many contacts in four sequences, and the two who work with them."""

    place: Place
    people: dict[str, Person]
    rita: Recruiter
    ron: Recruiter
    sequences: tuple[int, ...]
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    left: set[str] = field(default_factory=set)

    async def live(self) -> None:
        """Adding, working the lists until nothing new comes, then every other act, and what comes of those."""
        await self._add()
        for _ in range(6):
            await self._settled()
            if not sum([await self._work_all(who) for who in (self.rita, self.ron)]):
                break
        await self._act()
        await self._settled()

    async def _add(self) -> None:
        for who, sequence, names in self._wanted():
            for start in range(0, len(names), 20):
                await who.add(sequence, names[start : start + 20])
                await asyncio.sleep(3)

    def _wanted(self) -> list[tuple[Recruiter, int, list[str]]]:
        """Some of the first sequence are in the last one too, with whom no address is given up meanwhile."""
        names, wanted, begin = list(self.people), [], 0
        for place, share in enumerate(SHARES):
            end = begin + round(len(names) * share)
            wanted.append((self.rita if place < 2 else self.ron, self.sequences[place], names[begin:end]))
            begin = end
        too = [name for name in wanted[0][2] if _behaviour(self.people[name].email) not in UNDELIVERABLE][::3]
        return [*wanted, (self.ron, self.sequences[3], too)]

    async def _work_all(self, who: Recruiter) -> int:
        """How many of his list he has worked; some he leaves for good."""
        fresh = [todo for todo in await who.todos() if todo.id not in self.left]
        for todo in fresh:
            with suppress(Vain):  # its contact has answered meanwhile
                await self._work(who, todo)
        return len(fresh)

    async def _work(self, who: Recruiter, todo: Todo) -> None:
        """A result, sometimes taken back; or it is skipped, or left."""
        drawn = self.chance.random()
        if drawn < 0.12:
            self.left.add(todo.id)
        elif drawn < 0.22:
            await who.skip(todo)
        elif not todo.results:
            await who.post(todo)
        else:
            await who.resolve(todo, self.chance.choice(todo.results))
            if self.chance.random() < 0.15:
                await who.take_back(todo)

    async def _act(self) -> None:
        """Each act on some, of every kind that can be had; nobody is touched twice but to be added again."""
        found = await self._standing()
        self.chance.shuffle(found)
        open_todo = self._take(found, 28, lambda one: one.place is StepState.to_do)
        await self._do(Doing.cancel, open_todo[:14])
        await self._do(Doing.reactivate, open_todo[:4])
        await self._do(Doing.pause, open_todo[14:22])
        await self._do(Doing.remove, open_todo[22:])
        paused = self._take(found, 24, lambda one: one.status is Status.paused and one.reason is Reason.replied)
        for number, one in enumerate(paused[:9]):
            await self._by(one).do(Doing.conclude, one.id, list(Outcome)[number % 3])
        await self._do(Doing.remove, paused[9:15])
        await self._do(Doing.resume, [one for one in paused[15:] if self._action(one) in ("call", "task")])
        ended = self._take(found, 30, lambda one: one.status is Status.finished)
        await self._do(Doing.remove, ended[:12])
        for one in (*open_todo[22:24], *paused[9:12], *ended[6:30]):
            await self._by(one).add(one.sequence_id, [self._by(one).who[one.id]])

    def _take(self, found: list[Enrollment], number: int, fits: Any) -> list[Enrollment]:
        taken = [one for one in found if fits(one)][:number]
        found[:] = [one for one in found if one not in taken]
        return taken

    async def _do(self, doing: Doing, ones: Sequence[Enrollment]) -> None:
        for one in ones:
            await self._by(one).do(doing, one.id)

    def _by(self, one: Enrollment) -> Recruiter:
        return self.rita if one.sequence_id in self.sequences[:2] else self.ron

    def _action(self, one: Enrollment) -> str:
        return PLANS[self.sequences.index(one.sequence_id)][one.step - 1]

    async def _standing(self) -> list[Enrollment]:
        return [value(row) for (row,) in await self.place.rows(EnrollmentRow)]

    async def _settled(self) -> None:
        """Returns once nobody waits for anything but a person or another month, and the world is quiet."""
        soon = timedelta(days=1)
        async with asyncio.timeout(300):
            while True:
                for who in (self.rita, self.ron):
                    await who.todos()
                goes_on = [
                    one
                    for one in await self._standing()
                    if one.noted < one.last_news
                    or one.place is StepState.sending
                    or (one.place is StepState.waiting and one.due_at and one.due_at < datetime.now(UTC) + soon)
                ]
                if not goes_on and self.place.is_quiet(QUIET):
                    return
                await asyncio.sleep(1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_the_figures_of_a_month_are_those_of_the_worlds_own_log(tmp_path: Path) -> None:
    number = 500
    people = _people(number)
    async with running(tmp_path, speed=SPEED) as place:
        _furnish(place, people)
        sequences = tuple(await _sequences(place))
        async with recruiters(place, RITA, RON) as (rita, ron):
            month = Month(place, people, rita, ron, sequences)
            await month.live()
        counting = _counting(month, clock=await clock(place))
        now = [Asked(), *(Asked(one) for one in sequences), Asked(user=RITA), Asked(sequences[3], user=RON)]
        users = {str(number): email for number, email in await place.rows(UserRow.id, UserRow.email)}
        found = {asked: differences(counting, _report(place, asked), users, asked) for asked in now}
    print(_in_short(counting))
    assert {asked: said for asked, said in found.items() if said} == {}
    assert _missing(counting, place) == []

    _put_back(place)
    aged = _counting(month, clock=counting.clock, back=_days_back)
    days = sorted({one.at.date() for one in aged.ones.values()})
    period = Asked(since=days[5], until=days[19])
    then = [Asked(every="week"), period, replace(period, time="happened"), replace(period, sequence=sequences[0])]
    found = {asked: differences(aged, _report(place, asked), users, asked) for asked in then}
    assert {asked: said for asked, said in found.items() if said} == {}


def _behaviour(email: str) -> Behaviour:
    """What the owner of that address does."""
    return persona_of(email, chance_of("1", email)).behaviour


def _furnish(place: Place, people: dict[str, Person]) -> None:
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    lines = [HEADER]
    for name, one in people.items():
        elsewhere = one.email and _behaviour(one.email) is Behaviour.replies_elsewhere
        other = other_address(one.email) if elsewhere else ""
        lines.append(f"{name},{name.title()},Crowd,{RITA},{one.email},{other},{one.number},{zone}")
    (place.folder / "people.csv").write_text("\n".join(lines))
    place.run("contacts", "import", str(place.folder / "people.csv"))
    place.run("settings", "set", "--limit", "emails_a_day=10000", "--as", ADA)
    place.run("users", "add", RON, "Ron Recruiter", "edit", "--number", "+4930900009", "--as", ADA)


def _people(number: int) -> dict[str, Person]:
    """Some say what they do, the others do as chance has it; some have no address, some no number."""
    people = {}
    for one in range(number):
        said = f"+{RARE[one % 40]}" if one % 40 < len(RARE) else ""
        email = "" if one % 97 == 45 else f"p{one}{said}@example.com"
        people[f"p{one}"] = Person(email, "" if one % 83 == 7 else f"+4915{one:08}")
    return people


async def _sequences(place: Place) -> list[int]:
    for number, actions in enumerate(PLANS):
        steps = [_step(number, position, action) for position, action in enumerate(actions, start=1)]
        document = {"name": f"Sequence {number}", "sharing": "everyone", "steps": steps}
        (place.folder / "sequence.yaml").write_text(yaml.safe_dump(document))
        place.run("sequences", "create", str(place.folder / "sequence.yaml"))
    return sorted(number for (number,) in await place.rows(SequenceRow.id))


def _step(number: int, position: int, action: str) -> dict[str, Any]:
    delay = "2 seconds" if position == 1 else DELAYS.get((number, position), "20 seconds")
    said: dict[str, Any] = {"action": action, "delay": delay}
    if action.endswith("email"):
        return said | TRACKED | {"subject": f"S{number}.{position}", "body": "A role: https://example.org/role"}
    return said | ({"body": "Hello"} if action == "text" else {"title": "Think"})


def _counting(month: Month, clock: timedelta, back: Callable[[str], int] = lambda name: 0) -> Counting:
    def placed(subject: str) -> tuple[int, int]:
        number, _, step = subject.removeprefix("S").partition(".")
        return month.sequences[int(number)], int(step)

    plans = dict(zip(month.sequences, PLANS, strict=True))
    counting = Counting(plans, month.people, placed, clock, back)
    counting.read(entries(month.place.log))
    return counting


def _report(place: Place, asked: Asked) -> dict[str, Any]:
    said = {"sequence": asked.sequence, "user": asked.user, "since": asked.since, "until": asked.until}
    words = [word for name, value in said.items() if value for word in (f"--{name}", str(value))]
    words += ["--time", asked.time, "--every", asked.every, "--as", ADA, "--json"]
    told: dict[str, Any] = json.loads(place.run("report", *words))
    return told


def _missing(counting: Counting, place: Place) -> list[str]:
    """What a month must have had, and this one has not."""
    numbers, lines = counting.numbers(Asked()), list(entries(place.log))
    had = {(measure, word) for (table, _, measure, word) in numbers if table == "all"}
    wanted = [(measure, "") for measure in MEASURES] + [("finished", str(one)) for one in Outcome]
    wanted += [("paused", word) for word in ("replied", "bounced", "by_user", "no_email_address", "no_phone_number")]
    twice = Counter((one.person, one.sequence) for one in counting.ones.values() if not one.gone)
    several = Counter(person for person, _ in twice)
    returned = {fact.one.id for fact in counting.facts if fact.measure == "bounced"}
    removed = {(one.person, one.sequence) for one, _, _ in counting.removed}
    so = {
        "taken back": any(line["what"] == "taken_back" for line in lines),
        "machines that opened": any(line.get("by") == "prefetch" for line in lines),
        "machines that clicked": any(line["what"] == "clicked" and line["by"] == "scanner" for line in lines),
        "bounced after opening": any(one.measure == "opened" and one.one.id in returned for one in counting.facts),
        "added again": max(twice.values()) > 1,
        "added again after a removal": not removed.isdisjoint(twice),
        "removed for good": not removed <= twice.keys(),
        "in two sequences": max(several.values()) > 1,
        "refused": "unsubscribed" in counting.refused,
    }
    return [*(str(one) for one in wanted if one not in had), *(what for what, was in so.items() if not was)]


def _in_short(counting: Counting) -> str:
    """The figures of all together."""
    numbers = counting.numbers(Asked())
    said = [
        f"{m}{' ' + word if word else ''} {n}" for (table, _, m, word), n in sorted(numbers.items()) if table == "all"
    ]
    return ", ".join([*said, f"removed {len(counting.removed)}"])


def _days_back(name: str) -> int:
    return sha256(name.encode()).digest()[0] % 28


PUT_BACK = {
    "enrollments": (("enrolled_at", "since"), "contact_id = :contact"),
    "messages": (("sent_at",), "contact_id = :contact"),
    "mails": (("at",), "contact_id = :contact"),
    "incoming_texts": (("at",), "contact_id = :contact"),
    "todos": (("opened_at", "done_at"), "contact_id = :contact"),
    "removals": (("removed_at",), "contact_id = :contact"),
    "link_uses": (("first_at", "last_at"), "message_id IN (SELECT id FROM messages WHERE contact_id = :contact)"),
    "events": (("at",), "enrollment_id IN (SELECT id FROM enrollments WHERE contact_id = :contact)"),
}
"""Where it is kept when something happened, and of whom."""


def _put_back(place: Place) -> None:
    """Everybody's rows, by so many days as his lines of the log."""
    with closing(sqlite3.connect(str(place.database.url.database))) as connection, connection:
        for contact, name in connection.execute("SELECT id, external_id FROM contacts").fetchall():
            for table, (columns, of) in PUT_BACK.items():
                moved = (f"{one} = strftime('%Y-%m-%d %H:%M:%f000', {one}, :days)" for one in columns)
                said = {"contact": contact, "days": f"-{_days_back(name)} days"}
                connection.execute(f"UPDATE {table} SET {', '.join(moved)} WHERE {of}", said)
