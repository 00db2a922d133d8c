"""`sequencing contacts …`: the people sequences address."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sequencing.enrollments import Status
from sequencing.errors import Refused, quoted
from sequencing.lines import BadLine, BadLines
from sequencing.people import AddressType, Contact, ContactKind, PhoneType
from sequencing.todos import Outcome
from sequencing.wording import counted
from starter import people
from starter.commands.shell import As, Json, act, fail, harmless, leave, lines_refused, read, show
from starter.contact_exports import export
from starter.contacts import LARGEST_CSV, Imported, Tell, import_contacts
from starter.door import Door
from starter.erasures import Erased, erase
from starter.people import Card, Kept, Said
from starter.sequences import read_text
from store.contact_lists import Wanted
from store.selections import Selection

app = typer.Typer(no_args_is_help=True, help="The people sequences address.")
Who = Annotated[str, typer.Argument(help="The contact's id, external id or email.", metavar="CONTACT")]
Name = Annotated[str | None, typer.Option(help="Empty takes it away.")]
Emails = Annotated[list[str] | None, typer.Option("--email", help="work:ann@example.com; the preferred one first.")]
Phones = Annotated[list[str] | None, typer.Option("--phone", help="mobile:+4915112340001; mobile, work, home, other.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file.")],
    skip_bad_lines: Annotated[bool, typer.Option("--skip-bad-lines", help="Take in the good lines.")] = False,
    by: As = "",
) -> None:
    """Take in a CSV file: all lines or none; who is known by external id, or by an address, is updated.

    Refused lines are printed with line and column. Exit 1 when there are any.
    """

    async def take_in(door: Door) -> Imported | BadLines:
        text = read_text(file, LARGEST_CSV)
        try:
            with _progress(text.count("\n")) as tell:
                return await import_contacts(door, text, by, skip_bad_lines=skip_bad_lines, tell=tell)
        except BadLines as refused:
            return refused

    done: Imported | BadLines = act(take_in)
    if isinstance(done, BadLines):
        _print_refused(done.lines[1:])
        fail(done.sentence, 1)
    print(f"{counted(done.created, 'contact')} imported, {done.updated:,} updated.")
    for remark in done.remarks:
        print(harmless(remark))
    _print_refused(done.refused)
    if done.refused:
        fail(lines_refused(len(done.refused)), 1)


@contextmanager
def _progress(lines: int) -> Iterator[Tell | None]:
    """A bar where somebody looks and it takes long."""
    if lines < 2000 or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # here, because it is slow to load
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} of {task.total:,} lines")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=lines)
        yield lambda read: bar.update(task, completed=read, description="writing" if read >= lines - 500 else "reading")


def _print_refused(lines: tuple[BadLine, ...]) -> None:
    for line in lines:
        print(harmless(line.sentence))


@app.command("list")
def list_contacts(
    search: Annotated[str, typer.Argument(help="Words of name, company, address or number.", metavar="[TEXT]")] = "",
    kind: Annotated[ContactKind | None, typer.Option(help="Who is both is found as either.")] = None,
    owner: Annotated[str, typer.Option(help="The owner's email.")] = "",
    company: Annotated[str, typer.Option(help="Id, external id or name.")] = "",
    sequence: Annotated[str, typer.Option(help="Who is or was in this sequence.")] = "",
    status: Annotated[Status | None, typer.Option(help="With this status in it, or in any.")] = None,
    any_sequence: Annotated[
        bool | None, typer.Option("--any-sequence/--no-sequence", help="Who has been in any sequence, or in none.")
    ] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="With this outcome in it, or in any.")] = None,
    opportunity: Annotated[str, typer.Option(help="Who is in its workflow: number or external id.")] = "",
    stage: Annotated[str, typer.Option(help="Who stands at this stage.")] = "",
    after: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Go on after this contact's number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 1000,
    by: As = "",
    as_json: Json = False,
) -> None:
    """The contacts."""
    wanted = Wanted(kind, text=search, status=status, in_any=any_sequence, outcome=outcome, after=after, limit=limit)
    named = {"owner": owner, "company": company, "sequence": sequence, "opportunity": opportunity, "stage": stage}
    found = read(lambda door: people.find(door, wanted, by, **named))
    show([_row(one) for one in found], as_json, "No contacts.")


def _row(one: Contact) -> dict[str, Any]:
    company = one.company.name if one.company else None
    email = one.address(AddressType.any)
    return {"id": one.id, "name": one.name, "kind": one.kind, "email": email, "mobile": one.mobile, "company": company}


@app.command("export")
def export_contacts(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; without a name it is printed.")] = None,
    by: As = "",
) -> None:
    """Write all contacts as CSV, which `import` reads again: at most three addresses and numbers of a type.

    Cells that a spreadsheet would take for a formula stand behind an apostrophe; `import` takes it off.
    """

    async def give_out(door: Door) -> None:
        pieces = [piece async for piece in export(door, Selection(), by)]
        if file is None:
            sys.stdout.writelines(pieces)
        else:
            file.write_text("".join(pieces), encoding="utf-8", newline="")

    read(give_out)
    leave(0)


@app.command("show")
def show_contact(contact: Who, by: As = "", as_json: Json = False) -> None:
    """One contact, and all sequences he has been in."""
    card: Card = read(lambda door: people.card(door, contact, by))
    said = _card(card)
    if as_json:
        print(json.dumps(said, indent=2, default=str, ensure_ascii=False))
        return
    been = said.pop("sequences")
    show([{"": name, " ": _plain(value)} for name, value in said.items()], as_json)
    print()
    show(been, as_json, "Has been in no sequence.")


def _card(card: Card) -> dict[str, Any]:
    one = card.contact
    return {
        "id": one.id,
        "external id": one.external_id,
        "name": one.name,
        "kind": one.kind,
        "title": one.title,
        "company": one.company.name if one.company else None,
        "owner": card.owner,
        "emails": [f"{kind}:{address}" for kind, address in one.emails],
        "phones": [f"{kind}:{number}" for kind, number in one.numbers],
        "suppressed": card.suppressed,
        "time zone": one.time_zone,
        "do not contact": one.do_not_contact,
        "workflows": [{"opportunity": number, "stage": stage} for number, stage in card.workflows],
        "sequences": [
            {
                "sequence": been.sequence,
                "status": been.status,
                "reason": been.reason,
                "step": been.step,
                "since": been.since.isoformat(timespec="seconds"),
                "enrollment": been.enrollment_id,
            }
            for been in card.sequences
        ],
    }


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return " ".join(f"{name} {one}" for name, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


@app.command("add")
def add_contact(
    first_name: str,
    last_name: Annotated[str, typer.Argument()] = "",
    email: Emails = None,
    phone: Phones = None,
    kind: ContactKind = ContactKind.candidate,
    title: Name = None,
    company: Name = None,
    owner: Annotated[str | None, typer.Option(help="The owner's email; you, unless told otherwise.")] = None,
    time_zone: Name = None,
    external_id: Name = None,
    do_not_contact: Annotated[bool, typer.Option("--do-not-contact")] = False,
    by: As = "",
) -> None:
    """Add a contact."""

    async def keep(door: Door) -> Kept:
        said = Said(
            first_name, last_name, kind, title, company, owner, time_zone, do_not_contact, external_id,
            _typed(email, AddressType), _typed(phone, PhoneType),
        )  # fmt: skip
        return await people.add(door, said, by)

    _acknowledge(act(keep), "added")


@app.command("change")
def change_contact(
    contact: Who,
    first_name: Annotated[str | None, typer.Option()] = None,
    last_name: Name = None,
    email: Emails = None,
    phone: Phones = None,
    kind: ContactKind | None = None,
    title: Name = None,
    company: Name = None,
    owner: Name = None,
    time_zone: Name = None,
    external_id: Name = None,
    do_not_contact: Annotated[bool | None, typer.Option()] = None,
    by: As = "",
) -> None:
    """Change what is named; the rest stays. Named addresses replace all addresses, and so do numbers."""

    async def keep(door: Door) -> Kept:
        said = Said(
            first_name, last_name, kind, title, company, owner, time_zone, do_not_contact, external_id,
            _typed(email, AddressType), _typed(phone, PhoneType),
        )  # fmt: skip
        return await people.change(door, contact, said, by)

    _acknowledge(act(keep), "changed")


def _typed(said: list[str] | None, types: Any) -> list[tuple[Any, str]] | None:
    """(type, address) of each `type:address`; an empty one takes all away. Raises Refused(`unknown_type`)."""
    if said is None:
        return None
    pairs = [one.partition(":")[::2] for one in said if one]
    for kind, _ in pairs:
        if kind not in list(types):
            known = ", ".join(types)
            raise Refused("unknown_type", f"{quoted(kind)} is none of {known}; write TYPE:ADDRESS.")
    return [(types(kind), address.strip()) for kind, address in pairs]


def _acknowledge(kept: Kept, what: str) -> None:
    print(f"Contact {kept.id} {what}.")
    for remark in kept.remarks:
        print(harmless(remark))


@app.command("erase")
def erase_contact(
    contact: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; what is erased cannot be recovered.")] = False,
    by: As = "",
) -> None:
    """Delete the person, messages and to-dos everywhere; addresses and numbers stay suppressed as fingerprints."""
    if not yes and not typer.confirm("Everything about this contact will be deleted and cannot be recovered. Erase?"):
        fail("Nothing was erased.", 1)
    done: Erased = act(lambda door: erase(door, contact, by))
    print("\n".join(done.sentences))
    leave(0)
