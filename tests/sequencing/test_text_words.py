import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.text_words import STOP, TextKind, text_kind


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", " Stop. ", "Stop!!!", "“STOP”", "s.t.o.p", "S T O P", "ＳＴＯＰ", "STOP\n", "🛑 stop", "*stop*",
        "unsubscribe", "Cancel", "END", "Quit.", "revoke", "OPTOUT", "opt out", "Opt-Out", "STOPALL", "stop all",
        "please stop", "Stop please", "STOP, thanks", "Stop. Thank you!",
    ],
)  # fmt: skip
def test_an_order_to_stop_is_obeyed_however_it_is_written(text: str) -> None:
    assert text_kind(text) is TextKind.stop


@pytest.mark.parametrize("text", ["START", "start.", "Unstop", " un-stop ", "please start"])
def test_an_order_to_start_again_is_known(text: str) -> None:
    assert text_kind(text) is TextKind.start


@pytest.mark.parametrize(
    "text",
    [
        "please stop by tomorrow", "Stop by at 5", "Don't stop", "I can start on Monday", "cancel my interview",
        "the end",
        "END of November works", "I quit my job", "Yes", "", "👍", "?", "please", "thanks", "non-stop", "weekend",
        "stop" * 50, "STOP " + "x" * 500,
    ],
)  # fmt: skip
def test_anything_else_is_a_reply(text: str) -> None:
    assert text_kind(text) is TextKind.reply


@given(st.sampled_from(sorted(STOP)), st.text(" .!?-_*\n\t", max_size=10), st.text(" .!?-_*\n\t", max_size=10))
def test_blanks_and_punctuation_round_an_order_never_hide_it(word: str, before: str, after: str) -> None:
    assert text_kind(before + word.upper() + after) is TextKind.stop


@given(st.text(max_size=500))
def test_any_text_has_one_kind(text: str) -> None:
    assert text_kind(text) in TextKind
