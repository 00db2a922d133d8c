"""The sequencing settings: one row a version."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.settings import SequencingSettings, defaults
from sequencing.timing import Calendar, parse_frame
from store.tables import SettingsRow


async def current(tx: AsyncSession) -> SequencingSettings:
    """What is in force."""
    row = await tx.scalar(select(SettingsRow).order_by(SettingsRow.version.desc()).limit(1))
    return defaults() if row is None else _value(row)


async def change(tx: AsyncSession, settings: SequencingSettings, by: int | None, at: datetime) -> SequencingSettings:
    """Keeps a new version, with who and when."""
    before = await current(tx)
    newer = replace(settings, version=before.version + 1)
    if settings.calendar != before.calendar:
        newer = replace(newer, calendar_version=newer.version)
    calendar = newer.calendar
    tx.add(
        SettingsRow(
            version=newer.version,
            zone=calendar.zone,
            frames=[[f"{frame.opens:%H:%M}-{frame.closes:%H:%M}" for frame in day] for day in calendar.frames],
            closed_dates=sorted(day.isoformat() for day in calendar.closed_dates),
            more_than_one_sequence=newer.more_than_one_sequence,
            seconds_allowed=newer.seconds_allowed,
            calendar_version=newer.calendar_version,
            changed_by=by,
            changed_at=at,
        )
    )
    await tx.flush()
    return newer


def _value(row: SettingsRow) -> SequencingSettings:
    calendar = Calendar(
        zone=row.zone,
        frames=tuple(tuple(parse_frame(frame) for frame in day) for day in row.frames),
        closed_dates=frozenset(date.fromisoformat(day) for day in row.closed_dates),
    )
    return SequencingSettings(
        calendar, row.more_than_one_sequence, row.seconds_allowed, row.version, row.calendar_version
    )
