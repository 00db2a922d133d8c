"""What a terminal, a pipe, a locale and Ctrl-C do to a command."""

import asyncio
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from ulid import ULID

from store import adds
from store.database import Database
from tests.commands import ROOT, Place
from tests.patience import PATIENCE

MANY = 250
DRAWING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def start(place: Place, *words: str | bytes, **more: str) -> "subprocess.Popen[bytes]":
    """The command as it starts cold, its output in a pipe; it hears Ctrl-C even where the tests were told not to."""
    return subprocess.Popen(
        [sys.executable, "-m", "starter", *words],
        cwd=ROOT,
        env={**place.variables(), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_reader_who_goes_away_gets_no_traceback(place: Place) -> None:
    running = start(place, "contacts", "list")
    assert running.stdout is not None
    running.stdout.close()

    assert running.stderr is not None
    assert running.stderr.read() == b""
    assert running.wait() in (0, 1)


def test_output_that_cannot_be_written_is_said_in_one_sentence(place: Place) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "starter", "contacts", "list"],
            cwd=ROOT,
            env=place.variables(),
            stdout=full,
            stderr=subprocess.PIPE,
        )

    assert (done.returncode, len(done.stderr.splitlines()), b"could not be printed" in done.stderr) == (1, 1, True)


def test_closed_output_is_no_trouble(place: Place) -> None:
    typed = f"exec {sys.executable} -m starter contacts list >&- 2>&-"
    done = subprocess.run(["bash", "-c", typed], cwd=ROOT, env=place.variables())

    assert done.returncode == 0


def test_names_are_printed_where_only_ascii_is_known(place: Place) -> None:
    place.sql("UPDATE contacts SET first_name = 'Zoë'")

    out, err = start(place, "contacts", "list", LC_ALL="C", PYTHONIOENCODING="ascii").communicate()

    assert (b"Zo\\xeb" in out, err) == (True, b"")


def test_an_argument_that_is_no_text_is_wrong_usage(place: Place) -> None:
    running = start(place, "sequences", "show", b"\xff\xfe")
    said = running.communicate()

    assert (running.returncode, said) == (2, (b"", b"An argument or a SEQUENCING_ variable is not UTF-8 text.\n"))


def test_ctrl_c_ends_a_command_that_waits_without_a_traceback(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        running = start(place, "setup", TEMPORAL_ADDRESS=address)
        with silent.accept()[0]:
            os.kill(running.pid, signal.SIGINT)
            said = running.communicate(timeout=PATIENCE)

    assert (running.returncode, said) == (130, (b"", b""))


@dataclass
class Terminal:
    """A command in a terminal of its own, as a person sits before it."""

    running: "subprocess.Popen[bytes]"
    keyboard: int
    seen: str = field(default="")

    @classmethod
    @contextmanager
    def of(cls, place: Place, *words: str) -> Iterator[Self]:
        """The command as it starts cold, on a screen of 100 columns."""
        keyboard, screen = pty.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

        def sit_down() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        running = subprocess.Popen(
            [sys.executable, "-m", "starter", *words],
            cwd=ROOT,
            env={**place.variables(), "TERM": "xterm"},
            stdin=screen,
            stdout=screen,
            stderr=screen,
            preexec_fn=sit_down,
        )
        os.close(screen)
        try:
            yield cls(running, keyboard)
        finally:
            running.kill()
            running.wait()
            os.close(keyboard)

    async def shows(self, words: str) -> None:
        """Returns once it does."""
        async with asyncio.timeout(PATIENCE):
            while words not in self.seen:
                assert await asyncio.to_thread(self._read), f"it ended: {self.seen!r}"

    async def ends(self) -> int:
        """The exit code, once everything has been shown."""
        while await asyncio.to_thread(self._read):
            pass
        return self.running.wait()

    def types(self, keys: bytes) -> None:
        """What a person presses."""
        os.write(self.keyboard, keys)

    def _read(self) -> bool:
        try:
            more = os.read(self.keyboard, 10_000)
        except OSError:  # Linux says so where others say that nothing is left
            return False
        self.seen += DRAWING.sub("", more.decode())
        return bool(more)


@pytest.fixture
def many(tmp_path: Path) -> str:
    """A list that names the same contact again and again: the first is enrolled, the others are refused."""
    (tmp_path / "many.txt").write_text("ann\n" * MANY)
    return str(tmp_path / "many.txt")


async def answer_some(place: Place, number: int) -> None:
    """What the worker does, of which there is none here."""
    database = Database(f"sqlite:///{place.folder / 'sequencing.db'}")
    async with database.writing() as tx:
        (add_id,) = await adds.running(tx)
        await adds.add_some(tx, add_id, 0, number, datetime.now(UTC), lambda: str(ULID()))
    await database.close()


async def test_a_large_add_shows_a_bar_that_moves_with_how_many_of_how_many_and_how_many_were_refused(
    place: Place, many: str
) -> None:
    with Terminal.of(place, "enroll", "Welcome", "--file", many) as terminal:
        await terminal.shows(f"0/{MANY} 0 refused")
        await answer_some(place, 100)
        await terminal.shows(f"100/{MANY} 99 refused")
        await answer_some(place, MANY)
        await answer_some(place, MANY)

        assert await terminal.ends() == 0

    assert f"done, {MANY} of {MANY} answered" in terminal.seen
    assert f"1 of {MANY} enrolled." in terminal.seen


async def test_ctrl_c_at_the_bar_says_that_the_add_goes_on_and_how_to_look_and_to_cancel(
    place: Place, many: str
) -> None:
    with Terminal.of(place, "enroll", "Welcome", "--file", many) as terminal:
        await terminal.shows(f"0/{MANY} 0 refused")
        await answer_some(place, 100)
        terminal.types(b"\x03")

        assert await terminal.ends() == 130

    (add,) = json.loads(place.run("adds", "list", "--json").out)
    assert f"It goes on in the background. `sequencing adds show {add['id']}`" in terminal.seen
    assert f"`sequencing adds cancel {add['id']}` leaves the rest un-added." in terminal.seen
    assert "Traceback" not in terminal.seen
    assert (add["status"], add["enrolled"], add["refused"]) == ("running", 1, 99)


def test_in_a_pipe_a_large_add_says_in_plain_lines_where_it_stands(place: Place, many: str) -> None:
    told = place.run("enroll", "Welcome", "--file", many)

    notice, first, second, third = told.out.splitlines()
    assert (told.code, told.err, DRAWING.search(told.out)) == (0, "", None)
    assert notice.startswith("Email journaling is off")
    assert first.startswith("Adding in the background: `sequencing adds show ")
    assert second.endswith(f": running, 0 of {MANY} answered")
    assert third == f"0 of {MANY} enrolled."
