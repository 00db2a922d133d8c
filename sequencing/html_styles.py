"""Style sheets that somebody wrote: their plain rules, with the properties that an email may have."""

import re
from collections.abc import Mapping

from sequencing.html_allowed import PROPERTIES

LONGEST_VALUE = 500
"""Characters of one declaration."""
FORBIDDEN = re.compile(r"\\|expression\(|javascript:|url\((?!\s*['\"]?https?://)", re.IGNORECASE)
RULE = re.compile(r"(?<![^{}@;])([^{}@;]++)\{([^{}]*+)\}")
AT_RULE = re.compile(r"@[^{};@]*+(?:;|\{(?:[^{}]++|\{[^{}]*+\})*+\}|\{|\Z)")


class Styles:
    """The rules of style sheets, without those for special screens, and the properties an email may have."""

    def __init__(self, sheets: list[str]) -> None:
        sheet = AT_RULE.sub("", re.sub(r"/\*.*?(?:\*/|\Z)|<!--|-->", "", "\n".join(sheets), flags=re.DOTALL))
        self.rules = [(selector.strip(), _declarations(said)) for selector, said in RULE.findall(sheet)]
        self.declarations = sum(len(declared) * (1 + selector.count(",")) for selector, declared in self.rules)
        of_each: dict[str, int] = {}
        for name, value in (pair for _, declared in self.rules for pair in declared.items()):
            of_each[name] = max(of_each.get(name, 0), len(name) + len(value) + 4)
        self.longest = sum(of_each.values())

    def __str__(self) -> str:
        return "\n".join(f"{selector} {{{_joined(declared)}}}" for selector, declared in self.rules)


def permitted(said: str) -> str:
    """What a `style` attribute says, without what an email may not have."""
    return _joined(_declarations(said))


def _declarations(said: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for declaration in said.split(";"):
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if colon and name.lower() in PROPERTIES and len(value) <= LONGEST_VALUE and not FORBIDDEN.search(value):
            found[name.lower()] = value
    return found


def _joined(declared: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in declared.items())
