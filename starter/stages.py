"""The stages of the recruiting workflow: changing them, and tying them to sequences."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.people import User
from sequencing.stage_links import Stage, StageType, check_addition, check_link, check_removal, moved, retyped
from sequencing.wording import check_name
from starter.door import Door, permitted
from store import sequences, stages


@dataclass(frozen=True, slots=True)
class Changing:
    """All stages, locked for whoever changes them."""

    tx: AsyncSession
    user: User
    all: list[Stage]


async def shown(door: Door, by: str) -> list[tuple[Stage, str | None]]:
    """The stages in order, each with the name of its sequence where that is shown to the user. Raises Refused."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        names = {row.id: row.name for row in await sequences.all_shown(tx, user)}
        return [(stage, names.get(stage.sequence_id or 0)) for stage in await stages.in_order(tx)]


async def add(door: Door, name: str, type_: StageType, by: str) -> int:
    """A new last stage; its number. Raises Refused."""
    check_name("The stage's name", name)
    check_addition(type_)
    async with _changing(door, by, "stages") as now:
        number = await stages.add(now.tx, name.strip(), type_)
        if number is None:
            raise _taken(name)
        await door.made(now.tx, number)
        return number


async def change(
    door: Door, stage: str | int, by: str, *, name: str | None = None, type_: StageType | None = None
) -> None:
    """Another name, another type. Which stage becomes New relieves the one that was. Raises Refused, Unchanged."""
    if name is not None:
        check_name("The stage's name", name)
    async with _changing(door, by, "stages") as now:
        found = stages.named(now.all, stage)
        if name is not None:
            if any(one.name.lower() == name.strip().lower() and one.id != found.id for one in now.all):
                raise _taken(name)
            await stages.rename(now.tx, found, name.strip())
        if type_ is not None:
            await stages.retype(now.tx, retyped(found, type_, now.all))


async def shift(door: Door, stage: str | int, places: int, by: str) -> None:
    """Further down, or up with a negative number. Raises Refused, Unchanged."""
    async with _changing(door, by, "stages") as now:
        await stages.reorder(now.tx, moved(stages.named(now.all, stage), places, now.all))


async def remove(door: Door, stage: str | int, by: str) -> None:
    """Deletes a stage at which nobody ever stood. Raises Refused."""
    async with _changing(door, by, "stages") as now:
        found = stages.named(now.all, stage)
        check_removal(found, now.all)
        if await stages.is_used(now.tx, found):
            raise Refused(
                "stage_in_use", f"Contacts stand or stood at {quoted(found.name)}; rename it instead of removing it."
            )
        await stages.remove(now.tx, found)


async def link(door: Door, stage: str | int, sequence: str, by: str) -> None:
    """Ties a stage to the sequence its contacts are offered. Raises Refused, Unchanged."""
    async with _changing(door, by, "stage_links") as now:
        found = stages.named(now.all, stage)
        check_link(found)
        row = await sequences.find(now.tx, sequence, now.user)
        if row.archived:
            raise Refused("sequence_archived", f"The sequence {row.name!r} is archived; link another one.")
        if found.sequence_id == row.id:
            raise Unchanged(
                "unchanged", f"{quoted(found.name)} is linked to {row.name!r} already; nothing was changed."
            )
        await stages.link(now.tx, found, row.id)


async def unlink(door: Door, stage: str | int, by: str) -> None:
    """Takes the link away; who was enrolled goes on. Raises Refused, Unchanged."""
    async with _changing(door, by, "stage_links") as now:
        found = stages.named(now.all, stage)
        if found.sequence_id is None:
            raise Unchanged("unchanged", f"{quoted(found.name)} is linked to no sequence; nothing was changed.")
        await stages.link(now.tx, found, None)


@asynccontextmanager
async def _changing(door: Door, by: str, act: str) -> AsyncIterator[Changing]:
    async with door.database.writing() as tx:
        user = await permitted(tx, by, act)
        yield Changing(tx, user, await stages.locked(tx))


def _taken(name: str) -> Refused:
    return Refused("stage_exists", f"There is a stage {quoted(name)} already; choose another name.")
