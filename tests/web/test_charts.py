"""Charts are well-formed, say in words what they show, and carry nothing that the pages' policy forbids."""

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element, fromstring

import pytest

from web import charts
from web.charts import Row

Draw = Callable[[str, str, Sequence[Row]], str]
KINDS = [charts.bars, charts.stacked, charts.lines]
ROWS = [Row("<First>", {"sent": 40, "opened": 10}), Row("Second", {"sent": 0, "opened": 1})]


@pytest.mark.parametrize("draw", KINDS)
def test_a_chart_is_an_image_with_a_title_and_its_values_in_words(draw: Draw) -> None:
    drawn = draw("one", "Sent & opened", ROWS)
    svg = fromstring(drawn)

    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "one-title one-told"
    assert [element.text for element in svg[:2]] == [
        "Sent & opened",
        "<First>: sent 40, opened 10; Second: sent 0, opened 1",
    ]
    assert " style=" not in drawn


@pytest.mark.parametrize("draw", KINDS)
@pytest.mark.parametrize("rows", [[], [Row("Nothing", {"sent": 0})], ROWS[1:], ROWS * 40])
def test_a_chart_stays_within_itself_however_little_or_much_it_shows(draw: Draw, rows: list[Row]) -> None:
    svg = fromstring(draw("one", "Title", rows))
    _, _, wide, high = map(int, svg.attrib["viewBox"].split())

    for rect in svg.findall("rect"):
        x, y, width, height = (int(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= wide
        assert 0 <= y <= y + height <= high


def test_bars_are_as_long_as_their_values_and_what_is_not_nothing_is_seen() -> None:
    svg = fromstring(charts.bars("one", "Title", [Row("First", {"a": 1000, "b": 500, "c": 1, "d": 0})]))

    lengths = [int(rect.attrib["width"]) for rect in _bars(svg)]
    assert lengths == [318, 159, 1]


def test_the_pieces_of_a_stacked_bar_follow_each_other() -> None:
    svg = fromstring(charts.stacked("one", "Title", [Row("First", {"a": 30, "b": 0, "c": 10})]))

    first, last = _bars(svg)
    assert int(first.attrib["x"]) + int(first.attrib["width"]) == int(last.attrib["x"])


def test_good_bad_and_neither_have_colours_and_signs_of_their_own_and_nobody_else_has_them() -> None:
    stands = {"active": 9, "positive": 9, "not interested": 9, "neutral": 9, "skipped": 9}
    svg = fromstring(charts.stacked("one", "Title", [Row("First", stands)]))

    assert [bar.get("class") for bar in _bars(svg)] == ["series-0", "good", "bad", "even", "series-1"]
    signs = [text.text for text in svg.findall("text") if text.get("class") == "sign"]
    assert signs == ["+", "−", "○"] * 2, "in the legend, then in the bar"


def test_a_line_has_a_point_for_each_day_and_its_top_is_round() -> None:
    svg = fromstring(charts.lines("one", "Title", [Row(f"{day} Mar", {"a": day}) for day in range(1, 14)]))

    assert len(svg.findall("circle")) == 13
    assert [text.text for text in svg.findall("text") if text.get("class") == "end"][:3] == ["0", "10", "20"]


def _bars(svg: Element) -> list[Element]:
    return [rect for rect in svg.findall("rect") if rect.get("rx") is None]
