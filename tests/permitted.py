"""A furnished database on which every act of the door is lawful, for Sam of any level and tie; each act in a line."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sequencing.happenings import Happening, Settlement, What
from sequencing.people import AddressType, Level
from sequencing.permissions import ACTS, Tie
from sequencing.sequences import Action, Sharing
from sequencing.settings import SettingsChange
from sequencing.stage_links import StageType
from sequencing.todos import Outcome, Result
from starter import companies, holds, keys, opportunities, own_tasks, people, stages, suppressions
from starter import enrollments as enrolling
from starter import todos as todo_acts
from starter.adds import Whom, begin_add
from starter.candidacies import enter
from starter.contacts import import_contacts
from starter.door import Door, permitted
from starter.editing import archive_sequence, copy_sequence, edit_sequence
from starter.erasures import erase
from starter.previews import preview, send_test
from starter.reports import Asked, report
from starter.roles import add_role
from starter.roles import listed as all_roles
from starter.sequencer import Sequencer
from starter.sequences import create_sequence
from starter.settings import change_settings, in_force
from starter.sharing import hand_over, share
from starter.suppressions import lift, suppress
from starter.templates import (
    TemplateChange,
    archive_template,
    copy_template,
    create_template,
    edit_template,
    hand_over_template,
    show_template,
)
from starter.timeline import story
from starter.todo_lists import shown
from starter.users import UserChange, add_user, change_oneself
from starter.users import listed as everybody
from store import todos, users
from store.database import Database
from store.lives import Life
from store.suppressions import Wanted
from tests.house import ADA, BOB, CALL, EMAIL, HEADER, LETTER, RITA, TASK, House

SAM = "sam@example.org"
AS_TIE = {"own": Tie(own=True, seen=True), "seen": Tie(seen=True), "hidden": Tie()}
TIES = tuple(AS_TIE)
CASES = [(level, tie) for level in Level for tie in TIES]
NOWHERE = {
    **dict.fromkeys(["waiting", "paused", "canceled", "unknown"], "none such"),
    **dict.fromkeys(["call", "letter", "done"], "none such"),
    "sequence": "999999",
    "template": "999999",
    "hidden_token": "999999",
    "task": "none such",
    "add": "none such",
}
"""Names of what is not there."""
OWNERS = {
    "sequences": "owner_id",
    "templates": "owner_id",
    "enrollments": "enrolled_by",
    "todos": "assignee_id",
    "bulk_adds": "by",
    "own_tasks": "user_id",
}
"""Columns that say whose something is."""
SOON = timedelta(hours=1)
SOME_DAY = date(2026, 12, 1)
NEWER: dict[str, Any] = {"name": "Newer", "steps": [{**EMAIL, "delay": "2 days"}]}
Names = Mapping[str, str]
"""What things are called, by what they are."""
Act = Callable[[Door, Names], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Judged:
    """By which act of the table a door judges what it is asked; None: nobody is refused.

    `general`: it regards nothing in particular. `tie`: to a thing to which Sam is always tied like that. `shown`: to a
    thing that is hidden from nobody who sees anything. `private`: to one that is shown to nobody but whose it is.
    """

    act: str | None
    general: bool = False
    tie: str | None = None
    shown: bool = False
    private: bool = False

    def answer(self, level: Level, tie: str) -> str:
        """`yes`, or the code of the refusal."""
        if self.act is None:
            return "yes"
        if self.general:
            return "yes" if level.reaches(ACTS[self.act].own) else "not_permitted"
        if self.private and tie == "seen":
            return expected(self.act, level, "hidden")
        return expected(self.act, level, "seen" if self.shown and tie == "hidden" else self.tie or tie)


def expected(act: str, level: Level, tie: str) -> str:
    """By the table, whose rows a test of the rules holds against the specification."""
    if level.reaches(ACTS[act].level(AS_TIE[tie])):
        return "yes"
    return "not_found" if tie == "hidden" or level is Level.none else "not_permitted"


def nameless(said: str, names: Names) -> str:
    """A sentence without the names that were asked for."""
    for name in set(names.values()):
        said = said.replace(repr(name), "…")
    return said


@dataclass(frozen=True, slots=True)
class Furnished:
    """The file that all cases are copies of, the house it was furnished in, and the names of what is in it.

    Beside it lies one for each level and tie.
    """

    file: Path
    house: House
    names: dict[str, str] = field(default_factory=dict)
    held: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @asynccontextmanager
    async def case(self, folder: Path, level: Level, tie: str) -> AsyncIterator[Door]:
        """The door on a copy in which Sam has that level, and that tie to everything."""
        database = Database(f"sqlite:///{self.copy(folder / f'{level}-{tie}.db', level, tie)}")
        yield replace(self.house.door, database=database)
        await database.close()

    def rows(self, level: Level, tie: str, without: Collection[str] = ()) -> dict[str, list[str]]:
        """Everything a case begins with, but for those columns."""
        name = f"{level}-{tie}-{without}"
        if name not in self.held:
            self.held[name] = rows_in(self._tied(level, tie), without)
        return self.held[name]

    def copy(self, file: Path, level: Level, tie: str) -> Path:
        """The file, with that in it."""
        shutil.copy(self._tied(level, tie), file)
        return file

    def _tied(self, level: Level, tie: str) -> Path:
        tied = self.file.with_name(f"{level}-{tie}.db")
        if not tied.exists():
            shutil.copy(self.file, tied)
            with closing(sqlite3.connect(tied)) as connection, connection:
                _tie(connection, level, tie)
        return tied


def _tie(connection: sqlite3.Connection, level: Level, tie: str) -> None:
    for statement, said in tying(level, tie):
        connection.execute(statement, said)


def tying(level: Level, tie: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The statements, with their values, that give Sam that level, and that tie to everything."""
    yield "UPDATE users SET level = :level WHERE email = :sam", {"level": level.value, "sam": SAM}
    sharing = Sharing.everyone if tie == "seen" else Sharing.private
    yield "UPDATE sequences SET sharing = :sharing", {"sharing": sharing.value}
    of = "(SELECT id FROM users WHERE email = :who)"
    for table, column in OWNERS.items():
        yield f"UPDATE {table} SET {column} = {of}", {"who": SAM if tie == "own" else ADA}
    yield f"UPDATE todos SET done_by = {of} WHERE done_by IS NOT NULL", {"who": SAM if tie == "own" else ADA}


def rows(door: Door, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Everything the database holds, but for those columns."""
    return rows_in(Path(str(door.database.url.database)), without)


def rows_in(file: Path, without: Collection[str] = ()) -> dict[str, list[str]]:
    """The same of the one in that file."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: _rows(connection, table, without) for table in tables}


def _rows(connection: sqlite3.Connection, table: str, without: Collection[str]) -> list[str]:
    columns = [column for _, column, *_ in connection.execute(f"PRAGMA table_info({table})")]
    kept = ", ".join(f'"{column}"' for column in columns if column not in without)
    return sorted(map(repr, connection.execute(f"SELECT {kept} FROM {table}")))


async def furnish(house: House) -> dict[str, str]:
    """One enrollment for each act, a to-do that is open, one that is a letter, one that is done; their names."""
    later = {**EMAIL, "delay": "1 day"}
    names = {name: await house.enroll("pia", later, by=ADA) for name in ("waiting", "paused", "canceled")}
    names["unknown"] = await house.enroll("pia", EMAIL, by=ADA)
    await add_user(house.door, SAM, "Sam", ["none"], None, ADA)
    await _live(house, names["paused"], Happening(What.pause))
    await _live(house, names["canceled"], Happening(What.cancel))
    await _live(house, names["unknown"], Happening(What.claimed), Happening(What.lost, step=1, copy=1))
    for name, steps in {"call": [CALL], "letter": [LETTER], "done": [CALL, {**TASK, "delay": "1 day"}]}.items():
        one = await house.enroll("pia", *steps, by=ADA)
        await _live(house, one, Happening(What.opened, todo=name))
        names |= {name: name, f"{name}_of": one}
    no_answer = Happening(What.result, step=1, todo="done", result=Result.no_answer)
    await _live(house, names["done_of"], no_answer)
    await opportunities.add(house.door, "A job", ADA, external_id="job")
    await enter(house.door, "job", ["ben"], ADA)
    template = await create_template(house.door, "Hello", "S", "B", AddressType.any, ADA)
    row = await house.row(names["waiting"])
    assert row is not None
    sequence = str(row.sequence_id)
    company = await companies.add(house.door, "Cedar", ADA)
    bob = next(user.id for user, _ in await everybody(house.door, ADA) if user.email == BOB)
    role = next(one.id for one in await all_roles(house.door, ADA) if one.level is Level.use)
    offer = next(stage.id for stage, _ in await stages.shown(house.door, ADA) if stage.name == "Offer")
    spare = await stages.add(house.door, "Spare", StageType.done, ADA)
    mine, hers = [await keys.add_token(house.door, "tests", by) for by in (SAM, ADA)]
    return {
        **names,
        "sequence": sequence,
        "template": str(template),
        "add": await begin_add(house.door, sequence, Whom(["ann"]), ADA),
        "bearer": mine.token,
        "token": str(mine.id),
        "task": await own_tasks.add(house.door, own_tasks.Said("Read", SOME_DAY), ADA),
        "hidden_token": str(hers.id),
        "session": await _session(house),
        "bob": str(bob),
        "company": str(company),
        "role": str(role),
        "offer": str(offer),
        "spare": str(spare),
    }


async def _session(house: House) -> str:
    """Sam is signed in."""
    sam = next(user.id for user, _ in await everybody(house.door, ADA) if user.email == SAM)
    return await keys.sign_in_locally(house.door, sam)


async def _live(house: House, enrollment_id: str, *happenings: Happening) -> None:
    now = datetime.now(UTC)
    async with house.database.writing() as tx:
        ada, life = await users.by_email(tx, ADA), await Life.lock(tx, enrollment_id, now)
        assert life is not None
        for happening in happenings:
            if happening.what is What.opened and happening.todo:
                action = Action.manual_email if happening.todo == "letter" else Action.call
                opening = todos.Opening(happening.todo, action, ada.id, None, "T", "", "S", "B")
                await todos.open_one(tx, life.enrollment, opening, now, now)
            life.happen(replace(happening, by=None if happening.what is What.opened else ada.id))
            await life.save()


def _act(what: What, name: str = "waiting", **said: Any) -> Act:
    return lambda door, names: enrolling.act(door, names[name], Happening(what, **said), SAM)


async def _reconcile(door: Door, names: Names) -> None:
    """The command asks first, and goes on with the engine, which is not here."""
    async with door.database.reading() as tx:
        await permitted(tx, SAM, "reconcile")


GENERAL: Mapping[str, Act] = {
    "suppress": lambda door, names: suppress(door, "gone@example.com", "by_user", SAM),
    "suppress_domain": lambda door, names: suppress(door, "@gone.example.com", "by_user", SAM),
    "see_suppressions": lambda door, names: suppressions.listed(door, Wanted(), SAM),
    "import_suppressions": lambda door, names: suppressions.import_suppressions(door, "target\n+4915112349999", SAM),
    "import_contacts": lambda door, names: import_contacts(door, f"{HEADER}\nnew,New,,,,,,,", SAM),
    "create_sequence": lambda door, names: create_sequence(door, {"name": "New", "steps": [EMAIL]}, SAM),
    "create_template": lambda door, names: create_template(door, "New", "S", "B", AddressType.any, SAM),
    "lift_suppression": lambda door, names: lift(door, "gone@example.com", SAM),
    "settings": lambda door, names: change_settings(door, SettingsChange(journaling=True), SAM),
    "users": lambda door, names: add_user(door, "new@example.org", "New", ["use"], None, SAM),
    "roles": lambda door, names: add_role(door, "New", Level.use, SAM),
    "see_users": lambda door, names: everybody(door, SAM),
    "see_roles": lambda door, names: all_roles(door, SAM),
    "see_settings": lambda door, names: in_force(door, SAM),
    "report": lambda door, names: report(door, Asked(), SAM),
    "reconcile": _reconcile,
    "hold_all": lambda door, names: holds.hold(door, None, SAM),
    "companies": lambda door, names: companies.add(door, "New", SAM),
    "opportunities": lambda door, names: opportunities.add(door, "New", SAM),
    "change_contacts": lambda door, names: people.add(door, people.Said(first_name="New"), SAM),
    "erase": lambda door, names: erase(door, "ann", SAM),
    "stages": lambda door, names: stages.add(door, "Fresh", StageType.done, SAM),
    "stage_links": lambda door, names: stages.unlink(door, "Offer", SAM),
    "move_in_stages": lambda door, names: enter(door, "job", ["ann"], SAM),
    "password": lambda door, names: keys.set_password(door, SAM, "a long password", SAM),
    "profile": lambda door, names: change_oneself(door, UserChange(time_zone="Europe/Berlin"), SAM),
    "tokens": lambda door, names: keys.add_token(door, "mine", SAM),
    "own_tasks": lambda door, names: own_tasks.add(door, own_tasks.Said("Write", SOME_DAY), SAM),
}
"""Acts that regard nothing in particular."""

ON_SOMETHING: Mapping[str, Act] = {
    "result": lambda door, names: todo_acts.resolve(door, names["call"], "interested", SAM),
    "skip": lambda door, names: todo_acts.skip(door, names["call"], SAM),
    "send": lambda door, names: todo_acts.send(door, names["letter"], SAM),
    "draft": lambda door, names: todo_acts.edit(door, names["letter"], SAM, "Subject", "Body"),
    "take_back": lambda door, names: todo_acts.take_back(door, names["done"], SAM),
    "postpone": lambda door, names: todo_acts.postpone(door, names["call"], door.now() + SOON, SAM),
    "reassign": lambda door, names: todo_acts.reassign(door, names["call"], BOB, SAM),
    "see_todo": lambda door, names: shown(door, names["call"], SAM),
    "see": lambda door, names: story(door, names["waiting"], SAM),
    "enroll": lambda door, names: enrolling.enroll(door, names["sequence"], ["ann"], SAM),
    "bypass": lambda door, names: Sequencer(door).bypass(names["waiting"], by=SAM),
    "pause": lambda door, names: Sequencer(door).pause(names["waiting"], by=SAM),
    "resume": lambda door, names: Sequencer(door).resume(names["paused"], by=SAM),
    "reply": lambda door, names: Sequencer(door).reply(names["waiting"], by=SAM),
    "settle": lambda door, names: Sequencer(door).settle(names["unknown"], Settlement.left, by=SAM),
    "cancel": lambda door, names: Sequencer(door).cancel(names["waiting"], by=SAM),
    "reactivate": lambda door, names: Sequencer(door).reactivate(names["canceled"], by=SAM),
    "remove": lambda door, names: Sequencer(door).remove(names["waiting"], by=SAM),
    "conclude": lambda door, names: Sequencer(door).conclude(names["waiting"], Outcome.positive, by=SAM),
    "look_again": _act(What.look_again),
    "share": lambda door, names: share(door, names["sequence"], Sharing.users, [BOB], SAM),
    "hand_over": lambda door, names: hand_over(door, names["sequence"], RITA, SAM),
    "preview": lambda door, names: preview(door, names["sequence"], 1, "ann", SAM),
    "send_test": lambda door, names: send_test(door, names["sequence"], 1, "ann", SAM),
    "edit_sequence": lambda door, names: edit_sequence(door, names["sequence"], NEWER, SAM),
    "copy_sequence": lambda door, names: copy_sequence(door, names["sequence"], SAM),
    "archive": lambda door, names: archive_sequence(door, names["sequence"], SAM, archived=True),
    "hold": lambda door, names: holds.hold(door, names["sequence"], SAM),
}
"""Acts on an enrollment, a to-do or a sequence."""

ON_A_TEMPLATE: Mapping[str, Act] = {
    "see_template": lambda door, names: show_template(door, names["template"], SAM),
    "edit_template": lambda door, names: edit_template(door, names["template"], TemplateChange(name="Newer"), SAM),
    "copy_template": lambda door, names: copy_template(door, names["template"], SAM),
    "archive_template": lambda door, names: archive_template(door, names["template"], SAM, archived=True),
    "hand_over_template": lambda door, names: hand_over_template(door, names["template"], RITA, SAM),
}
"""Acts on a template, which is hidden from nobody who sees anything."""

SIGNALS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "result": ("call_of", {"todo": "call", "result": "interested"}),
    "skip": ("call_of", {"todo": "call"}),
    "send": ("letter_of", {"todo": "letter"}),
    "take_back": ("done_of", {"todo": "done"}),
    "resume": ("paused", {}),
    "settle": ("unknown", {"settlement": "left"}),
    "conclude": ("waiting", {"outcome": "positive"}),
    **dict.fromkeys(["bypass", "pause", "reply", "cancel", "remove", "look_again"], ("waiting", {})),
}
"""What each signal is sent to, and what it says besides."""
