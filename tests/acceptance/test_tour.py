"""The README's story, as a newcomer lives it: `make run` in a fresh clone and an empty home, then the tour."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from starter.cli import COMMANDS, GROUPS
from tests.commands import Forks
from tests.patience import PATIENCE
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(1800)


@pytest.mark.statement(1)
def test_eight_contacts_go_eight_ways_as_the_readme_says(tmp_path: Path, forks: Forks) -> None:
    clone = _fresh_clone(tmp_path)
    _link_packages(clone)
    ports = _free_ports()
    environment = _empty_home(tmp_path) | {"TEMPORAL_ADDRESS": f"localhost:{ports['temporal']}"}
    running = _make_run(clone, environment, ports)
    try:
        _until_it_says(running, tmp_path / "run.log", "Ctrl-C stops everything")
        _every_command_can_be_read(clone, environment)
        _tour(clone, environment, forks)
        seen = _json(clone, environment, "enrollments", "list")
        left = _json(clone, environment, "outbox")
    finally:
        _ctrl_c(running)

    expected = json.loads((ROOT / "examples" / "expected.json").read_text())
    shown = ("contact", "status", "reason", "outcome", "step")
    assert [{name: row[name] for name in shown} for row in seen] == expected["enrollments"]
    assert sorted([row["to"], row["subject"]] for row in left) == expected["outbox"]
    assert "Stopped. The next start goes on" in (tmp_path / "run.log").read_text()


@pytest.mark.soak
def test_a_fresh_clone_installs_what_it_needs_and_runs(tmp_path: Path) -> None:
    clone, ports = _fresh_clone(tmp_path), _free_ports()
    running = _make_run(clone, _empty_home(tmp_path), ports)
    try:
        _until_it_says(running, tmp_path / "run.log", "Ctrl-C stops everything")
    finally:
        _ctrl_c(running)

    assert "Stopped. The next start goes on" in (tmp_path / "run.log").read_text()


def _every_command_can_be_read(clone: Path, environment: dict[str, str]) -> None:
    """The program imports all of them, from nothing but the clone and the packages that the product needs."""
    program = clone / ".venv" / "bin" / "sequencing"
    said = subprocess.run([program, "--help"], cwd=clone, env=environment, capture_output=True, text=True, check=True)
    assert all(noun in said.stdout for noun in (*COMMANDS, *GROUPS))


def _tour(clone: Path, environment: dict[str, str], forks: Forks) -> None:
    """With its commands forked from one process that has imported everything: each begins cold otherwise, and most of
    what the tour takes would be that."""
    program = clone / ".venv" / "bin" / "sequencing"
    cold = program.rename(program.with_name("cold"))
    program.symlink_to(forks.program() / "sequencing")
    subprocess.run(["bash", "examples/tour.sh"], cwd=clone, env=environment, check=True, timeout=600)
    cold.replace(program)


def _link_packages(clone: Path) -> None:
    """Those that the product needs, and no others, so that `make run` finds them there and unpacks none.

    They were unpacked, from the same list, when these tests were set up.
    """
    subprocess.run([sys.executable, "-m", "venv", clone / ".venv"], check=True)
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE)
    for file in (file for name in pinned for file in _files_of(name)):
        link = clone / ".venv" / os.path.relpath(file, sys.prefix)
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            link.hardlink_to(file)
        except OSError:  # another disk
            shutil.copy2(file, link)


def _files_of(package: str) -> list[str]:
    """Where the files of a package are; none, where it is for another platform."""
    try:
        listed = metadata.distribution(package).files or []
    except metadata.PackageNotFoundError:
        return []
    return [os.path.normpath(str(file.locate())) for file in listed if Path(str(file.locate())).is_file()]


def _fresh_clone(tmp_path: Path) -> Path:
    """The tree as it is committed, with what is changed in it."""
    clone = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    return clone


def _empty_home(tmp_path: Path) -> dict[str, str]:
    """Nothing of ours. pip leaves compiling to Python, which compiles only what is imported."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_FIND_LINKS", "LANG")
    }
    return kept | {"HOME": str(home), "PIP_NO_COMPILE": "1"}


def _free_ports() -> dict[str, int]:
    return {name: free_port() for name in ("temporal", "ui", "metrics", "health", "web", "journal")}


def _make_run(clone: Path, environment: dict[str, str], ports: dict[str, int]) -> "subprocess.Popen[bytes]":
    options = " ".join(f"--{name}-port {port}" for name, port in ports.items())
    log = (clone.parent / "run.log").open("wb")
    return subprocess.Popen(
        ["make", "run", f"UP={options}"], cwd=clone, env=environment, stdout=log, stderr=log, start_new_session=True
    )


def _until_it_says(running: "subprocess.Popen[bytes]", log: Path, words: str) -> None:
    for _ in range(3000):
        if words in log.read_text():
            return
        assert running.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def _json(clone: Path, environment: dict[str, str], *command: str) -> list[dict[str, object]]:
    program = str(clone / ".venv" / "bin" / "sequencing")
    as_rita = environment | {"SEQUENCING_USER": "rita@example.org"}
    done = subprocess.run(
        [program, *command, "--json"], cwd=clone, env=as_rita, capture_output=True, text=True, check=True
    )
    rows: list[dict[str, object]] = json.loads(done.stdout)
    return rows


def _ctrl_c(running: "subprocess.Popen[bytes]") -> None:
    """To the whole foreground, as a terminal does it."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGINT)
        running.wait(PATIENCE)
