"""What may stand in a name, a title or a letter that somebody wrote; and how many of something in words."""

import re

from sequencing.errors import Refused
from sequencing.limits import NAME_LENGTH, WORDING_LENGTH

_NO_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def counted(number: int, what: str, several: str = "") -> str:
    """`1 segment`, `2,000 segments`; `several` where more of them are not that with an s."""
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"


def check_line(what: str, text: str, longest: int = NAME_LENGTH) -> None:
    """Raises Refused `invalid_text` unless it is one line without control characters, at most that long."""
    if _NO_LINE.search(text):
        raise Refused("invalid_text", f"{what} must be one line without control characters.")
    _check_length(what, text, longest)


def check_name(what: str, text: str, longest: int = NAME_LENGTH) -> None:
    """The same, and it must not be empty."""
    if not text.strip():
        raise Refused("invalid_text", f"{what} must not be empty.")
    check_line(what, text, longest)


def check_text(what: str, text: str) -> None:
    """Raises Refused `invalid_text` for control characters (line breaks and tabs are none) and what is too long."""
    if found := _NO_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise Refused("invalid_text", f"{what} has a control character in its line {line}; take it out.")
    _check_length(what, text, WORDING_LENGTH)


def _check_length(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise Refused("invalid_text", f"{what} has {len(text):,} characters; at most {longest:,} are possible.")
