"""A report figure by figure, for programs: flat, and as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sequencing.lines import guarded
from sequencing.reports import Figures, Line, Measure, Report, StepLine

STANDING = (Measure.active, Measure.paused, Measure.canceled, Measure.finished)
BY_MESSAGE = (Measure.tried, Measure.sent, Measure.opened, Measure.clicked, Measure.replied, Measure.bounced)
BY_PERSON = (Measure.todos, Measure.result, Measure.skipped)
OF_ALL = tuple(Measure)
OF_A_STEP = (Measure.reached, *STANDING, *BY_MESSAGE, Measure.unsubscribed, *BY_PERSON)
OF_A_USER = (Measure.enrolled, *STANDING, *BY_MESSAGE, Measure.unsubscribed, Measure.result, Measure.skipped)
OF_A_DAY = (Measure.enrolled, Measure.finished, *BY_MESSAGE[1:], Measure.unsubscribed, Measure.result, Measure.skipped)
HEADER = ("table", "key", "name", "measure", "word", "people", "of", "of_what", "percent")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and the share it is: `percent` of `of` people, who are `of_what`; None where there is no share."""

    measure: Measure
    word: str
    people: int
    of: int | None = None
    of_what: str | None = None
    percent: float | None = None


def figures_of_all(report: Report) -> list[Figure]:
    """Of everybody together."""
    return _figures(report.all, OF_ALL)


def figures_of_step(line: StepLine) -> list[Figure]:
    """Of a step: what can be said of one of its kind."""
    return _figures(line.figures, tuple(one for one in OF_A_STEP if one in STANDING or line.has(one)))


def figures_of_user(line: Line) -> list[Figure]:
    """Of what a user began, sent and did."""
    return _figures(line.figures, OF_A_USER)


def figures_of_sequence(line: Line) -> list[Figure]:
    """Of a sequence."""
    return _figures(line.figures, OF_ALL)


def figures_of_day(line: Line) -> list[Figure]:
    """Of a day or week."""
    return _figures(line.figures, OF_A_DAY)


def _figures(of: Figures, measures: tuple[Measure, ...]) -> list[Figure]:
    """Every measure, also where it is 0, then its words."""
    return [_figure(of, one, word) for one in measures for word in ("", *of.words(one))]


def _figure(of: Figures, measure: Measure, word: str) -> Figure:
    rate = of.rate(measure, word)
    if rate is None:
        return Figure(measure, word, of.of(measure, word))
    what, which = rate.of_what
    return Figure(measure, word, rate.people, rate.of, f"{what} {which}".strip(), rate.percent)


def as_json(report: Report) -> dict[str, Any]:
    """The whole report as plain values."""

    def lines(found: Iterable[tuple[str, str, list[Figure]]]) -> list[dict[str, Any]]:
        return [{"key": key, "name": name, "figures": [asdict(one) for one in figures]} for key, name, figures in found]

    return {
        "all": [asdict(one) for one in figures_of_all(report)],
        "removed": report.removed,
        "active_at": [{"step": step, "people": people} for step, people in report.active_at.items()],
        "steps": lines((line.key, line.name, figures_of_step(line)) for line in report.steps),
        "sequences": lines((line.key, line.name, figures_of_sequence(line)) for line in report.sequences),
        "users": lines((line.key, line.name, figures_of_user(line)) for line in report.users),
        "times": lines((line.key, line.name, figures_of_day(line)) for line in report.times),
    }


def as_csv(report: Report) -> str:
    """The whole report, a figure a line."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    for table, key, name, one in _all_figures(report):
        share = ("", "", "") if one.of is None else (one.of, one.of_what, one.percent)
        writer.writerow((table, key, guarded(name), one.measure, one.word, one.people, *share))
    writer.writerow(("all", "", "", "removed", "", report.removed, "", "", ""))
    return file.getvalue()


def _all_figures(report: Report) -> Iterator[tuple[str, str, str, Figure]]:
    yield from (("all", "", "", one) for one in figures_of_all(report))
    for step, people in report.active_at.items():
        yield "active at step", str(step), "", Figure(Measure.active, "", people)
    for line in report.steps:
        yield from (("step", line.key, line.name, one) for one in figures_of_step(line))
    for of, table, lines in (
        (figures_of_sequence, "sequence", report.sequences),
        (figures_of_user, "user", report.users),
        (figures_of_day, "time", report.times),
    ):
        yield from ((table, line.key, line.name, one) for line in lines for one in of(line))
