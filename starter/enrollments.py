"""Enrolling contacts, and every act on an enrollment: permitted, judged by the rules, recorded, then told."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.adds import Answer
from sequencing.adds import Enrolled as Enrolled
from sequencing.adds import NotEnrolled as NotEnrolled
from sequencing.decisions import Decision
from sequencing.enrollments import Enrollment, Status
from sequencing.errors import Refused, quoted
from sequencing.happenings import Happening
from sequencing.people import Contact, User
from sequencing.permissions import check, not_found
from sequencing.transitions import happen
from starter.door import Door, Reached, acting_user
from store import contacts, enrolling, enrollments, news, sequences, settings, ties
from store.enrolling import Add, Batch, Wanted
from store.lives import Life

STARTS_AT_ONCE = 16
DONE = "done"
AT_ANY: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Receipt:
    """An act that was accepted: where the enrollment will stand, and whether the engine has heard of it."""

    enrollment: Enrollment
    engine_heard: bool

    @property
    def takes_effect(self) -> str:
        """For the reader."""
        return "now" if self.engine_heard else "when Temporal is back"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an act on one of many: `code` is `done`, or why not."""

    enrollment_id: str
    code: str
    sentence: str

    @property
    def done(self) -> bool:
        """Whether it was done."""
        return self.code == DONE


async def enroll(
    door: Door,
    sequence: str,
    wanted: Sequence[str | int],
    by: str,
    *,
    opportunity_id: int | None = None,
    dry_run: bool = False,
) -> list[Answer]:
    """Enrolls each contact (named by id, external id or email, or by an int, his id) on its own.

    One that is refused never stops the rest.

    Raises Refused where the sequence, the user or the number of contacts is the trouble.
    """
    return await enroll_all(door, sequence, [Wanted.of(name) for name in wanted], by, opportunity_id, dry_run=dry_run)


async def enroll_all(
    door: Door, sequence: str, wanted: list[Wanted], by: str, opportunity_id: int | None, *, dry_run: bool = False
) -> list[Answer]:
    """The same for contacts that were chosen in any way."""
    async with door.database.reading() as tx:
        user, add = await may_add(tx, sequence, len(wanted), by, opportunity_id)
        if dry_run:
            return [answer for some in batches(wanted) for answer in await enrolling.foresee(tx, add, user, some)]
    return await _enroll_all(door, add, wanted)


async def _enroll_all(door: Door, add: Add, wanted: list[Wanted]) -> list[Answer]:
    answers: list[Answer] = []
    for some in batches(wanted):
        async with door.database.writing() as tx:
            batch = await enrolling.enroll(tx, add, some, door.now(), door.new_id)
        await start_all(door, batch)
        answers += batch.answers
    return answers


async def may_add(
    tx: AsyncSession, sequence: str, number: int, by: str, opportunity_id: int | None
) -> tuple[User, Add]:
    """Who adds, and to what. Raises Refused where sequence, user, opportunity or the number of contacts is the trouble.

    The user comes first: no other refusal may give anything away.
    """
    user = await acting_user(tx, by)
    row = await sequences.find(tx, sequence, user)
    check(user, "enroll", await ties.to_sequence(tx, user, row))
    if row.archived:
        raise Refused("sequence_archived", f"The sequence {row.name!r} is archived; it takes no new contacts.")
    if opportunity_id is not None and await contacts.opportunity(tx, opportunity_id) is None:
        raise Refused("unknown_opportunity", f"There is no opportunity {opportunity_id}.")
    await check_number(tx, number)
    return user, Add(row.id, user.id, opportunity_id)


async def check_number(tx: AsyncSession, number: int) -> None:
    """Raises Refused(`limit_reached`) for more contacts than one add takes."""
    most = (await settings.current(tx)).limits.contacts_per_add
    if number > most:
        raise Refused("limit_reached", f"At most {most:,} contacts can be added at once.")


def batches(wanted: list[Wanted]) -> list[list[Wanted]]:
    """As many at a time as one transaction takes."""
    return [wanted[at : at + enrolling.AT_ONCE] for at in range(0, len(wanted), enrolling.AT_ONCE)]


async def start_all(door: Door, batch: Batch) -> None:
    """Starts the runs, several at a time, and remembers that; what fails here is the sweep's."""
    turns = asyncio.Semaphore(STARTS_AT_ONCE)

    async def one(enrollment: Enrollment, first: Decision) -> str | None:
        async with turns:
            return enrollment.id if await door.runs.start(enrollment, first) is Reached.yes else None

    running = [heard for heard in await asyncio.gather(*(one(*born) for born in batch.born)) if heard]
    if running:
        async with door.database.writing() as tx:
            await enrollments.all_started(tx, running)


async def start(door: Door, enrollment: Enrollment, first: Decision) -> bool:
    """Starts the run and remembers that; what fails here is the sweep's."""
    if await door.runs.start(enrollment, first) is not Reached.yes:
        return False
    async with door.database.writing() as tx:
        await enrollments.started(tx, enrollment.id, enrollment.run)
    return True


async def listed(
    door: Door, by: str, *, sequence: str = "", status: Status | None = None, after: str = "", limit: int = 100
) -> list[Enrollment]:
    """The enrollments the user sees, behind that id, in the order in which they began. Raises Refused."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        only = (await sequences.find(tx, sequence, user)).id if sequence else None
        wanted = enrollments.Filter(sequence_id=only, status=status, after=after, limit=limit)
        return await enrollments.listed(tx, user, wanted)


async def act(door: Door, enrollment_id: str, happening: Happening, by: str, note: str | None = None) -> Receipt:
    """Accepts an act: records it, then tells the run. Raises Refused, or Unchanged where it is so already."""
    async with door.database.writing() as tx:
        user = await acting_user(tx, by)
        life = await Life.lock(tx, enrollment_id, door.now())
        if life is None:
            raise not_found()
        _, tie = await ties.to_act(tx, user.id, life.enrollment, happening)
        check(user, happening.what.value, tie)
        happening = replace(happening, by=user.id)
        standing = await news.folded(tx, life.enrollment, life.now, life.course)
        after = happen(standing, happening, life.now, life.course)
        piece = await news.append(tx, life.enrollment, happening, life.now, note) if life.enrollment.is_open else None
        first = await _act_on_closed(life, user, happening, note) if piece is None else None
    if piece is not None:
        return Receipt(after, await tell(door, life.enrollment, piece))
    reopened = first is not None and life.enrollment.is_open
    return Receipt(life.enrollment, await start(door, life.enrollment, first) if reopened and first else True)


async def act_on_each(
    door: Door, ids: Collection[str], happening: Happening, by: str, steps: Mapping[str, int] = AT_ANY
) -> list[Answered]:
    """The same act on every one of them: one that is refused never stops the rest. In the order of `ids`.

    `steps` are those at which it is meant, by enrollment; where none is said, wherever it stands.
    """
    turns = asyncio.Semaphore(STARTS_AT_ONCE)

    async def one(enrollment_id: str) -> Answered:
        async with turns:
            try:
                receipt = await act(door, enrollment_id, replace(happening, step=steps.get(enrollment_id)), by)
            except Refused as refused:
                return Answered(enrollment_id, refused.code, refused.sentence)
        return Answered(enrollment_id, DONE, "" if receipt.engine_heard else f"Takes effect {receipt.takes_effect}.")

    return await asyncio.gather(*map(one, ids))


async def _act_on_closed(life: Life, user: User, happening: Happening, note: str | None) -> Decision:
    """No run is open, so the door itself writes; what opens it again passes the checks of enrolling, as a new run."""
    life.happen(happening, note=note)
    if life.enrollment.is_open:
        await enrolling.readmit(life.tx, life.enrollment.contact_id, life.enrollment.sequence_id, user)
        life.enrollment = replace(life.enrollment, run=life.enrollment.run + 1)
    return await life.save()


async def tell(door: Door, enrollment: Enrollment, piece: news.News) -> bool:
    """Knocks at the run with the number of the news; whatever fails here is the sweep's."""
    body = {"enrollment_id": enrollment.id, "number": piece.number, **_said(piece.happening)}
    if await door.runs.tell(enrollment.workflow_id, piece.happening.what.value, body) is not Reached.yes:
        return False
    async with door.database.writing() as tx:
        await news.signaled(tx, enrollment.id, piece.number)
    return True


def _said(happening: Happening) -> dict[str, str | int]:
    """The values of the signal, for whoever reads the run: ids and words."""
    names = ("by", "step", "todo", "result", "outcome", "settlement")
    return {name: getattr(happening, name) for name in names if getattr(happening, name) is not None}


async def one_contact(tx: AsyncSession, name: str | int) -> Contact:
    """The contact somebody means by id, external id or email; a number means its id alone. Raises Refused."""
    ids = [name] if isinstance(name, int) else await contacts.matching(tx, name)
    if len(ids) > 1:
        raise Refused("ambiguous_contact", f"{quoted(str(name))} fits several contacts: {', '.join(map(str, ids))}.")
    contact = await contacts.get(tx, ids[0]) if ids else None
    if contact is None:
        raise Refused("unknown_contact", f"There is no contact {quoted(str(name))}.")
    return contact
