"""Email addresses and numbers, as somebody wrote them down."""

import re
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

from sequencing.errors import Refused, quoted

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
LONGEST_LABEL = 63


def check_email(address: str) -> None:
    """Raises Refused `invalid_email`; whether anybody gets mail there is not asked."""
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise Refused("invalid_email", f"{quoted(address)} is no email address.") from None


def check_number(number: str) -> None:
    """Raises Refused `invalid_number` for what is not in international form (E.164)."""
    if not E164.fullmatch(number):
        raise Refused("invalid_number", f"{quoted(number)} is no number in international form (+49301234567).")


def check_target(target: str) -> None:
    """Raises Refused for what is neither an email address nor a number."""
    if "@" in target:
        check_email(target)
    elif not E164.fullmatch(target):
        raise Refused("invalid_target", f"{quoted(target)} is neither an email address nor a number like +49301234567.")


def spellings(address: str) -> tuple[str, ...]:
    """An address in lower case as it is compared, and with its domain in the other script if it has two (IDN).

    A part behind a plus sign belongs to the address: ann+jobs@example.org is not ann@example.org.
    """
    local, at, domain = normalize("NFC", address.strip().lower()).rpartition("@")
    both = (".".join(_unicode(label) for label in domain.split(".")), ".".join(map(_ascii, domain.split("."))))
    return tuple(dict.fromkeys(local + at + one for one in (domain, *both)))


def _unicode(label: str) -> str:
    """Punycode itself and not the codec `idna`: that one knows the standard of 2003, which loses the German ß."""
    try:
        return (
            label[4:].encode().decode("punycode") if label.startswith("xn--") and len(label) <= LONGEST_LABEL else label
        )
    except UnicodeError:
        return label


def _ascii(label: str) -> str:
    if label.isascii() or label.startswith("xn--") or len(label) > LONGEST_LABEL:
        return label
    return "xn--" + label.encode("punycode", errors="replace").decode()
