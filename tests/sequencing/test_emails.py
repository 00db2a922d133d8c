import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.emails import Email, Mailbox, compose, message_id

ANN = Mailbox("Ann Example", "ann@example.org")
HELLO = Email(
    sender=Mailbox("Bo Recruiter", "bo@agency.test"),
    recipient=ANN,
    subject="A role for you",
    text="Hi Ann,\n\nare you open to it?\n",
    message_id="<one@agency.test>",
    date=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
)


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def unfolded(raw: bytes, header: str) -> str:
    """The header as it is written, its folds undone and nothing decoded."""
    headers = raw.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ")
    return next(
        line.removeprefix(f"{header}:").strip() for line in headers.split("\r\n") if line.startswith(f"{header}:")
    )


def test_a_message_says_from_whom_to_whom_when_and_what() -> None:
    message = read(compose(HELLO))

    assert message["From"] == "Bo Recruiter <bo@agency.test>"
    assert message["To"] == "Ann Example <ann@example.org>"
    assert message["Subject"] == "A role for you"
    assert message["Date"] == "Mon, 02 Nov 2026 09:30:00 +0000"
    assert message["Message-ID"] == "<one@agency.test>"
    assert message.get_content_type() == "text/plain"
    assert text_of(message) == HELLO.text
    assert message["In-Reply-To"] is None
    assert message["References"] is None
    assert not message.defects


def test_the_date_keeps_its_zone() -> None:
    local = replace(HELLO, date=datetime(2026, 11, 2, 9, 30, tzinfo=timezone(timedelta(hours=-5))))

    assert read(compose(local))["Date"] == "Mon, 02 Nov 2026 09:30:00 -0500"


def test_a_follow_up_names_its_parent_and_its_thread() -> None:
    reply = replace(HELLO, in_reply_to="<two@agency.test>", references=("<one@agency.test>", "<two@agency.test>"))

    message = read(compose(reply))

    assert message["In-Reply-To"] == "<two@agency.test>"
    assert message["References"] == "<one@agency.test> <two@agency.test>"


def test_a_follow_up_without_a_thread_refers_to_its_parent() -> None:
    assert read(compose(replace(HELLO, in_reply_to="<one@agency.test>")))["References"] == "<one@agency.test>"


@pytest.mark.parametrize("length", [1, 9, 10, 11, 12, 50])
def test_a_long_thread_keeps_its_first_and_its_last_nine(length: int) -> None:
    thread = tuple(f"<{number}@agency.test>" for number in range(length))

    kept = unfolded(compose(replace(HELLO, references=thread)), "References").split()

    assert kept == list(thread if length <= 10 else (thread[0], *thread[-9:]))


def test_long_ids_are_folded_at_blanks_and_never_encoded() -> None:
    ids = tuple(f"<{letter * 60}@agency.test>" for letter in "abc")

    raw = compose(replace(HELLO, message_id=ids[0], in_reply_to=ids[1], references=ids))

    assert b"=?" not in raw
    assert b"\r\nMessage-ID: " + ids[0].encode() + b"\r\n" in raw
    assert unfolded(raw, "References").split() == list(ids)


def test_a_long_unbroken_word_in_the_subject_stays_as_it_is() -> None:
    link = "https://agency.test/" + "x" * 300

    raw = compose(replace(HELLO, subject=f"See {link} today"))

    assert unfolded(raw, "Subject") == f"See {link} today"


@pytest.mark.parametrize(
    "subject",
    [
        "Für Sie: Ärztin gesucht",
        "日本語の件名" * 30,
        "🚀" * 200,
        "x" * 5_000,
        "=?utf-8?q?Evil=0D=0ABcc:_all=40example.org?=",
        'comma, semicolon; colon: <angle> (round) \\ "quote"',
        "word " * 400,
        "-",
        "",
    ],
)
def test_any_subject_arrives_as_it_was_written(subject: str) -> None:
    raw = compose(replace(HELLO, subject=subject))

    assert str(make_header(decode_header(unfolded(raw, "Subject")))) == subject.strip()


@pytest.mark.parametrize(
    "name",
    [
        "Ünal, Ann",
        'Ann "Annie" Example',
        "Back\\slash",
        "Ann, Bo; Co: <x@y.test>",
        "a" * 300,
        "Ä" * 300,
        "=?utf-8?q?x?=",
        "@",
    ],
)
def test_any_name_arrives_as_it_was_written_beside_its_one_address(name: str) -> None:
    raw = compose(replace(HELLO, sender=Mailbox(name, "bo@agency.test")))

    [(written, address)] = getaddresses([unfolded(raw, "From")])
    assert str(make_header(decode_header(written))) == name
    assert address == "bo@agency.test"


def test_without_a_name_the_address_stands_alone() -> None:
    assert b"\r\nTo: ann@example.org\r\n" in compose(replace(HELLO, recipient=Mailbox("", "ann@example.org")))


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028"])
def test_a_line_break_in_a_subject_a_name_an_address_or_an_id_adds_no_header(break_: str) -> None:
    evil = f"a{break_}Bcc: all@example.org"
    mailbox = Mailbox(evil, f"bo@agency.test{break_}Bcc:all@example.org")

    raw = compose(replace(HELLO, subject=evil, sender=mailbox, recipient=mailbox, message_id=evil, in_reply_to=evil))

    assert read(raw)["Bcc"] is None
    assert read(raw)["Subject"] == "a Bcc: all@example.org"


def test_an_address_cannot_bring_a_second_one() -> None:
    raw = compose(replace(HELLO, recipient=Mailbox("Ann", "ann@example.org>, <all@example.org")))

    assert unfolded(raw, "To").count("<") == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "no end of line",
        "Grüße\n",
        "日本語" * 500,
        "x" * 5_000,
        ".\n..\n.hidden\n\n.\n",
        "From me\nFrom you\n",
        "trailing blank \ntrailing tab\t\n",
        "a=b&c=d https://agency.test/?x=1=2\n",
        "🚀" * 300,
    ],
)
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    expected = text if text.endswith("\n") else f"{text}\n"

    assert text_of(read(compose(replace(HELLO, text=text)))) == expected


def test_every_kind_of_line_end_is_one_line_end() -> None:
    assert text_of(read(compose(replace(HELLO, text="a\rb\nc\r\nd\n\re")))) == "a\nb\nc\nd\n\ne\n"


def test_an_address_beyond_ascii_is_written_in_utf_8() -> None:
    raw = compose(replace(HELLO, recipient=Mailbox("Ünal", "ünal@exämple.org")))

    assert "<ünal@exämple.org>".encode() in raw


SENTENCES = st.text(max_size=300)
MAILBOXES = st.builds(Mailbox, name=SENTENCES, address=SENTENCES)
EMAILS = st.builds(
    Email,
    sender=MAILBOXES,
    recipient=MAILBOXES,
    subject=SENTENCES | st.text('ab =?,\r\n"', min_size=900, max_size=2_000),
    text=SENTENCES | st.text("a.= \r\n", max_size=2_000),
    message_id=SENTENCES,
    date=st.just(HELLO.date),
    in_reply_to=st.none() | SENTENCES,
    references=st.lists(SENTENCES | st.just("x" * 5_000), max_size=12).map(tuple),
)
ALLOWED = {"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"}


@given(EMAILS)
def test_whatever_it_says_no_line_is_too_long_and_no_line_end_or_header_is_foreign(email: Email) -> None:
    raw = compose(email)

    lines = raw.split(b"\r\n")
    names = [line.partition(b":")[0].decode() for line in lines[: lines.index(b"")] if not line.startswith(b" ")]
    assert all(len(line) <= 998 for line in lines)
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert set(names) - ALLOWED == {"Content-Type", "Content-Transfer-Encoding"}
    assert len(names) == len(set(names))
    assert raw.endswith(b"\r\n")
    assert raw.partition(b"\r\n\r\n")[2].isascii()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_any_subject_is_kept_but_for_its_controls_and_repeated_blanks(subject: str) -> None:
    kept = re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", subject).strip(" ")

    assert str(make_header(decode_header(unfolded(compose(replace(HELLO, subject=subject)), "Subject")))) == kept


def an_id(
    enrollment: str = "01J", step: int = 1, copy: int = 1, domain: str = "agency.test", secret: bytes = b"s"
) -> str:
    return message_id(secret, enrollment=enrollment, step=step, copy=copy, domain=domain)


def test_the_same_claim_has_the_same_message_id() -> None:
    assert an_id() == an_id() == "<" + an_id()[1:27] + "@agency.test>"


@pytest.mark.parametrize(
    "other",
    [
        lambda: an_id(enrollment="01K"),
        lambda: an_id(step=2),
        lambda: an_id(copy=2),
        lambda: an_id(secret=b"t"),
        lambda: an_id(enrollment="1/01J", step=1),
    ],
)
def test_another_claim_or_secret_has_another_message_id(other: Callable[[], str]) -> None:
    assert other() != an_id()


def test_a_message_id_reveals_no_ids() -> None:
    assert "01j5pvkxa3" not in an_id(enrollment="01J5PVKXA3").lower()


@pytest.mark.parametrize(
    ("domain", "right"),
    [
        ("Agency.Test", "agency.test"),
        ("exämple.org", "xn--exmple-cua.org"),
        ("a-very-long-name-of-a-department.of.a.company.example", "of.a.company.example"),
        ("a..b", "mail.invalid"),
        ("", "mail.invalid"),
        ("evil\r\nBcc: x", "mail.invalid"),
        ("x" * 60, "mail.invalid"),
    ],
)
def test_the_right_side_of_a_message_id_is_a_domain_that_fits(domain: str, right: str) -> None:
    made = an_id(domain=domain)

    assert made.endswith(f"@{right}>")
    assert len(made) <= 70


@given(st.text(max_size=100), st.text(max_size=300))
def test_a_message_id_is_at_most_70_characters_of_ascii(enrollment: str, domain: str) -> None:
    made = an_id(enrollment=enrollment, domain=domain)

    assert re.fullmatch(r"<[a-z0-9]{26}@[a-z0-9_.-]+>", made)
    assert len(made) <= 70


# Text and HTML


BOTH = replace(HELLO, html="<p>Hi Ann,</p>\n<p>are you open to it?</p>\n")


def parts(raw: bytes) -> dict[str, str]:
    return {part.get_content_type(): text_of(part) for part in read(raw).iter_parts() if isinstance(part, EmailMessage)}


def test_with_html_both_parts_say_it_and_the_better_one_comes_last() -> None:
    message = read(compose(BOTH))

    assert message.get_content_type() == "multipart/alternative"
    assert parts(compose(BOTH)) == {"text/plain": HELLO.text, "text/html": BOTH.html}
    assert list(parts(compose(BOTH))) == ["text/plain", "text/html"]
    assert not message.defects


@given(st.text(), st.text(min_size=1))
def test_whatever_the_parts_say_neither_ends_early_and_no_line_is_too_long(text: str, html: str) -> None:
    raw = compose(replace(BOTH, text=text, html=f"{html}\n--=_one\n--=_one--"))

    assert len(read(raw).get_payload()) == 2
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert not read(raw).defects


def test_a_long_line_of_html_is_broken_and_comes_back_whole() -> None:
    html = f"<p>{'x' * 5000}</p>\n"

    raw = compose(replace(BOTH, html=html))
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    assert parts(raw)["text/html"] == html


# Unsubscribing


@pytest.mark.parametrize("length", [40, 100, 890])
def test_the_link_to_unsubscribe_is_never_encoded_or_broken(length: int) -> None:
    url = f"https://mail.example.org/u/{'x' * (length - 27)}"

    raw = compose(replace(HELLO, unsubscribe_url=url))
    assert f"\r\nList-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode() in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_without_such_a_link_there_is_no_such_header() -> None:
    assert read(compose(HELLO))["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.test",
        "https://x.test/\r\nBcc: all@x.test",
        "https://x.test/>",
        "https://ü.test",
        "x" * 1000,
        "https://x y",
    ],
)
def test_what_is_no_link_is_no_header(url: str) -> None:
    with pytest.raises(ValueError, match="a link to unsubscribe"):
        compose(replace(HELLO, unsubscribe_url=url))


def test_a_test_is_marked_with_its_contact() -> None:
    assert read(compose(replace(HELLO, test_of=12)))["X-Sequencing-Test"] == "contact 12"
