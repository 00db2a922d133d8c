"""What a mail means for us, given who sent it, what it answers, and who has its addresses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sequencing.happenings import Reason, What
from sequencing.inbound import Inbound, read_mail
from sequencing.mail_kinds import Kind
from sequencing.replies import (
    Known,
    Meaning,
    Ours,
    Reading,
    is_silent,
    journal_address,
    key_of,
    understood,
)

ANN, BEN = 1, 2
HELLO = Ours(id=7, enrollment_id="e1", contact_id=ANN, step=1, copy=1, recipient="ann@example.com")
OLDER = replace(HELLO, id=5, enrollment_id="e0")
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def mail(*headers: str, sender: str = "ann@example.com", text: str = "Yes, gladly. What about Monday?") -> Inbound:
    lines = [f"From: {sender}", "To: rita@example.org", "Subject: Re: Hello", "Message-ID: <1@example.com>", *headers]
    return read_mail("\r\n".join([*lines, "", text, ""]).encode())


def report(code: str, recipient: str = "ann@example.com", original: str = "") -> Inbound:
    parts = [
        "From: MAILER-DAEMON@mx.test",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "Message-ID: <2@mx.test>",
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.test",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        f"Status: {code}",
        "",
        *(("--b", "Content-Type: message/rfc822", "", f"Message-ID: {original}", "", "") if original else ()),
        "--b--",
        "",
    ]
    return read_mail("\r\n".join(parts).encode())


AUTOMATIC = mail("Auto-Submitted: auto-replied")
FORWARDED = mail("Auto-Submitted: auto-forwarded")
LIST = mail("List-Id: <news.example.com>")


def test_what_answers_us_is_a_reply_of_whom_we_wrote_to_whoever_wrote_it() -> None:
    read = understood(mail(sender="assistant@elsewhere.test"), Known(named=(HELLO, OLDER)))

    assert read == Reading(Meaning.reply, (ANN,), HELLO, (HELLO, OLDER))


def test_without_such_headers_the_address_says_whose_reply_it_is() -> None:
    assert understood(mail(), Known(writers=(ANN, BEN))) == Reading(Meaning.reply, (ANN, BEN))


def test_whoever_else_has_the_address_it_is_from_has_replied_too() -> None:
    assert understood(mail(), Known(named=(HELLO,), writers=(ANN, BEN))).contacts == (ANN, BEN)


def test_what_a_program_answers_is_kept_and_no_reply() -> None:
    assert understood(AUTOMATIC, Known(named=(HELLO,), writers=(ANN,))).meaning is Meaning.auto_reply


def test_what_was_forwarded_by_a_rule_is_a_reply() -> None:
    assert understood(FORWARDED, Known(named=(HELLO,), writers=(ANN,))).meaning is Meaning.reply


@pytest.mark.parametrize(("named", "meaning"), [((HELLO,), Meaning.reply), ((), Meaning.other)])
def test_what_comes_through_a_list_is_a_reply_only_if_it_answers_us(named: tuple[Ours, ...], meaning: Meaning) -> None:
    assert understood(LIST, Known(named=named, writers=(ANN,))).meaning is meaning


def test_our_own_copy_is_no_reply_and_says_that_it_left() -> None:
    copy = mail(sender="rita@example.org")

    assert understood(copy, Known(itself=HELLO, readers=(ANN,), by_user=True)) == Reading(
        Meaning.own_copy, left=(HELLO,)
    )


def test_our_own_copy_is_one_although_the_sender_is_a_contact_too() -> None:
    copy = mail(sender="rita@example.org")

    assert understood(copy, Known(itself=HELLO, writers=(ANN,), by_user=True)).meaning is Meaning.own_copy


def test_our_own_copy_is_one_although_the_sender_has_another_address_now() -> None:
    assert understood(mail(sender="old@example.org"), Known(itself=HELLO)).meaning is Meaning.own_copy


def test_an_absence_notice_that_bears_the_message_id_of_our_mail_is_no_copy_of_it() -> None:
    read = understood(AUTOMATIC, Known(itself=HELLO, writers=(ANN,)))

    assert (read.meaning, read.answers, read.left) == (Meaning.auto_reply, HELLO, (HELLO,))


def test_what_a_user_writes_in_the_thread_is_no_reply_of_the_contact() -> None:
    read = understood(mail(sender="rita@example.org"), Known(named=(HELLO,), readers=(ANN,), by_user=True))

    assert (read.meaning, read.contacts, read.left) == (Meaning.sent, (ANN,), (HELLO,))


def test_a_user_who_tries_a_sequence_on_himself_replies() -> None:
    to_rita = replace(HELLO, recipient="Rita@Example.org")

    read = understood(mail(sender="rita@example.org"), Known(named=(to_rita,), writers=(ANN,), by_user=True))

    assert read.meaning is Meaning.reply


def test_what_somebody_else_writes_to_a_contact_is_kept_and_means_nothing() -> None:
    assert understood(mail(sender="x@y.test"), Known(readers=(BEN,))) == Reading(Meaning.other, (BEN,))


def test_what_has_to_do_with_nobody_is_none_of_ours() -> None:
    assert not understood(mail(), Known()).is_ours


def test_a_hard_bounce_forbids_the_address_we_wrote_to() -> None:
    read = understood(report("5.1.1", "ann@forwarded.test"), Known(named=(HELLO,)))

    assert (read.meaning, read.contacts, read.suppress) == (Meaning.bounce, (ANN,), "ann@example.com")


@pytest.mark.parametrize("code", ["5.2.2", "4.4.1", "5.7.1"])
def test_any_other_bounce_forbids_nothing(code: str) -> None:
    read = understood(report(code), Known(named=(HELLO,)))

    assert (read.meaning, read.suppress, read.answers) == (Meaning.soft_bounce, "", HELLO)


def test_a_bounce_that_shows_no_message_is_held_to_what_left_lately_to_that_address() -> None:
    assert understood(report("5.1.1"), Known(lately=(HELLO,))).meaning is Meaning.bounce


def test_a_bounce_of_somebody_elses_mail_forbids_nothing() -> None:
    assert not understood(report("5.1.1", original="<x@y.test>"), Known(lately=(HELLO,))).is_ours


def test_a_bounce_nobody_knows_anything_of_is_none_of_ours() -> None:
    assert not understood(report("5.1.1"), Known()).is_ours


def test_a_complaint_forbids_the_address_and_pauses() -> None:
    complaint = replace(mail(), kind=Kind.complaint, originals=("<x>",))

    read = understood(complaint, Known(named=(HELLO,)))

    assert (read.meaning, read.suppress) == (Meaning.complaint, "ann@example.com")
    happening = read.happening("1")
    assert happening is not None
    assert (happening.what, happening.reason, happening.mail) == (What.bounce, Reason.suppressed, "1")


def test_copies_of_one_mail_have_the_same_key_and_other_mails_another() -> None:
    one, other = mail(), mail("Cc: x@y.test", text="changed on the way")

    assert key_of(one) == key_of(other)
    assert key_of(mail(sender="x@y.test")) != key_of(one)


def test_mails_without_a_message_id_are_told_apart_by_what_they_say() -> None:
    one = replace(mail(), message_id="")

    assert key_of(one) == key_of(replace(one, recipients=("a@b.test",)))
    assert key_of(one) != key_of(replace(one, full_text="Something else"))


@pytest.mark.parametrize(("hours", "silent"), [(None, False), (0, False), (23, False), (24, True), (300, True)])
def test_the_journal_is_silent_24_hours_after_an_email_that_nothing_came_after(hours: int | None, silent: bool) -> None:
    since = None if hours is None else NOW - timedelta(hours=hours)

    assert is_silent(NOW, unheard_since=since) is silent


def test_the_journals_address_is_derived_from_the_secret() -> None:
    one = journal_address(b"secret", "Example.org")

    assert one == journal_address(b"secret", "example.org") != journal_address(b"another", "example.org")
    assert one.startswith("j-")
    assert one.endswith("@example.org")
    assert len(one) == 2 + 24 + len("@example.org")
