"""Saving over what somebody else has changed meanwhile is refused; nothing is lost."""

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused
from store import users
from store.tables import SequenceRow, TemplateRow


async def check_version(tx: AsyncSession, row: SequenceRow | TemplateRow, read: int | None) -> None:
    """Raises Refused(`changed_meanwhile`), with who and when, unless that version is in force; None asks nothing."""
    if read is None or read == row.version:
        return
    who = await users.get(tx, row.changed_by) if row.changed_by else None
    when = f"{row.changed_at:%Y-%m-%d %H:%M} UTC" if row.changed_at else "meanwhile"
    raise Refused(
        "changed_meanwhile",
        f"It was changed by {who.name if who else 'somebody'} at {when} (version {row.version}; yours is {read}). "
        "Nothing was saved; take up that version and change it again.",
    )
