"""Email addresses and numbers, as somebody wrote them down."""

import re

from email_validator import EmailNotValidError, validate_email

from sequencing.errors import Refused, quoted

E164 = re.compile(r"\+[1-9][0-9]{6,14}")


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
