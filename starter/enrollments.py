"""Enrolling contacts, and every act on an enrollment: permitted, judged by the rules, recorded, then told."""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.decisions import Decision, decide
from sequencing.enrollments import Enrollment
from sequencing.errors import Refused, quoted
from sequencing.happenings import Happening
from sequencing.limits import CONTACTS_PER_ADD
from sequencing.people import Contact, User
from sequencing.permissions import check, not_found
from sequencing.transitions import begin, happen
from starter.client import Reached
from starter.door import Door, acting_user
from store import contacts, enrollments, news, sequences, settings, suppressions, ties
from store.lives import Life
from store.people_tables import ContactRow
from store.tables import SequenceRow


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A contact that is in the sequence now (or would be, on a dry run: then without ids)."""

    contact: str
    contact_id: int
    enrollment_id: str | None
    workflow_id: str | None
    was_in_it_before: bool
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """A contact that was refused, and why."""

    contact: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """An act that was accepted: where the enrollment will stand, and whether the engine has heard of it."""

    enrollment: Enrollment
    engine_heard: bool

    @property
    def takes_effect(self) -> str:
        """For the reader."""
        return "now" if self.engine_heard else "when Temporal is back"


async def enroll(
    door: Door, sequence: str, wanted: list[str], by: str, *, opportunity_id: int | None = None, dry_run: bool = False
) -> list[Enrolled | NotEnrolled]:
    """Enrolls each contact (named by id, external id or email) on its own: one that is refused never stops the rest.

    Raises Refused where the sequence, the user or the number of contacts is the trouble.
    """
    if len(wanted) > CONTACTS_PER_ADD:
        raise Refused("limit_reached", f"At most {CONTACTS_PER_ADD} contacts can be added at once.")
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        row = await sequences.find(tx, sequence, user)
        check(user, "enroll", await ties.to_sequence(tx, user, row))
    if row.archived:
        raise Refused("sequence_archived", f"The sequence {row.name!r} is archived; it takes no new contacts.")
    enrolling = _Enrolling(door, row, user, opportunity_id, dry_run)
    return [await enrolling.one(name) for name in wanted]


@dataclass(frozen=True, slots=True)
class _Enrolling:
    """One add: the same sequence, user and opportunity for every contact."""

    door: Door
    sequence: SequenceRow
    user: User
    opportunity_id: int | None
    dry_run: bool

    async def one(self, name: str) -> Enrolled | NotEnrolled:
        try:
            async with self.door.database.writing() as tx:
                contact = await one_contact(tx, name)
                await admit(tx, contact, self.sequence.id)
                before = await enrollments.was_in_it_before(tx, contact.id, self.sequence.id)
                born = None if self.dry_run else await self._be_born(tx, contact)
        except Refused as refusal:
            return NotEnrolled(name, refusal.code, refusal.sentence)
        if born is None:
            return Enrolled(name, contact.id, None, None, before, _remark(contact))
        await start(self.door, *born)
        return Enrolled(name, contact.id, born[0].id, born[0].workflow_id, before, _remark(contact))

    async def _be_born(self, tx: AsyncSession, contact: Contact) -> tuple[Enrollment, Decision]:
        now = self.door.now()
        course = await sequences.course(tx, self.sequence.id)
        fresh = Enrollment(
            id=self.door.new_id(),
            sequence_id=self.sequence.id,
            contact_id=contact.id,
            enrolled_by=self.user.id,
            enrolled_at=now,
            previous_end=now,
            opportunity_id=self.opportunity_id,
        )
        enrollment = begin(fresh, now, course)
        if not await enrollments.be_born(tx, enrollment):
            raise _already_in()
        return enrollment, decide(enrollment, course)


async def admit(tx: AsyncSession, contact: Contact, sequence_id: int) -> None:
    """Whether the contact may be in that sequence now; its row stays locked, so that two adds queue up.

    Raises Refused.
    """
    if await tx.scalar(select(ContactRow.id).where(ContactRow.id == contact.id).with_for_update()) is None:
        raise Refused("unknown_contact", "The contact was erased at this moment.")
    if contact.do_not_contact:
        raise Refused("do_not_contact", f"{contact.name} is marked as not to be contacted.")
    if await enrollments.open_in(tx, contact.id, sequence_id):
        raise _already_in()
    addresses = [address for _, address in contact.emails]
    if addresses and all([await suppressions.is_suppressed(tx, address) for address in addresses]):
        raise Refused("unsubscribed", f"{contact.name} has no address that may be written to.")
    if (await settings.current(tx)).more_than_one_sequence:
        return
    if await enrollments.open_elsewhere(tx, contact.id, sequence_id):
        raise Refused(
            "already_in_another_sequence",
            f"{contact.name} is in another sequence, and the settings allow one at a time.",
        )


async def start(door: Door, enrollment: Enrollment, first: Decision) -> bool:
    """Starts the run and remembers that; what fails here is the sweep's."""
    if await door.runs.start(enrollment, first) is not Reached.yes:
        return False
    async with door.database.writing() as tx:
        await enrollments.started(tx, enrollment.id, enrollment.run)
    return True


async def act(door: Door, enrollment_id: str, happening: Happening, by: str, note: str | None = None) -> Receipt:
    """Accepts an act: records it, then tells the run. Raises Refused, or Unchanged where it is so already."""
    async with door.database.writing() as tx:
        user = await acting_user(tx, by)
        life = await Life.lock(tx, enrollment_id, door.now())
        if life is None:
            raise not_found()
        _, tie = await ties.to_enrollment(tx, user.id, life.enrollment, happening.todo)
        check(user, happening.what.value, tie)
        happening = replace(happening, by=user.id)
        standing = await news.folded(tx, life.enrollment, life.now, life.course)
        after = happen(standing, happening, life.now, life.course)
        piece = await news.append(tx, life.enrollment, happening, life.now, note) if life.enrollment.is_open else None
        first = await _act_on_closed(life, happening, note) if piece is None else None
    if piece is not None:
        return Receipt(after, await tell(door, life.enrollment, piece))
    reopened = first is not None and life.enrollment.is_open
    return Receipt(life.enrollment, await start(door, life.enrollment, first) if reopened and first else True)


async def _act_on_closed(life: Life, happening: Happening, note: str | None) -> Decision:
    """No run is open, so the door itself writes; what opens it again passes the checks of enrolling, as a new run."""
    contact = await contacts.get(life.tx, life.enrollment.contact_id)
    life.happen(happening, note=note)
    if life.enrollment.is_open and contact is not None:
        await admit(life.tx, contact, life.enrollment.sequence_id)
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


async def one_contact(tx: AsyncSession, name: str) -> Contact:
    """The contact somebody means by id, external id or email. Raises Refused."""
    ids = await contacts.matching(tx, name)
    if len(ids) > 1:
        raise Refused("ambiguous_contact", f"{quoted(name)} fits several contacts: {', '.join(map(str, ids))}.")
    contact = await contacts.get(tx, ids[0]) if ids else None
    if contact is None:
        raise Refused("unknown_contact", f"There is no contact {quoted(name)}.")
    return contact


def _remark(contact: Contact) -> str | None:
    """What will happen that one should know beforehand."""
    return None if contact.emails else "has no email address: it will pause at the first email"


def _already_in() -> Refused:
    return Refused("already_in_sequence", "The contact is in this sequence already.")
