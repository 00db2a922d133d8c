"""Reports on mail we sent: delivery (RFC 3464), reading (RFC 8098), complaints (RFC 5965), and those in no format."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sequencing.bounce_codes import CODE, judged
from sequencing.charsets import cleaned
from sequencing.header_values import address_of, message_ids
from sequencing.mail_kinds import Kind, Verdict
from sequencing.mime import MESSAGES, Headers, Part, children, content, leaves, read_headers, read_part, text_of

MOST_FAILURES = 100
LONGEST_SAID = 500
STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
READ_TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
ORIGINAL_TYPES = MESSAGES | {"text/rfc822-headers", "message/global-headers", "message/rfc822-headers"}
WORST_FIRST = (Kind.hard_bounce, Kind.blocked, Kind.soft_bounce, Kind.delayed, Kind.receipt)

DAEMON = re.compile(r"(?:mailer-?daemon|mail-?daemon|postmaster|mail\.?delivery|bounces?|ndr|smtp-?daemon)\b.*@.*")
FAILED_SUBJECT = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed|problem|report)|failure notice"
    r"|mail delivery (?:failed|system)"
    r"|returned mail|mail system error|message not delivered|non[- ]?remis|unzustellbar|nicht zugestellt"
    r"|rejected mail"
    r"|could not be delivered|warning: (?:message|could not send)|delayed mail|message .{0,40}delayed|nondeliverable"
    r"|no se puede entregar|impossibile recapitare|niet-bestelbaar|permanent error"
)
ANSWERED = re.compile(r"(?:re|aw|sv|vs|antw|rv|tr|fwd?|wg)\s*:", re.IGNORECASE)
DELAYED = re.compile(
    r"delay|warning: (?:message|could not send)|still (?:be )?(?:trying|retried)|will (?:continue to )?be retried"
)
ADDRESS = r"[^\s<>\"(),;:@]{1,64}@[^\s<>\"(),;:@]{1,255}"
REFUSED_LINE = re.compile(
    rf"^[ \t]*(?:\S{{1,40}} ){{0,3}}<?({ADDRESS})>?:?[ \t]*(?:\([^\n)]*\))?:?[ \t]*$", re.MULTILINE
)
ORIGINAL_BELOW = re.compile(
    r"^[- \t]*(?:below this line is a copy|this is a copy of|original message follows|the original message"
    r"|unsent message follows"
    r"|returned message|-+ ?original message|-+ ?message header|received: |return-path: )",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of one recipient: `status` is `5.1.1` or `""`; `said` quotes the server, at most 500 characters."""

    recipient: str
    kind: Kind
    status: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """A report on something we sent: of which recipients, and the Message-IDs of the original that it shows."""

    verdict: Verdict
    reports: tuple[Report, ...] = ()
    originals: tuple[str, ...] = ()


def returned(message: Part, sender: str, subject: str) -> Returned | None:
    """What the message reports, if it is a report and no person forwarded it."""
    parts = _report_parts(message, sender)
    by_type = {part.content_type: part for part in reversed(parts)}
    status = next((by_type[one] for one in STATUS_TYPES if one in by_type), None)
    originals = tuple(dict.fromkeys(_originals(parts)))
    if status:
        reports = tuple(_reports(status))
        return Returned(_worst(reports, "delivery report"), reports, originals)
    if read := next((by_type[one] for one in READ_TYPES if one in by_type), None):
        return Returned(Verdict(Kind.receipt, "disposition notification"), (), (*_original_of(read), *originals))
    if feedback := by_type.get("message/feedback-report"):
        kind = Kind.complaint if _is_abuse(feedback) else Kind.automatic
        return Returned(Verdict(kind, "feedback report"), (), originals)
    return _without_format(message, sender, subject)


def _report_parts(message: Part, sender: str) -> list[Part]:
    """The parts of the report; a gateway may have put a disclaimer round it, and then a daemon must be its sender."""
    inside = list(children(message))
    if message.content_type == "multipart/report":
        return [part for part in leaves(message) if part is not message]
    if DAEMON.match(sender) or message.first("return-path").strip() == "<>":
        return list(leaves(message)) if any(part.content_type == "multipart/report" for part in inside) else []
    return []


def _reports(status: Part) -> Iterator[Report]:
    for fields in _groups(status)[: MOST_FAILURES + 1]:
        recipient = _recipient(fields)
        if recipient or "action" in fields:
            said = _one(fields, "diagnostic-code") or _one(fields, "x-display-name")
            code = CODE.search(_one(fields, "status"))
            kind = _of_action(_one(fields, "action").lower(), _one(fields, "status"), said)
            yield Report(recipient, kind, code[0] if code else "", said[:LONGEST_SAID])


def _groups(status: Part) -> list[Headers]:
    text = content(status).replace(b"\r\n", b"\n")
    return [read_headers(group) for group in re.split(rb"\n[ \t]*\n", text, maxsplit=MOST_FAILURES + 1)]


def _recipient(fields: Headers) -> str:
    """The address we wrote to, where the server tells it, and else the one it became on the way."""
    written = (_one(fields, name).rpartition(";")[2] for name in ("original-recipient", "final-recipient"))
    return next((found for one in written if (found := address_of(one))), "")


def _one(fields: Headers, name: str) -> str:
    return cleaned(next(iter(fields.get(name, ())), ""))


def _of_action(action: str, status: str, said: str) -> Kind:
    if action.startswith("delayed"):
        return Kind.delayed
    if action.startswith(("delivered", "relayed", "expanded")) or (not action and status.startswith("2")):
        return Kind.receipt
    return judged(status, said)


def _worst(reports: Iterable[Report], why: str) -> Verdict:
    kinds = {report.kind for report in reports}
    return Verdict(next((kind for kind in WORST_FIRST if kind in kinds), Kind.soft_bounce), why)


def _is_abuse(feedback: Part) -> bool:
    kind = _one(read_headers(content(feedback)), "feedback-type").lower()
    return kind in ("abuse", "fraud", "complaint", "opt-out", "not-spam") and kind != "not-spam"


def _originals(parts: list[Part]) -> Iterator[str]:
    for part in parts:
        if part.content_type in ORIGINAL_TYPES:
            inner = next(children(part), None) or read_part(content(part) + b"\n\n")
            yield from message_ids(inner.all("message-id"))


def _original_of(read: Part) -> tuple[str, ...]:
    return message_ids(read_headers(content(read)).get("original-message-id", ()))


def _without_format(message: Part, sender: str, subject: str) -> Returned | None:
    """Reports of qmail, old Exim, Notes and others: from a daemon, with a subject or words that name a failure."""
    text = text_of(next((part for part in leaves(message) if part.content_type == "text/plain"), message))
    failed = message.all("x-failed-recipients")
    from_daemon = bool(DAEMON.match(sender)) or message.first("return-path").strip() == "<>"
    from_daemon = from_daemon and not ANSWERED.match(subject)
    if not failed and not (from_daemon and (FAILED_SUBJECT.search(subject.lower()) or "qmail-send program" in text)):
        return None
    below = ORIGINAL_BELOW.search(text)
    told, original = (text[: below.start()], text[below.start() :]) if below else (text, text)
    recipients = _failed_recipients(failed, told)
    kind = Kind.delayed if DELAYED.search(f"{subject} {told}".lower()[:3_000]) else judged("", told)
    code = CODE.search(told)
    said = re.sub(r"\s+", " ", told).strip()[:LONGEST_SAID]
    reports = tuple(Report(one, kind, code[0] if code else "", said) for one in recipients)
    shown = re.findall(r"^[ \t]*Message-ID:[ \t]*(\S{3,900})", original, re.MULTILINE | re.IGNORECASE)
    attached = tuple(_originals(list(leaves(message))))
    return Returned(
        Verdict(kind, "report in plain words"), reports, tuple(dict.fromkeys((*attached, *message_ids(shown))))
    )


def _failed_recipients(headers: tuple[str, ...], told: str) -> list[str]:
    named = [address_of(one) for value in headers for one in value.split(",")]
    found = named or [address_of(one) for one in REFUSED_LINE.findall(told[:20_000])]
    return list(dict.fromkeys(one for one in found if one))[:MOST_FAILURES]
