"""What a terminal, a pipe, a locale and Ctrl-C do to a command."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.commands import ROOT, Place


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
            said = running.communicate(timeout=30)

    assert (running.returncode, said) == (130, (b"", b""))
