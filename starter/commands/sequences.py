"""`sequencing sequences …`: ordered steps."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from sequencing.sequences import Action, Sharing
from sequencing.texts import cost
from starter import holds, previews
from starter import sharing as sharing_door
from starter.clocks import as_read
from starter.commands.shell import As, Json, act, fail, harmless, read, show
from starter.door import Door, acting_user
from starter.editing import Edited, archive_sequence, copy_sequence, edit_sequence
from starter.previews import Preview
from starter.sequences import create_sequence, read_yaml
from starter.steps import document_of
from store import sequences as sequence_rows

app = typer.Typer(no_args_is_help=True, help="Ordered steps.")
Yaml = Annotated[bool, typer.Option("--yaml", help="Print the document, to be edited.")]
Which = Annotated[str | None, typer.Argument(help="The sequence, by name or number.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would change, and whom it reaches.")]
Step = Annotated[int, typer.Option("--step", help="Its number.")]
Contact = Annotated[str, typer.Option("--contact", help="Id, external id or email.")]
All = Annotated[bool, typer.Option("--all", help="All sending.")]


@app.command("create")
def create(file: Annotated[Path, typer.Argument(help="A YAML file.")], by: As = "") -> None:
    """Make a sequence from a YAML document."""
    number = act(lambda door: create_sequence(door, read_yaml(file), by))
    print(f"Sequence {number} created.")


@app.command("list")
def list_sequences(by: As = "", as_json: Json = False) -> None:
    """The sequences you see."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            found = await sequence_rows.all_shown(tx, await acting_user(tx, by))
            return [{"id": one.id, "name": one.name, "sharing": one.sharing, "archived": one.archived} for one in found]

    show(read(look), as_json, "No sequences.")


@app.command("show")
def show_sequence(sequence: str, by: As = "", as_json: Json = False, as_yaml: Yaml = False) -> None:
    """The steps of a sequence; with --yaml the document that `edit` takes."""
    if as_yaml:
        print(yaml.safe_dump(read(lambda door: _document(door, sequence, by)), sort_keys=False, allow_unicode=True))
        return

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
                "segments": cost(s.body) if s.action is Action.text else None,
            }
            for s in steps
        ]

    show(read(look), as_json)


async def _document(door: Door, sequence: str, by: str) -> dict[str, Any]:
    async with door.database.reading() as tx:
        row = await sequence_rows.find(tx, sequence, await acting_user(tx, by))
        return await document_of(tx, row, await sequence_rows.steps(tx, row.id))


@app.command("edit")
def edit(
    sequence: str,
    file: Annotated[Path, typer.Argument(help="A YAML file, as `show --yaml` prints it.")],
    dry_run: DryRun = False,
    by: As = "",
) -> None:
    """Change a sequence; once contacts have been added, all but the steps' kinds and order."""
    done: Edited = act(lambda door: edit_sequence(door, sequence, read_yaml(file), by, dry_run=dry_run))
    for change in done.changes:
        print(f"step {change.step}, {change.field}: reaches {change.reach}")
    if done.waiting:
        print(_moving(done))
    if done.todos:
        print(_open_now(done.todos))
    print("Nothing was changed." if dry_run else f"Version {done.version} in force.")


def _open_now(todos: int) -> str:
    if todos == 1:
        return "1 to-do that is open now says it anew."
    return f"{todos:,} to-dos that are open now say it anew, some each second."


def _moving(done: Edited) -> str:
    instants = sorted(at for at in done.moved if at is not None)
    first, last = (as_read(at, done.zone) for at in (instants[0], instants[-1])) if instants else ("", "")
    when = f", to between {first} and {last} ({done.zone})" if instants else ""
    moves = "moves" if len(done.moved) == 1 else "move"
    return f"{len(done.moved):,} of {done.waiting:,} who wait for such a step now {moves}{when}, some each second."


@app.command("preview")
def preview(
    sequence: str,
    step: Step,
    contact: Contact,
    as_html: Annotated[bool, typer.Option("--html", help="Print the HTML instead of the text.")] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Show an email or a text as one contact would get it now, or why its step would pause."""
    found: Preview = read(lambda door: previews.preview(door, sequence, step, contact, by))
    if as_json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    missing = f" ({', '.join(found.missing)})" if found.missing else ""
    said = {
        "It would pause": f"{found.reason}{missing}" if found.reason else "",
        "From": found.sender,
        "To": f"{found.contact}, {found.recipient}" if found.recipient else found.contact,
        "Subject": found.subject,
        "Costs": found.cost,
    }
    body = (found.html if as_html else found.text).split("\n")
    print("\n".join(map(harmless, [*(f"{name}: {value}" for name, value in said.items() if value), "", *body])))


@app.command("test-mail")
def send_test(
    sequence: str,
    step: Step,
    contact: Contact,
    to: Annotated[str, typer.Option(help="Another user's email instead of yours.")] = "",
    by: As = "",
) -> None:
    """Send an email of a step, as one contact would get it, to yourself, marked as a test."""
    address = read(lambda door: previews.send_test(door, sequence, step, contact, by, to))
    print(f"Sent to {address}.")


@app.command("copy")
def copy(sequence: str, by: As = "") -> None:
    """Make a copy that is yours alone and can be changed freely."""
    print(f"Sequence {act(lambda door: copy_sequence(door, sequence, by))} created.")


@app.command("archive")
def archive(sequence: str, by: As = "") -> None:
    """Take no new contacts; running enrollments go on."""
    act(lambda door: archive_sequence(door, sequence, by, archived=True))
    print("Archived; `sequencing sequences unarchive` takes it back.")


@app.command("unarchive")
def unarchive(sequence: str, by: As = "") -> None:
    """Take new contacts again."""
    act(lambda door: archive_sequence(door, sequence, by, archived=False))
    print("Not archived any more.")


@app.command("hold")
def hold(sequence: Which = None, everything: All = False, by: As = "") -> None:
    """Let no message leave until it is released; waits and to-dos go on."""
    act(lambda door: holds.hold(door, _which(sequence, everything), by))
    print("Held: nothing leaves until it is released.")


@app.command("release")
def release(sequence: Which = None, everything: All = False, by: As = "") -> None:
    """Let what fell due meanwhile go, in order, some each second."""
    act(lambda door: holds.release(door, _which(sequence, everything), by))
    print("Released.")


def _which(sequence: str | None, everything: bool) -> str | None:
    if everything is (sequence is not None):
        fail("Say which sequence, or --all for all sending.", 2)
    return sequence


@app.command("share")
def share(
    sequence: Annotated[str, typer.Argument(help="Number or name.")],
    sharing: Annotated[Sharing, typer.Argument(help="Who else may see it and enroll in it.")],
    emails: Annotated[list[str] | None, typer.Argument(help="With `users`: who.", metavar="[EMAIL…]")] = None,
    by: As = "",
) -> None:
    """Say who, besides its owner, sees a sequence and may enroll in it."""
    act(lambda door: sharing_door.share(door, sequence, sharing, emails or [], by))
    print(f"Sequence {sequence} is shared: {', '.join(emails or [sharing.value])}.")


@app.command("hand-over")
def hand_over(
    sequence: Annotated[str, typer.Argument(help="Number or name.")],
    to: Annotated[str, typer.Argument(help="The new owner's email.", metavar="EMAIL")],
    by: As = "",
) -> None:
    """Give a sequence another owner."""
    act(lambda door: sharing_door.hand_over(door, sequence, to, by))
    print(f"Sequence {sequence} belongs to {to} now.")
