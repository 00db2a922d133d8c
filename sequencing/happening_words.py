"""What happened to an enrollment and what became of its messages, in words of those who work with them."""

from collections.abc import Mapping
from typing import Any

from sequencing.happenings import What

WORDS: Mapping[What, str] = {
    What.result: "answered",
    What.skip: "to-do skipped",
    What.send: "email sent off",
    What.take_back: "result taken back",
    What.bypass: "wait bypassed",
    What.pause: "paused",
    What.resume: "resumed",
    What.reply: "reply",
    What.settle: "settled",
    What.conclude: "concluded",
    What.cancel: "stopped",
    What.reactivate: "reactivated",
    What.remove: "removed",
    What.bounce: "could not be delivered",
    What.unsubscribe: "unsubscribed",
    What.look_again: "looked at again",
    What.enrolled: "enrolled",
    What.opened: "to-do opened",
    What.claimed: "being sent",
    What.released: "not sent after all",
    What.sent: "sent",
    What.try_later: "not taken, to be tried again",
    What.blocked: "paused by itself",
    What.lost: "nobody knows whether it left",
    What.restored: "an older database was restored",
    What.ended_in_temporal: "ended in Temporal",
    What.held: "due, and held",
    What.queued: "waits for its turn",
    What.postponed: "to-do postponed",
    What.reassigned: "to-do handed on",
    What.inherited: "to-do left to another user",
    What.was_leaving: "was already leaving",
    What.auto_replied: "automatic reply",
    What.soft_bounced: "not delivered for the moment",
    What.viewed: "email opened",
    What.clicked: "link clicked",
    What.delivered: "delivered",
}
"""Every happening; what else is known of it stands behind."""

BECAME: Mapping[str, str] = {
    "claimed": "about to leave",
    "handing_over": "being handed over",
    "sent": "sent",
    "unknown": "nobody knows whether it left",
    "not_sent": "not sent",
}
"""Of a message, by its state."""

NAMES: Mapping[str, str] = {
    "fallback_owner": "",
    "any_hour": "at any hour",
    "sender_before": "instead of",
    "before": "before",
    "answer": "the answer was",
    "why": "because of",
    "because": "when this was recorded:",
}
"""What details are called where their own name is none that people use."""


def in_words(what: str) -> str:
    """What happened."""
    return WORDS[What(what)] if what in WORDS else what.replace("_", " ")


def detail(name: str, value: Any) -> str:
    """A detail of it, as `result interested`; of what is only so or not its name."""
    called = NAMES.get(name, name.replace("_", " "))
    if name == "fallback_owner":
        return "nobody was found by its owner rule" if value else ""
    return called if value is True else f"{called} {str(value).replace('_', ' ')}"
