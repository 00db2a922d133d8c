"""The envelope that Exchange puts round a copy of a mail (MS-XJRNL): taken off, with what it says."""

import re
from dataclasses import dataclass

from sequencing.header_values import MOST_ADDRESSES, address_of
from sequencing.mime import MESSAGES, Part, children, text_of

MARK = "x-ms-journal-report"
MOST_ENVELOPES = 3
LINE = re.compile(
    r"^(sender|on-behalf-of|to|cc|bcc|recipient|message-id|subject):[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE
)
RECIPIENTS = frozenset({"to", "cc", "bcc", "recipient"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sent it and who got it by the envelope, hidden recipients too; both empty for a plain copy."""

    sender: str = ""
    recipients: tuple[str, ...] = ()


def unwrapped(message: Part) -> tuple[Part, Envelope]:
    """The mail itself and its envelope; a plain copy is the mail, and so is a report that holds none."""
    envelope = Envelope()
    for _ in range(MOST_ENVELOPES):
        if not message.all(MARK):
            break
        parts = list(children(message))
        inner = next((part for part in parts if part.content_type in MESSAGES), None)
        if not inner:
            break
        told = next((text_of(part) for part in parts if part.content_type.startswith("text/")), "")
        envelope = _envelope(told)
        message = next(children(inner), message)
    return message, envelope


def _envelope(told: str) -> Envelope:
    lines = [(name.lower(), value) for name, value in LINE.findall(told)]
    sender = next((address_of(value) for name, value in lines if name == "sender"), "")
    named = (address_of(value.partition(",")[0]) for name, value in lines if name in RECIPIENTS)
    return Envelope(sender, tuple(dict.fromkeys(one for one in named if one))[:MOST_ADDRESSES])
