"""Whatever somebody writes in a template: it is refused with a sentence, or it becomes an email that is safe to read.

python -m tests.sequencing.wording_fuzz SECONDS FOUND    writes what atheris makes up; what fails is kept there
"""

import re
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

if __name__ == "__main__":
    import atheris

    watched = atheris.instrument_imports(include=["sequencing", "jinja2"])
else:
    watched = nullcontext()
with watched:  # atheris sees where what is written leads
    from sequencing.emails import Email, Mailbox, compose
    from sequencing.errors import Refused
    from sequencing.letters import LARGEST, SAMPLE, worded
    from sequencing.merge_fields import MissingField, check, fields, render
    from sequencing.sequences import Format

WORDINGS = Path(__file__).parent / "wordings"
"""What was written: seeds, and what once failed."""
LONGEST_LINE = 998
INJECTED = "<script>alert(1)</script>\r\nBcc: all@example.com{{ 1 }}"
HOSTILE = {record: dict.fromkeys(names, INJECTED) for record, names in SAMPLE.items()}
NOTHING: dict[str, dict[str, str]] = {record: {} for record in SAMPLE}
ACTING = frozenset({"script", "iframe", "object", "embed", "form", "link", "meta", "base", "style", "svg"})
HARMLESS = re.compile(r"(https?:|mailto:|tel:|cid:|#|[^:]*$)", re.IGNORECASE)
ME = Mailbox("Me", "me@example.org")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class BrokenError(AssertionError):
    """What must not happen."""


def write(data: bytes) -> None:
    """Holds what comes of a template against the rules. Raises BrokenError, or whatever should not be raised."""
    source = data.decode(errors="surrogateescape" if data[:1] == b"\xff" else "replace")
    for form in Format:
        for values in (SAMPLE, HOSTILE, NOTHING):
            _become_an_email(source, form, values)
    try:
        check(source)
        fields(source)
    except Refused as refused:
        _is_a_sentence(refused)


def _become_an_email(source: str, form: Format, values: dict[str, dict[str, str]]) -> None:
    try:
        filled = render(source, values, escaped=form is Format.html)
        wording = worded(filled, filled, form, with_html=True)
    except MissingField:
        return
    except Refused as refused:
        _is_a_sentence(refused)
        return
    if max(len(wording.text), len(wording.html)) > LARGEST:
        raise BrokenError("larger than anything that is allowed")
    Reader().feed(wording.html)
    email = Email(ME, ME, wording.subject, wording.text, "<a@example.org>", NOON, html=wording.html)
    _is_sound(compose(email))


class Reader(HTMLParser):
    """Reads HTML as mail programs do. Raises BrokenError where something in it acts."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """No tag acts, no attribute is a script, no link leads to one."""
        if tag in ACTING or any(name.startswith("on") for name, _ in attrs):
            raise BrokenError(f"something in it acts: {tag}")
        for name, value in attrs:
            if name in ("href", "src") and not HARMLESS.match((value or "").strip()):
                raise BrokenError("a link in it acts")


def _is_sound(raw: bytes) -> None:
    head, _, body = raw.partition(b"\r\n\r\n")
    if re.search(rb"^(bcc|cc):", head, re.MULTILINE | re.IGNORECASE):
        raise BrokenError("a header was added")
    if not body or max(map(len, raw.split(b"\r\n"))) > LONGEST_LINE or b"\n" in raw.replace(b"\r\n", b""):
        raise BrokenError("no line that a mail server takes")


def _is_a_sentence(refused: Refused) -> None:
    if not refused.sentence or len(refused.sentence) > 2_000:
        raise BrokenError(f"no sentence: {refused.code}")


def seeds() -> list[Path]:
    """What is written again in every run."""
    return sorted(WORDINGS.iterdir())


def main() -> None:
    """Fuzzes for so many seconds."""
    seconds, found = int(sys.argv[1]), Path(sys.argv[2])
    options = [f"-max_total_time={seconds}", "-max_len=4000", "-timeout=30", f"-artifact_prefix={found}/"]
    atheris.Setup([sys.argv[0], *options, str(found), str(WORDINGS)], write)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
