"""Charts as SVG, drawn on the server: bars, stacked bars, lines over time. Beside each stands the table that says it.

Colours are classes of `static/metrics.css`: the pages allow no styles in themselves. What is good, bad or neither has
its own, with a sign in it, so that nobody needs to tell colours apart; all else takes `series-0` to `series-6` in turn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log10

from markupsafe import Markup

WIDTH, LABELS, VALUES = 480, 128, 34
ROW, GAP, BAR = 18, 8, 12
HEIGHT, BELOW, BESIDE = 180, 22, 34
LEGEND = 20
SERIES = 7
LONGEST_LABEL = 21
GOOD, BAD, EVEN = ("good", "+"), ("bad", "−"), ("even", "○")
TONES = {
    "positive": GOOD,
    "interested": GOOD,
    "negative": BAD,
    "not interested": BAD,
    "neutral": EVEN,
}
"""Of a series of that name: its class, and the sign in its bars."""
SIGNED = 14
"""A bar must be so wide to have room for a sign."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of bars: its label, and a value for each series by name."""

    label: str
    values: Mapping[str, int]


def bars(key: str, title: str, rows: Sequence[Row]) -> Markup:
    """A bar for each value, one below the other, in groups by row. `key` is unique on the page."""
    names, longest = _names(rows), max((value for row in rows for value in row.values.values()), default=0)
    drawn, y = [], _legend_height(names)
    for row in rows:
        drawn.append(_label(row.label, y + BAR))
        for name, value in row.values.items():
            drawn += _bar(_class(name, names), LABELS, y, _scaled(value, longest))
            drawn.append(_value(value, LABELS + _scaled(value, longest) + 4, y + BAR - 2))
            y += ROW - 3
        y += GAP
    return _svg(key, title, _told(rows), y, [*_legend(names), *drawn])


def stacked(key: str, title: str, rows: Sequence[Row]) -> Markup:
    """A bar for each row, made of its values."""
    names = _names(rows)
    longest = max((sum(row.values.values()) for row in rows), default=0)
    drawn, y = [], _legend_height(names)
    for row in rows:
        drawn += [_label(row.label, y + BAR), *_pieces(row, names, longest, y)]
        y += ROW + GAP
    return _svg(key, title, _told(rows), y, [*_legend(names), *drawn])


def _pieces(row: Row, names: list[str], longest: int, y: int) -> Iterator[Markup]:
    begins = [0, *accumulate(row.values.values())]
    for begin, (name, value) in zip(begins, row.values.items(), strict=False):
        yield from _bar(_class(name, names), LABELS + _scaled(begin, longest), y, _scaled(value, longest))
    yield _value(begins[-1], LABELS + _scaled(begins[-1], longest) + 4, y + BAR - 2)


def lines(key: str, title: str, rows: Sequence[Row]) -> Markup:
    """A line for each series, a point a row, in the order of time."""
    names = _names(rows)
    top, y = _round(max((value for row in rows for value in row.values.values()), default=0)), _legend_height(names)
    drawn = [*_legend(names), *_grid(top, y), *_days(rows, y)]
    for name in names:
        points = [_point(at, len(rows), row.values.get(name, 0), top, y) for at, row in enumerate(rows)]
        drawn += _line(_class(name, names), points)
    return _svg(key, title, _told(rows), y + HEIGHT + BELOW, drawn)


def _grid(top: int, y: int) -> Iterator[Markup]:
    for part in (0, 1, 2):
        at = y + HEIGHT - HEIGHT * part // 2
        yield Markup('<path class="grid" d="M{} {}H{}"/>').format(BESIDE, at, WIDTH)
        if top * part % 2 == 0:
            yield Markup('<text class="end" x="{}" y="{}">{}</text>').format(BESIDE - 4, at + 4, top * part // 2)


def _days(rows: Sequence[Row], y: int) -> Iterator[Markup]:
    """The first and the last, and the one in between where there is room."""
    if not rows:
        return
    last = len(rows) - 1
    sides = {0: "start", last // 2: "middle", last: "end"} if last > 1 else {0: "start"} if rows else {}
    for at, side in sides.items():
        x = BESIDE + (WIDTH - BESIDE) * at // max(last, 1)
        yield Markup('<text class="{}" x="{}" y="{}">{}</text>').format(side, x, y + HEIGHT + 16, rows[at].label)


def _point(at: int, number: int, value: int, top: int, y: int) -> tuple[int, int]:
    x = BESIDE + (WIDTH - BESIDE - 4) * at // max(number - 1, 1)
    return x, y + HEIGHT - HEIGHT * value // max(top, 1)


def _line(series: str, points: Sequence[tuple[int, int]]) -> list[Markup]:
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    dots = [Markup('<circle class="{}" cx="{}" cy="{}" r="2.5"/>').format(series, *at) for at in points]
    return [Markup('<path class="line {}" d="{}"/>').format(series, path), *dots]


def _svg(key: str, title: str, told: str, height: int, drawn: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="chart" role="img" aria-labelledby="{0}-title {0}-told" viewBox="0 0 {1} {2}">')
    words = Markup('<title id="{0}-title">{1}</title><desc id="{0}-told">{2}</desc>').format(key, title, told)
    return head.format(key, WIDTH, max(height, 1)) + words + Markup("").join(drawn) + Markup("</svg>")


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.values))


def _told(rows: Sequence[Row]) -> str:
    """What a chart shows, in words; the table says the same."""
    return "; ".join(
        f"{row.label}: {', '.join(f'{name} {value}' for name, value in row.values.items())}" for row in rows[:40]
    )


def _legend(names: Sequence[str]) -> Iterator[Markup]:
    for name, (x, y) in zip(names, _places(names), strict=True):
        series = _class(name, names)
        yield Markup('<rect class="{}" x="{}" y="{}" width="10" height="10" rx="2"/>').format(series, x, y)
        yield _sign(series, x + 5, y + 9)
        yield Markup('<text x="{}" y="{}">{}</text>').format(x + 14, y + 9, name)


def _places(names: Sequence[str]) -> list[tuple[int, int]]:
    places, x, y = [], 0, 2
    for name in names:
        wide = 26 + 7 * len(name)
        if x + wide > WIDTH:
            x, y = 0, y + LEGEND
        places.append((x, y))
        x += wide
    return places


def _legend_height(names: Sequence[str]) -> int:
    places = _places(names)
    return places[-1][1] + LEGEND + 4 if places else 0


def _label(said: str, y: int) -> Markup:
    short = said if len(said) <= LONGEST_LABEL else said[: LONGEST_LABEL - 1] + "…"
    return Markup('<text x="0" y="{}">{}</text>').format(y - 2, short)


def _value(value: int, x: int, y: int) -> Markup:
    return Markup('<text x="{}" y="{}">{}</text>').format(x, y, value)


def _class(name: str, names: Sequence[str]) -> str:
    """The class of a series, which says its colour."""
    if name in TONES:
        return TONES[name][0]
    return f"series-{[one for one in names if one not in TONES].index(name) % SERIES}"


def _bar(series: str, x: int, y: int, wide: int) -> Iterator[Markup]:
    if not wide:
        return
    yield Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(series, x, y, wide, BAR)
    if wide >= SIGNED:
        yield _sign(series, x + wide // 2, y + BAR - 2)


def _sign(series: str, x: int, y: int) -> Markup:
    """In the middle of a bar, hidden from screen readers, which are told its name."""
    sign = dict(TONES.values()).get(series)
    drawn = Markup('<text class="sign" aria-hidden="true" x="{}" y="{}">{}</text>')
    return drawn.format(x, y, sign) if sign else Markup("")


def _scaled(value: int, longest: int) -> int:
    """So wide is a bar; what is not nothing is seen."""
    room = WIDTH - LABELS - VALUES
    return max(room * value // max(longest, 1), 1) if value else 0


def _round(most: int) -> int:
    """A round number that no value is above."""
    if most < 4:
        return max(most, 1) if most % 2 == 0 else most + 1
    unit = int(10 ** int(log10(most)))
    return next(one for one in (unit * 2, unit * 4, unit * 6, unit * 8, unit * 10) if one >= most)
