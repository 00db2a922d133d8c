"""Links of emails: only we can make one, each leads where it was made to lead, whatever becomes of rows and secrets."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.emails import message_id
from sequencing.suppressions import fingerprint
from sequencing.tracking import (
    LONGEST_TARGET,
    LONGEST_TOKEN,
    MOST_LINKS,
    Clicked,
    Kind,
    Links,
    Unsubscribing,
    Viewed,
    followable,
    read_click,
    read_unsubscribe,
    read_view,
    reference_of,
)

SECRET = b"ours"
ID = message_id(SECRET, enrollment="01J", step=2, copy=1, domain="example.org")
REFERENCE = reference_of(ID) or ""
LINKS = Links("https://mail.example.org", SECRET, REFERENCE)
PRINT = fingerprint(SECRET, "ann@example.com")
TARGET = "https://example.com/jobs?id=7&from=mail#apply"
READERS: dict[str, Callable[[list[bytes], str], object]] = {
    "o": read_view,
    "c": read_click,
    "u": read_unsubscribe,
}
MADE = {"o": LINKS.view(), "c": LINKS.click(3, TARGET) or "", "u": LINKS.unsubscribe(PRINT)}
TOKENS = {kind: link.rpartition("/")[2] for kind, link in MADE.items()}
SAID: dict[str, object] = {
    "o": Viewed(REFERENCE),
    "c": Clicked(REFERENCE, 3, TARGET),
    "u": Unsubscribing(REFERENCE, PRINT),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_link_says_what_was_put_into_it(kind: str) -> None:
    assert MADE[kind].startswith(f"https://mail.example.org/{kind}/")
    assert READERS[kind]([SECRET], TOKENS[kind]) == SAID[kind]


@pytest.mark.parametrize("kind", READERS)
def test_a_link_works_after_the_secret_was_changed_and_as_long_as_the_old_one_is_known(kind: str) -> None:
    read = READERS[kind]

    assert read([b"new", b"older", SECRET], TOKENS[kind]) == SAID[kind]
    assert read([b"new", b"older"], TOKENS[kind]) is None


def test_a_link_of_one_kind_is_none_of_another() -> None:
    read = [(made, kind) for made in TOKENS for kind in READERS if READERS[kind]([SECRET], TOKENS[made]) is not None]

    assert read == [(kind, kind) for kind in READERS]


def test_a_link_that_says_as_much_as_one_of_another_kind_is_none_of_it() -> None:
    as_long = LINKS.click(1, "https://example.com/".ljust(30, "x")) or ""

    assert read_click([SECRET], as_long.rpartition("/")[2]) is not None
    assert read_unsubscribe([SECRET], as_long.rpartition("/")[2]) is None


@pytest.mark.parametrize("kind", READERS)
def test_the_last_sign_is_as_we_write_it_although_others_would_mean_the_same(kind: str) -> None:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    read = [sign for sign in signs if READERS[kind]([SECRET], TOKENS[kind][:-1] + sign) is not None]

    assert read == [TOKENS[kind][-1]]


@pytest.mark.parametrize("target", [b"javascript:alert(1)", b"//evil.example", b"https://a.example/\r\nA: b", b"\xff"])
def test_even_signed_by_us_nothing_but_the_web_is_led_to(target: bytes) -> None:
    link = LINKS._link(Kind.click, b"\0\1" + target)

    assert read_click([SECRET], link.rpartition("/")[2]) is None


@pytest.mark.parametrize("kind", READERS)
def test_of_a_person_a_link_holds_nothing_that_can_be_read(kind: str) -> None:
    held = urlsafe_b64decode(TOKENS[kind] + "==") + MADE[kind].encode()

    assert [word for word in (b"ann", b"example.com/jobs" if kind != "c" else b"ann", b"01J") if word in held] == []


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
def test_a_link_that_was_changed_in_any_place_is_not_ours(kind: str, data: st.DataObject) -> None:
    token = TOKENS[kind]
    at = data.draw(st.integers(0, len(token) - 1))
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. %\n\0é"
    other = data.draw(st.sampled_from(signs).filter(lambda sign: sign != token[at]))

    assert READERS[kind]([SECRET], token[:at] + other + token[at + 1 :]) is None


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
def test_a_link_that_was_cut_or_has_grown_is_not_ours(kind: str, data: st.DataObject) -> None:
    token = TOKENS[kind]
    cut = data.draw(st.integers(0, len(token) - 1))
    more = data.draw(st.text(min_size=1, max_size=30))

    assert READERS[kind]([SECRET], token[:cut]) is None
    assert READERS[kind]([SECRET], token[cut:] if cut else more) is None
    assert READERS[kind]([SECRET], token + more) is None


@pytest.mark.parametrize("kind", READERS)
@given(token=st.one_of(st.text(max_size=4000), st.binary(max_size=2500).map(lambda b: urlsafe_b64encode(b).decode())))
def test_no_token_of_somebody_else_is_read(kind: str, token: str) -> None:
    assert READERS[kind]([SECRET], token) is None


@pytest.mark.parametrize("kind", READERS)
def test_what_is_huge_is_not_looked_at(kind: str) -> None:
    assert READERS[kind]([SECRET], TOKENS[kind] * 100_000) is None


@given(st.text(max_size=300))
def test_only_the_web_is_led_to_and_no_header_can_be_broken(target: str) -> None:
    for said in (target, f"https://{target}", f"http://example.com/{target}"):
        link = LINKS.click(1, said)
        if link is not None:
            read = read_click([SECRET], link.rpartition("/")[2])
            assert read is not None
            assert re.fullmatch(r"https?://[^/?#@\\\s]+([/?#][!-~]*)?", read.target, re.IGNORECASE)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com",
        "mailto:ann@example.com",
        "tel:+4930",
        "//example.com",
        "/jobs",
        "#top",
        "https://",
        "https:///jobs",
        "https://ada@example.com/",
        "https://example.com\\@evil.example",
        "https://example.com\r\nSet-Cookie: a=b",
        "https://" + "x" * LONGEST_TARGET,
        "",
    ],
)
def test_what_does_not_lead_to_the_web_is_not_tracked(target: str) -> None:
    assert LINKS.click(1, target) is None


@pytest.mark.parametrize(
    ("target", "followed"),
    [
        ("https://münchen.example/straße?q=ö b#é", "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%B6%20b#%C3%A9"),
        ("https://example.com/a%20b", "https://example.com/a%20b"),
        (" http://[::1]:8000/x ", "http://[::1]:8000/x"),
    ],
)
def test_a_target_of_another_script_is_written_in_ascii(target: str, followed: str) -> None:
    assert followable(target) == followed


def test_the_longest_target_has_a_link_that_is_read() -> None:
    longest = "https://example.com/".ljust(LONGEST_TARGET, "x")
    link = LINKS.click(MOST_LINKS, longest)

    assert link is not None
    token = link.rpartition("/")[2]
    assert len(token) <= LONGEST_TOKEN
    assert read_click([SECRET], token) == Clicked(REFERENCE, MOST_LINKS, longest)
    assert LINKS.click(MOST_LINKS + 1, TARGET) is None


def test_only_our_message_ids_have_a_reference() -> None:
    assert reference_of(ID) == ID[1:27]
    assert [reference_of(one) for one in ("<abc@example.org>", "", f"<x{REFERENCE}@example.org>")] == [None] * 3
