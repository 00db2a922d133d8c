"""Whom nobody may write to: an address, a number, or a whole domain; of an erased person a fingerprint is left.

A domain is written `@example.org` and means itself and everything below it, `ann@mail.example.org` too: whoever asks
not to be written to at a company means all of it, and a wrong message cannot be called back.
"""

import hmac
import re
from collections.abc import Iterable

from sequencing.addresses import check_target, spellings
from sequencing.errors import Refused, quoted

KEYED = "hmac-sha256:"
FINGERPRINT = re.compile(KEYED + "[0-9a-f]{64}")
ERASED = "erased"
UNSUBSCRIBED = "unsubscribed"
REASON_LENGTH = 40


def plain(target: str) -> str:
    """The address, domain or number as it is kept and compared."""
    return target.strip().lower()


def fingerprint(secret: bytes, target: str) -> str:
    """What is left of an erased address or number: recognised by whoever has it and the secret, read by nobody."""
    return KEYED + hmac.new(secret, plain(target).encode(), "sha256").hexdigest()


def is_domain(target: str) -> bool:
    """Whether a whole domain is meant."""
    return target.strip().startswith("@")


def check_suppressible(target: str) -> None:
    """Raises Refused for what is neither an address, nor a number, nor a domain of at least two names."""
    if not is_domain(target):
        return check_target(target)
    if "." not in target.strip().strip("."):
        raise Refused("invalid_domain", f"{quoted(target)} is no domain; write @ and at least two names: @example.org.")
    try:
        check_target(f"anybody{target.strip()}")
    except Refused:
        raise Refused("invalid_domain", f"{quoted(target)} is no domain like @example.org.") from None


def own_forms(secrets: Iterable[bytes], target: str) -> list[str]:
    """How the address, domain or number itself may stand among the suppressed: in words, or as a fingerprint."""
    own = plain(target)
    prints = [] if is_domain(own) else [fingerprint(secret, own) for secret in secrets]
    return list(dict.fromkeys([own, *(spellings(own) if "@" in own else ()), *prints]))


def forms(secrets: Iterable[bytes], target: str) -> list[str]:
    """The same, and every domain that includes it."""
    return list(dict.fromkeys([*own_forms(secrets, target), *_domains(target)]))


def _domains(target: str) -> Iterable[str]:
    """`@mail.example.org`, `@example.org` for an address there; a domain of one name is none."""
    for spelling in spellings(plain(target)) if "@" in target else ():
        names = spelling.rpartition("@")[2].split(".")
        yield from ("@" + ".".join(names[at:]) for at in range(len(names) - 1))
