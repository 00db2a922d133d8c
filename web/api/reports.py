"""The numbers: of one sequence, and of all that one sees."""

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, Field

from sequencing.periods import Every
from sequencing.report_lines import as_json
from sequencing.reports import DEFINITIONS, Measure, Time
from starter import reports as acts
from starter.door import Door
from starter.reports import Asked
from store.sequences import numbered
from web.acting import At, By
from web.api.words import Number
from web.areas import Area
from web.leaving import while_there
from web.once import Once

router = Area(tags=["metrics"], route_class=Once)
User = Annotated[str, Query(max_length=320, description="Only whom this user enrolled, by email.")]
Day = Annotated[str, Query(max_length=10, description="A day: 2026-12-01; empty: no end.")]
Kind = Annotated[Time, Query(description="Whoever was added in the period, or what happened in it.")]
Spans = Annotated[Every, Query(description="Over time: by days or weeks.")]


class Figure(BaseModel):
    """So many people. `word` narrows the measure: a reason, an outcome, a result, a channel; empty: all of them.

    `percent` is the share of `of` people, who are `of_what`; null: there is none to take.
    """

    measure: Measure
    word: str
    people: int
    of: int | None
    of_what: str | None
    percent: float | None


class Figures(BaseModel):
    """A line: of a step, a sequence, a user, a day or week."""

    key: str
    name: str
    figures: list[Figure]


class AtStep(BaseModel):
    """How many people are active at a step."""

    step: int
    people: int


class Metrics(BaseModel):
    """In each number a person counts once; `removed` are enrollments. `meaning` says what each measure counts."""

    all: list[Figure]
    removed: int
    active_at: list[AtStep]
    steps: list[Figures] = Field(description="Of one sequence.")
    sequences: list[Figures] = Field(description="Of all you see.")
    users: list[Figures] = Field(description="By who enrolled, sent, and did.")
    times: list[Figures] = Field(description="By the first day of each day or week in which something happened.")
    meaning: dict[Measure, str]


@router.get("/metrics")
async def of_all(
    request: Request,
    door: At,
    by: By,
    user: User = "",
    since: Day = "",
    until: Day = "",
    time: Kind = Time.added,
    every: Spans = Every.day,
) -> Metrics:
    """The numbers of all sequences you see."""
    return await _metrics(request, door, Asked("", user, since, until, time, every), by.email)


@router.get("/sequences/{id}/metrics")
async def of_sequence(
    request: Request,
    door: At,
    by: By,
    id: Number,
    user: User = "",
    since: Day = "",
    until: Day = "",
    time: Kind = Time.added,
    every: Spans = Every.day,
) -> Metrics:
    """The numbers of one sequence, step by step."""
    return await _metrics(request, door, Asked(numbered(id), user, since, until, time, every), by.email)


async def _metrics(request: Request, door: Door, asked: Asked, by: str) -> Metrics:
    told: dict[str, Any] = as_json(await while_there(request, acts.report(door, asked, by)))
    return Metrics(**told, meaning=dict(DEFINITIONS))
