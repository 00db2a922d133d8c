"""No bytes make `read_mail` raise, answer twice differently, or answer more than it may."""

import random
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequencing.header_values import LONGEST_WORDS, MOST_ADDRESSES, MOST_IDS
from sequencing.inbound import counts_as_reply, our_ids, read_mail
from sequencing.mime import LONGEST_TEXT

CORPUS = Path(__file__).parent / "inbound"
FOUND = Path(__file__).parent / "inbound_found"
"""Bytes that once broke a rule; `make soak` adds to them, and they are read again in every run."""
SECONDS = 15
TEN_MINUTES = 600

HEAD = b"From: ann@example.org\nTo: bo@agency.test\n"
DAEMON = b"From: MAILER-DAEMON@example.org\nTo: bo@agency.test\nSubject: failure notice\n\n"
MIXED = b"Content-Type: multipart/mixed; boundary=a\n\n"
STATUS = b"Content-Type: multipart/report; boundary=q\n\n--q\nContent-Type: message/delivery-status\n\n"
HOSTILE = {
    "20 MB of words": lambda: HEAD + b"\n" + b"word " * 4_000_000,
    "20 MB of empty lines": lambda: HEAD + b"\n" + b"\n" * 20_000_000,
    "20 MB in one header": lambda: b"Subject: " + b"x" * 20_000_000,
    "millions of headers": lambda: b"a:\n" * 5_000_000,
    "millions of boundaries": lambda: HEAD + MIXED + b"--a\n" * 4_000_000,
    "millions of almost boundaries": lambda: HEAD + MIXED + b"\n--ab" * 3_000_000,
    "multiparts in each other": lambda: (MIXED + b"--a\n") * 300_000,
    "messages in each other": lambda: b"Content-Type: message/rfc822\n\n" * 500_000,
    "a base64 attachment of 20 MB": lambda: (
        HEAD + MIXED + b"--a\n\nYes\n--a\nContent-Type: application/pdf\n\n" + b"QUJD" * 5_000_000
    ),
    "html of open brackets": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<" * 5_000_000,
    "html of open comments": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<!--" * 1_000_000,
    "html of quotes": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<blockquote>" * 300_000,
    "lines that begin like an attribution": lambda: HEAD + b"\n" + b"On a\n" * 1_000_000,
    "lines of at signs": lambda: HEAD + b"\n" + (b"@" * 990 + b"\n") * 1_000,
    "open encoded words": lambda: b"Subject: " + b"=?a?q?" * 9_000 + b"\n\n",
    "open quotes in an address": lambda: b"From: " + b'"\\' * 25_000 + b"\n\n",
    "open comments in an address": lambda: b"From: " + b"(" * 49_000 + b"\n\n",
    "addresses without end": lambda: (b"To: " + b"a@b," * 12_000 + b"\n") * 50 + b"\n",
    "references without end": lambda: (b"References: " + b"<a@b> " * 8_000 + b"\n") * 100 + b"\n",
    "parameters without end": lambda: b"Content-Type: multipart/mixed; " + b'boundary*="' * 4_000 + b"\n\n--a",
    "a report of empty lines": lambda: DAEMON + b"\n" * 1_000_000,
    "a report of open brackets": lambda: DAEMON + b"x@y (\n" * 500_000,
    "a report on thousands": lambda: STATUS + b"Action: failed\nFinal-Recipient: rfc822; a@b.c\n\n" * 50_000,
    "a codec that is quadratic": lambda: HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 400_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_in_time_and_answers_no_more_than_it_may(name: str) -> None:
    raw = HOSTILE[name]()
    began = time.perf_counter()

    check(raw)

    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("path", sorted(FOUND.glob("*")), ids=lambda path: path.name)
def test_what_once_broke_a_rule_breaks_none_any_more(path: Path) -> None:
    check(path.read_bytes())


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    check(raw)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(min_value=0))
def test_any_damage_to_a_mail_leaves_something_that_is_read(seed: int) -> None:
    check(damaged(random.Random(seed)))


@pytest.mark.soak
@pytest.mark.timeout(TEN_MINUTES + 120)
def test_ten_minutes_of_damage_find_nothing() -> None:
    until, seed = time.monotonic() + TEN_MINUTES, time.time_ns()
    while time.monotonic() < until:
        seed += 1
        raw = damaged(random.Random(seed))
        try:
            check(raw)
        except Exception:
            FOUND.mkdir(exist_ok=True)
            (FOUND / f"{seed}.eml").write_bytes(raw)
            raise


def check(raw: bytes) -> None:
    """Reads it twice, and asks every rule that a value must keep."""
    mail = read_mail(raw)

    assert read_mail(raw) == mail
    assert len(mail.full_text) <= LONGEST_TEXT
    assert len(mail.text) <= LONGEST_TEXT
    assert len(mail.subject) <= LONGEST_WORDS
    assert max(len(mail.references), len(mail.in_reply_to), len(mail.senders) // 10) <= MOST_IDS
    assert len(mail.recipients) <= 2 * MOST_ADDRESSES
    assert len(mail.reports) <= 101
    assert len(mail.originals) <= 4 * MOST_IDS
    assert all("\0" not in one and one.encode() is not None for one in strings(mail))
    assert set(our_ids(mail)) <= {one.lower() for one in (*mail.originals, *mail.in_reply_to, *mail.references)}
    assert counts_as_reply(mail, answers_ours=True) in (True, False)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from strings(one)


@cache
def corpus() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(CORPUS.glob("*.eml")))


SPLINTERS = (
    b"\n\n", b"\r\n", b"\r", b"\0", b"--", b"\n--", b"=?utf-8?b?", b"?=", b"<", b">", b"@", b'"', b";", b":",
    b"\xff\xfe", b"+2AA-", b"Content-Type: message/rfc822\n", b"Content-Transfer-Encoding: base64\n",
    b"charset=utf-7", b"charset=utf-16",
    b"X-MS-Journal-Report:\n", b"multipart/report", b"message/delivery-status", b"Status: 5.1.1\n", b"&#xD800;",
    b"<!--",
)  # fmt: skip


def damaged(chance: random.Random) -> bytes:
    """One mail of the corpus, with pieces cut out, doubled, exchanged with another's, or put in."""
    raw = bytearray(chance.choice(corpus()))
    for _ in range(chance.randint(1, 8)):
        at, length = chance.randint(0, len(raw)), chance.choice((1, 4, 40, 400))
        other = chance.choice(corpus())
        begin = chance.randint(0, len(other))
        new = (
            b"",
            chance.choice(SPLINTERS),
            bytes(raw[at : at + length]) * 2,
            other[begin : begin + length],
            chance.randbytes(4),
        )
        raw[at : at + chance.choice((0, length))] = chance.choice(new)
    return bytes(raw)
