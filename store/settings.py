"""The sequencing settings: one row a version."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.sequences import Pace
from sequencing.settings import Limits, SequencingSettings, defaults
from sequencing.timing import Calendar, parse_frame
from store.database import upsert
from store.looks import once
from store.people_tables import UserRow
from store.tables import SettingsRow

NEWEST = select(SettingsRow).order_by(SettingsRow.version.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Version:
    """Settings as somebody (None: the system) put them in force at an instant."""

    settings: SequencingSettings
    by: str | None
    at: datetime


async def current(tx: AsyncSession) -> SequencingSettings:
    """What is in force."""
    return await once(tx, "settings", _newest)


async def _newest(tx: AsyncSession) -> SequencingSettings:
    row = await tx.scalar(NEWEST)
    return defaults() if row is None else _value(row)


def _when(settings: SequencingSettings) -> tuple[Calendar, Pace]:
    """What decides when messages leave."""
    return settings.calendar, settings.limits.pace


async def change(
    tx: AsyncSession, settings: SequencingSettings, by: int | None, at: datetime
) -> SequencingSettings | None:
    """Keeps them as the version after theirs, with who and when; None where somebody made that version already."""
    newer = replace(settings, version=settings.version + 1)
    if _when(settings) != _when(await current(tx)):
        newer = replace(newer, calendar_version=newer.version)
    calendar = newer.calendar
    row = upsert(tx, SettingsRow).values(
        version=newer.version,
        zone=calendar.zone,
        frames=[list(map(str, day)) for day in calendar.frames],
        closed_dates=sorted(day.isoformat() for day in calendar.closed_dates),
        more_than_one_sequence=newer.more_than_one_sequence,
        seconds_allowed=newer.seconds_allowed,
        calendar_version=newer.calendar_version,
        journaling=newer.journaling,
        limits=asdict(newer.limits),
        changed_by=by,
        changed_at=at,
    )
    kept = await tx.scalar(row.on_conflict_do_nothing().returning(SettingsRow.version))
    return None if kept is None else newer


async def history(tx: AsyncSession) -> list[Version]:
    """Every version, the newest first."""
    rows = select(SettingsRow, UserRow.email).outerjoin(UserRow, UserRow.id == SettingsRow.changed_by)
    found = await tx.execute(rows.order_by(SettingsRow.version.desc()))
    return [Version(_value(row), email, row.changed_at) for row, email in found]


def _value(row: SettingsRow) -> SequencingSettings:
    calendar = Calendar(
        zone=row.zone,
        frames=tuple(tuple(parse_frame(frame) for frame in day) for day in row.frames),
        closed_dates=frozenset(date.fromisoformat(day) for day in row.closed_dates),
    )
    known = {one.name: row.limits[one.name] for one in fields(Limits) if one.name in row.limits}
    return SequencingSettings(
        calendar=calendar,
        more_than_one_sequence=row.more_than_one_sequence,
        seconds_allowed=row.seconds_allowed,
        version=row.version,
        journaling=row.journaling,
        limits=Limits(**known),
        calendar_version=row.calendar_version,
    )
