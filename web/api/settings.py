"""The sequencing settings, and holding all sending."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from sequencing.settings import DAYS, SequencingSettings, SettingsChange, differences_by_version
from sequencing.timing import parse_frame
from starter import holds, settings
from web.acting import At, By
from web.api.words import After, Body, Done, Limit, Text, behind, changed
from web.areas import Area
from web.once import Once

router = Area(tags=["settings"], route_class=Once)
Frames = Annotated[list[Annotated[Text, Field(max_length=20)]], Field(max_length=24, description="As 09:00-17:00.")]
Dates = Annotated[list[date], Field(max_length=1000)]


class Limits(Body):
    """What is left out stays."""

    steps: int | None = None
    delay_days: int | None = None
    contacts_per_add: int | None = None
    name_length: int | None = None
    emails_a_day: int | None = None
    gap_seconds: int | None = None
    moves_a_second: int | None = None


class Window(Body):
    """The time frames of each weekday; an empty list: nothing leaves. What is left out stays."""

    mon: Frames | None = None
    tue: Frames | None = None
    wed: Frames | None = None
    thu: Frames | None = None
    fri: Frames | None = None
    sat: Frames | None = None
    sun: Frames | None = None


class InForce(BaseModel):
    """The settings of that version. `held`: by whom since when all sending is held, or null."""

    version: int
    zone: str
    window: Window
    closed_dates: list[date]
    more_than_one_sequence: bool
    journaling: bool
    seconds_allowed: bool
    limits: Limits
    held: str | None

    @classmethod
    def of(cls, now: SequencingSettings, held: str | None) -> Self:
        """What is in force."""
        calendar, limits = now.calendar, now.limits
        frames = {day: list(map(str, of)) for day, of in zip(DAYS, calendar.frames, strict=True)}
        return cls(
            version=now.version,
            zone=calendar.zone,
            window=Window(**frames),
            closed_dates=sorted(calendar.closed_dates),
            more_than_one_sequence=now.more_than_one_sequence,
            journaling=now.journaling,
            seconds_allowed=now.seconds_allowed,
            limits=Limits(**{name: getattr(limits, name) for name in Limits.model_fields}),
            held=held,
        )


class Changes(Body):
    """What shall be otherwise; what is left out stays. With a `version` that is not the newest: 409."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    zone: Annotated[Text, Field(max_length=80)] | None = None
    window: Window = Window()
    closed_dates: Dates | None = None
    more_than_one_sequence: bool | None = None
    journaling: bool | None = None
    seconds_allowed: bool | None = None
    limits: Limits = Limits()

    def change(self) -> SettingsChange:
        """As the rules take it. Raises Refused(`invalid_time_frame`)."""
        said: dict[str, Any] = self.window.model_dump(exclude_none=True)
        frames = {DAYS.index(day): tuple(map(parse_frame, of)) for day, of in said.items()}
        return SettingsChange(
            zone=self.zone,
            frames=frames,
            closed_dates=None if self.closed_dates is None else frozenset(self.closed_dates),
            more_than_one_sequence=self.more_than_one_sequence,
            seconds_allowed=self.seconds_allowed,
            journaling=self.journaling,
            limits=self.limits.model_dump(exclude_none=True),
        )


@router.get("/settings")
async def shown(door: At, by: By) -> InForce:
    """What is in force."""
    return InForce.of(await settings.in_force(door, by.email), await holds.of_everything(door, by.email))


@router.patch("/settings")
async def change(door: At, by: By, said: Changes) -> Done:
    """Puts what is named in force as a new version; waits that it concerns are moved in the background."""
    return await changed(settings.change_settings(door, said.change(), by.email, said.version))


class Version(BaseModel):
    """Who put that version in force, when, and what became otherwise by it. `by` is an email; null: the system."""

    version: int
    by: str | None
    at: datetime
    what: list[str]


class Versions(BaseModel):
    """A page of versions, the newest first. `next` is the cursor of the next page; null: this was the last."""

    items: list[Version]
    next: str | None


@router.get("/settings/versions")
async def versions(door: At, by: By, after: After = "", limit: Limit = 100) -> Versions:
    """Who changed what and when."""
    history = await settings.settings_history(door, by.email)
    told = differences_by_version([one.settings for one in history])
    last = behind(after, 2**31)
    items = [
        Version(version=one.settings.version, by=one.by, at=one.at, what=what)
        for one, what in zip(history, told, strict=True)
        if one.settings.version < last
    ]
    return Versions(items=items[:limit], next=str(items[limit - 1].version) if len(items) > limit else None)


@router.post("/hold")
async def hold(door: At, by: By) -> Done:
    """No message leaves from any sequence until it is released; waits and to-dos go on."""
    return await changed(holds.hold(door, None, by.email))


@router.delete("/hold")
async def release(door: At, by: By) -> Done:
    """What fell due meanwhile goes, in order, some each second."""
    return await changed(holds.release(door, None, by.email))
