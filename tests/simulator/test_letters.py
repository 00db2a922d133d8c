"""What comes back is read by the product as what it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product

import pytest

from sequencing.emails import Email, Mailbox, compose, message_id
from sequencing.inbound import Inbound, our_ids, read_mail
from sequencing.mail_kinds import Kind
from simulator import mails
from simulator.letters import LETTERS, Letter, Occasion
from simulator.personas import LANGUAGES, PROGRAMS, Act, Persona, chance_of, persona_of

ANN, RITA, DOMAIN = "ann@example.com", "rita@example.org", "sequencing.localhost"
OURS = message_id(b"secret", enrollment="e", step=1, copy=1, domain=DOMAIN)
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KINDS = {
    Act.reply: Kind.person,
    Act.reply_elsewhere: Kind.person,
    Act.forward: Kind.person,
    Act.accept: Kind.calendar,
    Act.say_away: Kind.automatic,
    Act.return_unknown: Kind.hard_bounce,
    Act.return_full: Kind.soft_bounce,
}
VOICES = list(product(LANGUAGES, PROGRAMS))


def our_mail() -> bytes:
    return compose(
        Email(
            sender=Mailbox("Rita Recruiter", RITA),
            recipient=Mailbox("Ann Abel", ANN),
            subject="Ann, une question – über Ihre Arbeit",
            text="Hi Ann,\n\nare you open to it?\n\nRita",
            message_id=OURS,
            date=NOW,
            references=("<first@example.org>",),
        )
    )


def written(act: Act, language: str = "en", program: str = "outlook") -> Letter:
    chance = chance_of("1", ANN)
    whole = persona_of(ANN, chance)
    persona = Persona(ANN, whole.behaviour, language, program, 1)
    return LETTERS[act](Occasion(mails.read(our_mail(), ANN), persona, "<one@example.com>", NOW, chance))


def read(letter: Letter) -> Inbound:
    return read_mail(letter.raw)


@pytest.mark.parametrize(("language", "program"), VOICES)
@pytest.mark.parametrize("act", KINDS)
def test_each_is_read_as_what_it_is_and_leads_to_our_mail(act: Act, language: str, program: str) -> None:
    mail = read(written(act, language, program))

    assert (mail.kind, our_ids(mail)) == (KINDS[act], (OURS,))
    assert mail.message_id == "<one@example.com>"


def test_every_letter_is_tried() -> None:
    assert set(LETTERS) == set(KINDS)


@pytest.mark.parametrize(("language", "program"), VOICES)
def test_an_answer_stands_above_the_history(language: str, program: str) -> None:
    mail = read(written(Act.reply, language, program))

    assert "are you open to it?" in mail.full_text
    assert "open to it" not in mail.text
    assert mail.text
    assert mail.subject == "Re: Ann, une question – über Ihre Arbeit"


@pytest.mark.parametrize(
    ("act", "sender", "envelope"),
    [
        (Act.reply, ANN, ANN),
        (Act.reply_elsewhere, "ann@home.example.com", "ann@home.example.com"),
        (Act.forward, "colleague-of-ann@example.com", "colleague-of-ann@example.com"),
        (Act.accept, ANN, ANN),
        (Act.say_away, ANN, ""),
        (Act.return_unknown, "mailer-daemon@mx.example.com", ""),
    ],
)
def test_it_comes_from_whoever_wrote_it_and_what_machines_write_has_no_envelope_sender(
    act: Act, sender: str, envelope: str
) -> None:
    letter = written(act)

    assert (read(letter).sender, letter.sender, letter.recipient) == (sender, envelope, RITA)


@pytest.mark.parametrize(("act", "status"), [(Act.return_unknown, "5.1.1"), (Act.return_full, "4.2.2")])
def test_a_returned_mail_names_address_and_status(act: Act, status: str) -> None:
    (report,) = read(written(act)).reports

    assert (report.recipient, report.status) == (ANN, status)


def test_a_reply_carries_the_whole_thread() -> None:
    assert read(written(Act.reply)).references == ("<first@example.org>", OURS)


@pytest.mark.parametrize("act", KINDS)
def test_an_address_beyond_ascii_is_answered_likewise(act: Act) -> None:
    chance = chance_of("1", "änn@exämple.com")
    persona = persona_of("änn@exämple.com", chance)

    letter = LETTERS[act](Occasion(mails.read(our_mail(), persona.address), persona, "<one@a>", NOW, chance))

    assert (read(letter).kind, our_ids(read(letter))) == (KINDS[act], (OURS,))


@pytest.mark.parametrize("change", [bytes.upper, lambda raw: raw.replace(b"Subject:", b"X-Other:")])
def test_a_mail_that_lacks_something_is_answered_all_the_same(change: Callable[[bytes], bytes]) -> None:
    chance = chance_of("1", ANN)
    mail = mails.read(change(our_mail()), ANN)

    for write in LETTERS.values():
        assert read(write(Occasion(mail, persona_of(ANN, chance), "<one@example.com>", NOW, chance))).message_id
