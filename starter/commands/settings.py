"""`sequencing settings …`: sequencing settings."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import typer

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.timing import Calendar, check_zone, parse_frame
from starter.commands.shell import As, Json, act, show
from starter.door import Door, permitted
from store import settings as setting_rows

app = typer.Typer(no_args_is_help=True, help="Sequencing settings.")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@app.command("show")
def show_settings(as_json: Json = False) -> None:
    """What is in force."""

    async def look(door: Door) -> dict[str, Any]:
        async with door.database.reading() as tx:
            now = await setting_rows.current(tx)
        frames = {
            day: ", ".join(f"{f.opens:%H:%M}-{f.closes:%H:%M}" for f in of)
            for day, of in zip(DAYS, now.calendar.frames, strict=True)
        }
        return {
            "zone": now.calendar.zone,
            **frames,
            "closed dates": ", ".join(sorted(map(str, now.calendar.closed_dates))),
            "more than one sequence": now.more_than_one_sequence,
            "seconds allowed": now.seconds_allowed,
            "version": now.version,
        }

    show([{"setting": name, "value": value} for name, value in act(look).items()], as_json)


@app.command("set")
def set_settings(
    zone: Annotated[str | None, typer.Option(help="IANA name, as Europe/Berlin.")] = None,
    window: Annotated[list[str] | None, typer.Option(help="mon=09:00-12:00,13:00-17:00; sat= closes it.")] = None,
    closed: Annotated[list[str] | None, typer.Option(help="A closed date; replaces all.")] = None,
    more_than_one_sequence: Annotated[bool | None, typer.Option()] = None,
    seconds_allowed: Annotated[bool | None, typer.Option()] = None,
    by: As = "",
) -> None:
    """Change what is named; the rest stays."""

    async def change(door: Door) -> int:
        async with door.database.writing() as tx:
            user = await permitted(tx, by, "settings")
            now = await setting_rows.current(tx)
            calendar = _calendar(now.calendar, zone, window or [], closed)
            newer = replace(now, calendar=calendar)
            if more_than_one_sequence is not None:
                newer = replace(newer, more_than_one_sequence=more_than_one_sequence)
            if seconds_allowed is not None:
                newer = replace(newer, seconds_allowed=seconds_allowed)
            if newer == now:
                raise Unchanged("unchanged", f"Settings version {now.version} says so already; nothing was changed.")
            return (await setting_rows.change(tx, newer, user.id, door.now())).version

    print(f"Settings version {act(change)} in force.")


def _calendar(now: Calendar, zone: str | None, window: list[str], closed: list[str] | None) -> Calendar:
    frames = list(now.frames)
    for said in window:
        day, equals, rest = said.partition("=")
        if day not in DAYS or not equals:
            raise Refused(
                "invalid_time_frame", f"{quoted(said)}: write mon=09:00-17:00, with one of {', '.join(DAYS)}."
            )
        frames[DAYS.index(day)] = tuple(parse_frame(frame) for frame in rest.split(",") if frame.strip())
    dates = now.closed_dates if closed is None else frozenset(_date(day) for day in closed if day)
    return Calendar(check_zone(zone) if zone is not None else now.zone, tuple(frames), dates)


def _date(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Refused("invalid_date", f"{quoted(said)} is no date; write 2026-12-24.") from None
