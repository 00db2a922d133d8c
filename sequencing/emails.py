"""An email as it travels: headers, text and HTML as the bytes that a mail server takes.

Headers are written here and not by `email.message.EmailMessage`: on Python 3.11 that one encodes every unbroken word
longer than a line (RFC 2047), Message-IDs and links too, and no mail client finds them again.
"""

import hmac
import re
from base64 import b32encode
from binascii import b2a_qp
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from textwrap import wrap

LINE = 76
"""Columns at which headers are folded where they have a blank."""
LONGEST_TOKEN = 900
"""Octets of one unbroken word, so that its line stays below 998 (RFC 5322, 2.1.1)."""
LONGEST_ADDRESS = 320
"""Octets (RFC 5321, 4.5.3.1); what is longer no server takes, and it is cut."""
LONGEST_MESSAGE_ID = 70
LONGEST_THREAD = 10
"""How many Message-IDs `References` lists: the first one and the last nine."""


TEST = "X-Sequencing-Test"
"""The header that marks a test, so that it can be found when its contact is erased."""


@dataclass(frozen=True)
class Mailbox:
    """Whom a message is from or to; without a name it is `""`."""

    name: str
    address: str


@dataclass(frozen=True)
class Email:
    """One message to one person. `date` is aware; ids wear their angle brackets; the thread's oldest comes first.

    `html`, if not empty, says the same as `text`. `unsubscribe_url`, if not empty, is http(s), at most 900 printable
    ASCII characters; whoever POSTs to it unsubscribes (RFC 8058). `test_of`: the contact of whose email this is a test.
    """

    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    message_id: str
    date: datetime
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    html: str = ""
    unsubscribe_url: str = ""
    test_of: int | None = None


def tested(contact_id: int) -> str:
    """What the header of a test of that contact's email says."""
    return f"contact {contact_id}"


def message_id(secret: bytes, *, enrollment: str, step: int, copy: int, domain: str) -> str:
    """The Message-ID of a claim, at most 70 characters: the same for every try; it reveals nothing of the claim.

    A domain that is too long loses labels from the left.
    """
    claim = f"message-id/{step}/{copy}/{enrollment}".encode()
    digest = hmac.digest(secret, claim, "sha256")[:16]
    local = b32encode(digest).decode().rstrip("=").lower()
    return f"<{local}@{_right_side(domain, LONGEST_MESSAGE_ID - len(local) - len('<@>'))}>"


def has_our_form(found: str) -> bool:
    """Whether a Message-ID looks like one that `message_id` makes, for whatever domain; case does not count.

    26 letters of base32 hold two bits more than the digest, so the last one is one of eight.
    """
    return bool(re.fullmatch(r"<[a-z2-7]{25}[aeimquy4]@[a-z0-9.-]{1,41}>", found.lower()))


def _right_side(domain: str, longest: int) -> str:
    try:
        labels = domain.strip().lower().encode("idna").decode()
    except UnicodeError:
        labels = ""
    while len(labels) > longest:
        labels = labels.partition(".")[2]
    return labels if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", labels) else "mail.invalid"


def compose(email: Email) -> bytes:
    """The message with CRLF line ends, ready for DATA before its dots are doubled; no line is longer than 998 octets.

    Line breaks and other control characters in subject, names and addresses become a blank: nothing adds a header.
    Everything is 7-bit, except addresses that are not ASCII themselves (RFC 6532; the server must offer SMTPUTF8).
    Raises ValueError for an `unsubscribe_url` that is none.
    """
    content, body = _content(email)
    return _block((*_headers(email), *content)) + b"\r\n" + body


def _headers(email: Email) -> Iterable[tuple[str, str]]:
    yield "From", _mailbox("From", email.sender)
    yield "To", _mailbox("To", email.recipient)
    yield "Subject", _words("Subject", email.subject)
    yield "Date", format_datetime(email.date)
    yield "Message-ID", _ids("Message-ID", (email.message_id,))
    parent = (email.in_reply_to,) if email.in_reply_to else ()
    if parent:
        yield "In-Reply-To", _ids("In-Reply-To", parent)
    if thread := email.references or parent:
        yield "References", _ids("References", (thread[0], *thread[1:][1 - LONGEST_THREAD :]))
    if email.unsubscribe_url:
        yield "List-Unsubscribe", _unsubscribing(email.unsubscribe_url)
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    if email.test_of is not None:
        yield TEST, tested(email.test_of)
    yield "MIME-Version", "1.0"


def _content(email: Email) -> tuple[Iterable[tuple[str, str]], bytes]:
    """The headers that say what the body is, and the body: text alone, or text and HTML to choose from."""
    if not email.html:
        return _kind("plain"), _quoted_printable(email.text)
    boundary = _boundary(email.message_id)
    parts = [
        b"--" + boundary.encode() + b"\r\n" + _block(_kind(kind)) + b"\r\n" + _quoted_printable(said) + b"\r\n"
        for kind, said in (("plain", email.text), ("html", email.html))
    ]
    headers = [("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"')]
    return headers, b"".join(parts) + b"--" + boundary.encode() + b"--\r\n"


def _kind(kind: str) -> Iterable[tuple[str, str]]:
    yield "Content-Type", f'text/{kind}; charset="utf-8"'
    yield "Content-Transfer-Encoding", "quoted-printable"


def _boundary(message_id: str) -> str:
    """In no part: quoted-printable writes two hexadecimal digits or a line's end behind every `=`."""
    return "=_" + re.sub(r"[^a-z0-9]", "", message_id.lower().partition("@")[0])[:40]


def _block(headers: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()


def _unsubscribing(url: str) -> str:
    """Never encoded or broken: mail programs would not find it again."""
    if len(url) > LONGEST_TOKEN or not re.fullmatch(r"https?://[!-;=?-~]+", url):
        raise ValueError("a link to unsubscribe is http(s) and printable ASCII")
    return f"<{url}>"


def _mailbox(header: str, mailbox: Mailbox) -> str:
    address = re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029<>]", "", _sound(mailbox.address))
    address = address.encode()[:LONGEST_ADDRESS].decode(errors="ignore")
    name = _phrase(header, _one_line(mailbox.name))
    if not name:
        return address
    return f"{name} <{address}>" if len(f"{header}: {name} <{address}>") <= LINE else f"{name}\r\n <{address}>"


def _phrase(header: str, name: str) -> str:
    if not name or not _is_plain(name) or len(name) > LINE:
        return _encoded(header, name)
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _words(header: str, text: str) -> str:
    text = _one_line(text)
    return _folded(header, text) if _is_plain(text) else _encoded(header, text)


def _ids(header: str, ids: tuple[str, ...]) -> str:
    return _folded(header, " ".join(re.sub(r"[^!-~]", "", each)[:LONGEST_TOKEN] for each in ids))


def _is_plain(text: str) -> bool:
    """May stand as it is: ASCII that nobody takes for an encoded word, with blanks to fold at."""
    return text.isascii() and "=?" not in text and all(len(word) <= LONGEST_TOKEN for word in text.split(" "))


def _folded(header: str, text: str) -> str:
    lines = wrap(text, LINE, initial_indent=f"{header}: ", break_long_words=False, break_on_hyphens=False)
    return "\r\n ".join(lines)[len(header) + 2 :]


def _encoded(header: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=LINE, header_name=header).encode(linesep="\r\n")


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", _sound(text)).strip(" ")


def _sound(text: str) -> str:
    """Half a surrogate pair, which no encoding can write, becomes a question mark."""
    return text.encode(errors="replace").decode()


def _quoted_printable(text: str) -> bytes:
    lines = re.sub(r"\r\n|\r|\n", "\r\n", text)
    whole = lines if lines.endswith("\r\n") else f"{lines}\r\n"
    return b2a_qp(whole.encode(errors="replace"), istext=True)
