"""What a mail that came in means: who is concerned, what has certainly left, whom nobody may write to now."""

import hmac
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sequencing.addresses import spellings
from sequencing.happenings import Happening, Reason, What
from sequencing.inbound import Inbound, counts_as_reply
from sequencing.mail_kinds import Kind

REPORTS = frozenset({Kind.hard_bounce, Kind.soft_bounce, Kind.blocked, Kind.delayed, Kind.complaint})
"""Kinds that are about a mail of ours, and from nobody."""
LATELY = timedelta(days=7)
"""How old an email may be to which a report is held that shows no Message-ID: servers give up after five days."""
SILENT_AFTER = timedelta(hours=24)


class Meaning(StrEnum):
    """What a mail is to those whom it concerns."""

    reply = "reply"
    """Somebody answered."""
    auto_reply = "auto_reply"
    """A program answered."""
    bounce = "bounce"
    """Nobody has the address."""
    soft_bounce = "soft_bounce"
    """It was not delivered, and the address may be good."""
    complaint = "complaint"
    """The recipient called our mail spam."""
    own_copy = "own_copy"
    """One of our emails: it left."""
    sent = "sent"
    """One of our users wrote it by hand."""
    other = "other"
    """A newsletter, a receipt, a delay, what somebody else wrote to a contact."""


@dataclass(frozen=True, slots=True)
class Ours:
    """An email of ours: its number, whose it is, and which copy of which step."""

    id: int
    enrollment_id: str
    contact_id: int
    step: int
    copy: int
    recipient: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the house knows of a mail.

    `itself` is the email of ours whose Message-ID it bears; `named` those that it answers or returns, nearest first;
    `lately` those that left in the last days to an address which it reports on, latest first. `writers` and `readers`
    are the contacts who have the address that it is from, and one that it is to; `by_user`: one of our users sends
    from that address.
    """

    itself: Ours | None = None
    named: tuple[Ours, ...] = ()
    lately: tuple[Ours, ...] = ()
    writers: tuple[int, ...] = ()
    readers: tuple[int, ...] = ()
    by_user: bool = False
    our_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What comes of a mail. It is kept for `contacts`; for none of them and nothing that `left`, it is none of ours.

    `answers` is the email of ours that it is about, `suppress` the address that nobody may write to from now on.
    """

    meaning: Meaning
    contacts: tuple[int, ...] = ()
    answers: Ours | None = None
    left: tuple[Ours, ...] = ()
    suppress: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether anything is recorded of it."""
        return bool(self.contacts or self.left)

    def happening(self, mail: str) -> Happening | None:
        """What happens to each enrollment concerned; `mail` is the number under which it is kept."""
        match self.meaning:
            case Meaning.reply:
                return Happening(What.reply, mail=mail)
            case Meaning.bounce:
                return Happening(What.bounce, mail=mail)
            case Meaning.complaint:
                return Happening(What.bounce, mail=mail, reason=Reason.suppressed)
            case Meaning.auto_reply:
                return Happening(What.auto_replied, mail=mail)
            case Meaning.soft_bounce:
                return Happening(What.soft_bounced, mail=mail)
            case _:
                return None


def understood(mail: Inbound, known: Known) -> Reading:
    """What the mail means, given what the house knows of it."""
    if known.itself is not None and (known.by_user or not _is_from(mail, known, known.itself)):
        return Reading(Meaning.own_copy, left=(known.itself,))
    named = known.named if known.itself is None else (known.itself, *known.named)
    if mail.kind in REPORTS:
        return _report(mail, known, named)
    answered = next(iter(named), None)
    if known.by_user and not (answered and _is_from(mail, known, answered)):
        return Reading(Meaning.sent, known.readers, answered, named)
    concerned = _once((*((answered.contact_id,) if answered else ()), *known.writers))
    if not concerned:
        return Reading(Meaning.other, known.readers)
    if counts_as_reply(mail, answers_ours=answered is not None, our_domains=known.our_domains):
        return Reading(Meaning.reply, concerned, answered, named)
    meaning = Meaning.auto_reply if mail.kind is Kind.automatic else Meaning.other
    return Reading(meaning, concerned, answered, named)


def _is_from(mail: Inbound, known: Known, ours: Ours) -> bool:
    """Whether whom we wrote to wrote it: some absence notices bear the Message-ID of what they answer."""
    return ours.contact_id in known.writers or not set(spellings(mail.sender)).isdisjoint(spellings(ours.recipient))


def _report(mail: Inbound, known: Known, named: tuple[Ours, ...]) -> Reading:
    """Anybody can write a report: only one that shows an email of ours, or fits one that left lately, is believed."""
    about = next(iter(named if mail.originals or named else known.lately), None)
    if about is None:
        return Reading(Meaning.other, known.writers)
    kind = next((one.kind for one in mail.reports if _same(one.recipient, about.recipient)), mail.kind)
    meaning = {
        Kind.hard_bounce: Meaning.bounce,
        Kind.complaint: Meaning.complaint,
        Kind.soft_bounce: Meaning.soft_bounce,
        Kind.blocked: Meaning.soft_bounce,
    }.get(kind, Meaning.other)
    forbidden = about.recipient if meaning in (Meaning.bounce, Meaning.complaint) else ""
    return Reading(meaning, (about.contact_id,), about, named, forbidden)


def _same(one: str, other: str) -> bool:
    return not set(spellings(one)).isdisjoint(spellings(other))


def _once(contacts: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(contacts))


def key_of(mail: Inbound) -> str:
    """What all copies and journal reports of one mail have in common, and no other mail has: 64 characters.

    A Message-ID alone will not do: some programs answer with the one they were sent.
    """
    date = mail.date.isoformat() if mail.date else ""
    parts = (mail.message_id, mail.sender) if mail.message_id else (mail.sender, date, mail.subject, mail.full_text)
    return sha256("\0".join(parts).encode(errors="replace")).hexdigest()


def journal_address(secret: bytes, domain: str) -> str:
    """The address to which copies of all mail are sent; who does not have the secret cannot guess it."""
    local = b32encode(hmac.digest(secret, b"journal", "sha256")[:15]).decode().lower()
    return f"j-{local}@{domain.lower()}"


def is_silent(now: datetime, *, unheard_since: datetime | None) -> bool:
    """Whether the journal says nothing although it should: our oldest email without any journaled mail after it left
    at `unheard_since` (None: there is none), 24 hours ago or earlier.
    """
    return unheard_since is not None and now - unheard_since >= SILENT_AFTER
