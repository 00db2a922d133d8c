"""A text on its way: its limit, its form between writer and wire, and what the provider's words and codes mean.

The codes are those of Twilio's REST interface.
"""

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from sequencing.errors import About, Refused, TransportError
from sequencing.happenings import Reason
from sequencing.segments import in_words

LONGEST_TEXT = 1600
"""Places that a provider takes, however many segments they are: a sign beyond the basic plane takes two."""

FIELD = re.compile(r"\{\{.*?\}\}", re.DOTALL)
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Reference:
    """Whose text it is: the claim, in letters, digits and dots, so that an address can carry it."""

    enrollment_id: str
    step: int
    copy: int

    def __str__(self) -> str:
        return f"{self.enrollment_id}.{self.step}.{self.copy}"


def read_reference(said: str) -> Reference | None:
    """The reference that was written so; None for anything else."""
    enrollment_id, *numbers = said.split(".")
    fits = len(numbers) == 2 and all(n.isascii() and n.isdecimal() and len(n) < 6 for n in numbers)
    if not fits or len(enrollment_id) > 26 or not (enrollment_id.isascii() and enrollment_id.isalnum()):
        return None
    return Reference(enrollment_id, int(numbers[0]), int(numbers[1]))


def compose(reference: Reference, body: str) -> bytes:
    """What a transport is given: a line that says whose it is, an empty one, the wording."""
    return f"Reference: {reference}\n\n{body}".encode()


def taken_apart(wire: bytes) -> tuple[str, str]:
    """The reference and the wording again."""
    head, _, body = wire.decode().partition("\n\n")
    return head.removeprefix("Reference: "), body


def check_length(body: str) -> None:
    """Raises Refused for a wording that no provider sends: none, or too long."""
    if not body.strip():
        raise Refused("text_empty", "a text message must say something.")
    places = len(body.encode("utf-16-le", errors="surrogatepass")) // 2
    if places > LONGEST_TEXT:
        raise Refused("text_too_long", f"a text message has at most {LONGEST_TEXT:,} characters; this has {places:,}.")


def check_source(body: str) -> None:
    """The same for a step's wording, which is too long where it is so whatever its merge fields come to."""
    if "{%" not in body and (least := FIELD.sub("", body)).strip():
        check_length(least)


def cost(source: str) -> str:
    """What a step's wording costs, for the reader; what its merge fields come to is not known yet, and not counted."""
    plain = FIELD.sub("", source)
    return in_words(plain) + (", its fields not counted" if plain != source else "")


class Delivery(StrEnum):
    """What became of a text that the provider took, as far as it says so."""

    delivered = "delivered"
    undelivered = "undelivered"
    failed = "failed"


NO_SUCH_MOBILE = frozenset({"21211", "21217", "21614", "30005", "30006"})
"""Invalid, no mobile, unknown, a landline: nothing will ever arrive there."""
STOP_REASON = "stopped"
"""Why a number is suppressed whose holder texted STOP; START lifts that and nothing else."""
STOPPED = "21610"
"""The number has told the provider that it wants nothing more."""
NOT_NOW = frozenset({"20429", "21611", "20500", "20503"})
"""Too many at once, a full queue, the provider's own trouble."""


def refusal(status: int, code: str) -> TransportError:
    """What an answer that is certainly a refusal amounts to; `code` is the provider's, empty where it says none."""
    told = code or str(status)
    if code in NO_SUCH_MOBILE or code == STOPPED:
        return TransportError(told, permanent=True, about=About.recipient)
    if code in NOT_NOW or status in (408, 425, 429) or status >= 500:
        return TransportError(told, permanent=False, about=About.server)
    return TransportError(told, permanent=True, about=About.sender)


def reason_of(error: TransportError) -> Reason:
    """Why an enrollment pauses whose text was refused for good."""
    if error.about is not About.recipient:
        return Reason.could_not_be_sent
    return Reason.suppressed if error.code == STOPPED else Reason.bounced


def signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """How a provider signs what it posts: HMAC-SHA1 over the address and the sorted fields, in base64."""
    said = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), "sha1")).decode()


def is_signed(token: str, url: str, fields: Iterable[tuple[str, str]], shown: str) -> bool:
    """Whether the signature is right, in constant time; providers sign addresses with or without the usual port."""
    known = tuple(fields)
    right = [hmac.compare_digest(signature(token, one, known).encode(), shown.encode()) for one in _spelled(url)]
    return any(right)


def _spelled(url: str) -> tuple[str, str]:
    """The address without and with its port, where that is the usual one; else as it is."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    usual = PORTS.get(parts.scheme, 0)
    if parts.port not in (None, usual):
        return url, urlunsplit(parts._replace(netloc=host))
    return urlunsplit(parts._replace(netloc=host)), urlunsplit(parts._replace(netloc=f"{host}:{usual}"))
