"""Metrics: the numbers of a sequence, or of all the reader sees, in tables, each with its chart."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Path, Request
from starlette.responses import RedirectResponse, Response

from sequencing.errors import Refused
from sequencing.people import User
from sequencing.periods import Every
from sequencing.report_lines import as_csv
from sequencing.reports import DEFINITIONS, REMOVED, Report, Time
from starter import reports
from starter.door import Door
from starter.reports import Asked
from store import sequences, users
from store.sequences import numbered
from web.acting import At
from web.areas import Area
from web.leaving import while_there
from web.pages import metrics_tables as tables
from web.pages.frame import Page, page, reader, zone_of

router = Area(route_class=Page)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
FIELDS = ("user", "since", "until", "time", "every")
LONGEST = 320
KEPT = ("invalid_day", "invalid_period", "unknown_user", "takes_too_long")
"""Refusals that are said above the form, which stays as it was filled in."""


@router.get("/metrics")
async def of_all(request: Request, door: At) -> Response:
    """The numbers of all sequences that the reader sees; a chosen one has a page of its own."""
    chosen = request.query_params.get("sequence", "")
    if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10:
        return RedirectResponse(_address(f"/sequences/{int(chosen)}/metrics", request), 303)
    return await _shown(request, door)


@router.get("/metrics/csv")
async def all_as_csv(request: Request, door: At) -> Response:
    """The same as a file."""
    return await _file(request, door, None, "metrics.csv")


@router.get("/sequences/{id}/metrics")
async def of_sequence(request: Request, door: At, id: Number) -> Response:
    """The numbers of one sequence."""
    return await _shown(request, door, id)


@router.get("/sequences/{id}/metrics/csv")
async def sequence_as_csv(request: Request, door: At, id: Number) -> Response:
    """The same as a file."""
    return await _file(request, door, id, f"metrics-{id}.csv")


def _asked(request: Request, sequence: int | None) -> Asked:
    """What the form says; a choice that it does not offer is the first."""
    said = {name: request.query_params.get(name, "")[:LONGEST].replace("\0", "") for name in FIELDS}
    time = Time(said["time"]) if said["time"] in list(Time) else Time.added
    every = Every(said["every"]) if said["every"] in list(Every) else Every.day
    since, until = said["since"].strip(), said["until"].strip()
    return Asked(numbered(sequence) if sequence else "", said["user"], since, until, time, every)


async def _file(request: Request, door: Door, sequence: int | None, name: str) -> Response:
    user = await reader(request)
    told = await while_there(request, reports.report(door, _asked(request, sequence), user.email))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(told), media_type="text/csv; charset=utf-8", headers=headers)


async def _shown(request: Request, door: Door, sequence: int | None = None) -> Response:
    user, asked = await reader(request), _asked(request, sequence)
    told, error = await while_there(request, _told(door, asked, user))
    here = f"/sequences/{sequence}/metrics" if sequence else "/metrics"
    return page(
        request,
        "metrics.html",
        code=422 if error else 200,
        user=user,
        zone=await zone_of(door),
        asked=asked,
        error=error,
        here=here,
        csv=_address(f"{here}/csv", request),
        sections=tables.sections(told, asked.every) if told else [],
        told=told,
        definitions=DEFINITIONS,
        about_removed=REMOVED,
        **await _choices(door, user, sequence),
    )


async def _told(door: Door, asked: Asked, user: User) -> tuple[Report | None, str]:
    """The report, or why there is none."""
    try:
        return await reports.report(door, asked, user.email), ""
    except Refused as refusal:
        if refusal.code not in KEPT:
            raise
        return None, refusal.sentence


async def _choices(door: Door, user: User, sequence: int | None) -> dict[str, Any]:
    async with door.database.reading() as tx:
        shown = await sequences.all_shown(tx, user)
        people = await users.everybody(tx)
    chosen = next((one for one in shown if one.id == sequence), None)
    return {"shown": shown, "people": people, "chosen": chosen, "times": list(Time), "spans": list(Every)}


def _address(path: str, request: Request) -> str:
    said = {name: request.query_params[name] for name in FIELDS if request.query_params.get(name)}
    return f"{path}?{urlencode(said)}" if said else path
