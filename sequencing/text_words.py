"""What an incoming text is: an order to stop, to start again, or a reply."""

import re
from enum import StrEnum
from unicodedata import normalize


class TextKind(StrEnum):
    """What an incoming text asks for."""

    stop = "stop"
    start = "start"
    reply = "reply"


STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
"""STOPALL too: providers obey it by themselves, and we must know."""
START = frozenset({"start", "unstop"})
POLITE = re.compile(r"^(?:please|pls)\b|\b(?:please|pls|thanks|thank you)$")
LONGEST_ORDER = 60


def text_kind(text: str) -> TextKind:
    """An order is the whole text, whatever its case, blanks and punctuation, and a "please" or "thanks" beside it."""
    folded = normalize("NFKC", text[: 4 * LONGEST_ORDER]).casefold().strip()
    if len(folded) > LONGEST_ORDER:
        return TextKind.reply
    plain = re.sub(r"^[\W_]+|[\W_]+$", "", folded)
    order = re.sub(r"[\W_]+", "", POLITE.sub("", plain))
    if order in STOP:
        return TextKind.stop
    return TextKind.start if order in START else TextKind.reply
