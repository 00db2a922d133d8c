"""By what contacts are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.search_words import LONGEST, asked, each_asked, end, folded, of_parts


def found(typed: str, entries: set[str]) -> bool:
    beginning = asked(typed)
    return any(beginning <= entry < end(beginning) for entry in entries)


ANN = of_parts("Ann-Marie O'Neill", "Bank of Łódź", ["ann@mail.example.com"], ["+4930123456", "+12125550100"])


@pytest.mark.parametrize(
    "typed",
    [
        "ann",
        "ANN marie",
        "Ann-Marie",
        "marie",
        "oneill",
        "O'Neill, Ann",
        "o’neill ann-marie",
        "bank of lodz",
        "Łód",
        "of",
        "ann@mail",
        "mail.example.com",
        "example.com",
        "+49 30 123",
        "0049 (30) 123-456",
        "030 123456",
        "4930123456",
        "212-555-0100",
    ],
)
def test_a_contact_is_found_by_the_beginning_of_what_is_known_of_him(typed: str) -> None:
    assert found(typed, ANN)


@pytest.mark.parametrize("typed", ["nn", "neill", "xample.com", "com", "30 124", "bank of england", "marie ann"])
def test_a_contact_is_not_found_by_what_stands_in_the_middle(typed: str) -> None:
    assert not found(typed, ANN)


@pytest.mark.parametrize(
    ("typed", "means"),
    [("José", "jose"), ("Straße", "strasse"), ("İSTANBUL", "istanbul"), ("Ｊｏｈｎ", "john"), ("  a \n b ", "a b")],
)
def test_accents_and_capitals_make_no_difference(typed: str, means: str) -> None:
    assert folded(typed) == means


def test_few_digits_are_a_word() -> None:
    assert asked("24 7") == "24 7"
    assert found("24 7", of_parts("", "24/7 Media", [], [])) is False
    assert found("24 7", of_parts("", "24 7 Media", [], []))


def test_of_several_words_the_longest_is_read_and_each_is_asked_for_once() -> None:
    assert each_asked("Ann acme ANN, technologies") == ["technologies", "acme", "ann"]


@given(st.text(max_size=300))
def test_any_name_is_found_by_its_beginning(name: str) -> None:
    entries = of_parts(name, "", [], [])

    assert folded(name)[:LONGEST].rstrip() in {*entries, ""}
    assert all(len(entry) <= LONGEST and "\0" not in entry for entry in entries)


@given(st.text(max_size=50))
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
