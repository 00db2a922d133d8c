"""Changing a sequence: editing its steps, copying it, archiving it."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.documents import SequenceDocument, read_sequence
from sequencing.editing import Change, changes, check_frozen
from sequencing.errors import Unchanged
from sequencing.happenings import Happening, What
from sequencing.limits import NAME_LENGTH
from sequencing.permissions import check
from sequencing.replans import Cause, Replan
from sequencing.sequences import Sharing, Step
from sequencing.transitions import happen
from starter.clocks import zone_of_reader
from starter.door import Door, acting_user
from starter.replans import start
from starter.steps import steps_of
from starter.versions import check_version
from store import enrollments, replans, sequences, settings, templates, ties, users
from store.tables import SequenceRow


@dataclass(frozen=True, slots=True)
class Edited:
    """What was changed, or would be: `waiting` wait for a step whose timing changes, `moved` are the new instants,
    and so many `todos` on somebody's list say something else. `zone`: the clock of who edits.
    """

    version: int
    changes: list[Change]
    waiting: int
    moved: list[datetime | None]
    todos: int = 0
    zone: str = "UTC"


async def edit_sequence(door: Door, name: str, document: object, by: str, *, dry_run: bool = False) -> Edited:
    """Makes the sequence what the document says; waits whose timing changes, and to-dos, follow, some each second.

    Raises Refused: `frozen`, `changed_meanwhile`, and what is wrong with the document; then nothing was changed.
    """
    async with door.database.writing() as tx:
        seen = await _permitted(tx, name, by, "edit_sequence")
        now = await settings.current(tx)
        wanted = read_sequence(document, seconds_allowed=now.seconds_allowed, limits=now.limits)
        await templates.keep(tx, [step.template for step in wanted.steps if step.template])
        row = await sequences.locked(tx, seen.id)
        await check_version(tx, row, wanted.version, by)
        before = await sequences.steps(tx, row.id)
        after = await steps_of(tx, wanted, {step.template_id for step in before})
        edited, begun = await _edit(tx, door, row, wanted, before, after, by)
        edited = replace(edited, zone=await zone_of_reader(tx, await users.by_email(tx, by)))
        if dry_run:
            await tx.rollback()
    for replan in [] if dry_run else begun:
        await start(door, replan)
    return edited


async def _edit(
    tx: AsyncSession,
    door: Door,
    row: SequenceRow,
    wanted: SequenceDocument,
    before: list[Step],
    after: list[Step],
    by: str,
) -> tuple[Edited, list[Replan]]:
    if await enrollments.ever_in(tx, row.id):
        check_frozen(before, after)
    same = [step.action for step in before] == [step.action for step in after]
    found = changes(before, after) if same else []
    said = {"sharing", "shared_with"} & wanted.model_fields_set
    if same and not (found or said) and (row.name, row.description) == (wanted.name, wanted.description):
        raise Unchanged("so_already", "The sequence is as the document says.")
    user, now = await acting_user(tx, by), door.now()
    row.name, row.description, row.version = wanted.name, wanted.description, row.version + 1
    row.changed_by, row.changed_at = user.id, now
    retimed = {change.step for change in found if change.field == "delay"}
    reworded = {change.step for change in found if change.reach.goes_on_lists}
    await _put(tx, row, after, retimed, reworded, same=same)
    await _share(tx, row, wanted)
    await tx.flush()
    waiting, moved = await _moved(tx, row, retimed, now)
    causes = [cause for cause, steps in ((Cause.timing, retimed), (Cause.instructions, reworded)) if steps]
    begun = [Replan(door.new_id(), cause, row.id, user.id, now) for cause in causes]
    for replan in begun:
        await replans.begin(tx, replan)
    told = [await replans.number_behind(tx, one) for one in begun if one.cause is Cause.instructions]
    return Edited(row.version, found, waiting, moved, sum(told)), begun


async def _put(
    tx: AsyncSession, row: SequenceRow, after: list[Step], retimed: set[int], reworded: set[int], *, same: bool
) -> None:
    """Writes the steps, with the versions at which those that stay were changed last."""
    timed, worded = await sequences.versions(tx, row.id) if same else ({}, {})
    changed = timed | dict.fromkeys(retimed, row.version), worded | dict.fromkeys(reworded, row.version)
    await sequences.put_steps(tx, row.id, after, *changed)


async def _share(tx: AsyncSession, row: SequenceRow, wanted: SequenceDocument) -> None:
    """What the document does not speak of stays."""
    if "sharing" in wanted.model_fields_set:
        row.sharing = wanted.sharing
    if "shared_with" in wanted.model_fields_set:
        named = [(await users.by_email(tx, email)).id for email in wanted.shared_with]
        await sequences.share_with(tx, row.id, named)


async def _moved(
    tx: AsyncSession, row: SequenceRow, retimed: set[int], now: datetime
) -> tuple[int, list[datetime | None]]:
    """How many wait for these steps, and the new instants of those who move."""
    if not retimed:
        return 0, []
    course = await sequences.course_at(tx, row.id, row.version)
    waiting = await enrollments.waiting_at(tx, row.id, retimed)
    look = Happening(What.look_again)
    planned = [(one, happen(one, look, now, await sequences.course_for(tx, course, one))) for one in waiting]
    return len(waiting), [after.due_at for one, after in planned if after.due_at != one.due_at]


async def copy_sequence(door: Door, name: str, by: str) -> int:
    """A copy that is private to the copier and not frozen; its number. Raises Refused."""
    async with door.database.writing() as tx:
        user = await acting_user(tx, by)
        row = await sequences.find(tx, name, user)
        check(user, "copy_sequence", await ties.to_sequence(tx, user, row))
        copy = SequenceRow(
            name=f"Copy of {row.name}"[:NAME_LENGTH],
            description=row.description,
            owner_id=user.id,
            sharing=Sharing.private,
            archived=False,
            created_at=door.now(),
        )
        tx.add(copy)
        await tx.flush()
        await sequences.put_steps(tx, copy.id, await sequences.steps(tx, row.id))
        await door.made(tx, copy.id)
        return copy.id


async def archive_sequence(door: Door, name: str, by: str, *, archived: bool) -> None:
    """From now on it takes no new contacts, or takes them again; running enrollments go on. Raises Refused."""
    async with door.database.writing() as tx:
        row = await sequences.locked(tx, (await _permitted(tx, name, by, "archive")).id)
        if row.archived is archived:
            raise Unchanged("so_already", "It is archived already." if archived else "It is not archived.")
        row.archived, row.changed_at = archived, door.now()
        row.changed_by = (await acting_user(tx, by)).id


async def _permitted(tx: AsyncSession, name: str, by: str, act: str) -> SequenceRow:
    """The sequence. Raises Refused where the user may not do that with it."""
    user = await acting_user(tx, by)
    row = await sequences.find(tx, name, user)
    check(user, act, await ties.to_sequence(tx, user, row))
    return row
