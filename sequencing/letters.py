"""What an email says: the text, and the HTML that mail programs show, from the wording somebody wrote."""

import re
from dataclasses import dataclass
from html import escape, unescape

from sequencing.errors import Refused
from sequencing.html_source import safe_html
from sequencing.html_text import as_text
from sequencing.merge_fields import FIELDS, render
from sequencing.sequences import Format

LARGEST = 400_000
"""Characters of a part; mail programs cut far earlier."""

PARAGRAPH_END = re.compile(r"</(?:p|h[1-6]|ul|ol|dl|table|blockquote|pre)>|<hr\b[^>]*>")
LINK = re.compile(r'<a\b(?=[^>]*? href="([^"]*)")[^>]*>(.*?)</a>', re.DOTALL)
PICTURE = re.compile(r'<img\b(?:[^>]*? alt="([^"]*)")?[^>]*>')
ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)'\]]")
SAMPLE = {record: {name: f"{record} {name}" for name in names} for record, names in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Wording:
    """An email filled in for one contact. `html` is sound and safe, or `""`; `text` says the same."""

    subject: str
    text: str
    html: str = ""


def worded(subject: str, body: str, form: Format, *, with_html: bool = False) -> Wording:
    """What the filled-in wording says. One that is written as text has HTML only where that is wanted.

    Raises Refused: `template_broken`, or `template_too_large` with its size.
    """
    if form is Format.html:
        html = _small_enough(safe_html(body))
        return Wording(subject, text_of(html), html)
    return Wording(subject, _small_enough(body), _small_enough(html_of(body)) if with_html else "")


def check_html(source: str) -> None:
    """Raises Refused unless a body in HTML, filled in for somebody, can be made into an email."""
    worded("", render(source, SAMPLE, escaped=True), Format.html)


def text_of(html: str) -> str:
    """Safe HTML as text: paragraphs apart, links with their addresses, points of a list behind dashes."""
    shown = PICTURE.sub(lambda found: found[1] or "", html)
    shown = LINK.sub(_with_address, shown).replace("<li>", "<li>- ")
    paragraphs = [as_text(part) for part in PARAGRAPH_END.split(shown)]
    return "\n\n".join(part for part in paragraphs if part) + "\n"


def _with_address(found: re.Match[str]) -> str:
    address, said = unescape(found[1]), as_text(found[2])
    named = said == address or not address.startswith(("http:", "https:"))
    return found[2] if named else f"{found[2]} ({found[1]})" if said else found[1]


def html_of(text: str) -> str:
    """Text as HTML: paragraphs where lines are blank, and its web addresses as links."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", re.sub(r"\r\n?", "\n", text).strip("\n"))
    return "\n".join(f"<p>{_lines(paragraph)}</p>" for paragraph in paragraphs)


def _lines(text: str) -> str:
    pieces, at = [], 0
    for found in ADDRESS.finditer(text):
        address = escape(found[0])
        pieces += [escape(text[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    return "".join([*pieces, escape(text[at:])]).replace("\n", "<br>\n")


def _small_enough(part: str) -> str:
    if len(part) > LARGEST:
        sentence = f"The email comes to {len(part):,} characters; at most {LARGEST:,} are possible."
        raise Refused("template_too_large", sentence)
    return part
