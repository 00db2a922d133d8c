"""The dialog that adds contacts to a sequence: what it may offer, what will happen, and adding under a given id."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.adds import Answer, NotEnrolled, in_sum
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused
from sequencing.happenings import Why
from sequencing.limits import ADDED_AT_ONCE
from sequencing.people import Level, User
from sequencing.permissions import not_found
from sequencing.sequences import Action, OwnerRule, Step
from sequencing.transitions import begin
from starter.adds import Whom, meant, start_add
from starter.door import Door, acting_user
from starter.enrollments import batches, start_all
from starter.hearing import hearing
from store import adds, enrolling, sequences, users
from store.enrolling import Add
from store.tables import SequenceRow

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
MOST_ANSWERS = 100
"""Answers that the dialog shows one by one; the rest stands in its sums."""


@dataclass(frozen=True, slots=True)
class First:
    """The sequence's first step: when it comes at the earliest (None: see `why`), and who does it, in words."""

    action: Action
    at: datetime | None
    why: Why | None
    who: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What will happen: how many of how many are enrolled, refusals by code, those to be told one by one, sentences."""

    sequence: SequenceRow
    total: int
    enrolled: int
    refused: Counter[str]
    told: list[Answer]
    sentences: list[str]
    first: First

    @property
    def in_background(self) -> bool:
        """Whether they are so many that a run of their own adds them."""
        return self.total > ADDED_AT_ONCE


async def choices(door: Door, by: str) -> list[SequenceRow]:
    """The sequences that the user may enroll in now, by name."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        shown = await sequences.all_shown(tx, user) if user.level.reaches(Level.use) else []
    return sorted((one for one in shown if not one.archived), key=lambda one: one.name.lower())


async def foresee(door: Door, sequence: str, whom: Whom, by: str, *, regards: int | None = None) -> Foreseen:
    """What adding them would do, to each that is refused or lacks something and in sum. Raises Refused."""
    async with door.database.reading() as tx:
        user, add, wanted = await meant(tx, sequence, whom, by, regards)
        answers = [one for some in batches(wanted) for one in await enrolling.foresee(tx, add, user, some)]
        asked = await enrolling.terms(tx, add.sequence_id)
        notices = (await hearing(tx, door.now(), user.time_zone)).notices
        row = await tx.get_one(SequenceRow, add.sequence_id)
        first = await _first(tx, add, user, door.now())
    refused = Counter(one.code for one in answers if isinstance(one, NotEnrolled))
    told = [one for one in answers if isinstance(one, NotEnrolled) or one.lack]
    sentences = [*in_sum(answers, asked, dry_run=True), *notices]
    enrolled = len(answers) - refused.total()
    return Foreseen(row, len(answers), enrolled, refused, told[:MOST_ANSWERS], sentences, first)


async def add_once(door: Door, add_id: str, sequence: str, whom: Whom, by: str, *, regards: int | None = None) -> None:
    """Adds them under that id: at once, or in the background where they are many. Said again, it adds nobody.

    Whoever is left when this process dies is added by a run that the sweep starts. Raises Refused.
    """
    if not ULID.fullmatch(add_id):
        raise Refused("wrong_form", "This form is out of date. Go back, load the page again, and repeat it.")
    async with door.database.reading() as tx:
        if await _is_his(tx, add_id, by):
            return
        _, add, wanted = await meant(tx, sequence, whom, by, regards)
    if not wanted:
        raise Refused("nobody", "That finds no contacts; choose some, or search otherwise.")
    async with door.database.writing() as tx:
        fresh = await adds.create(tx, add_id, add, wanted, door.now())
        if not fresh and await _is_his(tx, add_id, by):
            return
    if len(wanted) > ADDED_AT_ONCE:
        await start_add(door, add_id)
    else:
        await _go_through(door, add_id)


async def _is_his(tx: AsyncSession, add_id: str, by: str) -> bool:
    """Whether the user has begun it; another one's is not there for him. Raises Refused."""
    user, found = await acting_user(tx, by), await adds.get(tx, add_id)
    if found is not None and found[0].by != user.id:
        raise not_found()
    return found is not None


async def _go_through(door: Door, add_id: str) -> None:
    """Answers every line here and now, by what a run would do."""
    position = 0
    while True:
        async with door.database.writing() as tx:
            added = await adds.add_some(tx, add_id, position, enrolling.AT_ONCE, door.now(), door.new_id)
        if added is None:
            return
        await start_all(door, added.batch)
        position = added.progress.position
        if not added.batch.answers:
            return


async def _first(tx: AsyncSession, add: Add, user: User, now: datetime) -> First:
    course = await sequences.course(tx, add.sequence_id)
    begun = begin(Enrollment("", add.sequence_id, 0, add.by, now, now, add.opportunity_id), now, course)
    step, _ = await sequences.step(tx, add.sequence_id, 1)
    return First(step.action, begun.due_at, begun.why, await _who(tx, step, user))


async def _who(tx: AsyncSession, step: Step, user: User) -> str:
    """Whom the step's owner rule means, for who adds."""
    match step.owner:
        case OwnerRule.user:
            named = await users.get(tx, step.user_id or 0)
            return named.name if named is not None and named.active else "you"
        case OwnerRule.contact_owner:
            return "each contact's owner, or you where there is none"
        case OwnerRule.company_owner:
            return "the owner of each contact's company, or you where there is none"
        case OwnerRule.enroller:
            return f"you, {user.name}"
