"""A text between us and its provider: limit, reference, codes, signatures; the provider's own library judges."""

from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from sequencing.documents import read_sequence
from sequencing.errors import About, Refused
from sequencing.happenings import Reason
from sequencing.segments import in_words
from sequencing.texts import (
    LONGEST_TEXT,
    Reference,
    check_length,
    compose,
    is_signed,
    read_reference,
    reason_of,
    refusal,
    signature,
    taken_apart,
)

TOKEN = "a token"
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
FIELDS = st.lists(st.tuples(st.sampled_from(["Body", "From", "MessageSid", "To", "ä"]), WORDS), max_size=8)
URLS = st.sampled_from(
    [
        "https://example.org/texts/incoming",
        "https://example.org:443/texts/status?of=01E.1.1",
        "https://example.org:8443/texts/status?of=01E.1.1",
        "http://localhost:8000/a/texts/incoming",
        "http://localhost/texts/incoming",
    ]
)


@pytest.mark.parametrize(
    ("status", "code", "about", "permanent", "reason"),
    [
        (400, "21211", About.recipient, True, Reason.bounced),
        (400, "21614", About.recipient, True, Reason.bounced),
        (400, "21610", About.recipient, True, Reason.suppressed),
        (400, "21606", About.sender, True, Reason.could_not_be_sent),
        (400, "21408", About.sender, True, Reason.could_not_be_sent),
        (400, "21617", About.sender, True, Reason.could_not_be_sent),
        (400, "", About.sender, True, Reason.could_not_be_sent),
        (401, "20003", About.sender, True, Reason.could_not_be_sent),
        (403, "", About.sender, True, Reason.could_not_be_sent),
        (404, "20404", About.sender, True, Reason.could_not_be_sent),
        (429, "20429", About.server, False, None),
        (429, "", About.server, False, None),
        (400, "21611", About.server, False, None),
        (408, "", About.server, False, None),
        (503, "20503", About.server, False, None),
        (500, "", About.server, False, None),
    ],
)
def test_what_a_providers_refusal_amounts_to(
    status: int, code: str, about: About, permanent: bool, reason: Reason | None
) -> None:
    refused = refusal(status, code)

    assert (refused.code, refused.about, refused.permanent) == (code or str(status), about, permanent)
    assert reason is None or reason_of(refused) is reason


@given(URLS, FIELDS)
def test_a_signature_is_the_one_that_the_providers_library_computes(url: str, fields: list[tuple[str, str]]) -> None:
    once = dict(fields)

    ours = signature(TOKEN, url, once.items())

    assert ours == RequestValidator(TOKEN).compute_signature(url, once)


@given(URLS, URLS, FIELDS, st.booleans())
def test_what_the_providers_library_believes_is_believed_and_nothing_else(
    url: str, signed_for: str, fields: list[tuple[str, str]], right: bool
) -> None:
    once = dict(fields)
    shown = RequestValidator(TOKEN if right else "another").compute_signature(signed_for, once)

    believed = is_signed(TOKEN, url, once.items(), shown)

    assert believed is RequestValidator(TOKEN).validate(url, once, shown)


@pytest.mark.parametrize("shown", ["", "x", "ä", "=" * 28, "\N{GRINNING FACE}"])
def test_what_is_no_signature_at_all_is_not_believed(shown: str) -> None:
    assert not is_signed(TOKEN, "https://example.org/texts/incoming", [("Body", "Hi")], shown)


@given(st.text(ascii_letters + "0123456789", min_size=1, max_size=26), st.integers(1, 500), st.integers(1, 99), WORDS)
def test_a_text_and_whose_it_is_come_apart_as_they_were_put_together(
    enrollment: str, step: int, copy: int, body: str
) -> None:
    reference = Reference(enrollment, step, copy)

    written, said = taken_apart(compose(reference, body))

    assert (read_reference(written), said) == (reference, body)


@pytest.mark.parametrize("said", ["", "a", "a.1", "a.1.x", "a.1.-1", "a.1.1.1", "a b.1.1", f"{'a' * 27}.1.1", "a.١.1"])
def test_what_is_no_reference_is_none(said: str) -> None:
    assert read_reference(said) is None


def test_a_text_of_the_longest_length_can_be_sent_and_one_place_more_cannot() -> None:
    check_length("a" * LONGEST_TEXT)
    check_length("\N{GRINNING FACE}" * (LONGEST_TEXT // 2))

    with pytest.raises(Refused, match="at most 1,600 characters; this has 1,601"):
        check_length("a" * (LONGEST_TEXT + 1))
    with pytest.raises(Refused, match="at most 1,600 characters; this has 1,602"):
        check_length("\N{GRINNING FACE}" * (LONGEST_TEXT // 2 + 1))
    with pytest.raises(Refused, match="must say something"):
        check_length(" \n")


def document(body: str) -> dict[str, object]:
    return {"name": "Texts", "steps": [{"action": "text", "body": body}]}


def test_a_sequence_whose_text_is_too_long_whatever_its_fields_say_is_refused_with_the_step() -> None:
    field = "{{ contact.first_name | fallback('there') }}"

    read_sequence(document("a" * 1590 + field), seconds_allowed=False)

    with pytest.raises(Refused, match="Step 1: a text message has at most 1,600 characters; this has 1,601") as refused:
        read_sequence(document("a" * 1601 + field), seconds_allowed=False)
    assert refused.value.code == "text_too_long"


def test_segments_are_told_with_the_room_that_they_have() -> None:
    assert in_words("Hi Ann") == "1 segment (GSM-7, 6 of 160)"
    assert in_words("Hi – Ann") == "1 segment (UCS-2, 8 of 70)"
    assert in_words("a" * 161) == "2 segments (GSM-7, 161 of 306)"
