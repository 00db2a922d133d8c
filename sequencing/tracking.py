"""The links of an email: its pixel, its tracked links, its unsubscribe link. Signed, so nobody can make one but us.

A token is base64url of what it says and sixteen bytes of HMAC-SHA-256, with another key for each kind. It names the
message by the left half of its Message-ID, which is itself derived from the claim and says nothing of it. Whatever is
needed to obey a link without the message's row is in the token: a click's target, an unsubscribe's fingerprint.
"""

import hmac
import re
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlsplit

from sequencing.addresses import spellings
from sequencing.suppressions import KEYED

SIGNATURE = 16
"""Bytes, and as many for a reference: nobody guesses 128 bits."""
LONGEST_TARGET = 2000
"""Characters; a longer link is left as it was written, and not tracked."""
MOST_LINKS = 2**16 - 1
LONGEST_TOKEN = 2800
"""Characters; what is longer was never ours, and is not looked at."""
HIDDEN = 0
"""The position of the link that no person sees; the others count from 1."""
OUR_LEFT_HALF = re.compile(r"<?([a-z2-7]{25}[aeimquy4])@")
TOKEN = re.compile(r"[A-Za-z0-9_-]+")
FOLLOWED = re.compile(r"https?://[A-Za-z0-9._~%:\[\]!$&'()*+,;=-]+([/?#][!-~]*)?", re.IGNORECASE)
AS_IT_IS = "%!#$&'()*+,/:;=?@[]~"
"""Signs that `quote` leaves alone in a target that was quoted before."""


class Kind(StrEnum):
    """Which link it is; the word stands in its path."""

    view = "o"
    click = "c"
    unsubscribe = "u"


class Use(StrEnum):
    """What was done with a message's link."""

    view = "view"
    click = "click"


class Sign(StrEnum):
    """What tells who it was."""

    person = "person"
    mail_proxy = "mail_proxy"
    head = "head"
    no_name = "no_name"
    prefetch = "prefetch"
    scanner = "scanner"
    crawler = "crawler"
    too_soon = "too_soon"
    many_links = "many_links"
    hidden_link = "hidden_link"

    @property
    def is_machine(self) -> bool:
        """Gmail's and Yahoo's proxies fetch a picture when its reader looks, so behind them is a person."""
        return self not in (Sign.person, Sign.mail_proxy)


@dataclass(frozen=True, slots=True)
class Viewed:
    """A pixel says: this message was looked at. `reference` is the left half of the message's Message-ID."""

    reference: str


@dataclass(frozen=True, slots=True)
class Clicked:
    """A tracked link says: the link at that position of this message was followed; it leads to `target`."""

    reference: str
    position: int
    target: str


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """An unsubscribe link says: whoever got this message wants no more. `fingerprint` is that of his address."""

    reference: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one message, as addresses below `base`."""

    base: str
    secret: bytes
    reference: str

    def view(self) -> str:
        """The pixel's address."""
        return self._link(Kind.view, b"")

    def click(self, position: int, target: str) -> str | None:
        """The address that leads on to the target; None where that cannot be tracked."""
        followed = followable(target)
        if followed is None or not 0 <= position <= MOST_LINKS:
            return None
        return self._link(Kind.click, position.to_bytes(2) + followed.encode())

    def unsubscribe(self, fingerprint: str) -> str:
        """The address of the page that asks."""
        return self._link(Kind.unsubscribe, bytes.fromhex(fingerprint.removeprefix(KEYED)))

    def _link(self, kind: Kind, more: bytes) -> str:
        return f"{self.base}/{kind}/{_sealed(self.secret, kind, _packed(self.reference) + more)}"


def reference_of(message_id: str) -> str | None:
    """The left half of a Message-ID that `emails.message_id` made; None: it is another's."""
    found = OUR_LEFT_HALF.match(message_id)
    return found[1] if found else None


def read_view(secrets: Iterable[bytes], token: str) -> Viewed | None:
    """What a pixel's token says; None unless one of the secrets signed it."""
    said = _opened(secrets, Kind.view, token)
    return Viewed(_reference(said)) if said is not None and len(said) == SIGNATURE else None


def read_click(secrets: Iterable[bytes], token: str) -> Clicked | None:
    """What a tracked link's token says; None unless one of the secrets signed it."""
    said = _opened(secrets, Kind.click, token)
    if said is None or len(said) < SIGNATURE + 2:
        return None
    target = said[SIGNATURE + 2 :].decode("ascii", errors="replace")
    position = int.from_bytes(said[SIGNATURE : SIGNATURE + 2])
    return Clicked(_reference(said), position, target) if _leads_on(target) else None


def read_unsubscribe(secrets: Iterable[bytes], token: str) -> Unsubscribing | None:
    """What an unsubscribe link's token says; None unless one of the secrets signed it."""
    said = _opened(secrets, Kind.unsubscribe, token)
    if said is None or len(said) != SIGNATURE + 32:
        return None
    return Unsubscribing(_reference(said), KEYED + said[SIGNATURE:].hex())


def followable(target: str) -> str | None:
    """The link as a Location header holds it, in ASCII; None where it does not lead to the web, or is too long."""
    plain = target.strip()
    if not plain.isascii() or " " in plain:
        plain = _in_ascii(plain)
    return plain if _leads_on(plain) else None


def _leads_on(target: str) -> bool:
    return len(target) <= LONGEST_TARGET and FOLLOWED.fullmatch(target) is not None


def _in_ascii(target: str) -> str:
    """Hosts of other scripts have a spelling of their own; all else is percent-encoded."""
    try:
        host = urlsplit(target).netloc
    except ValueError:
        return ""
    before, _, after = target.partition(host) if host else (target, "", "")
    return before + spellings(f"@{host}")[-1].removeprefix("@") + quote(after.encode(errors="replace"), AS_IT_IS)


def _sealed(secret: bytes, kind: Kind, said: bytes) -> str:
    return urlsafe_b64encode(said + _signature(secret, kind, said)).rstrip(b"=").decode()


def _opened(secrets: Iterable[bytes], kind: Kind, token: str) -> bytes | None:
    if len(token) > LONGEST_TOKEN or not TOKEN.fullmatch(token):
        return None
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    said, signature = sealed[:-SIGNATURE], sealed[-SIGNATURE:]
    ours = [one for one in secrets if hmac.compare_digest(_signature(one, kind, said), signature)]
    canonical = urlsafe_b64encode(sealed).rstrip(b"=").decode() == token  # spare bits of the last sign may say anything
    return said if ours and canonical and len(said) >= SIGNATURE else None


def _signature(secret: bytes, kind: Kind, said: bytes) -> bytes:
    key = hmac.digest(secret, f"link/{kind.name}".encode(), "sha256")
    return hmac.digest(key, said, "sha256")[:SIGNATURE]


def _packed(reference: str) -> bytes:
    return b32decode(reference.upper() + "======")


def _reference(said: bytes) -> str:
    return b32encode(said[:SIGNATURE]).decode().rstrip("=").lower()
