"""The two families of error.

Exception
├── Refused            a rule said no: a code and the sentence a person reads; nothing changed
│   ├── Unchanged          it is so already
│   ├── TooSoon            not yet; it says how many seconds are left
│   └── Misconfigured      a setting of this installation cannot be used
└── TransportError     the world said no: what it was about, and whether trying again can help
    └── DeliveryUnknown    the message was on its way and nobody knows whether it arrived
"""

from enum import StrEnum

LONGEST_QUOTE = 80


class Refused(Exception):  # noqa: N818 - it is a refusal, not a fault
    """A rule said no, and nothing changed. `code` is stable for programs, `sentence` is for the reader."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Unchanged(Refused):
    """It is so already; the repeated act changed nothing and says so."""


class TooSoon(Refused):
    """Not yet: it may be tried again after so many seconds."""

    def __init__(self, code: str, sentence: str, seconds: int) -> None:
        super().__init__(code, sentence)
        self.seconds = seconds


class Misconfigured(Refused):
    """A setting of this installation cannot be used; the sentence says which, and what it should look like."""


def quoted(text: str) -> str:
    """What somebody typed, short enough for a sentence and harmless to a terminal."""
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")


class About(StrEnum):
    """Whom a refusal of the outside world concerns."""

    recipient = "recipient"
    sender = "sender"
    message = "message"
    server = "server"


class TransportError(Exception):
    """The outside world did not take the message, and that is certain.

    `code` is a number or word of the protocol (550, "timeout"); the server's own text stays out of it, because it
    quotes addresses and errors travel into logs and histories. `nobody`: there is no such recipient, for good.
    """

    def __init__(self, code: str, *, permanent: bool, about: About, nobody: bool = False) -> None:
        super().__init__(f"{about.value} refused with {code}" if permanent else f"{about.value} not now: {code}")
        self.code = code
        self.permanent = permanent
        self.about = about
        self.nobody = nobody


class DeliveryUnknown(TransportError):  # noqa: N818 - it is an answer
    """The hand-over began and its end was never heard: the message may or may not have arrived."""

    def __init__(self, code: str) -> None:
        super().__init__(code, permanent=False, about=About.message)
