import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.segments import GSM, Alphabet, Segments, segments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(Alphabet.gsm7, 0, 0)),
        ("Hello", Segments(Alphabet.gsm7, 5, 1)),
        ("x" * 160, Segments(Alphabet.gsm7, 160, 1)),
        ("x" * 161, Segments(Alphabet.gsm7, 161, 2)),
        ("x" * 306, Segments(Alphabet.gsm7, 306, 2)),
        ("x" * 307, Segments(Alphabet.gsm7, 307, 3)),
        ("€" * 80, Segments(Alphabet.gsm7, 160, 1)),
        ("€" * 81, Segments(Alphabet.gsm7, 162, 2)),
        ("Grüße @ Ä_Ö £5", Segments(Alphabet.gsm7, 14, 1)),
        ("{[~]}\\|^\f", Segments(Alphabet.gsm7, 18, 1)),
        ("–", Segments(Alphabet.ucs2, 1, 1)),
        ("ç", Segments(Alphabet.ucs2, 1, 1)),
        ("ж" * 70, Segments(Alphabet.ucs2, 70, 1)),
        ("ж" * 71, Segments(Alphabet.ucs2, 71, 2)),
        ("ж" * 134, Segments(Alphabet.ucs2, 134, 2)),
        ("ж" * 135, Segments(Alphabet.ucs2, 135, 3)),
        ("🚀" * 35, Segments(Alphabet.ucs2, 70, 1)),
        ("🚀" * 36, Segments(Alphabet.ucs2, 72, 2)),
    ],
)
def test_a_text_has_as_many_segments_as_the_network_makes(text: str, expected: Segments) -> None:
    assert segments(text) == expected


def test_an_escaped_character_is_not_cut_in_two() -> None:
    fits = "x" * 152 + "€" + "x" * 152

    assert segments(fits).length == 306
    assert segments(fits).count == 3


def test_a_surrogate_pair_is_not_cut_in_two() -> None:
    fits = "ж" * 66 + "🚀" + "ж" * 66

    assert segments(fits).length == 134
    assert segments(fits).count == 3


def test_one_dash_turns_a_whole_text_into_ucs_2() -> None:
    text = "x" * 150

    assert segments(text).count == 1
    assert segments(text + "–").count == 3


def test_the_basic_alphabet_has_127_characters_beside_the_escape() -> None:
    assert len(GSM) == 127


@given(st.text(max_size=600), st.text(max_size=5))
def test_a_longer_text_never_has_fewer_segments(text: str, more: str) -> None:
    assert segments(text + more).count >= segments(text).count
