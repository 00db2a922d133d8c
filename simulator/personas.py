"""Who does what when mail or a text comes: the same person does the same for ever, by seed and address.

Chance is a digest of seed, address and question, so anybody can foresee what a contact will do. An address may also say
it: `ann+replies@example.com` and `replies-ann@example.com` reply. Delays are seconds of real life.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

MINUTE, HOUR = 60.0, 3600.0

Chance = Callable[[str], float]
"""A number in [0, 1) for a question; the same question has the same answer."""


class Behaviour(StrEnum):
    """What somebody does with our mail; each word may stand in an address."""

    silent = "silent"
    """Reads nothing."""
    opens = "opens"
    """Opens it in a mail program."""
    proxied = "proxied"
    """Opens it at a provider that fetches pictures for its readers."""
    prefetched = "prefetched"
    """A privacy service fetches the pictures; nobody has read it."""
    scanned = "scanned"
    """A security scanner follows every link within a second; nobody has read it."""
    clicks = "clicks"
    """Opens it and follows the first link."""
    replies = "replies"
    replies_elsewhere = "replies-elsewhere"
    """Replies from another address, see `other_address`."""
    away = "away"
    """An out-of-office notice answers, once for each sender."""
    accepts = "accepts"
    """Answers with an accepted invitation."""
    forwards = "forwards"
    """Gives it to a colleague, who answers."""
    bounces = "bounces"
    """The server refuses the recipient: 550 5.1.1."""
    bounces_later = "bounces-later"
    """The server takes it and returns it: nobody has that address."""
    opens_bounces = "opens-bounces"
    """Opens it, and some server behind returns it all the same."""
    full = "full"
    """The server takes it and returns it: the mailbox is full."""
    deferred = "deferred"
    """The server says "not now" the first time, and takes it the second."""
    unsubscribes = "unsubscribes"
    """By the link and the button of its page."""
    one_click = "one-click"
    """By the header, as mail programs do."""


class TextBehaviour(StrEnum):
    """What somebody does with our text."""

    silent = "silent"
    answers = "answers"
    stops = "stops"
    restarts = "restarts"
    """STOP, and START a while later."""


WEIGHTS: Mapping[Behaviour, int] = {
    Behaviour.silent: 27,
    Behaviour.opens: 14,
    Behaviour.proxied: 8,
    Behaviour.prefetched: 5,
    Behaviour.scanned: 5,
    Behaviour.clicks: 9,
    Behaviour.replies: 9,
    Behaviour.replies_elsewhere: 2,
    Behaviour.away: 5,
    Behaviour.accepts: 1,
    Behaviour.forwards: 1,
    Behaviour.bounces: 2,
    Behaviour.bounces_later: 2,
    Behaviour.opens_bounces: 1,
    Behaviour.full: 2,
    Behaviour.deferred: 3,
    Behaviour.unsubscribes: 2,
    Behaviour.one_click: 2,
}
"""In a hundred."""
TEXT_WEIGHTS: Mapping[TextBehaviour, int] = {
    TextBehaviour.silent: 70,
    TextBehaviour.answers: 18,
    TextBehaviour.stops: 9,
    TextBehaviour.restarts: 3,
}
TOLD_BY_NUMBER = {
    "7000": TextBehaviour.silent,
    "7001": TextBehaviour.answers,
    "7002": TextBehaviour.stops,
    "7003": TextBehaviour.restarts,
}
"""The last four digits of a number may say it."""
ANSWERS_THE_FIRST = 0.7
"""How many of those who act by chance do so at the first mail; the others at the second."""
LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
PROGRAMS = ("outlook", "gmail", "notes")
OTHER_DOMAIN = "home."


class Act(StrEnum):
    """What the world does to us."""

    open = "open"
    open_through_proxy = "open_through_proxy"
    prefetch = "prefetch"
    scan = "scan"
    click = "click"
    reply = "reply"
    reply_elsewhere = "reply_elsewhere"
    say_away = "say_away"
    accept = "accept"
    forward = "forward"
    return_unknown = "return_unknown"
    return_full = "return_full"
    unsubscribe_on_page = "unsubscribe_on_page"
    unsubscribe_by_header = "unsubscribe_by_header"
    text_back = "text_back"
    text_stop = "text_stop"
    text_start = "text_start"


@dataclass(frozen=True, slots=True)
class Span:
    """When an act comes: seconds of real life after the act before it, and seconds that no speed goes below."""

    act: Act
    earliest: float
    latest: float
    never_within: float = 0.0


@dataclass(frozen=True, slots=True)
class Deed:
    """An act, and how many seconds of real life after the mail came; `never_within` are seconds at any speed."""

    act: Act
    after: float
    never_within: float


PERSON = 9.0
"""A person needs that long, however fast the world runs; the product takes what is faster than 5 s for a machine."""
A_LOOK = 1.0
"""From opening to the first click, likewise."""
OPEN = Span(Act.open, MINUTE, 20 * MINUTE, PERSON)
SPANS: Mapping[Behaviour, tuple[Span, ...]] = {
    Behaviour.silent: (),
    Behaviour.opens: (OPEN,),
    Behaviour.proxied: (Span(Act.open_through_proxy, MINUTE, 20 * MINUTE, PERSON),),
    Behaviour.prefetched: (Span(Act.prefetch, 1, 10),),
    Behaviour.scanned: (Span(Act.scan, 0.2, 1),),
    Behaviour.clicks: (OPEN, Span(Act.click, MINUTE, 5 * MINUTE, A_LOOK)),
    Behaviour.replies: (OPEN, Span(Act.reply, 5 * MINUTE, 40 * MINUTE)),
    Behaviour.replies_elsewhere: (Span(Act.reply_elsewhere, 5 * MINUTE, 40 * MINUTE),),
    Behaviour.away: (Span(Act.say_away, 2, 30),),
    Behaviour.accepts: (OPEN, Span(Act.accept, 5 * MINUTE, 40 * MINUTE)),
    Behaviour.forwards: (OPEN, Span(Act.forward, 10 * MINUTE, HOUR)),
    Behaviour.bounces: (),
    Behaviour.bounces_later: (Span(Act.return_unknown, 5, 90),),
    Behaviour.opens_bounces: (OPEN, Span(Act.return_unknown, MINUTE, 10 * MINUTE)),
    Behaviour.full: (Span(Act.return_full, 5, 90),),
    Behaviour.deferred: (OPEN,),
    Behaviour.unsubscribes: (OPEN, Span(Act.unsubscribe_on_page, MINUTE, 5 * MINUTE, A_LOOK)),
    Behaviour.one_click: (Span(Act.unsubscribe_by_header, MINUTE, 10 * MINUTE),),
}
TEXT_SPANS: Mapping[TextBehaviour, tuple[Span, ...]] = {
    TextBehaviour.silent: (),
    TextBehaviour.answers: (Span(Act.text_back, MINUTE, 20 * MINUTE),),
    TextBehaviour.stops: (Span(Act.text_stop, MINUTE, 10 * MINUTE),),
    TextBehaviour.restarts: (Span(Act.text_stop, MINUTE, 5 * MINUTE), Span(Act.text_start, 10 * MINUTE, 30 * MINUTE)),
}
ONLY_ONCE = frozenset({Act.say_away})
"""For each sender (RFC 3834, 2)."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody with a mailbox. `acts_on`: at which mail of a sender (1, 2) more is done than opening it."""

    address: str
    behaviour: Behaviour
    language: str
    program: str
    acts_on: int


def chance_of(seed: str, who: str) -> Chance:
    """The chance of one address or number under a seed."""

    def chance(question: str) -> float:
        digest = sha256(f"{seed}\n{who.lower()}\n{question}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64

    return chance


def persona_of(address: str, chance: Chance) -> Persona:
    """Who has that address."""
    told = told_by(address)
    return Persona(
        address=address,
        behaviour=told or _one_of(WEIGHTS, chance("behaviour")),
        language=LANGUAGES[int(chance("language") * len(LANGUAGES))],
        program=PROGRAMS[int(chance("program") * len(PROGRAMS))],
        acts_on=1 if told or chance("acts on") < ANSWERS_THE_FIRST else 2,
    )


def told_by(address: str) -> Behaviour | None:
    """What the address itself says: `ann+replies@…` or `replies-ann@…`."""
    local = address.rpartition("@")[0].lower()
    longest_first = "|".join(sorted(Behaviour, key=len, reverse=True))
    found = re.search(rf"\+({longest_first})$", local) or re.match(rf"({longest_first})-", local)
    return Behaviour(found[1]) if found else None


def text_behaviour(number: str, chance: Chance) -> TextBehaviour:
    """What the owner of that number does with texts."""
    return TOLD_BY_NUMBER.get(number[-4:]) or _one_of(TEXT_WEIGHTS, chance("texts"))


def other_address(address: str) -> str:
    """The other one of the same person: the same name at `home.` and the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{OTHER_DOMAIN}{domain}"


def refusal(persona: Persona, asked: int) -> str | None:
    """What the server says to RCPT instead of yes; `asked` counts how often it was asked (1, 2, …)."""
    if persona.behaviour is Behaviour.bounces:
        return f"550 5.1.1 <{persona.address}>: Recipient address rejected: User unknown"
    if persona.behaviour is Behaviour.deferred and asked == 1:
        return f"451 4.2.1 <{persona.address}>: Mailbox busy, try again later"
    return None


def deeds(persona: Persona, nth: int, chance: Chance) -> tuple[Deed, ...]:
    """What comes of the nth mail of one sender, in order."""
    wanted = tuple(
        span
        for span in SPANS[persona.behaviour]
        if (span.act in (Act.open, Act.scan, Act.prefetch, Act.open_through_proxy) or nth >= persona.acts_on)
        and not (span.act in ONLY_ONCE and nth > persona.acts_on)
    )
    return _in_time(wanted, nth, chance)


def text_deeds(behaviour: TextBehaviour, nth: int, chance: Chance) -> tuple[Deed, ...]:
    """What comes of the nth text, in order."""
    return _in_time(TEXT_SPANS[behaviour], nth, chance)


def _in_time(spans: tuple[Span, ...], nth: int, chance: Chance) -> tuple[Deed, ...]:
    found: list[Deed] = []
    after = never_within = 0.0
    for span in spans:
        after += span.earliest + (span.latest - span.earliest) * chance(f"{span.act} {nth}")
        never_within += span.never_within
        found.append(Deed(span.act, after, never_within))
    return tuple(found)


Kind = TypeVar("Kind", bound=StrEnum)


def _one_of(weights: Mapping[Kind, int], drawn: float) -> Kind:
    left = drawn * sum(weights.values())
    for kind, weight in weights.items():
        left -= weight
        if left < 0:
            return kind
    raise AssertionError("chance is below 1")
