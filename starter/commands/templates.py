"""`sequencing templates …`: wording of emails."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sequencing.people import AddressType
from sequencing.sequences import Format
from sequencing.wording import counted
from starter import templates as acts
from starter.commands.shell import As, Json, act, harmless, read, show
from starter.door import Door
from starter.templates import EditedTemplate, Letter, Template, TemplateChange, read_letter
from store.templates import Users

app = typer.Typer(no_args_is_help=True, help="Wording of emails.")
Which = Annotated[str, typer.Argument(help="The template, by name or number.")]
File = Annotated[Path, typer.Argument(help="First line: Subject: …; then the body.")]


@app.command("add")
def add_template(
    name: str,
    file: File,
    form: Annotated[Format, typer.Option("--format", help="In what the body is written.")] = Format.text,
    address_type: Annotated[AddressType, typer.Option()] = AddressType.any,
    by: As = "",
) -> None:
    """Add an email template."""

    async def add(door: Door) -> int:
        letter = read_letter(file)
        return await acts.create_template(door, name, letter.subject, letter.body, address_type, by, form)

    act(add)
    print(f"Template {name!r} added.")


@app.command("list")
def list_(by: As = "", as_json: Json = False) -> None:
    """All templates."""
    found: list[Template] = read(lambda door: acts.list_templates(door, by))
    show([_line(one) for one in found], as_json, "No templates.")


@app.command("show")
def show_(
    template: Which,
    letter: Annotated[bool, typer.Option("--letter", help="Print the file that `edit` takes.")] = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """A template, its version, and whom a change of it would reach."""
    one, reached = read(lambda door: acts.show_template(door, template, by))
    if as_json:
        wording = {"subject": one.row.subject, "body": one.row.body, "format": one.row.format}
        print(json.dumps({**_line(one), **wording}, indent=2, default=str, ensure_ascii=False))
        return
    if not letter:
        told = {**_line(one), "changed would reach": _reach(reached)}
        show([{"what": what, "is": said} for what, said in told.items()], False)
        print()
    print("\n".join(map(harmless, f"Subject: {one.row.subject}\n{one.row.body}".rstrip("\n").split("\n"))))


@app.command("edit")
def edit(
    template: Which,
    file: Annotated[Path | None, typer.Argument(help="The new wording, as `show --letter` prints it.")] = None,
    name: Annotated[str | None, typer.Option(help="Call it that from now on.")] = None,
    form: Annotated[Format | None, typer.Option("--format", help="In what the body is written.")] = None,
    address_type: Annotated[AddressType | None, typer.Option(help="Which address its emails go to.")] = None,
    if_version: Annotated[int | None, typer.Option(help="Only if this version, which you read, is in force.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whom it would reach.")] = False,
    by: As = "",
) -> None:
    """Change a template: emails that have not left say the new wording, and so do drafts that nobody has touched."""

    async def change(door: Door) -> EditedTemplate:
        letter: Letter | None = read_letter(file) if file else None
        wanted = TemplateChange(letter, name, address_type, if_version, form)
        return await acts.edit_template(door, template, wanted, by, dry_run=dry_run)

    done: EditedTemplate = act(change)
    print(f"Reaches {_reach(done.reached)}.")
    print("Nothing was changed." if dry_run else f"Version {done.version} in force.")


@app.command("copy")
def copy(template: Which, by: As = "") -> None:
    """Make a copy that is yours."""
    print(harmless(f"Template {act(lambda door: acts.copy_template(door, template, by))!r} added."))


@app.command("archive")
def archive(template: Which, by: As = "") -> None:
    """Let no new step use it; steps that use it go on."""
    act(lambda door: acts.archive_template(door, template, by, archived=True))
    print("Archived; `sequencing templates unarchive` takes it back.")


@app.command("unarchive")
def unarchive(template: Which, by: As = "") -> None:
    """Let new steps use it again."""
    act(lambda door: acts.archive_template(door, template, by, archived=False))
    print("Not archived any more.")


def _line(one: Template) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.id,
        "name": row.name,
        "format": row.format,
        "address": row.address_type,
        "owner": one.owner,
        "version": row.version,
        "archived": row.archived,
    }


def _reach(of: Users) -> str:
    stays = "stays as it is" if of.touched == 1 else "stay as they are"
    drafts = f"{counted(of.drafts, 'untouched draft')}; {of.touched:,} that somebody has typed in {stays}"
    where = f"in {counted(of.sequences, 'sequence')} you see"
    return f"{counted(of.coming, 'enrollment')} before an email from it, {where}, and {drafts}"


@app.command("hand-over")
def hand_over(
    template: Which, to: Annotated[str, typer.Argument(help="The new owner's email.", metavar="EMAIL")], by: As = ""
) -> None:
    """Give a template another owner."""
    act(lambda door: acts.hand_over_template(door, template, to, by))
    print(f"Template {template} belongs to {to} now.")
