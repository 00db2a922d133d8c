"""`sequencing settings …`: sequencing settings."""

from datetime import date
from typing import Annotated, Any

import typer

from sequencing.errors import Refused, quoted
from sequencing.settings import DAYS, SequencingSettings, SettingsChange, as_words, differences_by_version
from sequencing.timing import Frame, parse_frame
from starter.commands.shell import As, Json, act, read, show
from starter.door import Door
from starter.settings import change_settings, in_force, settings_history

app = typer.Typer(no_args_is_help=True, help="Sequencing settings.")


@app.command("show")
def show_settings(by: As = "", as_json: Json = False) -> None:
    """What is in force."""
    now: SequencingSettings = read(lambda door: in_force(door, by))
    said = {**as_words(now), "version": now.version}
    show([{"setting": name, "value": value} for name, value in said.items()], as_json)


@app.command("set")
def set_settings(
    zone: Annotated[str | None, typer.Option(help="IANA name, as Europe/Berlin.")] = None,
    window: Annotated[list[str] | None, typer.Option(help="mon=09:00-12:00,13:00-17:00; sat= closes it.")] = None,
    closed: Annotated[list[str] | None, typer.Option(help="A closed date; replaces all. Empty: none.")] = None,
    more_than_one_sequence: Annotated[bool | None, typer.Option()] = None,
    seconds_allowed: Annotated[bool | None, typer.Option()] = None,
    journaling: Annotated[bool | None, typer.Option()] = None,
    limit: Annotated[list[str] | None, typer.Option(help="steps=50; `settings show` lists the limits.")] = None,
    if_version: Annotated[int | None, typer.Option(help="Only if this is the newest version still.")] = None,
    by: As = "",
) -> None:
    """Change what is named; the rest stays."""

    async def change(door: Door) -> int:
        changes = SettingsChange(
            zone=zone,
            frames=dict(map(_window, window or [])),
            closed_dates=None if closed is None else frozenset(_date(day) for day in closed if day),
            more_than_one_sequence=more_than_one_sequence,
            seconds_allowed=seconds_allowed,
            journaling=journaling,
            limits=dict(map(_limit, limit or [])),
        )
        return (await change_settings(door, changes, by, if_version)).version

    print(f"Settings version {act(change)} in force.")


@app.command("history")
def history(by: As = "", as_json: Json = False) -> None:
    """Who changed what and when, the newest change first."""

    async def look(door: Door) -> list[dict[str, Any]]:
        versions = await settings_history(door, by)
        told = differences_by_version([version.settings for version in versions])
        return [
            {
                "version": one.settings.version,
                "by": one.by,
                "at": one.at.isoformat(timespec="seconds"),
                "what": "; ".join(what),
            }
            for one, what in zip(versions, told, strict=True)
        ]

    show(read(look), as_json, "Nobody has changed them.")


def _window(said: str) -> tuple[int, tuple[Frame, ...]]:
    day, equals, rest = said.partition("=")
    if day not in DAYS or not equals:
        raise Refused("invalid_time_frame", f"{quoted(said)}: write mon=09:00-17:00, with one of {', '.join(DAYS)}.")
    return DAYS.index(day), tuple(parse_frame(frame) for frame in rest.split(",") if frame.strip())


def _limit(said: str) -> tuple[str, int]:
    name, _, value = said.partition("=")
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise Refused("invalid_limit", f"{quoted(said)}: write a name and a whole number, as steps=50.")
    return name.strip().replace(" ", "_"), int(value)


def _date(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Refused("invalid_date", f"{quoted(said)} is no date; write 2026-12-24.") from None
