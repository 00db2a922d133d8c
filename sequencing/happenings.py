"""What can happen to an enrollment, from outside (news) and by its own doing, as one kind of value."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sequencing.todos import Outcome, Result


class What(StrEnum):
    """The verbs. The first group are news and the names of signals; the second are what activities do."""

    result = "result"
    skip = "skip"
    send = "send"
    take_back = "take_back"
    bypass = "bypass"
    pause = "pause"
    resume = "resume"
    reply = "reply"
    settle = "settle"
    conclude = "conclude"
    cancel = "cancel"
    reactivate = "reactivate"
    remove = "remove"
    bounce = "bounce"
    unsubscribe = "unsubscribe"
    look_again = "look_again"

    enrolled = "enrolled"
    opened = "opened"
    claimed = "claimed"
    released = "released"
    sent = "sent"
    try_later = "try_later"
    blocked = "blocked"
    lost = "lost"
    restored = "restored"
    ended_in_temporal = "ended_in_temporal"
    held = "held"
    queued = "queued"
    postponed = "postponed"
    reassigned = "reassigned"
    inherited = "inherited"
    was_leaving = "was_leaving"
    auto_replied = "auto_replied"
    soft_bounced = "soft_bounced"
    viewed = "viewed"
    clicked = "clicked"
    delivered = "delivered"

    @property
    def is_news(self) -> bool:
        """Whether it comes from outside, through a door or a signal."""
        return self in NEWS

    @property
    def stops(self) -> bool:
        """Whether it is news from which on nothing more may be claimed."""
        return self in STOPPING


NEWS = frozenset(list(What)[: list(What).index(What.enrolled)])

STOPPING = frozenset({What.reply, What.bounce, What.unsubscribe, What.pause, What.cancel, What.conclude, What.remove})


OF_THE_WORLD = frozenset({What.bounce, What.unsubscribe})
"""News that comes by mail, by text or by a link, through doors of its own; nobody says it, nobody signals it."""


class Reason(StrEnum):
    """Why an enrollment is paused, canceled or finished."""

    no_email_address = "no_email_address"
    no_address_of_type = "no_address_of_type"
    no_phone_number = "no_phone_number"
    replied = "replied"
    by_user = "by_user"
    missing_merge_field = "missing_merge_field"
    bounced = "bounced"
    suppressed = "suppressed"
    template_broken = "template_broken"
    no_sender_address = "no_sender_address"
    no_sender_number = "no_sender_number"
    could_not_be_sent = "could_not_be_sent"
    delivery_unknown = "delivery_unknown"
    in_temporal = "in_temporal"
    ended_in_temporal = "ended_in_temporal"
    steps_done = "steps_done"
    result = "result"
    concluded = "concluded"
    unsubscribed = "unsubscribed"


class Why(StrEnum):
    """Why an active enrollment's step has not acted yet."""

    delay = "delay"
    send_window = "send_window"
    no_send_window = "no_send_window"
    no_business_days = "no_business_days"
    mail_server_unreachable = "mail_server_unreachable"
    mail_server_not_now = "mail_server_not_now"
    held = "held"
    daily_cap = "daily_cap"
    sender_gap = "sender_gap"
    quiet_hours = "quiet_hours"


QUEUES = frozenset({Why.daily_cap, Why.sender_gap})
"""What one waits for in a sender's queue."""


class Settlement(StrEnum):
    """What a person says of a delivery nobody knows about."""

    left = "left"
    send_again = "send_again"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `step`, `copy` and `todo` say what it is aimed at; `by` is a user, None the system.

    `sender` is the user in whose queue it waits. A bypass with `any_hour` lets the email leave outside the send window
    too. `mail` and `text` are the numbers of the mail or text that brought it.
    """

    what: What
    by: int | None = None
    step: int | None = None
    copy: int | None = None
    todo: str | None = None
    result: Result | None = None
    outcome: Outcome | None = None
    settlement: Settlement | None = None
    reason: Reason | None = None
    until: datetime | None = None
    why: Why | None = None
    sender: int | None = None
    any_hour: bool = False
    mail: str | None = None
    text: str | None = None
