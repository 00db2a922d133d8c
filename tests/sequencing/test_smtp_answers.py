import pytest

from sequencing.errors import About
from sequencing.smtp_answers import Refusal, refusal, shuts_out

MAIL, RCPT, DATA = About.sender, About.recipient, About.message
NOBODY = Refusal(About.recipient, permanent=True, nobody=True)
RECIPIENTS = Refusal(About.recipient, permanent=True)
OURS = Refusal(About.sender, permanent=True)
LETTERS = Refusal(About.message, permanent=True)
FULL = Refusal(About.recipient, permanent=False)


@pytest.mark.parametrize(
    ("asked", "code", "said", "means"),
    [
        (RCPT, 550, "5.1.1 <ann@example.org> unknown", NOBODY),
        (RCPT, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; not found", NOBODY),
        (RCPT, 550, "5.1.2 no such domain", NOBODY),
        (RCPT, 550, "5.2.1 this account is disabled", NOBODY),
        (RCPT, 550, "5.4.310 DNS domain does not exist", NOBODY),
        (RCPT, 551, "5.1.6 moved", NOBODY),
        (RCPT, 550, "No such user here", NOBODY),
        (RCPT, 553, "sorry, no mailbox here by that name", NOBODY),
        (RCPT, 550, "5.5.0 Requested action not taken: mailbox unavailable", NOBODY),
        (DATA, 550, "5.1.1 <ann@example.org> unknown", NOBODY),
        (RCPT, 550, "no", RECIPIENTS),
        (RCPT, 550, "", RECIPIENTS),
        (RCPT, 550, "5.4.1 hop", RECIPIENTS),
        (RCPT, 550, "5.7.1 relaying denied", OURS),
        (RCPT, 554, "5.7.1 blocked by our list", OURS),
        (RCPT, 550, "5.7.60 not allowed to send as this sender", OURS),
        (RCPT, 553, "5.1.8 bad sender", OURS),
        (RCPT, 554, "your address is on a blacklist", OURS),
        (RCPT, 550, "5.1.0 <ada@agency.example>: Sender address rejected: User unknown in virtual mailbox table", OURS),
        (RCPT, 550, "5.1.0 <ada@agency.example>: Sender address rejected: Domain not found", OURS),
        (RCPT, 550, "Domain of sender address ada@agency.example does not exist", OURS),
        (RCPT, 550, "Verification failed for <ada@agency.example>\nNo such user here\nSender verify failed", OURS),
        (RCPT, 550, "<mail.agency.example>: Helo command rejected: Host not found", OURS),
        (RCPT, 550, "Requested action not taken: mailbox unavailable\nReject due to policy restrictions", OURS),
        (MAIL, 550, "5.1.1 whatever", OURS),
        (MAIL, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", OURS),
        (MAIL, 553, "5.1.7 your address is malformed", OURS),
        (MAIL, 501, "", OURS),
        (DATA, 554, "5.7.60 SendAsDenied", LETTERS),
        (DATA, 550, "5.7.1 message content rejected", LETTERS),
        (DATA, 552, "5.3.4 message too large", LETTERS),
        (DATA, 552, "5.2.3 too long for him", LETTERS),
        (DATA, 552, "", LETTERS),
        (DATA, 554, "", LETTERS),
        (RCPT, 552, "5.2.2 mailbox full", FULL),
        (RCPT, 552, "", FULL),
        (RCPT, 550, "over quota", FULL),
        (RCPT, 452, "4.2.2 mailbox full", FULL),
        (RCPT, 450, "4.1.1 greylisted", FULL),
        (RCPT, 450, "5.1.1 unknown", FULL),
        (DATA, 451, "4.7.0 try later", Refusal(About.message, permanent=False)),
        (MAIL, 451, "4.3.0", Refusal(About.sender, permanent=False)),
        (RCPT, 421, "4.7.0 closing", Refusal(About.server, permanent=False)),
        (MAIL, 530, "5.7.0 log in first", Refusal(About.server, permanent=True)),
        (RCPT, 530, "5.7.57 client not authenticated", Refusal(About.server, permanent=True)),
        (About.server, 535, "5.7.8 bad credentials", Refusal(About.server, permanent=True)),
        (About.server, 550, "5.7.30 basic authentication is not supported", Refusal(About.server, permanent=True)),
        (About.server, 554, "5.7.1 no", Refusal(About.server, permanent=True)),
    ],
)
def test_a_refusal_is_laid_to_whom_it_concerns(asked: About, code: int, said: str, means: Refusal) -> None:
    assert refusal(asked, code, said) == means


@pytest.mark.parametrize(
    ("answer", "is_shut_out"),
    [
        ("535", True),
        ("530", True),
        ("550", True),
        ("login", True),
        ("oauth", True),
        ("tls", True),
        ("421", False),
        ("454", False),
        ("unreachable", False),
        ("timeout", False),
        ("20500", False),
        ("", False),
    ],
)
def test_a_server_that_does_not_let_us_in_is_told_from_one_that_is_away(answer: str, is_shut_out: bool) -> None:
    assert shuts_out(answer) is is_shut_out
