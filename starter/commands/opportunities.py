"""`sequencing opportunities …`: jobs and deals, and who stands where in their workflow."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from sequencing.people import Opportunity
from starter import candidacies
from starter import opportunities as acts
from starter.candidacies import Moves, Offer
from starter.commands.shell import As, Json, act, harmless, leave, read, say, show
from starter.door import Door, permitted
from starter.enrollments import Enrolled
from starter.hearing import Hearing, heard
from starter.opportunities import Workflow
from store import opportunities

app = typer.Typer(no_args_is_help=True, help="Jobs and deals, and who stands where in their recruiting workflow.")
Which = Annotated[str, typer.Argument(help="Its id, external id or title.", metavar="OPPORTUNITY")]
Contacts = Annotated[list[str], typer.Argument(help="Contacts by id, external id or email.", metavar="CONTACT…")]
Enrolls = Annotated[bool, typer.Option("--enroll", help="Enroll them in the sequence the stage is linked to.")]
ExternalId = Annotated[str | None, typer.Option(help="What another system calls it; empty for nothing.")]
Company = Annotated[str | None, typer.Option(help="Id, external id or name; empty for none.")]


@app.command("add")
def add_opportunity(
    title: str,
    external_id: ExternalId = None,
    company: Company = None,
    owner: Annotated[str | None, typer.Option(help="The owner's email; you, unless told otherwise.")] = None,
    by: As = "",
) -> None:
    """Add an opportunity."""
    number = act(lambda door: acts.add(door, title, by, external_id=external_id, company=company, owner=owner))
    print(f"Opportunity {number} added.")


@app.command("change")
def change_opportunity(
    opportunity: Which,
    title: Annotated[str | None, typer.Option()] = None,
    external_id: ExternalId = None,
    company: Company = None,
    owner: Annotated[str | None, typer.Option(help="The owner's email; empty for nobody.")] = None,
    by: As = "",
) -> None:
    """Change what is named; the rest stays."""
    said = {"title": title, "external_id": external_id, "company": company, "owner": owner}
    act(lambda door: acts.change(door, opportunity, by, **said))
    print("Opportunity changed.")


@app.command("list")
def list_opportunities(
    search: Annotated[str, typer.Argument(help="What words of the title begin with.", metavar="[TEXT]")] = "",
    after: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Go on after this number.")] = 0,
    by: As = "",
    as_json: Json = False,
) -> None:
    """The opportunities."""

    async def look(door: Door) -> list[Opportunity]:
        async with door.database.reading() as tx:
            await permitted(tx, by, "see")
            return await opportunities.listed(tx, text=search, after=after)

    show([asdict(one) for one in read(look)], as_json, "No opportunities.")


@app.command("show")
def show_opportunity(
    opportunity: Which,
    after: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Go on after this contact's number.")] = 0,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Its contacts, each at its stage, with the status in the sequence that the stage is linked to."""
    found: Workflow = read(lambda door: acts.workflow(door, opportunity, by, after=after))
    rows = [
        {
            "contact": one.contact_id,
            "name": one.name,
            "stage": one.stage.name,
            "since": one.since.isoformat(timespec="seconds"),
            "sequence": one.stage.sequence_id if one.status else None,
            "status": one.status,
            "enrollment": one.enrollment_id,
        }
        for one in found.standings
    ]
    if as_json:
        print(json.dumps({**asdict(found.opportunity), "contacts": rows}, indent=2, default=str, ensure_ascii=False))
        return
    print(harmless(f"{found.opportunity.id}  {found.opportunity.title}"))
    show(rows, as_json, "Nobody is in its workflow.")


@app.command("enter")
def enter(
    opportunity: Which,
    contacts: Contacts,
    stage: Annotated[str | None, typer.Option(help="Instead of the stage of type New.")] = None,
    enroll: Enrolls = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Add contacts to its workflow. Exit 1 when all were refused."""
    done = act(lambda d: candidacies.enter(d, opportunity, contacts, by, stage=stage, enrolls=enroll))
    _tell(done, as_json, read(heard) if enroll else None)


@app.command("move")
def move(
    opportunity: Which,
    stage: Annotated[str, typer.Argument(help="Name or number of the stage.")],
    contacts: Contacts,
    enroll: Enrolls = False,
    by: As = "",
    as_json: Json = False,
) -> None:
    """Move contacts to a stage. Exit 1 when all were refused."""
    done = act(lambda door: candidacies.move(door, opportunity, contacts, stage, by, enrolls=enroll))
    _tell(done, as_json, read(heard) if enroll else None)


def _tell(done: Moves, as_json: bool, hearing: Hearing | None) -> None:
    if as_json:
        print(json.dumps(asdict(done), indent=2, default=str, ensure_ascii=False))
    else:
        show([{"contact": one.contact, "answer": one.code, "remark": one.sentence} for one in done.contacts], as_json)
        if done.offer is not None:
            _tell_offer(done.offer)
    say(hearing.notices if hearing else (), aloud=not as_json)
    nothing = ("in_workflow_already", "stands_there")
    leave(0 if any(one.stands_there or one.code in nothing for one in done.contacts) else 1)


def _tell_offer(offer: Offer) -> None:
    name = harmless(offer.sequence)
    if offer.refusal is not None:
        print(harmless(f"The stage is linked to {name!r}: {offer.refusal}"))
        return
    print(f"Enrolled in {name!r}:" if offer.enrolled else f"The stage is linked to {name!r}; with --enroll:")
    said = "enrolled" if offer.enrolled else "would be enrolled"
    rows: list[dict[str, Any]] = [
        {"contact": one.contact, "answer": said, "enrollment": one.enrollment_id, "remark": one.remark}
        if isinstance(one, Enrolled)
        else {"contact": one.contact, "answer": one.code, "enrollment": None, "remark": one.sentence}
        for one in offer.answers
    ]
    show(rows, as_json=False)
