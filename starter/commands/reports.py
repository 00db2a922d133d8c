"""`sequencing report`."""

import json
from typing import Annotated, Any

import typer

from sequencing.periods import Every
from sequencing.report_lines import as_csv, as_json
from sequencing.reports import FUNNEL, STANDINGS, Figures, Line, Measure, Report, Time
from starter import reports
from starter.commands.shell import As, Json, fail, leave, read, say, show
from starter.reports import Asked

LATEST = 14
"""Days or weeks that are printed; `--csv` and `--json` have all."""
TOTALS = (*STANDINGS, Measure.sent, Measure.opened, Measure.clicked, Measure.replied, Measure.bounced)


def report(
    sequence: Annotated[str, typer.Option(help="Only of this one, by number or name.")] = "",
    user: Annotated[str, typer.Option(help="Only whom this user enrolled, by email.")] = "",
    since: Annotated[str, typer.Option(help="The first day of a period: 2026-12-01.")] = "",
    until: Annotated[str, typer.Option(help="Its last day.")] = "",
    time: Annotated[Time, typer.Option(help="Whoever was added in the period, or what happened in it.")] = Time.added,
    every: Annotated[Every, typer.Option(help="Over time: by days or weeks.")] = Every.day,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a figure a line.")] = False,
    by: As = "",
    as_json_: Json = False,
) -> None:
    """The numbers of a sequence, or of all you see: people, each counted once. docs/metrics.md says what each means."""
    if csv and as_json_:
        fail("Choose one of --csv and --json.", 2)
    told: Report = read(lambda door: reports.report(door, Asked(sequence, user, since, until, time, every), by))
    if csv:
        print(as_csv(told), end="")
    elif as_json_:
        print(json.dumps(as_json(told), indent=2, ensure_ascii=False))
    else:
        _print(told)
    leave(0)


def _print(told: Report) -> None:
    tables = (
        ("", _standing(told)),
        ("Step by step", [{"step": f"{one.key} {one.action.words}", **_cells(one, FUNNEL)} for one in told.steps]),
        ("Results of to-dos", _results(told)),
        ("By sequence", [_row("sequence", one, (Measure.enrolled, *TOTALS)) for one in told.sequences]),
        ("By user", [_row("user", one, (Measure.enrolled, *TOTALS[4:], Measure.skipped)) for one in told.users]),
        ("Over time", [_row("when", one, (Measure.enrolled, *TOTALS[3:])) for one in told.times[-LATEST:]]),
    )
    for title, rows in tables:
        if rows:
            say(["", title] if title else [], aloud=True)
            show(rows, as_json=False)
    if len(told.times) > LATEST:
        say([f"The latest {LATEST} of {len(told.times)}; --csv has all."], aloud=True)


def _standing(told: Report) -> list[dict[str, Any]]:
    rows = [{"people": "enrolled", "": told.all.of(Measure.enrolled)}]
    for one in STANDINGS:
        rows.append({"people": one, "": _cell(told.all, one)})
        at = told.active_at if one is Measure.active else {}
        rows += [{"people": f"  at step {step}", "": str(people)} for step, people in at.items()]
        rows += [
            {"people": f"  {word.replace('_', ' ')}", "": str(people)} for word, people in told.all.words(one).items()
        ]
    return [*rows, {"people": "enrollments removed", "": told.removed}]


def _results(told: Report) -> list[dict[str, Any]]:
    words = [(line, word) for line in told.steps for word in line.figures.words(Measure.result)]
    return [
        {
            "step": f"{line.key} {line.action.words}",
            "result": word.replace("_", " "),
            "people": _cell(line.figures, Measure.result, word),
        }
        for line, word in words
    ]


def _row(title: str, line: Line, measures: tuple[Measure, ...]) -> dict[str, Any]:
    return {title: line.name, **_cells(line, measures)}


def _cells(line: Line, measures: tuple[Measure, ...]) -> dict[str, Any]:
    return {one.words: _cell(line.figures, one) for one in measures}


def _cell(figures: Figures, measure: Measure, word: str = "") -> str:
    """The number and its share, with the number it is a share of."""
    rate = figures.rate(measure, word)
    return str(figures.of(measure, word)) if rate is None else f"{rate.people} ({rate.percent:g} % of {rate.of})"
