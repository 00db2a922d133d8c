"""`sequencing contacts|sequences|templates|users|suppressions|settings …`: what sequences are made of."""

from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.people import AddressType, Level
from sequencing.timing import Calendar, check_zone, parse_frame
from starter import suppressions as suppressions_door
from starter import users as users_door
from starter.commands.shell import As, Json, act, show
from starter.contacts import import_contacts
from starter.door import Door, acting_user, permitted
from starter.sequences import create_sequence, create_template, read_letter, read_text, read_yaml
from store import contacts as contact_rows
from store import sequences as sequence_rows
from store import settings as setting_rows
from store import suppressions as suppression_rows
from store import users as user_rows
from store.people_tables import ContactRow

contacts = typer.Typer(no_args_is_help=True, help="The people sequences address.")
sequences = typer.Typer(no_args_is_help=True, help="Ordered steps.")
templates = typer.Typer(no_args_is_help=True, help="Wording of emails.")
users = typer.Typer(no_args_is_help=True, help="Who acts.")
suppressions = typer.Typer(no_args_is_help=True, help="Whom nobody may write to.")
settings = typer.Typer(no_args_is_help=True, help="Sequencing settings.")
Target = Annotated[str, typer.Argument(help="An email address or a number.")]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@contacts.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A CSV file.")], by: As = "") -> None:
    """Take in a CSV file: all lines or none; known external ids are updated."""
    done = act(lambda door: import_contacts(door, read_text(file), by))
    print(f"{done.created} contacts imported, {done.updated} updated.")


@contacts.command("list")
def list_contacts(by: As = "", as_json: Json = False) -> None:
    """The contacts."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "import_contacts")
            ids = list(await tx.scalars(select(ContactRow.id).order_by(ContactRow.id).limit(1000)))
            people = await contact_rows.some(tx, ids)
        listed = [people[one] for one in ids]
        return [
            {"id": one.id, "name": one.name, "kind": one.kind, "email": one.address(AddressType.any)} for one in listed
        ]

    show(act(look), as_json, "No contacts.")


@sequences.command("create")
def create(file: Annotated[Path, typer.Argument(help="A YAML file.")], by: As = "") -> None:
    """Make a sequence from a YAML document."""
    number = act(lambda door: create_sequence(door, read_yaml(file), by))
    print(f"Sequence {number} created.")


@sequences.command("list")
def list_sequences(by: As = "", as_json: Json = False) -> None:
    """The sequences you see."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            found = await sequence_rows.all_shown(tx, await acting_user(tx, by))
            return [{"id": one.id, "name": one.name, "sharing": one.sharing, "archived": one.archived} for one in found]

    show(act(look), as_json, "No sequences.")


@sequences.command("show")
def show_sequence(sequence: str, by: As = "", as_json: Json = False) -> None:
    """The steps of a sequence."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            row = await sequence_rows.find(tx, sequence, await acting_user(tx, by))
            steps = await sequence_rows.steps(tx, row.id)
        return [
            {
                "step": s.position,
                "action": s.action,
                "delay": str(s.delay),
                "owner": s.owner,
                "title": s.title or s.subject,
            }
            for s in steps
        ]

    show(act(look), as_json)


@templates.command("add")
def add_template(
    name: str,
    file: Annotated[Path, typer.Argument(help="First line: Subject: …; then the body.")],
    address_type: Annotated[AddressType, typer.Option()] = AddressType.any,
    by: As = "",
) -> None:
    """Add an email template."""
    act(lambda door: create_template(door, name, *read_letter(file), address_type, by))
    print(f"Template {name!r} added.")


@users.command("list")
def list_users(as_json: Json = False) -> None:
    """Who there is."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            return [asdict(user) for user in await user_rows.everybody(tx)]

    show(act(look), as_json)


@users.command("add")
def add_user(
    email: str, name: str, level: Level, number: Annotated[str | None, typer.Option()] = None, by: As = ""
) -> None:
    """Add a user with a level on sequences."""
    act(lambda door: users_door.add_user(door, email, name, level, number, by))
    print(f"User {email} added.")


@suppressions.command("add")
def suppress(target: Target, reason: Annotated[str, typer.Option()] = "by_user", by: As = "") -> None:
    """Let nobody write to it any more."""
    new = act(lambda door: suppressions_door.suppress(door, target, reason, by))
    print(f"{target} is suppressed." if new else f"{target} was suppressed already.")


@suppressions.command("lift")
def lift(target: Target, by: As = "") -> None:
    """Allow writing to it again."""
    lifted = act(lambda door: suppressions_door.lift(door, target, by))
    print(f"{quoted(target)} may be written to again." if lifted else f"{quoted(target)} was not suppressed.")


@suppressions.command("list")
def list_suppressions(by: As = "", as_json: Json = False) -> None:
    """Whom nobody may write to."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "suppress")
            return [
                {"target": s.target, "reason": s.reason, "since": s.since.isoformat(timespec="seconds")}
                for s in await suppression_rows.all_of_them(tx)
            ]

    show(act(look), as_json, "Nobody is suppressed.")


@settings.command("show")
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


@settings.command("set")
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
