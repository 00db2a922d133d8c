"""From counts to a report: of whom each share is, what has none, and what the CSV holds."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sequencing.periods import Every, filled, instants, offsets
from sequencing.report_lines import HEADER, as_csv, as_json
from sequencing.reports import (
    DEFINITIONS,
    FUNNEL,
    OUT_OF,
    REMOVED,
    By,
    Count,
    Figures,
    Measure,
    Names,
    Time,
    Wanted,
    report,
)
from sequencing.sequences import Action, Step
from sequencing.timing import Delay, Unit

SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
"""When the clocks of Berlin are put forward."""
NOW = Delay(0, Unit.minutes)
MAIL = Step(1, Action.automatic_email, NOW, subject="Hello", track_opens=True, track_clicks=True)
BARE = Step(2, Action.automatic_email, NOW, subject="Again")
CALLED = Step(3, Action.call, NOW, title="Call")
TEXTED = Step(4, Action.text, NOW)


def of(**people: int) -> Figures:
    return Figures({(Measure(name), ""): number for name, number in people.items()})


@pytest.mark.parametrize(
    ("measure", "counted_of"),
    [
        (Measure.sent, 10),
        (Measure.opened, 6),
        (Measure.clicked, 6),
        (Measure.replied, 8),
        (Measure.unsubscribed, 8),
        (Measure.bounced, 9),
        (Measure.todos, 10),
        (Measure.result, 5),
        (Measure.skipped, 5),
        (Measure.paused, 20),
        (Measure.finished, 20),
    ],
)
def test_a_share_is_of_those_who_could_have_been_counted(measure: Measure, counted_of: int) -> None:
    figures = of(enrolled=20, reached=10, tried=9, sent=8, todos=5)
    emails = Figures({**figures.people, (Measure.sent, "email"): 6, (measure, ""): 3})
    rate = (emails if measure is not Measure.sent and measure is not Measure.todos else of(reached=10)).rate(measure)

    assert rate is not None
    assert rate.of == counted_of


def test_of_nobody_there_is_no_share_and_of_whom_is_known_for_all_but_the_widest() -> None:
    assert Figures().rate(Measure.opened) is None
    assert of(enrolled=3).rate(Measure.enrolled) is None
    assert set(Measure) - set(OUT_OF) == {Measure.enrolled, Measure.reached, Measure.tried}


def test_a_share_is_said_with_one_decimal() -> None:
    rate = of(tried=3, bounced=1).rate(Measure.bounced)

    assert rate is not None
    assert (rate.people, rate.of, rate.percent) == (1, 3, 33.3)


def test_every_measure_is_defined_in_a_sentence() -> None:
    assert set(DEFINITIONS) == set(Measure)
    assert all(sentence.endswith(".") for sentence in DEFINITIONS.values())


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (MAIL, {"reached", "sent", "opened", "clicked", "replied", "bounced", "unsubscribed"}),
        (BARE, {"reached", "sent", "replied", "bounced", "unsubscribed"}),
        (CALLED, {"reached", "todos", "skipped"}),
        (TEXTED, {"reached", "sent", "replied", "bounced", "unsubscribed"}),
    ],
)
def test_of_a_step_only_what_its_kind_can_have_is_said(step: Step, said: set[str]) -> None:
    (line,) = report([], 0, Names(steps=(step,)), Wanted(1)).steps

    assert {one for one in FUNNEL if line.has(one)} == said


def test_what_was_opened_while_the_switch_was_on_is_said_afterwards_too() -> None:
    counts = [Count(By.step, "2", Measure.opened, "", 1)]
    (line,) = report(counts, 0, Names(steps=(BARE,)), Wanted(1)).steps

    assert line.has(Measure.opened)


COUNTS = [
    *(Count(By.all, "", *one) for one in ((Measure.enrolled, "", 4), (Measure.paused, "", 3), (Measure.active, "", 1))),
    *(Count(By.all, "", Measure.paused, word, people) for word, people in (("bounced", 1), ("replied", 2))),
    Count(By.step, "2", Measure.active, "", 1),
    Count(By.step, "1", Measure.paused, "", 3),
    Count(By.sequence, "7", Measure.enrolled, "", 4),
    Count(By.user, "9", Measure.enrolled, "", 4),
    Count(By.time, "2026-03-30", Measure.enrolled, "", 1),
    Count(By.time, "2026-03-02", Measure.enrolled, "", 3),
]
NAMES = Names({7: "=Seven", 8: "Eight"}, {9: "Nina", 10: "Nobody here"})


def test_a_report_has_all_sequences_the_users_who_did_something_and_the_days_in_order() -> None:
    told = report(COUNTS, 2, NAMES, Wanted(every=Every.week))

    assert [(line.name, line.figures.of(Measure.enrolled)) for line in told.sequences] == [("=Seven", 4), ("Eight", 0)]
    assert [line.name for line in told.users] == ["Nina"]
    assert [line.name for line in told.times] == ["week of 02 Mar 2026", "week of 30 Mar 2026"]
    assert (told.active_at, told.all.words(Measure.paused)) == ({2: 1}, {"replied": 2, "bounced": 1})


def test_what_happened_in_a_period_has_no_shares_and_a_day_never_has() -> None:
    whole = report(COUNTS, 0, NAMES, Wanted(time=Time.happened))
    period = report(COUNTS, 0, NAMES, Wanted(time=Time.happened, since=SPRING))

    assert whole.all.rate(Measure.paused) is not None
    assert period.all.rate(Measure.paused) is None
    assert whole.times[0].figures.rate(Measure.finished) is None


def test_the_csv_has_a_figure_a_line_and_no_cell_that_a_spreadsheet_would_calculate() -> None:
    head, *rows = csv.reader(io.StringIO(as_csv(report(COUNTS, 2, NAMES, Wanted()))))

    assert tuple(head) == HEADER
    assert ["all", "", "", "paused", "replied", "2", "4", "enrolled", "50.0"] in rows
    assert ["sequence", "7", "'=Seven", "enrolled", "", "4", "", "", ""] in rows
    assert ["active at step", "2", "", "active", "", "1", "", "", ""] in rows
    assert rows[-1] == ["all", "", "", "removed", "", "2", "", "", ""]


def test_programs_get_the_same_figures() -> None:
    told = as_json(report(COUNTS, 2, NAMES, Wanted()))

    share = {"of": 4, "of_what": "enrolled", "percent": 50.0}
    assert {"measure": "paused", "word": "replied", "people": 2, **share} in told["all"]
    assert [one["key"] for one in told["times"]] == ["2026-03-02", "2026-03-30"]
    assert (told["removed"], told["active_at"]) == (2, [{"step": 2, "people": 1}])


def test_a_period_begins_and_ends_with_the_days_of_the_zone() -> None:
    since, until = instants("2026-03-29", "2026-03-29", "Europe/Berlin")

    assert (since, until) == (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    assert instants("", "", "UTC") == (None, None)


def test_a_clock_is_ahead_from_the_second_on_at_which_it_is_put_forward() -> None:
    whole_year = offsets("Europe/Berlin", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

    assert whole_year[1:] == [(SPRING, 7200), (datetime(2026, 10, 25, 1, tzinfo=UTC), 3600)]
    assert whole_year[0][1] == 3600


def test_days_and_weeks_without_anything_are_filled_in() -> None:
    first, last = datetime(2026, 3, 2).date(), datetime(2026, 3, 16).date()  # noqa: DTZ001

    assert [day.day for day in filled(first, last, Every.week)] == [2, 9, 16]
    assert len(filled(first, last, Every.day)) == 15


def test_the_page_on_metrics_says_the_same_of_every_number() -> None:
    said = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")

    assert [sentence for sentence in (*DEFINITIONS.values(), REMOVED) if sentence not in said] == []
