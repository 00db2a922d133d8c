"""Commands as they are typed: each in a process of its own, on a furnished place of its own."""

import asyncio
import gc
import hashlib
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, redirect_stdout, suppress
from dataclasses import dataclass, field
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import typer.main
from sqlalchemy.orm import configure_mappers

from sequencing.people import Level
from starter import opportunities
from starter.cli import command_line
from store import schema, users
from store.database import Database
from tests import dialects
from tests.forward import ask
from tests.house import ADA, CALL, EMAIL, LETTER, RITA, TASK, House

MEMORY = 1_500_000_000
"""Bytes of address space that a command may take before it fails."""
PATIENCE = 60
"""Seconds after which a command that hangs is ended by SIGALRM."""
ROOT = Path(__file__).parents[1]
FORWARD = Path(__file__).with_name("forward.py")
READY = b"ready\n"
IMPORTED = (
    "starter.__main__",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "aiosqlite",
    "asyncpg",
    "rich.table",
    "typer._adapters",
    "tzdata",
)
"""What commands import late, and here before the fork, for all."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, and what it said."""

    code: int
    out: str
    err: str


class Forks:
    """Runs commands, each forked from one process that has imported everything: a tenth of a cold start."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        self._address = str(self._folder / "parent")
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.commands", self._address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self._parent.stdout is not None
        assert self._parent.stdout.readline() == READY

    def run(self, words: list[str], environment: dict[str, str], folder: Path, typed: str = "") -> Ended:
        """The command `sequencing` with these words, nothing else in its environment, and that on its input."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(typed.encode())
            given.seek(0)
            streams = [stream.fileno() for stream in (given, out, err)]
            code = ask(self._address, words, environment, str(folder), streams)
            return Ended(code, _all_of(out), _all_of(err))

    def program(self) -> Path:
        """The folder of a program `sequencing` for a shell, which runs what is typed in the same way."""
        program = self._folder / "sequencing"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -SE {FORWARD} {self._address} "$@"\n')
        program.chmod(0o755)
        return self._folder

    def close(self) -> None:
        """Ends the parent."""
        self._parent.communicate()
        shutil.rmtree(self._folder)


def _all_of(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a database and an outbox, and the names of what is in them."""

    folder: Path
    names: dict[str, str]
    forks: Forks
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, typed: str = "", **environment: str) -> Ended:
        """The command `sequencing` with these words, in which {names} are filled in."""
        filled = [self.names.get(word[1:-1], word) if word[:1] == "{" else word for word in words]
        return self.forks.run(filled, {**self.variables(), **environment}, self.folder, typed)

    def seen(self) -> dict[str, Any]:
        """All rows of all tables, and all files of the outbox."""
        return {"outbox": _files(self.folder / "outbox"), **_rows(self.folder / "sequencing.db")}

    def counts(self) -> dict[str, int]:
        """How many rows and files there are."""
        return {name: len(of) for name, of in self.seen().items()}

    def sql(self, statement: str) -> None:
        """What no command would do to the database."""
        with closing(sqlite3.connect(self.folder / "sequencing.db")) as connection, connection:
            connection.execute(statement)

    def copy(self, folder: Path) -> "Place":
        """The same once more."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Place(folder, self.names, self.forks, self.environment)

    def variables(self) -> dict[str, str]:
        """What a command finds in its environment."""
        inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        no_ports = {"SEQUENCING_METRICS_ADDRESS": "", "SEQUENCING_HEALTH_ADDRESS": ""}  # another test may have them
        ours = {"SEQUENCING_VAR": str(self.folder), "SEQUENCING_USER": RITA}
        return {**inherited, **no_ports, **ours, **self.environment}


def every_command() -> list[str]:
    """All that the command line has, as it is typed."""
    return list(_commands(typer.main.get_command(command_line()), ()))


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    if not hasattr(command, "commands"):
        yield " ".join(path)
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*path, name))


def _fork_for_each_asked(address: str) -> None:
    """Until the input ends. Nothing here starts a thread."""
    for name in IMPORTED:
        import_module(name)
    command_line()
    configure_mappers()
    _warm_up()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening, selectors.DefaultSelector() as waiting:
        listening.bind(address)
        listening.listen(100)
        waiting.register(listening, selectors.EVENT_READ, lambda: _begin(listening, waiting))
        waiting.register(sys.stdin, selectors.EVENT_READ, lambda: os._exit(0))
        os.write(1, READY)
        while True:
            for key, _ in waiting.select():
                key.data()


def _warm_up() -> None:
    """Looks once at everything, in a database that is thrown away, for what SQLAlchemy and typer then have at hand.

    The threads of that have ended when this returns.
    """
    dialects.share()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        asyncio.run(_with_ada(f"sqlite:///{folder}/sequencing.db"))
        os.environ.update(SEQUENCING_VAR=folder, SEQUENCING_USER=ADA)
        for noun in ("contacts", "enrollments", "sequences", "templates", "todos", "users", "roles", "adds"):
            command_line(noun)([noun, "list", "--json"], prog_name="sequencing", standalone_mode=False)


async def _with_ada(url: str) -> None:
    database = Database(url)
    await schema.migrate(database)
    async with database.writing() as tx:
        await users.add(tx, ADA, "Ada", Level.manage)
    await database.close()


def _begin(listening: socket.socket, waiting: selectors.BaseSelector) -> None:
    asking, _ = listening.accept()
    _, streams, _, _ = socket.recv_fds(asking, 1, 3)
    words, environment, folder = json.loads(asking.makefile().readline())
    child = os.fork()
    if child == 0:
        _be_the_command(words, environment, folder, streams)
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(child)
    waiting.register(ended, selectors.EVENT_READ, lambda: _end(child, ended, asking, waiting))


def _end(child: int, ended: int, asking: socket.socket, waiting: selectors.BaseSelector) -> None:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    waiting.unregister(ended)
    os.close(ended)
    with asking, suppress(OSError):  # who asked may have gone
        asking.sendall(b"%d\n" % code)


def _be_the_command(words: list[str], environment: dict[str, str], folder: str, streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in enumerate("rww"))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(PATIENCE)
    sys.argv = ["sequencing", *words]
    from starter.__main__ import main

    main()
    os._exit(0)


async def furnish(house: House) -> dict[str, str]:
    """One enrollment in each place, to-dos, a template, what only Ada sees, a message that has left; their names."""
    await _template(house)
    await opportunities.add(house.door, "Senior engineer", RITA, external_id="job")
    finished = await house.enroll("ann", EMAIL)
    await house.place(finished, "finished")
    call, letter = await house.enroll("ann", CALL), await house.enroll("ann", LETTER)
    task = await house.enroll("ben", TASK)
    waiting = await house.enroll("ben", {**EMAIL, "delay": "300 days"})
    paused = await house.enroll("dot", EMAIL)
    canceled = await house.enroll("pia", {**EMAIL, "delay": "300 days"})
    await house.sequencer.cancel(canceled, by=RITA)
    hidden = await _hidden(house)
    await house.place(paused, "paused")
    await house.place(canceled, "canceled")
    await house.place(waiting, "waiting")
    todos = {name: (await house.todo(one)).id for name, one in [("call", call), ("letter", letter), ("task", task)]}
    return {
        **{f"{name}_todo": todo for name, todo in todos.items()},
        "hidden_todo": (await house.todo(hidden)).id,
        "finished": finished,
        "calling": call,
        "waiting": waiting,
        "paused": paused,
        "canceled": canceled,
        "hidden": hidden,
        "calling_sequence": str((await house.place(call, "to_do")).sequence_id),
        "welcome": await house.sequence(EMAIL, name="Welcome"),
    }


async def _template(house: House) -> None:
    from sequencing.people import AddressType
    from starter.templates import create_template

    await create_template(house.door, "Hello", "Hello", "Hello {{ contact.first_name }}", AddressType.any, RITA)


async def _hidden(house: House) -> str:
    from starter.enrollments import Enrolled
    from starter.sequences import create_sequence

    number = await create_sequence(house.door, {"name": "Hidden", "steps": [CALL]}, ADA)
    (answer,) = await house.sequencer.enroll(str(number), ["pia"], by=ADA)
    assert isinstance(answer, Enrolled)
    return answer.enrollment_id or ""


def _files(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*"))}


def _rows(database: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}


if __name__ == "__main__":
    _fork_for_each_asked(sys.argv[1])
