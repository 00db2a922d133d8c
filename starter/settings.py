"""Changing the sequencing settings: the one way in which a new version comes into force."""

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, Unchanged
from sequencing.people import User
from sequencing.replans import Cause, Replan
from sequencing.settings import SequencingSettings, SettingsChange, changed, differences
from starter.clocks import in_a_sentence, zone_of_reader
from starter.door import Door, permitted
from starter.replans import start
from store import replans, settings
from store.settings import Version


async def in_force(door: Door, by: str) -> SequencingSettings:
    """What the settings say now. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "see_settings")
        return await settings.current(tx)


async def change_settings(
    door: Door, changes: SettingsChange, by: str, expected_version: int | None = None
) -> SequencingSettings:
    """Puts what is named in force as a new version, and answers it; waits follow a changed calendar, cap or gap.

    Raises Refused(`changed_meanwhile`), who and when, if `expected_version` is given and is not the newest any more;
    Unchanged where they say so already.
    """
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "settings")
        now = await settings.current(tx)
        if expected_version not in (None, now.version):
            raise await _changed_meanwhile(tx, user)
        wanted = changed(now, changes)
        if not list(differences(now, wanted)):
            raise Unchanged("unchanged", f"Settings version {now.version} says so already; nothing was changed.")
        newer = await settings.change(tx, wanted, user.id, door.now())
        if newer is None:
            raise await _changed_meanwhile(tx, user)
        replan = Replan(door.new_id(), Cause.calendar, None, user.id, door.now())
        if newer.calendar_version == newer.version:
            await replans.begin(tx, replan)
    if newer.calendar_version == newer.version:
        await start(door, replan)
    return newer


async def settings_history(door: Door, by: str) -> list[Version]:
    """Every version, the newest first. Raises Refused."""
    async with door.database.reading() as tx:
        await permitted(tx, by, "settings")
        return await settings.history(tx)


async def _changed_meanwhile(tx: AsyncSession, reader: User) -> Refused:
    newest = next(iter(await settings.history(tx)), None)
    if newest is None:
        return Refused("changed_meanwhile", "The settings are still version 0; look at them, and change them again.")
    who, version = newest.by or "the system", newest.settings.version
    return Refused(
        "changed_meanwhile",
        f"{who} made version {version} of the settings at "
        f"{in_a_sentence(newest.at, await zone_of_reader(tx, reader))}; look at it, and change it again.",
    )
