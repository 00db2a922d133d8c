"""The story of one enrollment: where it stands, what is next, when, why not yet, and everything that has happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sequencing.enrollments import Enrollment, Status, StepState
from sequencing.happening_words import BECAME, in_words
from sequencing.happenings import What, Why
from sequencing.permissions import check, not_found
from sequencing.transitions import ARROWS
from sequencing.wording import counted
from starter.clocks import as_read, zone_of_reader
from starter.door import Door, acting_user
from starter.holds import words as hold_words
from starter.todos import may_take_back
from store import contacts, enrollments, holds, inbound, messages, news, texts, ties, users
from store.mail_tables import MailRow
from store.tables import Channel, EventRow, MessageRow, SequenceRow
from store.text_tables import IncomingTextRow, TextReceiptRow

MENTIONING, SENDING = ("assignee", "before"), ("sender", "sender_before")
MENTIONED = {What.opened: ("assignee",), What.reassigned: MENTIONING, What.inherited: MENTIONING, What.claimed: SENDING}
"""Lines that speak of more users, or may, and their details that do."""


@dataclass(frozen=True, slots=True)
class Story:
    """What `enrollments show` tells. `mails` are those that events speak of, by number; `may_take_back`: whether who
    reads may take the last result back.
    """

    enrollment: Enrollment
    sequence: str
    contact: str
    next: str
    events: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    unnoted: list[str]
    mails: dict[str, dict[str, Any]] = field(default_factory=dict)
    may_take_back: bool = False

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        one = self.enrollment
        return {
            "id": one.id,
            "workflow_id": one.workflow_id,
            "sequence": self.sequence,
            "contact": self.contact,
            "status": one.status,
            "state": one.state if one.status is Status.active else None,
            "reason": one.reason,
            "outcome": one.outcome,
            "step": one.step,
            "todo": one.todo,
            "due": one.due_at,
            "next": self.next,
            "timeline": self.events,
            "messages": self.messages,
            "mails": [{"mail": number, **mail} for number, mail in sorted(self.mails.items())],
            "not_yet_taken_in": self.unnoted,
        }

    def as_text(self) -> str:
        """For people."""
        one = self.enrollment
        why = f" ({one.outcome or one.reason})" if one.reason or one.outcome else ""
        lines = [f"{self.contact} in {self.sequence!r}: {one.status}{why}", f"next: {self.next}", ""]
        lines += [_line(event) for event in self.events]
        lines += [_message(message) for message in self.messages]
        lines += [line for _, mail in sorted(self.mails.items()) for line in _quoted(mail)]
        lines += [f"recorded, not yet taken in by its run: {what}" for what in self.unnoted]
        return "\n".join([*lines, "", f"run in Temporal: {one.workflow_id}"])


async def story(door: Door, enrollment_id: str, by: str, zone: str | None = None) -> Story:
    """`zone`: by whose clock it is told what is next. Raises Refused where the user may not see it."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        one = await enrollments.get(tx, enrollment_id)
        if one is None:
            raise not_found()
        _, tie = await ties.to_enrollment(tx, user.id, one, None)
        check(user, "see", tie)
        contact = await contacts.get(tx, one.contact_id)
        sequence = await tx.get_one(SequenceRow, one.sequence_id)
        events = await enrollments.timeline(tx, one.id)
        known = await users.some(tx, {user for event in events for user in _mentioned(event)})
        sent = await messages.of_enrollment(tx, one.id)
        receipts = await texts.receipts(tx, [letter.id for letter in sent if letter.channel is Channel.text])
        letters = [_told(letter, receipts.get(letter.id)) for letter in sent]
        heard = await texts.some(tx, {event.details["text"] for event in events if "text" in event.details})
        answered = one.answered_todo if (one.place, What.take_back) in ARROWS else None
        back = answered is not None and await may_take_back(tx, user, one, answered)
        hold = await holds.standing(tx, one.sequence_id)
        held = await hold_words(tx, hold, zone or await zone_of_reader(tx, user)) if hold else "held until a moment ago"
        unnoted = await news.unnoted(tx, one)
        brought = [event.details.get("mail") for event in events] + [piece.happening.mail for piece in unnoted]
        mails = await inbound.some(tx, {number for number in brought if number})
    waiting = [piece.happening.what.value for piece in unnoted]
    names = {user.id: user.name for user in known.values()}
    told = [_event(event, names) | _said(event, heard) for event in events]
    who, came_in = contact.name if contact else "?", {number: _came_in(mail) for number, mail in mails.items()}
    return Story(
        one, sequence.name, who, what_is_next(one, door.now(), held, zone), told, letters, waiting, came_in, back
    )


def what_is_next(one: Enrollment, now: datetime, held: str = "held", zone: str | None = None) -> str:
    """One sentence: what comes, when, and why not yet, by the clock of that zone. `held`: who holds its sequence since
    when.
    """
    if one.status is Status.finished:
        return f"nothing; it finished ({one.outcome})"
    if one.status is Status.canceled:
        return f"nothing; it was canceled, and step {one.step} and all later ones with it; it can be reactivated"
    if one.status is Status.paused:
        return f"nothing, until a person mends it: {_word(one.reason)}, since {_shown(one.since, zone)}"
    if one.state is StepState.to_do:
        return f"step {one.step} is on somebody's to-do list"
    if one.state is StepState.sending:
        return f"step {one.step} is being handed over"
    when = _when(one, now, held, zone)
    return f"{when}; it may leave at any hour" if one.any_hour else when


def _when(one: Enrollment, now: datetime, held: str, zone: str | None) -> str:
    if one.why is Why.held:
        return f"step {one.step} is due and {held}"
    if one.due_at is None:
        return f"step {one.step} waits for a change of the settings: {_reason(one.why)}"
    due, why = _shown(one.due_at, zone), _reason(one.why)
    if one.ready_at and one.due_at > one.ready_at > now:
        return f"step {one.step} at {due}; its delay ends at {_shown(one.ready_at, zone)}, then {why}"
    return f"step {one.step} at {due}" + (f" ({why})" if one.why else "")


def _reason(why: Why | None) -> str:
    if why is Why.quiet_hours:
        return "quiet hours: texts leave inside the send window and from 8:00 to 21:00 at the contact's place"
    return _word(why)


def _word(code: str | None) -> str:
    return str(code).replace("_", " ")


def _mentioned(event: EventRow) -> list[int]:
    """The users a line speaks of."""
    others = [event.details.get(name) for name in MENTIONED.get(event.what, ())]
    return [user for user in (event.by, *others) if user is not None]


def _event(event: EventRow, names: dict[int, str]) -> dict[str, Any]:
    who = names.get(event.by) if event.by else None
    said = {"at": event.at, "what": event.what, "step": event.step, "by": who, "status": event.status}
    mentioned = [name for name in MENTIONED.get(event.what, ()) if name in event.details]
    others = {name: names.get(event.details[name], "?") for name in mentioned}
    return {**said, "refused": event.code, **event.details, **others}


def _said(event: EventRow, heard: Mapping[str, IncomingTextRow]) -> dict[str, Any]:
    """What a text said that the line speaks of."""
    found = heard.get(event.details.get("text", ""))
    return {"said": found.body} if found else {}


def _told(letter: MessageRow, receipt: TextReceiptRow | None) -> dict[str, Any]:
    """What one needs to look for it in a mail server's log, or at the provider's."""
    names = ("claimed_at", "step", "copy", "channel", "state", "recipient", "message_id")
    told = {name: getattr(letter, name) for name in names}
    if letter.channel is not Channel.text:
        return told
    became = {"delivery": receipt.delivery, "code": receipt.code} if receipt else {}
    return told | {"segments": letter.segments, "provider_id": letter.provider_id} | became


def _came_in(mail: MailRow) -> dict[str, Any]:
    """A mail of a contact, for those who may see the enrollment."""
    names = ("at", "written_at", "kind", "meaning", "why", "sender", "subject", "text")
    return {name: getattr(mail, name) for name in names}


def _quoted(mail: dict[str, Any]) -> list[str]:
    head = f"{_shown(mail['at'])}  {mail['meaning']} from {mail['sender']}: {mail['subject']}".replace("_", " ")
    return ["", head, *(f"    {line}" for line in mail["text"].split("\n"))]


def _message(letter: dict[str, Any]) -> str:
    at, which = _shown(letter["claimed_at"]), f"{letter['channel']} copy {letter['copy']}"
    where = f"to {letter['recipient']}  {letter.get('provider_id') or letter['message_id']}"
    became = " ".join(filter(None, [BECAME[letter["state"]], letter.get("delivery"), letter.get("code")]))
    size = f"  ({counted(letter['segments'], 'segment')})" if letter.get("segments") else ""
    return f"{at}  step {letter['step']}  {which}: {became}  {where}{size}"


def _line(event: dict[str, Any]) -> str:
    what, said = _in_words(event)
    plain = ("at", "what", "step", "by", "status", "refused", "mail", "said", *said)
    more = ", ".join(f"{name} {value}" for name, value in event.items() if name not in plain and value)
    by = f" by {event['by']}" if event["by"] else ""
    refused = f"  changed nothing: {event['refused']}" if event["refused"] else ""
    line = f"{_shown(event['at'])}  step {event['step']}  {what}{by}{f'  ({more})' if more else ''}{refused}"
    return "\n    ".join([line, *map(_printable, event.get("said", "").splitlines())])


def _printable(line: str) -> str:
    """What somebody wrote, harmless to a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in line)


def _in_words(event: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """What happened, and the names of the values that it says already."""
    match event["what"]:
        case What.postponed:
            return f"to-do postponed until {_shown(datetime.fromisoformat(event['until']))}", ("until",)
        case What.claimed if "sender_before" in event:
            return (
                f"{in_words(What.claimed)} for {event['sender']}, since {event['sender_before']} is deactivated",
                SENDING,
            )
        case What.claimed:
            return in_words(What.claimed), ()
        case What.reassigned:
            return f"to-do taken from {event['before']} and given to {event['assignee']}", MENTIONING
        case What.inherited:
            return f"to-do left to {event['assignee']} with the deactivation of {event['before']}", MENTIONING
        case What.was_leaving:
            return f"was already leaving when the {event['because']} was recorded", ("because",)
        case What.bypass if event.get("any_hour"):
            return "bypass, at any hour", ("any_hour",)
        case what:
            return str(what), ()


def _shown(at: datetime | None, zone: str | None = None) -> str:
    if at is not None and zone:
        return as_read(at, zone)
    return "?" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
