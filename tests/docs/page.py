"""The run-book as its tests read it: the situations, what each says, and the commands in it."""

import re
from dataclasses import dataclass
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    text: str

    @property
    def blocks(self) -> list[str]:
        """Its blocks of commands, in order."""
        return re.findall(r"^```sh\n(.*?)^```$", self.text, flags=re.DOTALL | re.MULTILINE)

    def code(self, beginning: str) -> str:
        """The one piece of code within a sentence that begins so."""
        pieces = re.findall(r"(?<!`)`([^`]+)`(?!`)", self.text)
        (found,) = {" ".join(str(piece).split()) for piece in pieces if piece.startswith(beginning)}
        return found

    def says(self, words: str) -> str:
        """The words, which must stand on the page."""
        assert words in " ".join(self.text.split()), f"the page does not say {words!r}"
        return words


def preface() -> Section:
    """What stands before all headings."""
    return Section(TEXT.partition("\n## ")[0])


def section(heading: str) -> Section:
    """What stands under that heading."""
    return Section(TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0])


def situations() -> list[str]:
    """The headings under which there is something to do."""
    headings = re.findall(r"^## (.+)$", TEXT, flags=re.MULTILINE)
    return [heading for heading in headings if "**Do**" in section(heading).text]
