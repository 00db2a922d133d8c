"""What stands in headers that anybody may have written: names, addresses, Message-IDs, dates."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain, groupby, islice

from sequencing.charsets import cleaned, decoded, untransferred
from sequencing.emails import LONGEST_ADDRESS, LONGEST_TOKEN, Mailbox

LONGEST_WORDS = 1_000
"""Characters of a subject or a name."""
MOST_ADDRESSES = 500
MOST_HEADERS_OF_A_NAME = 20
LONGEST_ADDRESSES = 30_000
"""Characters of one address header."""
MOST_IDS = 50
WORD = r"=\?([^?\s]{1,60})\?([bq])\?([^?]{0,4000})\?="
PIECE = re.compile(r'"(?:[^"\\]|\\.){0,500}"|\((?:[^()\\]|\\.){0,500}\)|<[^<>]{0,999}>|[,;:]|[^",;:<(]+|.', re.DOTALL)
BARE = re.compile(r'(?:"(?:[^"\\]|\\.){1,64}"|[^\s"<>(),;:@\[\]]{1,64})@[^\s"<>(),;:@]{1,255}')


def words(value: str) -> str:
    """A subject or name as it is read: encoded words decoded, on one line, at most 1,000 characters."""
    text = re.sub(rf"(?:{WORD}\s*)+", _encoded_run, value[:20_000], flags=re.IGNORECASE)
    return re.sub(r"[\s\x00-\x20\u2028\u2029]+", " ", cleaned(text)).strip()[:LONGEST_WORDS]


def _encoded_run(run: re.Match[str]) -> str:
    """A character may be cut in two between neighbours, so those of one charset are decoded together."""
    found = [(charset.partition("*")[0].lower(), kind, body) for charset, kind, body in _words_of(run[0])]
    joined = (
        decoded(b"".join(untransferred(body.encode(errors="replace"), kind) for _, kind, body in group), charset)
        for charset, group in groupby(found, key=lambda one: one[0])
    )
    return "".join(joined) + (" " if run[0][-1:].isspace() else "")


def _words_of(run: str) -> list[tuple[str, str, str]]:
    return re.findall(WORD, run, flags=re.IGNORECASE)


def mailboxes(values: Iterable[str]) -> tuple[Mailbox, ...]:
    """The mailboxes of address headers, those of groups included, at most 500; what has no address is left out."""
    found: dict[str, Mailbox] = {}
    for value in islice(values, MOST_HEADERS_OF_A_NAME):
        for name, address in islice(_entries(value[:LONGEST_ADDRESSES]), MOST_ADDRESSES):
            if address and len(found) < MOST_ADDRESSES:
                found.setdefault(address, Mailbox(name, address))
    return tuple(found.values())


def _entries(value: str) -> Iterable[tuple[str, str]]:
    phrase, angle = "", ""
    for piece in chain((found[0] for found in PIECE.finditer(value)), ","):
        if piece in (",", ";"):
            yield _entry(phrase, angle)
            phrase, angle = "", ""
        elif piece == ":":
            phrase = "" if "@" not in phrase else phrase
        elif piece.startswith("<") and piece != "<":
            angle = angle or piece
        else:
            phrase += piece


def _entry(phrase: str, angle: str) -> tuple[str, str]:
    if angle:
        return _name(phrase), address_of(angle)
    bare = BARE.search(phrase)
    comment = re.search(r"\(([^()]*)\)", phrase)
    return (_name(comment[1]) if comment else ""), address_of(bare[0] if bare else "")


def _name(phrase: str) -> str:
    unquoted = re.sub(r"\\(.)", r"\1", phrase.strip().strip('"'))
    return words(unquoted)


def address_of(written: str) -> str:
    """One address as it is compared, in lower case and without brackets, route and blanks; `""` if it is none."""
    inside = re.sub(r"^@[^:]*:", "", words(written).strip("<> \t"))
    unwanted = r"[\x00-\x1f\x7f-\x9f\u2028\u2029<>]" if inside.startswith('"') else r"[\s\x00-\x20\x7f-\x9f<>]"
    address = re.sub(unwanted, "", inside).lower()
    fits = len(address.encode()) <= LONGEST_ADDRESS and re.fullmatch(r"[^@]+@[^@]+|\"[^\"]+\"@[^@]+", address)
    return address if fits else ""


def message_ids(values: Iterable[str], most: int = MOST_IDS) -> tuple[str, ...]:
    """The Message-IDs in their angle brackets, in order, each once: the first one and the last ones, 50 in all.

    Blanks that a fold left inside are taken out, missing brackets are put round; an id that is no printable ASCII or
    longer than 900 octets is none.
    """
    found = [one for value in values for one in _ids(value) if re.fullmatch(r"[!-~]+", one) and len(one) <= 900]
    once = tuple(dict.fromkeys(found))
    return once if len(once) <= most else (once[0], *once[1 - most :])


def _ids(value: str) -> list[str]:
    plain = re.sub(WORD, _encoded_run, value, flags=re.IGNORECASE) if "=?" in value else value
    bracketed = re.findall(rf"<([^<>]{{1,{2 * LONGEST_TOKEN}}})>", plain)
    if bracketed or "<" in plain:
        return ["<" + re.sub(r"\s", "", one) + ">" for one in bracketed]
    return [f"<{one}>" for one in plain.replace(",", " ").split() if re.fullmatch(r"[^@\s]+@[^@\s]+", one)]


def instant(value: str) -> datetime | None:
    """The date in UTC; None if it cannot be read or lies before 1980 or after 2200."""
    try:
        date = parsedate_to_datetime(value[:200])
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        at = aware.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if 1980 <= at.year <= 2200 else None
