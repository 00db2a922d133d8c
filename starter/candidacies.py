"""Contacts in the recruiting workflow of an opportunity: coming in, moving on, and the offer to enroll."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused
from sequencing.people import Opportunity, User
from sequencing.stage_links import Stage, entry
from starter.door import Door, acting_user, permitted
from starter.enrollments import Enrolled, NotEnrolled, enroll_all, one_contact
from store import opportunities, sequences, stages
from store.enrolling import Wanted
from store.tables import SequenceRow

BROUGHT = ("entered", "moved")
ALREADY_IN = "The contact is in this workflow already; move him instead."


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one contact: `code` is `entered`, `moved`, or why nothing changed. `stood`: he was there
    before.
    """

    contact: str
    code: str
    sentence: str
    contact_id: int | None = None
    stood: bool = False

    @property
    def stands_there(self) -> bool:
        """Whether this act brought him to the stage."""
        return self.code in BROUGHT


@dataclass(frozen=True, slots=True)
class Offer:
    """The sequence that the stage is linked to, if the user sees it, and what would happen (or, enrolled, happened).

    `refusal` is why this user may enroll nobody in it; then there are no answers.
    """

    sequence_id: int
    sequence: str
    answers: tuple[Enrolled | NotEnrolled, ...] = ()
    refusal: str | None = None
    enrolled: bool = False


@dataclass(frozen=True, slots=True)
class Moves:
    """The stage they were brought to, an answer for each contact, and the offer if there is one to make."""

    stage: Stage
    contacts: tuple[Moved, ...]
    offer: Offer | None


Placing = Callable[[AsyncSession, int], Coroutine[Any, Any, Moved]]


async def enter(
    door: Door,
    opportunity: str | int,
    wanted: Sequence[str | int],
    by: str,
    *,
    stage: str | None = None,
    enrolls: bool = False,
) -> Moves:
    """Brings contacts into the workflow, at New unless told otherwise. Raises Refused where not one could be tried."""
    place = await _place(door, opportunity, stage, by)
    return await place.bring(wanted, place.enter, enrolls)


async def move(
    door: Door, opportunity: str | int, wanted: Sequence[str | int], stage: str, by: str, *, enrolls: bool = False
) -> Moves:
    """Moves contacts to a stage. With `enrolls` they are enrolled in its sequence, regarding the opportunity.

    The move stands whatever becomes of that. Raises Refused where not one could be tried.
    """
    place = await _place(door, opportunity, stage, by)
    return await place.bring(wanted, place.move, enrolls)


@dataclass(frozen=True, slots=True)
class _Place:
    """One stage of one opportunity's workflow, and who brings contacts there."""

    door: Door
    user: User
    opportunity: Opportunity
    stage: Stage
    by: str

    async def bring(self, wanted: Sequence[str | int], how: "Placing", enrolls: bool) -> Moves:
        answers = [await self._one(name, how) for name in dict.fromkeys(wanted)]
        offered = [one for one in answers if one.stands_there or (one.stood and not enrolls)]
        there = [Wanted(one.contact, one.contact_id) for one in offered]
        return Moves(self.stage, tuple(answers), await self._offer(there, enrolls))

    async def _one(self, name: str | int, how: "Placing") -> Moved:
        try:
            async with self.door.database.writing() as tx:
                contact = await one_contact(tx, name)
                done = await how(tx, contact.id)
        except Refused as refusal:
            return Moved(str(name), refusal.code, refusal.sentence)
        return replace(done, contact=str(name), contact_id=contact.id)

    async def enter(self, tx: AsyncSession, contact_id: int) -> Moved:
        came = await stages.enter(tx, self.opportunity.id, contact_id, self.stage, self.user.id, self.door.now())
        if not came:
            stands = await stages.stands_at(tx, self.opportunity.id, contact_id)
            return Moved("", "in_workflow_already", ALREADY_IN, stood=stands == self.stage.id)
        return Moved("", "entered", f"came in at {self.stage.name}")

    async def move(self, tx: AsyncSession, contact_id: int) -> Moved:
        before = await stages.move(tx, self.opportunity.id, contact_id, self.stage, self.user.id, self.door.now())
        if before is None:
            raise Refused("not_in_workflow", "The contact is not in this workflow; add him to it first.")
        if before == self.stage.id:
            return Moved("", "stands_there", f"The contact stands at {self.stage.name} already.", stood=True)
        return Moved("", "moved", f"moved to {self.stage.name}")

    async def _offer(self, there: list[Wanted], enrolls: bool) -> Offer | None:
        """Made to those who see the sequence; what is not shown is not named.

        It is made again for whoever stood there: what was sent twice must not lose it.
        """
        row = await self._sequence()
        if row is None or not there:
            return None
        try:
            answers = await enroll_all(
                self.door, sequences.numbered(row.id), there, self.by, self.opportunity.id, dry_run=not enrolls
            )
        except Refused as refusal:
            return Offer(row.id, row.name, refusal=refusal.sentence)
        return Offer(row.id, row.name, tuple(answers), enrolled=enrolls)

    async def _sequence(self) -> SequenceRow | None:
        if self.stage.sequence_id is None:
            return None
        async with self.door.database.reading() as tx:
            shown = await sequences.all_shown(tx, await acting_user(tx, self.by))
        return next((row for row in shown if row.id == self.stage.sequence_id), None)


async def _place(door: Door, opportunity: str | int, stage: str | None, by: str) -> _Place:
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "move_in_stages")
        found = await opportunities.find(tx, opportunity)
        known = await stages.in_order(tx)
    return _Place(door, user, found, entry(known) if stage is None else stages.named(known, stage), by)
