"""Whose fault it is when a mail server refuses: the recipient's, the sender's, the message's, or the server's own.

An enhanced status code (RFC 3463) decides; without one that says anything the server's words do, and then the question.
"""

from dataclasses import dataclass

from sequencing.bounce_codes import FULL, judged
from sequencing.errors import About
from sequencing.mail_kinds import Kind

ABOUT_THE_SERVER = frozenset({421, 530, 534, 535, 538})
"""Closing down (RFC 5321), or log in and encrypt first (RFC 3207, RFC 4954), whatever the question was."""
SHUT_OUT = frozenset({"login", "oauth", "tls"})
"""Words of the transport: it offers no way to log in, no token is granted, its certificate is not trusted."""
NO_ROOM = 552
"""For a recipient: his mailbox is full; for a message: it is too large (RFC 5321, 4.2.3)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal says. `nobody`: that there is no such recipient, so that no mail will ever reach the address."""

    about: About
    permanent: bool
    nobody: bool = False


def refusal(asked: About, code: int, said: str) -> Refusal:
    """What the answer 4xx or 5xx means. `asked`: what the question was about; `said`: the words behind the code."""
    if code in ABOUT_THE_SERVER or asked is About.server:
        return Refusal(About.server, permanent=code >= 500)
    if code < 500:
        return Refusal(asked, permanent=False)
    kind = judged("", said)
    if kind is Kind.hard_bounce and asked is not About.sender:
        return Refusal(About.recipient, permanent=True, nobody=True)
    if kind is Kind.blocked:
        return Refusal(About.message if asked is About.message else About.sender, permanent=True)
    if asked is About.recipient and (code == NO_ROOM or _is_full(said)):
        return Refusal(About.recipient, permanent=False)
    return Refusal(asked, permanent=True)


def shuts_out(answer: str) -> bool:
    """Whether what the server said of itself is mended by a person alone: it lets us not in, or refuses us for good."""
    return answer in SHUT_OUT or (answer.isdecimal() and 500 <= int(answer) < 600)


def _is_full(said: str) -> bool:
    return "5.2.2" in said or bool(FULL.search(said.lower()))
