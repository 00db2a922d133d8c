"""Who sees a sequence, and whose it is."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, Unchanged
from sequencing.people import Level, User
from sequencing.permissions import check
from sequencing.sequences import Sharing
from starter.door import Door, acting_user
from store import sequences, ties, users
from store.tables import SequenceRow, SequenceShareRow


async def share(door: Door, sequence: str, sharing: Sharing, emails: Collection[str], by: str) -> None:
    """Lets nobody else, these users, or everyone see the sequence and enroll in it. Raises Refused, or Unchanged."""
    if (sharing is Sharing.users) != bool(emails):
        raise Refused("invalid_sharing", "Name the users with `users`, and nobody with `private` or `everyone`.")
    async with door.database.writing() as tx:
        user, row = await _locked(tx, sequence, by, "share")
        named = {(await users.by_email(tx, email)).id for email in emails}
        if row.sharing is sharing and named == await _named(tx, row.id):
            raise Unchanged("unchanged", "It is shared like that already; nothing was changed.")
        row.sharing = sharing
        await tx.execute(delete(SequenceShareRow).where(SequenceShareRow.sequence_id == row.id))
        tx.add_all(SequenceShareRow(sequence_id=row.id, user_id=one) for one in sorted(named))
        _changed(row, user, door)


async def hand_over(door: Door, sequence: str, to: str, by: str) -> None:
    """Gives the sequence another owner, who must be able to edit it. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        user, row = await _locked(tx, sequence, by, "hand_over")
        owner = await users.who_stays(tx, to)
        if not owner.level.reaches(Level.edit):
            raise Refused("invalid_owner", f"{owner.email} has the level {owner.level.value!r}; an owner needs 'edit'.")
        if row.owner_id == owner.id:
            raise Unchanged("unchanged", f"It belongs to {owner.email} already.")
        row.owner_id = owner.id
        _changed(row, user, door)


async def _locked(tx: AsyncSession, sequence: str, by: str, act: str) -> tuple[User, SequenceRow]:
    user = await acting_user(tx, by)
    row = await sequences.find(tx, sequence, user)
    check(user, act, await ties.to_sequence(tx, user, row))
    await tx.refresh(row, with_for_update=True)
    return user, row


async def _named(tx: AsyncSession, sequence_id: int) -> set[int]:
    rows = select(SequenceShareRow.user_id).where(SequenceShareRow.sequence_id == sequence_id)
    return set(await tx.scalars(rows))


def _changed(row: SequenceRow, user: User, door: Door) -> None:
    row.version, row.changed_by, row.changed_at = row.version + 1, user.id, door.now()
