"""A mail that came in: from whom, to whom, which of our mails it answers, what was written, and what it is.

docs/inbound.md says by which evidence a mail is classed, and in which order.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sequencing.auto_replies import marked_by_headers, read_as_automatic
from sequencing.bounces import Report, Returned, returned
from sequencing.emails import Mailbox, has_our_form
from sequencing.header_values import instant, mailboxes, message_ids, words
from sequencing.html_text import as_text
from sequencing.journals import Envelope, unwrapped
from sequencing.mail_kinds import Kind, Verdict
from sequencing.mime import LONGEST_TEXT, Part, leaves, read_part, text_of
from sequencing.quotes import without_history

CALENDAR_WORDS = {"accepted": "accepted", "declined": "declined", "tentative": "tentative"}


@dataclass(frozen=True, slots=True)
class Inbound:
    """A mail as values. Addresses are in lower case, ids wear their angle brackets, `date` is UTC or unknown.

    `text` is what the person wrote, `full_text` has the history too; `reports` are of a bounce, `originals` the
    Message-IDs of the mail that it returns; `calendar` is `accepted`, `declined`, `tentative` or `""`.
    """

    kind: Kind
    why: str
    senders: tuple[Mailbox, ...]
    recipients: tuple[str, ...]
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str
    date: datetime | None
    text: str
    full_text: str
    lists: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()
    originals: tuple[str, ...] = ()
    calendar: str = ""

    @property
    def sender(self) -> str:
        """The first address it is from, or `""`."""
        return self.senders[0].address if self.senders else ""


def read_mail(raw: bytes) -> Inbound:
    """The mail in any bytes; never raises. A journal report is read as the mail inside."""
    message, envelope = unwrapped(read_part(raw))
    subject = words(message.first("subject"))
    senders = _senders(message, envelope)
    full = _full_text(message)
    written = without_history(full)
    sender = senders[0].address if senders else ""
    report = returned(message, sender, subject)
    invitation = _invitation(message)
    verdict = (
        (report.verdict if report else None)
        or (Verdict(Kind.calendar, "calendar part") if invitation is not None else None)
        or marked_by_headers(message)
        or read_as_automatic(sender, subject, written, quotes=_has_history(full, written))
        or Verdict(Kind.person, "nothing says otherwise")
    )
    return Inbound(
        kind=verdict.kind,
        why=verdict.why,
        senders=senders,
        recipients=_recipients(message, envelope),
        message_id=next(iter(message_ids(message.all("message-id"))), ""),
        in_reply_to=message_ids(message.all("in-reply-to")),
        references=message_ids(message.all("references")),
        subject=subject,
        date=instant(message.first("date")),
        text=written,
        full_text=full,
        lists=_lists(message),
        reports=report.reports if report else (),
        originals=(report or Returned(verdict)).originals,
        calendar=invitation or "",
    )


def our_ids(mail: Inbound) -> tuple[str, ...]:
    """The Message-IDs it answers or returns that have the form of ours, nearest first.

    That one of them is ours, the table of claims must say: the form can be imitated, the 128 bits cannot be guessed.
    Their domain says nothing: it may have been another when the mail that is answered weeks later left.
    """
    nearest_first = (*mail.originals, *mail.in_reply_to, *reversed(mail.references))
    return tuple(dict.fromkeys(one.lower() for one in nearest_first if has_our_form(one)))


def counts_as_reply(mail: Inbound, *, answers_ours: bool, our_domains: Iterable[str] = ()) -> bool:
    """Whether the mail of a contact pauses: a person's does; through a list if it answers us or the list is ours."""
    if mail.kind is Kind.list:
        return answers_ours or any(_belongs(one, domain) for one in mail.lists for domain in our_domains)
    return mail.kind in (Kind.person, Kind.calendar)


def _senders(message: Part, envelope: Envelope) -> tuple[Mailbox, ...]:
    """`From`, or else `Sender`, or else the journal's envelope. `Reply-To` says where to write, not who wrote."""
    by_envelope = (Mailbox("", envelope.sender),) if envelope.sender else ()
    return mailboxes(message.all("from")) or mailboxes(message.all("sender")) or by_envelope


def _recipients(message: Part, envelope: Envelope) -> tuple[str, ...]:
    named = mailboxes((*message.all("to"), *message.all("cc"), *message.all("bcc")))
    return tuple(dict.fromkeys((*(one.address for one in named), *envelope.recipients)))


def _full_text(message: Part) -> str:
    """The plain text, or where there is none the HTML, of all parts that are meant to be read."""
    plain: list[str] = []
    html: list[str] = []
    for part in leaves(message):
        wanted = {"text/plain": plain, "text/html": html}.get(_readable(part))
        if wanted is not None and not part.is_attached and sum(map(len, wanted)) < LONGEST_TEXT:
            wanted.append(text_of(part))
    text = "\n".join(plain).strip()
    return (text or as_text("\n".join(html)[:LONGEST_TEXT]))[:LONGEST_TEXT]


def _readable(part: Part) -> str:
    """A multipart that could not be taken apart is read as it stands."""
    return "text/plain" if part.content_type.startswith("multipart/") else part.content_type


def _has_history(full: str, written: str) -> bool:
    return len(written) < len(re.sub(r"\n{3,}", "\n\n", full).strip()) * 0.9


def _invitation(message: Part) -> str | None:
    """The answer in a calendar part, `""` for an invitation or cancellation, None without such a part."""
    for part in leaves(message):
        if part.content_type == "text/calendar":
            text = text_of(part)
            method = part.parameter("method") or _property(text, "METHOD")
            if method.upper() in ("REPLY", "COUNTER"):
                status = re.search(r"PARTSTAT=([A-Za-z-]{1,20})", re.sub(r"\n[ \t]", "", text))
                return CALENDAR_WORDS.get(status[1].lower() if status else "", "")
            if method.upper() in ("REQUEST", "CANCEL"):
                return ""
    return None


def _property(text: str, name: str) -> str:
    found = re.search(rf"^{name}:(\w+)", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _lists(message: Part) -> tuple[str, ...]:
    """Domains of the lists it came through: `jobs.agency.test` for `List-Id: Jobs <jobs.agency.test>`."""
    values = " ".join((*message.all("list-id"), *message.all("list-post")))[:2_000].lower()
    found = re.findall(r"<(?:mailto:)?(?:[^<>@\s]{1,64}@)?([a-z0-9.-]{1,253})>", values)
    return tuple(dict.fromkeys(found))[:10]


def _belongs(name: str, domain: str) -> bool:
    return name == domain.lower() or name.endswith(f".{domain.lower()}")
