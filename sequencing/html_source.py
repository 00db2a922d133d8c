"""HTML that somebody wrote, made safe to send: its style sheets inlined, and only what an email may hold kept.

It is written anew before it is given to the two parsers: their trees are as deep, and may grow as large, as a hostile
source wants, and one that is deep enough ends the process. What is written anew is nested soundly and within bounds.
"""

import re
from dataclasses import dataclass, field
from html import unescape

from css_inline import CSSInliner
from nh3 import Cleaner

from sequencing.errors import Refused
from sequencing.html_allowed import (
    ATTRIBUTES,
    CELLS,
    ENDS,
    IN_A_LINE,
    OF_TABLES,
    PROPERTIES,
    REOPENED,
    TAGS,
    UNSEEN,
    VOID,
)
from sequencing.html_styles import Styles, permitted

DEEPEST = 100
"""Levels of tags in each other."""
MOST_REOPENED = 200_000
"""Tags times levels of bold and the like: a parser opens these anew in every paragraph."""
MOST_MATCHED = 4_000_000
"""Declarations of the style sheets times tags."""
MOST_WRITTEN = 8_000_000
"""Characters of one declaration of each property, times tags."""

PIECE = re.compile(
    r"""<!--.*?(?:-->|\Z)|<[!?][^>]*+(?:>|\Z)|</?(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)(?P<said>(?:[^"'>]|"[^"]*+"|'[^']*+')*+)>"""
    r"""|(?P<text>[^<]++)|<(?P<open>/?[a-zA-Z])?""",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'<>]++))?""")

_INLINER = CSSInliner(load_remote_stylesheets=False)
_CLEANER = Cleaner(
    tags=set(TAGS),
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    filter_style_properties=set(PROPERTIES),
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)


def safe_html(source: str) -> str:
    """A fragment of HTML that runs nothing, loads nothing but pictures, and looks as its style sheets say.

    Raises Refused: `template_broken` with the line, or `template_too_large`.
    """
    rebuilt = _Rebuilt(source)
    styles = Styles(rebuilt.styles)
    _check_size(rebuilt, styles)
    head = f"<html><head><style>{styles}</style></head>"
    inlined = _INLINER.inline(f"{head}<body{rebuilt.body}>{''.join(rebuilt.pieces)}</body></html>")
    body = inlined.removeprefix("<html><head></head><body").removesuffix("</body></html>")
    return _CLEANER.clean(body[1:] if body.startswith(">") else f"<div{body}</div>")


def _check_size(rebuilt: "_Rebuilt", styles: "Styles") -> None:
    tags = rebuilt.tags
    if tags * rebuilt.most_reopened > MOST_REOPENED:
        raise Refused(
            "template_too_large", "The HTML has too many tags for so many levels of bold, links and the like."
        )
    if tags * styles.declarations > MOST_MATCHED or tags * styles.longest > MOST_WRITTEN:
        sentence = f"The HTML has {tags:,} tags; for so many, its style sheets are too large."
        raise Refused("template_too_large", sentence)


@dataclass
class _Rebuilt:
    """The source with its tags closed in order, without what an email may not hold; `body` is that tag's attributes."""

    source: str
    pieces: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    body: str = ""
    tags: int = 0
    most_reopened: int = 0
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        at = 0
        while found := PIECE.match(self.source, at):
            at = found.end()
            if found["open"]:
                raise self._broken(found, "a tag begins that never ends")
            if found["name"] is None:
                self.pieces.append(found["text"] or ("&lt;" if found[0] == "<" else ""))
            elif found[0].startswith("</"):
                self._close(found["name"].lower())
            else:
                at = self._start(found, found["name"].lower())
        self._close_down_to(0)

    def _start(self, found: re.Match[str], name: str) -> int:
        """Where to go on."""
        if name in UNSEEN:
            return self._unseen(found, name)
        if name == "body":
            self.body = _attributes(name, found["said"])
        elif name in TAGS:
            self._open(found, name)
        return found.end()

    def _unseen(self, found: re.Match[str], name: str) -> int:
        end = re.compile(rf"</{name}\b[^>]*+(?:>|\Z)", re.IGNORECASE).search(self.source, found.end())
        if end is None:
            raise self._broken(found, f"<{name}> is never closed")
        if name == "style":
            self.styles.append(self.source[found.end() : end.start()])
        return end.end()

    def _open(self, found: re.Match[str], name: str) -> None:
        self._end_what_was_left_open(name)
        self.tags += 1
        self.pieces.append(f"<{name}{_attributes(name, found['said'])}>")
        if name in VOID:
            return
        self.open.append(name)
        if len(self.open) > DEEPEST:
            raise self._broken(found, f"more than {DEEPEST} tags stand in each other")
        self.most_reopened = max(self.most_reopened, sum(tag in REOPENED for tag in self.open))

    def _end_what_was_left_open(self, name: str) -> None:
        if name in ENDS:
            ended, between = ENDS[name]
            self._close_one_of(ended, between)
        if name not in IN_A_LINE:
            self._close_one_of(frozenset({"p"}), TAGS - IN_A_LINE - {"p"})

    def _close(self, name: str) -> None:
        between = CELLS if name not in OF_TABLES else frozenset({"table"}) - {name}
        self._close_one_of(frozenset({name}), between)

    def _close_one_of(self, names: frozenset[str], between: frozenset[str]) -> None:
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth] in names:
                return self._close_down_to(depth)
            if self.open[depth] in between:
                return None
        return None

    def _close_down_to(self, depth: int) -> None:
        while len(self.open) > depth:
            self.pieces.append(f"</{self.open.pop()}>")

    def _broken(self, found: re.Match[str], what: str) -> Refused:
        line = self.source.count("\n", 0, found.start()) + 1
        return Refused("template_broken", f"Line {line} of the HTML: {what}.")


def _attributes(name: str, said: str) -> str:
    allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(name, set()) | {"class", "id"}
    found: dict[str, str] = {}
    for attribute, value in ATTRIBUTE.findall(said):
        if attribute.lower() in allowed:
            found.setdefault(attribute.lower(), value[1:-1] if value[:1] in ("'", '"') else value)
    if "style" in found:
        found["style"] = permitted(unescape(found["style"])).replace("&", "&amp;")
    return "".join(f' {attribute}="{_quoted(value)}"' for attribute, value in found.items())


def _quoted(value: str) -> str:
    return value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
