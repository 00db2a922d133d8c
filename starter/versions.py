"""Saving over what somebody else has changed meanwhile is refused; nothing is lost."""

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused
from starter.clocks import in_a_sentence, zone_of_reader
from store import users
from store.tables import SequenceRow, TemplateRow


async def check_version(tx: AsyncSession, row: SequenceRow | TemplateRow, read: int | None, by: str) -> None:
    """Raises Refused(`changed_meanwhile`), with who and when by the clock of `by`, unless that version is in force;
    None asks nothing.
    """
    if read is None or read == row.version:
        return
    who = await users.get(tx, row.changed_by) if row.changed_by else None
    zone = await zone_of_reader(tx, await users.by_email(tx, by))
    when = f"at {in_a_sentence(row.changed_at, zone)}" if row.changed_at else "meanwhile"
    raise Refused(
        "changed_meanwhile",
        f"It was changed by {who.name if who else 'somebody'} {when} (version {row.version}; yours is {read}). "
        "Nothing was saved; take up that version and change it again.",
    )
