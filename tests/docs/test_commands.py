"""Every command the documents tell people to type exists, with the options they name."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from starter.cli import command_line

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TYPED = re.compile(r"(?:^|`|\$ )sequencing ([a-z][^`\n#|]*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_the_page_exists(page: Path) -> None:
    typed = TYPED.findall(page.read_text())

    wrong = [line for line in typed if not _exists(line.split())]

    assert wrong == []


def test_the_documents_do_name_commands() -> None:
    named = [line for page in PAGES for line in TYPED.findall(page.read_text())]

    assert len(named) > 20


def _exists(words: list[str]) -> bool:
    command: Any = typer.main.get_command(command_line())
    while words and hasattr(command, "commands"):
        if words[0] not in command.commands:
            return words[0] in ("…", "--help")
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    named = {word.partition("=")[0].rstrip(".,;:)") for word in words if word.startswith("--") and len(word) > 2}
    return named <= known | {"--help"}
