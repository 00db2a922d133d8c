"""What happened, in words of those who work with it."""

import pytest

from sequencing.happening_words import BECAME, WORDS, detail, in_words
from sequencing.happenings import What
from store.tables import MessageState


def test_everything_that_can_happen_has_words_and_none_of_them_is_jargon() -> None:
    assert set(WORDS) == set(What)
    assert set(BECAME) == {state.value for state in MessageState}
    assert not [words for words in [*WORDS.values(), *BECAME.values()] if "claim" in words or "_" in words]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("result", "not_interested", "result not interested"),
        ("any_hour", True, "at any hour"),
        ("fallback_owner", True, "nobody was found by its owner rule"),
        ("reason", "missing_merge_field", "reason missing merge field"),
        ("answer", 535, "the answer was 535"),
    ],
)
def test_a_detail_reads_as_a_person_says_it(name: str, value: object, words: str) -> None:
    assert detail(name, value) == words


def test_what_is_new_is_said_by_its_name() -> None:
    assert (in_words("claimed"), in_words("some_thing")) == (WORDS[What.claimed], "some thing")
