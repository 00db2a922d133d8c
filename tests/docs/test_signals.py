import re
from pathlib import Path

from activities.news import SIGNALS, SignalBody
from sequencing.happenings import Settlement
from sequencing.todos import RESULTS, Outcome

PAGE = (Path(__file__).parents[2] / "docs" / "signals.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, str]:
    """The rows of the first table under a heading: its first cell, without backticks, and the rest of the row."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", section, flags=re.MULTILINE))


def words(row: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", row))


def test_the_page_lists_every_signal_a_run_obeys_and_no_other() -> None:
    assert set(table("Names")) == SIGNALS


def test_the_page_lists_every_key_of_a_signal_s_body_and_no_other() -> None:
    assert set(table("Body")) == set(SignalBody.model_fields)


def test_the_page_lists_every_word_a_signal_s_body_may_hold() -> None:
    body = table("Body")
    assert words(body["result"]) == {result for results in RESULTS.values() for result in results}
    assert words(body["outcome"]) == set(Outcome)
    assert words(body["settlement"]) == set(Settlement)


def test_what_a_signal_needs_are_keys_of_its_body() -> None:
    needed = {key for row in table("Names").values() for key in words(row.partition("|")[0])}
    assert needed <= set(SignalBody.model_fields)
