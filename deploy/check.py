"""Checks the files of this folder with the tools of those who read them. Needs neither network nor Docker engine.

`python deploy/check.py [FOLDER]` prints a line for each check and exits 1 on a finding.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(sys.executable).parent
KUBERNETES = ("1.34.0", "1.37.0")
"""The oldest and the newest the manifests are for; kubernetes-validate ships the schemas of both."""


@dataclass(frozen=True)
class Check:
    """A program and its arguments; `{}` stands for the file."""

    file: str
    program: str
    arguments: tuple[str, ...]

    def finding(self, folder: Path) -> str:
        """What the program says against the file; empty: nothing."""
        path = folder / self.file
        if not path.is_file():
            return f"{path} is missing"
        command = [str(TOOLS / self.program), *(str(path) if each == "{}" else each for each in self.arguments)]
        environment = os.environ | placeholders(path.read_text("utf-8"))
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)  # noqa: S603 - our own list
        except FileNotFoundError:
            return f"{self.program} is not installed; `make check` installs it"
        except subprocess.TimeoutExpired:
            return f"{self.program} did not end"
        said = (done.stdout + done.stderr).strip()
        return "" if done.returncode == 0 else said or f"exit code {done.returncode}"


CHECKS = (
    Check("Dockerfile", "hadolint", ("--no-color", "{}")),
    Check("compose.yaml", "check-jsonschema", ("--builtin-schema", "vendor.compose-spec", "{}")),
    Check("compose.yaml", "docker-compose", ("--env-file", os.devnull, "--file", "{}", "config", "--quiet")),
    Check(
        "kubernetes.yaml",
        "kubernetes-validate",
        ("--strict", *(word for version in KUBERNETES for word in ("--kubernetes-version", version)), "{}"),
    ),
)


def placeholders(text: str) -> dict[str, str]:
    """A value for every variable that the text asks for as ${NAME:?…}."""
    return dict.fromkeys(re.findall(r"\$\{(\w+):\?", text), "placeholder")


def main(folder: Path) -> int:
    """Prints and judges. Returns the exit code."""
    code = 0
    for check in CHECKS:
        finding = check.finding(folder)
        code = 1 if finding else code
        sys.stdout.write(f"{check.file}: {check.program}: {finding or 'ok'}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent))
