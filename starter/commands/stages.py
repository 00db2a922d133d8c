"""`sequencing stages …`: the stages of the recruiting workflow, and the sequences they are linked to."""

from typing import Annotated, Any

import typer

from sequencing.stage_links import StageType
from starter import stages as acts
from starter.commands.shell import As, Json, act, read, show
from starter.door import Door

app = typer.Typer(no_args_is_help=True, help="The stages of the recruiting workflow.")
Which = Annotated[str, typer.Argument(help="Name or number of the stage.", metavar="STAGE")]


@app.command("list")
def list_stages(by: As = "", as_json: Json = False) -> None:
    """The stages in order, each with its sequence where you see it."""

    async def look(door: Door) -> list[dict[str, Any]]:
        found = await acts.shown(door, by)
        return [{"id": one.id, "name": one.name, "type": one.type, "sequence": name} for one, name in found]

    show(read(look), as_json)


@app.command("add")
def add_stage(name: str, type_: Annotated[StageType, typer.Argument(metavar="TYPE")], by: As = "") -> None:
    """Add a last stage."""
    number = act(lambda door: acts.add(door, name, type_, by))
    print(f"Stage {number} added.")


@app.command("change")
def change_stage(
    stage: Which,
    name: Annotated[str | None, typer.Option()] = None,
    type_: Annotated[StageType | None, typer.Option("--type", help="New relieves the stage that was New.")] = None,
    by: As = "",
) -> None:
    """Give it another name or type."""
    act(lambda door: acts.change(door, stage, by, name=name, type_=type_))
    print("Stage changed.")


@app.command("remove")
def remove_stage(stage: Which, by: As = "") -> None:
    """Remove a stage at which nobody ever stood."""
    act(lambda door: acts.remove(door, stage, by))
    print("Stage removed.")


@app.command("move-up")
def move_up(stage: Which, by: As = "") -> None:
    """Put it one place further up."""
    act(lambda door: acts.shift(door, stage, -1, by))
    print("Stage moved.")


@app.command("move-down")
def move_down(stage: Which, by: As = "") -> None:
    """Put it one place further down."""
    act(lambda door: acts.shift(door, stage, 1, by))
    print("Stage moved.")


@app.command("link")
def link(
    stage: Which, sequence: Annotated[str, typer.Argument(help="Number or name of the sequence.")], by: As = ""
) -> None:
    """Offer a sequence to the contacts who enter a stage."""
    act(lambda door: acts.link(door, stage, sequence, by))
    print("Stage linked.")


@app.command("unlink")
def unlink(stage: Which, by: As = "") -> None:
    """Offer none any more; who was enrolled goes on."""
    act(lambda door: acts.unlink(door, stage, by))
    print("Stage unlinked.")
