"""Changing a sequence: editing its steps, copying it, archiving it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities.wording import Blocked, scene
from sequencing.documents import SequenceDocument, read_sequence
from sequencing.editing import Change, Reach, changes, check_frozen
from sequencing.errors import Refused, Unchanged
from sequencing.happenings import Happening, What
from sequencing.limits import NAME_LENGTH
from sequencing.permissions import check
from sequencing.replans import Cause, Replan
from sequencing.sequences import Sharing, Step
from sequencing.transitions import happen
from starter.door import Door, acting_user
from starter.replans import start
from starter.steps import steps_of
from store import enrollments, replans, sequences, settings, ties, todos, users
from store.tables import SequenceRow


@dataclass(frozen=True, slots=True)
class Edited:
    """What was changed, or would be: `waiting` wait for a step whose timing changes, `moved` are the new instants."""

    version: int
    changes: list[Change]
    waiting: int
    moved: list[datetime | None]


async def edit_sequence(door: Door, name: str, document: object, by: str, *, dry_run: bool = False) -> Edited:
    """Makes the sequence what the document says; waits whose timing changes move, some each second.

    Raises Refused: `frozen`, `changed_meanwhile`, and what is wrong with the document; then nothing was changed.
    """
    async with door.database.writing() as tx:
        row = await _mine(tx, name, by, "edit_sequence")
        now = await settings.current(tx)
        wanted = read_sequence(document, seconds_allowed=now.seconds_allowed, limits=now.limits)
        await _check_version(tx, row, wanted.version)
        before, after = await sequences.steps(tx, row.id), await steps_of(tx, wanted)
        edited, replan = await _edit(tx, door, row, wanted, before, after, by)
        if dry_run:
            await tx.rollback()
    if replan is not None and not dry_run:
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
) -> tuple[Edited, Replan | None]:
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
    timed = await sequences.timing_versions(tx, row.id) | dict.fromkeys(retimed, row.version)
    await sequences.put_steps(tx, row.id, after, timed if same else {})
    await _share(tx, row, wanted)
    await tx.flush()
    await _instruct(tx, row.id, {change.step for change in found if change.reach is Reach.open_todos})
    waiting, moved = await _moved(tx, row, retimed, now)
    replan = Replan(door.new_id(), Cause.timing, row.id, user.id, now) if retimed else None
    if replan is not None:
        await replans.begin(tx, replan)
    return Edited(row.version, found, waiting, moved), replan


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
    planned = [(one, happen(one, Happening(What.look_again), now, course)) for one in waiting]
    return len(waiting), [after.due_at for one, after in planned if after.due_at != one.due_at]


async def _instruct(tx: AsyncSession, sequence_id: int, steps: set[int]) -> None:
    """Open to-dos say what their step says now."""
    for todo in await todos.instructions_at(tx, sequence_id, steps) if steps else []:
        one = await enrollments.get(tx, todo.enrollment_id)
        if one is None:
            continue
        try:
            place = await scene(tx, one)
        except Blocked:
            continue
        await todos.instruct(tx, todo.id, place.shown(place.step.title), place.shown(place.step.body))


async def _check_version(tx: AsyncSession, row: SequenceRow, read: int | None) -> None:
    if read is None or read == row.version:
        return
    who = await users.get(tx, row.changed_by) if row.changed_by else None
    when = f"{row.changed_at:%Y-%m-%d %H:%M} UTC" if row.changed_at else "meanwhile"
    raise Refused(
        "changed_meanwhile",
        f"It was changed by {who.name if who else 'somebody'} at {when} (version {row.version}; yours is {read}). "
        "Nothing was saved; take up that version and change it again.",
    )


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
        return copy.id


async def archive_sequence(door: Door, name: str, by: str, *, archived: bool) -> None:
    """From now on it takes no new contacts, or takes them again; running enrollments go on. Raises Refused."""
    async with door.database.writing() as tx:
        row = await _mine(tx, name, by, "archive")
        if row.archived is archived:
            raise Unchanged("so_already", "It is archived already." if archived else "It is not archived.")
        row.archived, row.changed_at = archived, door.now()
        row.changed_by = (await acting_user(tx, by)).id


async def _mine(tx: AsyncSession, name: str, by: str, act: str) -> SequenceRow:
    """The sequence, locked. Raises Refused where the user may not do that with it."""
    user = await acting_user(tx, by)
    row = await sequences.find(tx, name, user)
    check(user, act, await ties.to_sequence(tx, user, row))
    return await sequences.locked(tx, row.id)
