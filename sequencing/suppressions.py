"""What is written down of an address or number that nobody may write to."""

import hmac

KEYED = "hmac-sha256:"


def plain(target: str) -> str:
    """The address or number as it is compared."""
    return target.strip().lower()


def fingerprint(secret: bytes, target: str) -> str:
    """What is left of an erased address or number: recognised by whoever has it and the secret, read by nobody."""
    return KEYED + hmac.new(secret, plain(target).encode(), "sha256").hexdigest()
