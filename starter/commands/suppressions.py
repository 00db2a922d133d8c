"""`sequencing suppressions …`: whom nobody may write to."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sequencing.errors import quoted
from sequencing.lines import BadLine, BadLines
from sequencing.wording import counted
from starter import suppressions as acts
from starter.commands.shell import As, Json, act, fail, harmless, leave, lines_refused, read, show
from starter.door import Door
from starter.sequences import read_text
from starter.suppressions import LARGEST_CSV, Imported, import_suppressions
from store.suppressions import Suppression, Wanted

app = typer.Typer(no_args_is_help=True, help="Whom nobody may write to.")
Target = Annotated[str, typer.Argument(help="An email address, a number, or a domain with all below it: @example.org.")]


@app.command("add")
def suppress(target: Target, reason: Annotated[str, typer.Option()] = "by_user", by: As = "") -> None:
    """Let nobody write to it any more."""
    new = act(lambda door: acts.suppress(door, target, reason, by))
    print(f"{target} is suppressed." if new else f"{target} was suppressed already.")


@app.command("lift")
def lift(target: Target, by: As = "") -> None:
    """Allow writing to it again; the suppression of its domain stays."""

    async def lifting(door: Door) -> tuple[bool, list[Suppression]]:
        return await acts.lift(door, target, by), await acts.covering(door, target, by)

    lifted, still = act(lifting)
    if still:
        done = "lifted" if lifted else "nothing of its own to lift"
        print(f"{quoted(target)}: {done}, but {quoted(still[0].target)} is suppressed, and it belongs to that.")
    else:
        print(f"{quoted(target)} may be written to again." if lifted else f"{quoted(target)} was not suppressed.")


@app.command("list")
def list_suppressions(
    reason: Annotated[str, typer.Option(help="Only those for this reason.")] = "",
    after: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Go on after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 1000,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Whom nobody may write to, newest first."""
    found = read(lambda door: acts.listed(door, Wanted(reason=reason, after=after, limit=limit), by))
    show([_row(one) for one in found], as_json, "Nobody is suppressed.")


@app.command("show")
def show_suppression(target: Target, by: As = "", as_json: Json = False) -> None:
    """Whether it may be written to, and if not, why not: itself, its domain, or an erased contact's fingerprint."""
    found = read(lambda door: acts.covering(door, target, by))
    show([_row(one) for one in found], as_json, f"{quoted(target)} is not suppressed.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns target, reason, since, by.")],
    skip_bad_lines: Annotated[bool, typer.Option("--skip-bad-lines", help="Take in the good lines.")] = False,
    by: As = "",
) -> None:
    """Take in a CSV file: all lines or none; what is suppressed already is updated.

    Refused lines are printed with line and column. Exit 1 when there are any.
    """

    async def take_in(door: Door) -> Imported | BadLines:
        try:
            return await import_suppressions(door, read_text(file, LARGEST_CSV), by, skip_bad_lines=skip_bad_lines)
        except BadLines as refused:
            return refused

    done: Imported | BadLines = act(take_in)
    if isinstance(done, BadLines):
        _print_refused(done.lines[1:])
        fail(done.sentence, 1)
    before = f"{done.unchanged:,} {'was' if done.unchanged == 1 else 'were'} so already"
    print(f"{counted(done.created, 'suppression')} imported, {done.updated:,} updated, {before}.")
    _print_refused(done.refused)
    if done.refused:
        fail(lines_refused(len(done.refused)), 1)


@app.command("export")
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; without a name it is printed.")] = None,
    by: As = "",
) -> None:
    """Write everything as CSV, which `import` reads again.

    Cells that a spreadsheet would take for a formula stand behind an apostrophe; `import` takes it off.
    """

    async def give_out(door: Door) -> None:
        pieces = [piece async for piece in acts.exported(door, by)]
        if file is None:
            sys.stdout.writelines(pieces)
        else:
            file.write_text("".join(pieces), encoding="utf-8", newline="")

    read(give_out)
    leave(0)


def _row(one: Suppression) -> dict[str, Any]:
    since = one.since.isoformat(timespec="seconds")
    return {"id": one.id, "target": one.target, "reason": one.reason, "since": since, "by": one.by}


def _print_refused(lines: tuple[BadLine, ...]) -> None:
    for line in lines:
        print(harmless(line.sentence))
