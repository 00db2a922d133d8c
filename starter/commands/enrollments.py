"""`sequencing enroll` and `sequencing enrollments …`."""

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from sequencing.adds import Answer, Enrolled, NotEnrolled
from sequencing.enrollments import Enrollment, Status
from sequencing.happenings import Happening, Settlement, What
from sequencing.people import ContactKind
from sequencing.todos import Outcome
from starter import adds
from starter import enrollments as acts
from starter.adds import AddDone, Whom, read_list
from starter.clocks import clock_of
from starter.commands.adds import tell, watch
from starter.commands.shell import As, Json, acknowledge, act, fail, harmless, leave, read, say, show
from starter.door import Door, acting_user
from starter.sequences import read_text
from starter.timeline import Story, story
from store import contacts, sequences
from store import enrollments as rows
from store.selections import Selection

app = typer.Typer(no_args_is_help=True, help="Look at enrollments and act on them.")
Id = Annotated[str, typer.Argument(help="The enrollment's id.", metavar="ENROLLMENT")]


def enroll(
    sequence: Annotated[str, typer.Argument(help="Number or name of the sequence.")],
    wanted: Annotated[
        list[str] | None, typer.Argument(help="Contacts by id, external id or email.", metavar="[CONTACT]…")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="A list of contacts: one a line, or a CSV with external_id, id or email.")
    ] = None,
    kind: Annotated[ContactKind | None, typer.Option(help="Whoever is of this kind.")] = None,
    owner: Annotated[str, typer.Option(help="Whoever is this user's, by email.")] = "",
    company: Annotated[str, typer.Option(help="Whoever works where the name contains this.")] = "",
    in_sequence: Annotated[str, typer.Option(help="Whoever is or was in this sequence.")] = "",
    status: Annotated[Status | None, typer.Option(help="With this status in it, or in any.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="With this outcome in it, or in any.")] = None,
    any_sequence: Annotated[
        bool | None, typer.Option("--any-sequence/--no-sequence", help="Who has been in any sequence, or in none.")
    ] = None,
    search: Annotated[str, typer.Option(help="Words of name, company, address or number.")] = "",
    opportunity: Annotated[str, typer.Option(help="The candidates of this opportunity: number or external id.")] = "",
    stage: Annotated[str, typer.Option(help="Whoever is at this stage.")] = "",
    by: As = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: Json = False,
) -> None:
    """Enroll contacts in a sequence: those named, in a file, or found. Many are added in the background.

    Exit 1 when all were refused.
    """
    selection = Selection(kind, owner, company, in_sequence, status, opportunity, stage, search, outcome, any_sequence)
    names = [*(wanted or []), *(names_in(file) if file else [])]
    if not names and selection.is_empty:
        fail("Say whom to enroll: contacts, --file, or what they have in common; see `sequencing enroll --help`.", 2)
    whom = Whom(names, selection=selection)
    if dry_run:
        forecast = read(lambda door: adds.foresee(door, sequence, whom, by))
        _tell(forecast.answers, forecast.sentences, as_json, dry_run=True)
    done: AddDone = act(lambda door: adds.add(door, sequence, whom, by))
    if done.add_id is None:
        added = any(isinstance(answer, Enrolled) for answer in done.answers)
        _tell(done.answers, list(done.notices) if added else [], as_json, dry_run=False)
    say(done.notices, aloud=not as_json)
    _follow(done.add_id or "", by, as_json)


def names_in(file: Path) -> list[str]:
    """The contacts that a file lists, or the end of the program with a sentence."""

    async def listed(door: Door) -> list[str]:
        return read_list(read_text(file))

    names: list[str] = read(listed)
    return names


def _tell(answers: list[Answer], sentences: list[str], as_json: bool, *, dry_run: bool) -> NoReturn:
    rows = [_answer(answer, dry_run) for answer in answers]
    if as_json and dry_run:
        print(json.dumps({"answers": rows, "in_sum": sentences}, indent=2, ensure_ascii=False))
    else:
        show(rows, as_json, "That finds no contacts.")
        say(["", *sentences] if sentences and not as_json else sentences, aloud=not as_json)
    leave(1 if all(isinstance(answer, NotEnrolled) for answer in answers) else 0)


def _follow(add_id: str, by: str, as_json: bool) -> NoReturn:
    if as_json:
        print(json.dumps({"add": add_id}))
    else:
        print(f"Adding in the background: `sequencing adds show {add_id}`.")
        tell(read(lambda door: watch(door, add_id, by)))
    leave(0)


def _answer(answer: Any, dry_run: bool) -> dict[str, Any]:
    if isinstance(answer, NotEnrolled):
        return {"contact": answer.contact, "answer": answer.code, "enrollment": None, "remark": answer.sentence}
    before = "was in it before" if answer.was_in_it_before else None
    remark = "; ".join(part for part in (before, answer.remark) if part) or None
    said = "would be enrolled" if dry_run else "enrolled"
    return {"contact": answer.contact, "answer": said, "enrollment": answer.enrollment_id, "remark": remark}


@app.command("list")
def list_(
    by: As = "",
    sequence: Annotated[str, typer.Option(help="Only of this sequence.")] = "",
    status: Annotated[Status | None, typer.Option(help="Only with this status.")] = None,
    as_json: Json = False,
) -> None:
    """The enrollments you see."""

    async def look(door: Door) -> list[dict[str, Any]]:
        async with door.database.reading() as tx:
            user = await acting_user(tx, by)
            only = (await sequences.find(tx, sequence, user)).id if sequence else None
            found = await rows.listed(tx, user, rows.Filter(sequence_id=only, status=status))
            names = await contacts.names(tx, [one.contact_id for one in found])
            return [_row(one, names[one.contact_id]) for one in found]

    show(read(look), as_json, "No enrollments.")


def _row(one: Enrollment, name: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "sequence": one.sequence_id,
        "contact": name,
        "status": one.status,
        "state": one.state if one.status is Status.active else None,
        "reason": one.reason,
        "outcome": one.outcome,
        "step": one.step,
        "due": one.due_at.isoformat(timespec="seconds") if one.due_at else None,
        "why": one.why,
    }


@app.command("show")
def show_(enrollment: Id, by: As = "", as_json: Json = False) -> None:
    """One enrollment: where it stands, what is next, when, why not yet, and everything that has happened."""
    told: Story = read(lambda door: story(door, enrollment, by))
    lines = map(harmless, told.as_text().split("\n"))
    print(json.dumps(told.as_json(), indent=2, default=str, ensure_ascii=False) if as_json else "\n".join(lines))


def _simple(what: What, words: str) -> None:
    def command(enrollment: Id, by: As = "", as_json: Json = False) -> None:
        acknowledge(act(lambda door: acts.act(door, enrollment, Happening(what), by)), as_json)

    app.command(what.value, help=words)(command)


@app.command()
def bypass(
    enrollment: Id,
    step: Annotated[int | None, typer.Option(min=1, help="Only if it still is this step that waits.")] = None,
    any_hour: Annotated[bool, typer.Option("--any-hour", help="Let an email leave outside the window too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether this hour will do.")] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """End the delay it waits for; window and other bounds stand."""
    if any_hour and not yes:
        there = read(lambda door: clock_of(door, enrollment, by))
        if not typer.confirm(f"{harmless(there.words)} Let the email go now?", err=True):
            fail("Nothing was bypassed.", 1)
    happening = Happening(What.bypass, step=step, any_hour=any_hour)
    acknowledge(act(lambda door: acts.act(door, enrollment, happening, by)), as_json)


_simple(What.pause, "Let nothing more happen until it is resumed.")
_simple(What.resume, "Go on, with the wait that was left.")
_simple(What.cancel, "Stop it; it can be reactivated.")
_simple(What.reactivate, "Take a canceled one up again where it stopped.")
_simple(What.reply, "Say that the contact has replied.")


@app.command()
def conclude(enrollment: Id, outcome: Annotated[Outcome, typer.Argument()], by: As = "", as_json: Json = False) -> None:
    """End it with an outcome."""
    happening = Happening(What.conclude, outcome=outcome)
    acknowledge(act(lambda door: acts.act(door, enrollment, happening, by)), as_json)


@app.command()
def settle(
    enrollment: Id,
    settlement: Annotated[Settlement, typer.Argument()],
    step: Annotated[int | None, typer.Option(min=1, help="Only if it is the message of this step.")] = None,
    copy: Annotated[int | None, typer.Option(min=1, help="And this copy of it; `attention` tells both.")] = None,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Say of a message nobody knows about that it left, or that it shall be sent again."""
    happening = Happening(What.settle, settlement=settlement, step=step, copy=copy)
    acknowledge(act(lambda door: acts.act(door, enrollment, happening, by)), as_json)


@app.command()
def remove(
    enrollment: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; what is deleted cannot be recovered.")] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Delete it and its history beyond recovery; completed actions stay in the contact's history."""
    if not yes and not typer.confirm("Its history will be deleted and cannot be recovered. Remove it?"):
        fail("Nothing was removed.", 1)
    acknowledge(act(lambda door: acts.act(door, enrollment, Happening(What.remove), by)), as_json)
