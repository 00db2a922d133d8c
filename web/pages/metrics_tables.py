"""What the page of numbers shows: tables, and beside each its chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from sequencing.periods import Every, filled
from sequencing.reports import EMAIL, STANDINGS, Figures, Key, Line, Measure, Rate, Report, StepLine
from sequencing.todos import Outcome
from web import charts
from web.charts import Row

LATEST = 60
"""Days or weeks that are shown."""
MOST_ROWS = 20
"""Of a chart; the table has all."""
MESSAGES = (Measure.sent, Measure.opened, Measure.clicked, Measure.replied, Measure.bounced, Measure.unsubscribed)
OF_A_STEP = (Measure.reached, Measure.active, *MESSAGES, Measure.todos, Measure.skipped)
OF_A_SEQUENCE = (Measure.enrolled, *STANDINGS, *MESSAGES)
OF_A_USER = (Measure.enrolled, *MESSAGES, Measure.result, Measure.skipped)
IN_STEPS = (Measure.reached, Measure.sent, Measure.opened, Measure.clicked, Measure.replied, Measure.todos)
OF_WHOM: Mapping[Key, str] = {
    (Measure.enrolled, ""): "of those enrolled",
    (Measure.reached, ""): "of those who reached it",
    (Measure.sent, EMAIL): "of those who got an email",
    (Measure.sent, ""): "of those who got it",
    (Measure.tried, ""): "of those it was tried for",
    (Measure.todos, ""): "of those with the to-do",
}
OVER_TIME = (Measure.enrolled, Measure.sent, Measure.opened, Measure.replied)


@dataclass(frozen=True, slots=True)
class Cell:
    """A number; `rate` is its share, where there is one to take. Without a number it says nothing of this line."""

    number: int | None
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Of a column: what is counted, and of whom the shares are."""

    words: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`heads` are of the cells; each line begins with its name, indented where it is part of the line above."""

    first: str
    heads: Sequence[Head]
    lines: Sequence[tuple[str, bool, Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its chart, and a sentence about it."""

    key: str
    title: str
    table: Table
    chart: Markup
    hint: str = ""


def sections(told: Report, every: Every) -> list[Section]:
    """Everything, in order; what has no line is left out."""
    found = [_standing(told), _steps(told), _results(told), _sequences(told), _users(told), _times(told, every)]
    return [one for one in found if one.table.lines]


def _standing(told: Report) -> Section:
    lines: list[tuple[str, bool, list[Cell]]] = [("Enrolled", False, [Cell(told.all.of(Measure.enrolled))])]
    for one in STANDINGS:
        lines.append((one.capitalize(), False, [_cell(told.all, one)]))
        if one is Measure.active:
            lines += [(f"at step {step}", True, [Cell(people)]) for step, people in told.active_at.items()]
        lines += [(_plain(word), True, [_cell(told.all, one, word)]) for word in told.all.words(one)]
    hint = (
        "Who is in several sequences stands in each of them, and counts once in each line: lines need not add up."
        if told.sequences
        else ""
    )
    chart = _standing_chart(told)
    return Section(
        "standing", "Where they stand", Table("Standing", [Head("People", "of those enrolled")], lines), chart, hint
    )


def _standing_chart(told: Report) -> Markup:
    """One bar for all of them together, unless somebody stands in several places."""
    at = _standings(told.all)
    if told.sequences:
        return charts.bars("standing", "Where they stand", [Row(name, {name: n}) for name, n in at.items()])
    return charts.stacked("standing", "Where they stand", [Row("people", at)])


def _standings(of: Figures) -> dict[str, int]:
    """Finished ones by their outcome."""
    first = {one.value: of.of(one) for one in STANDINGS if one is not Measure.finished}
    return first | {str(outcome): of.of(Measure.finished, outcome) for outcome in Outcome}


def _steps(told: Report) -> Section:
    rows = [Row(_step(one), {m.words: one.figures.of(m) for m in IN_STEPS if one.has(m)}) for one in told.steps]
    table = _table("Step", told.steps, OF_A_STEP)
    return Section("steps", "Step by step", table, charts.bars("steps", "Step by step", rows[:MOST_ROWS]))


def _step(line: StepLine) -> str:
    return f"{line.key} {line.action.words}"


def _results(told: Report) -> Section:
    asking = [one for one in told.steps if one.has(Measure.todos)]
    lines: list[tuple[str, bool, list[Cell]]] = []
    for one in asking:
        of = one.figures
        lines.append((f"{_step(one)}: to-dos", False, [Cell(of.of(Measure.todos))]))
        lines += [(_plain(word), True, [_cell(of, Measure.result, word)]) for word in of.words(Measure.result)]
        lines.append(("skipped", True, [_cell(of, Measure.skipped)]))
    rows = [Row(_step(one), _resolved(one.figures)) for one in asking]
    chart = charts.stacked("results", "Results of to-dos", rows[:MOST_ROWS])
    return Section(
        "results",
        "Results of to-dos",
        Table("Step and result", [Head("People", "of those with the to-do")], lines),
        chart,
    )


def _resolved(of: Figures) -> dict[str, int]:
    results = {_plain(word): people for word, people in of.words(Measure.result).items()}
    return results | {"skipped": of.of(Measure.skipped)}


def _sequences(told: Report) -> Section:
    rows = [Row(one.name, _standings(one.figures)) for one in told.sequences]
    chart = charts.stacked("sequences", "Sequence by sequence", rows[:MOST_ROWS])
    return Section("sequences", "Sequence by sequence", _table("Sequence", told.sequences, OF_A_SEQUENCE), chart)


def _users(told: Report) -> Section:
    shown = (Measure.enrolled, Measure.sent, Measure.replied, Measure.result)
    rows = [Row(one.name, {m.words: one.figures.of(m) for m in shown}) for one in told.users]
    hint = "Enrolled: added by the user. Sent and what follows: messages in his name. Results: given by him."
    chart = charts.bars("users", "By user", rows[:MOST_ROWS])
    return Section("users", "By user", _table("User", told.users, OF_A_USER), chart, hint)


def _times(told: Report, every: Every) -> Section:
    latest = told.times[-LATEST:]
    title = f"Over time, {every} by {every}"
    left_out = f"The latest {LATEST} of {len(told.times)} are shown; choose weeks or a period, or take the CSV."
    hint = left_out if len(told.times) > LATEST else ""
    chart = charts.lines("times", title, _filled(latest, every))
    return Section("times", title, _table("When", latest, OF_A_USER), chart, hint)


def _filled(lines: Sequence[Line], every: Every) -> list[Row]:
    """A row for each day or week, also where nothing happened."""
    if not lines:
        return []
    at = {one.key: one.figures for one in lines}
    days = filled(date.fromisoformat(lines[0].key), date.fromisoformat(lines[-1].key), every)[-LATEST:]
    return [Row(f"{day:%d %b}", {m.words: at.get(day.isoformat(), Figures()).of(m) for m in OVER_TIME}) for day in days]


def _table(first: str, lines: Sequence[Line], measures: Sequence[Measure]) -> Table:
    heads = [Head(one.words.capitalize(), _of_whom(one, lines)) for one in measures]
    return Table(first, heads, [(_name(line), False, [_of(line, one) for one in measures]) for line in lines])


def _of_whom(measure: Measure, lines: Sequence[Line]) -> str:
    """Of whom the shares of a column are, if it has any."""
    rates = [rate for line in lines if (rate := line.figures.rate(measure))]
    return OF_WHOM[rates[0].of_what] if rates else ""


def _name(line: Line) -> str:
    return f"{_step(line)}: {line.name}" if isinstance(line, StepLine) else line.name


def _of(line: Line, measure: Measure) -> Cell:
    if isinstance(line, StepLine) and not line.has(measure):
        return Cell(None)
    return _cell(line.figures, measure)


def _cell(of: Figures, measure: Measure, word: str = "") -> Cell:
    return Cell(of.of(measure, word), of.rate(measure, word))


def _plain(word: str) -> str:
    return word.replace("_", " ")
