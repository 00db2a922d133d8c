"""A mail of ours as its recipient has it: ids, links, the pixel, the header to unsubscribe by. Pure."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from html.parser import HTMLParser

EMPTY = frozenset({"img", "br", "hr", "input", "meta", "link", "wbr"})
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
HTTP = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """What a recipient has; ids wear their angle brackets, links are as they stand, in order, each once.

    A link that is not shown, or has no words, is in `links` and not in `shown`: machines alone follow it.
    """

    recipient: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    date: str
    message_id: str
    references: tuple[str, ...]
    text: str
    links: tuple[str, ...]
    shown: tuple[str, ...]
    images: tuple[str, ...]
    unsubscribe: str
    """The https or http address of `List-Unsubscribe`; `""` without one."""
    one_click: bool
    raw: bytes

    @property
    def to_read(self) -> tuple[str, ...]:
        """The links that a person sees and that lead somewhere to read."""
        return tuple(link for link in self.shown if not self.leaves(link))

    @property
    def way_out(self) -> str:
        """The link to unsubscribe by that stands in the mail, or else its header's; `""` without one."""
        return next((link for link in self.links if self.leaves(link)), self.unsubscribe)

    def leaves(self, link: str) -> bool:
        """Whether that link unsubscribes."""
        return link == self.unsubscribe or re.search(r"//[^/]+/u/", link) is not None


def read(raw: bytes, recipient: str) -> Mail:
    """The mail in the bytes that came for that recipient. Raises nothing on what our product makes."""
    message = message_from_bytes(raw, policy=default)
    sender_name, sender = parseaddr(_header(message, "From"))
    text, html = _body(message, "plain"), _body(message, "html")
    page = _Page()
    page.feed(html)
    links, shown = (page.links, page.shown) if html else (HTTP.findall(text),) * 2
    out = re.search(r"<(https?://[^>]+)>", _header(message, "List-Unsubscribe"))
    return Mail(
        recipient=recipient,
        sender=sender,
        sender_name=sender_name,
        reply_to=parseaddr(_header(message, "Reply-To"))[1] or sender,
        subject=_header(message, "Subject"),
        date=_header(message, "Date"),
        message_id=_header(message, "Message-ID"),
        references=tuple(_header(message, "References").split()),
        text=text or re.sub(r"<[^>]*>", "", html),
        links=tuple(dict.fromkeys(links)),
        shown=tuple(dict.fromkeys(shown)),
        images=tuple(dict.fromkeys(page.images)),
        unsubscribe=out[1] if out else "",
        one_click="one-click" in _header(message, "List-Unsubscribe-Post").lower(),
        raw=raw,
    )


def _header(message: EmailMessage, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


class _Page(HTMLParser):
    """Links and images of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.shown: list[str] = []
        self.images: list[str] = []
        self._hidden: list[str] = []
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in EMPTY and (self._hidden or HIDDEN.search(given.get("style", "")) or "hidden" in given):
            self._hidden.append(tag)
        if tag == "a" and HTTP.match(given.get("href", "")):
            self._link = given["href"]
            self.links.append(self._link)
        elif tag == "img":
            self._sees("image")
            if HTTP.match(given.get("src", "")):
                self.images.append(given["src"])

    def handle_data(self, data: str) -> None:
        self._sees(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        if tag == "a":
            self._link = ""

    def _sees(self, what: str) -> None:
        if self._link and what.strip() and not self._hidden:
            self.shown.append(self._link)
