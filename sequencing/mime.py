"""A message as the parts it is made of, whatever its bytes are.

Not `email.message_from_bytes`: it goes through 20 MB line by line, and into nested parts by nested generators. Here a
part is a place in the one copy of the bytes, and boundaries are found by `bytes.find`; everything has a bound.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sequencing.charsets import decoded, untransferred, without_last_cut_character

LONGEST_MAIL = 40 * 2**20
"""Octets; what comes behind them is not read."""
LONGEST_HEAD = 256 * 1024
MOST_HEADERS = 2_000
LONGEST_VALUE = 50_000
MOST_PARTS = 200
"""In one message, on all levels together."""
DEEPEST = 20
MOST_TRIES = 10_000
"""Places of one message that look like a boundary."""
LONGEST_TEXT = 100_000
"""Characters."""
OCTETS_READ = 4 * LONGEST_TEXT

MESSAGES = frozenset({"message/rfc822", "message/global"})
Headers = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers, and where in `raw` its body lies."""

    raw: bytes
    start: int
    end: int
    headers: Headers
    depth: int = 0
    default_type: str = "text/plain"

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, as it is written but for folds; `name` in lower case."""
        return self.headers.get(name, ())

    def first(self, name: str) -> str:
        """The first value of a header, or `""`."""
        return next(iter(self.all(name)), "")

    @property
    def content_type(self) -> str:
        """In lower case; what cannot be read is `text/plain`."""
        found = re.match(r"\s*([\w.+-]+/[\w.+-]+)\s*(?:;|$)", self.first("content-type").lower())
        return found[1] if found else self.default_type

    def parameter(self, name: str, header: str = "content-type") -> str:
        """A parameter of a header, without its quotes, or `""`."""
        found = re.search(rf';\s*{name}\*?\s*=\s*(?:"([^"]*)"?|([^;\s]+))', self.first(header)[:2_000], re.IGNORECASE)
        return (found[1] or found[2] or "").strip() if found else ""

    @property
    def is_attached(self) -> bool:
        """Is meant to be saved, not read."""
        return self.first("content-disposition").strip().lower().startswith("attachment")


def read_part(raw: bytes) -> Part:
    """A whole message; LF and CRLF are the same, and an mbox's first line is none of its own."""
    lines = raw[:LONGEST_MAIL].replace(b"\r\n", b"\n")
    begin = lines.find(b"\n") + 1 if re.match(rb">?From [^:\s]", lines) else 0
    return _part(lines, begin, len(lines))


def children(part: Part) -> Iterator[Part]:
    """The parts directly inside, at most 200; of a leaf there are none."""
    if part.depth >= DEEPEST:
        return
    if part.content_type in MESSAGES:
        yield _inner_message(part)
    elif part.content_type.startswith("multipart/"):
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for start, end in _sections(part):
            yield _part(part.raw, start, end, part.depth + 1, default)


def leaves(part: Part) -> Iterator[Part]:
    """What there is to read or to save, in order, at most 200 parts; a message inside is one leaf and stays closed."""
    stack, seen = [part], 0
    while stack and seen < MOST_PARTS:
        one, seen = stack.pop(), seen + 1
        inside = [] if one.content_type in MESSAGES else list(children(one))
        if not inside:
            yield one
        stack.extend(reversed(inside))


def content(part: Part) -> bytes:
    """The body without its transfer encoding: what stands in its first 400,000 octets."""
    body = part.raw[part.start : min(part.end, part.start + OCTETS_READ)]
    return untransferred(body, part.first("content-transfer-encoding"))


def text_of(part: Part) -> str:
    """The body as text, at most 100,000 characters; line ends are LF."""
    data = content(part)
    if part.end - part.start > OCTETS_READ:
        data = without_last_cut_character(data)
    return decoded(data, part.parameter("charset"))[:LONGEST_TEXT]


def read_headers(head: bytes) -> Headers:
    """Headers by their name in lower case, each with its values in order; a line that is no header is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for line in re.split(rb"\n(?![ \t])", head[:LONGEST_HEAD], maxsplit=MOST_HEADERS)[:MOST_HEADERS]:
        name, colon, value = line.partition(b":")
        key = name.rstrip(b" \t").lower()
        if colon and re.fullmatch(rb"[!-~]{1,100}", key):
            one_line = re.sub(r"[\x00-\x20\x7f]+", " ", decoded(value[:LONGEST_VALUE], "utf-8"))
            found[key.decode()] = (*found.get(key.decode(), ())[:99], one_line.strip(" "))
    return found


def _part(raw: bytes, start: int, end: int, depth: int = 0, default_type: str = "text/plain") -> Part:
    if raw.startswith(b"\n", start, end):
        return Part(raw, start + 1, end, {}, depth, default_type)
    blank = raw.find(b"\n\n", start, end)
    head_end, body = (end, end) if blank < 0 else (blank, blank + 2)
    headers = read_headers(raw[start : min(head_end, start + LONGEST_HEAD)])
    return Part(raw, body, end, headers, depth, default_type)


def _inner_message(part: Part) -> Part:
    if part.first("content-transfer-encoding").strip().lower() not in ("base64", "quoted-printable"):
        return _part(part.raw, part.start, part.end, part.depth + 1)
    whole = untransferred(part.raw[part.start : part.end], part.first("content-transfer-encoding"))
    lines = whole.replace(b"\r\n", b"\n")
    return _part(lines, 0, len(lines), part.depth + 1)


def _sections(part: Part) -> Iterator[tuple[int, int]]:
    """Where the parts of a multipart begin and end; one whose last boundary is missing goes to the end."""
    boundary = _boundary(part)
    begun: int | None = None
    count = 0
    for line_start, line_end, closes in _delimiters(part, boundary) if boundary else ():
        if begun is not None:
            yield begun, max(begun, line_start)
            count += 1
        if closes or count >= MOST_PARTS:
            return
        begun = min(line_end + 1, part.end)
    if begun is not None:
        yield begun, part.end


def _delimiters(part: Part, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    mark, at = b"--" + boundary, part.start
    for _ in range(MOST_TRIES):
        at = part.raw.find(mark, at, part.end)
        if at < 0:
            return
        line_end = part.raw.find(b"\n", at, part.end)
        line_end = part.end if line_end < 0 else line_end
        rest = part.raw[at + len(mark) : min(line_end, at + len(mark) + 80)].strip()
        begins_line = at == part.start or part.raw[at - 1 : at] == b"\n"
        if begins_line and rest in (b"", b"--"):
            yield (at - 1 if at > part.start else at), line_end, rest == b"--"
        at += len(mark)


def _boundary(part: Part) -> bytes:
    """As it was declared, or else as the first line of the body shows it."""
    declared = part.parameter("boundary").encode()
    if declared:
        return declared
    shown = re.match(rb"\s*--([!-~]{1,70})[ \t]*\n", part.raw[part.start : part.start + 200])
    return shown[1] if shown else b""
