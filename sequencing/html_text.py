"""An HTML body as plain text: lines where blocks begin, quotes marked as in plain text; in linear time."""

import re
from html import unescape

from sequencing.charsets import cleaned

PIECE = re.compile(r"<!--|<[^<>]{0,4000}>|[^<]+|<")
TAG = re.compile(r"<(/?)([a-z][a-z0-9:-]*)", re.IGNORECASE)
UNSEEN = frozenset({"head", "script", "style", "title", "noscript", "template"})
BLOCK = re.compile(
    r"address|article|blockquote|body|br|center|d[dlt]|div|fieldset|footer|form|h[1-6r]|header|html|li|main|nav|[ou]l|p|pre"
    r"|section|table|t[dhr]"
)
DEEPEST_QUOTE = 20


def as_text(html: str) -> str:
    """What a reader sees of it, without links and pictures; a `<blockquote>` stands behind `> `."""
    pieces: list[str] = []
    unseen, depth = "", 0
    for piece in PIECE.findall(html):
        tag = TAG.match(piece)
        closing, name = (bool(tag[1]), tag[2].lower()) if tag else (False, "")
        if unseen and _ends(unseen, piece, name if closing else ""):
            pieces.append(piece.partition("-->")[2] if unseen == "<!--" else "")
            unseen = ""
        elif unseen:
            continue
        elif piece == "<!--":
            unseen = piece
        elif not tag:
            pieces.append("" if piece.startswith(("<!", "<?")) else re.sub(r"\s+", " ", unescape(piece)))
        elif name in UNSEEN and not piece.endswith("/>"):
            unseen = "" if closing else name
        elif BLOCK.fullmatch(name):
            depth = _depth(depth, name, closing)
            pieces.append("\n" + "> " * depth)
    return _tidy("".join(pieces))


def _ends(unseen: str, piece: str, closed: str) -> bool:
    """What never ends hides the rest; `<body>` ends a head that was never closed."""
    if unseen == "<!--":
        return "-->" in piece
    return closed == unseen or (unseen == "head" and piece.lower().startswith("<body"))


def _depth(depth: int, name: str, closing: bool) -> int:
    if name != "blockquote":
        return depth
    return max(depth - 1, 0) if closing else min(depth + 1, DEEPEST_QUOTE)


def _tidy(text: str) -> str:
    lines = [line.replace("\xa0", " ").strip(" ") for line in cleaned(text).split("\n")]
    kept = [line for line in lines if line.strip("> ")]
    return "\n".join(kept)
