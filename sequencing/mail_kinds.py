"""What a mail that came in is, and by which evidence."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a mail that came in is to us."""

    person = "person"
    """Somebody wrote it, or let it be forwarded."""
    calendar = "calendar"
    """Somebody answered an invitation, or sent one."""
    list = "list"
    """It came through a mailing list or is a newsletter."""
    automatic = "automatic"
    """A program answered or wrote: an absence, a ticket, a question whether we are human."""
    receipt = "receipt"
    """It was delivered, read, or deleted unread."""
    delayed = "delayed"
    """A server could not deliver it yet and goes on trying."""
    soft_bounce = "soft_bounce"
    """It was not delivered, and the address may be good."""
    hard_bounce = "hard_bounce"
    """It was not delivered, since nobody has this address."""
    blocked = "blocked"
    """It was not delivered for what we are or wrote, which says nothing of the address."""
    complaint = "complaint"
    """The recipient called it spam."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind and why: `why` is a short word of ours, and quotes nobody."""

    kind: Kind
    why: str
