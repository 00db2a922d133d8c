"""Enrolling many contacts in few statements, for the door and for large adds: resolve, lock, judge, insert."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.adds import Answer, Case, Demand, Enrolled, NotEnrolled, Terms, admit, already_in, lack
from sequencing.decisions import Decision, decide
from sequencing.enrollments import Enrollment, Status
from sequencing.errors import Refused, quoted
from sequencing.happenings import What
from sequencing.people import Contact, User
from sequencing.permissions import check
from sequencing.sequences import Action, Course
from sequencing.transitions import begin
from store import contacts, sequences, settings, suppressions, ties, users
from store.database import upsert
from store.enrollments import OPEN
from store.lives import COLUMNS, EVENTS, put_off
from store.people_tables import ContactRow, EmailAddressRow
from store.sequences import shown_to
from store.tables import EnrollmentRow, RemovalRow, SequenceRow, StepRow, TemplateRow

AT_ONCE = 100
"""Contacts in one transaction: on SQLite it keeps other writers waiting some 50 ms."""
LONGEST_NAME = 320
ENROLLMENTS = EnrollmentRow.metadata.tables[EnrollmentRow.__tablename__]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A contact as he was named; with an id where a search found him, so that nothing is left to be read into it."""

    named: str
    contact_id: int | None = None

    @classmethod
    def of(cls, name: str | int) -> "Wanted":
        """Whom somebody names; a number is his id alone."""
        return cls(str(name), name if isinstance(name, int) else None)


@dataclass(frozen=True, slots=True)
class Add:
    """What all contacts of an add share."""

    sequence_id: int
    by: int
    opportunity_id: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """An answer for each, in order; and those that were born, each with the decision its run begins with."""

    answers: list[Answer]
    born: list[tuple[Enrollment, Decision]]


async def enroll(
    tx: AsyncSession, add: Add, wanted: Sequence[Wanted], now: datetime, new_id: Callable[[], str]
) -> Batch:
    """Enrolls each on its own, in a dozen statements however many they are; nobody else can add them meanwhile."""
    try:
        user = await _permitted(tx, add)
    except Refused as refusal:
        return Batch(await _all_refused(tx, wanted, refusal), [])
    judged = await _judged(tx, add, user, wanted, lock=True)
    course = await sequences.course(tx, add.sequence_id)
    fresh = Enrollment("", add.sequence_id, 0, add.by, now, now, add.opportunity_id)
    models = await _models(tx, fresh, now, course, [one.contact_id for one in judged if isinstance(one, Enrolled)])
    born = [replace(model, id=new_id(), contact_id=contact_id) for contact_id, model in models.items()]
    written = await _be_born(tx, born)
    by_contact = {enrollment.contact_id: enrollment for enrollment in born if enrollment.id in written}
    answers = [_with_ids(one, by_contact) if isinstance(one, Enrolled) else one for one in judged]
    return Batch(answers, [(one, decide(one, course)) for one in by_contact.values()])


async def _models(
    tx: AsyncSession, fresh: Enrollment, now: datetime, course: Course, ids: Sequence[int]
) -> dict[int, Enrollment]:
    """How each contact's begins. The calendar is walked once for all, or where they begin with a text once a zone."""
    if course.actions[0] is not Action.text:
        return dict.fromkeys(ids, begin(fresh, now, course))
    rows = select(ContactRow.id, ContactRow.time_zone).where(ContactRow.id.in_(ids))
    zones = {row.id: row.time_zone for row in await tx.execute(rows)}
    by_zone = {zone: begin(fresh, now, replace(course, contact_zone=zone)) for zone in set(zones.values())}
    return {contact_id: by_zone[zones[contact_id]] for contact_id in ids}


async def foresee(tx: AsyncSession, add: Add, user: User, wanted: Sequence[Wanted]) -> list[Answer]:
    """What `enroll` would answer, and nothing is written."""
    return await _judged(tx, add, user, wanted, lock=False)


async def terms(tx: AsyncSession, sequence_id: int) -> Terms:
    """What the sequence and the settings ask now."""
    rows = select(StepRow.position, StepRow.action, StepRow.address_type, TemplateRow.address_type, StepRow.body)
    rows = rows.outerjoin(TemplateRow, TemplateRow.id == StepRow.template_id)
    steps = await tx.execute(rows.where(StepRow.sequence_id == sequence_id).order_by(StepRow.position))
    now = await settings.current(tx)
    demands = tuple(
        Demand(step, action, templates or own, body if action is Action.text else "")
        for step, action, own, templates, body in steps
    )
    return Terms(demands, now.more_than_one_sequence)


async def readmit(tx: AsyncSession, contact_id: int, sequence_id: int, user: User) -> None:
    """Whether a contact may be in that sequence again; his row stays locked, so that two adds queue up.

    Raises Refused.
    """
    await _lock(tx, [contact_id])
    cases = await _cases(tx, sequence_id, user, [contact_id])
    admit(cases[contact_id], await terms(tx, sequence_id))


async def _permitted(tx: AsyncSession, add: Add) -> User:
    """The adding user, with the sequence's row held against changes. Raises Refused where either has changed."""
    row = await tx.scalar(select(SequenceRow).where(SequenceRow.id == add.sequence_id).with_for_update(read=True))
    user = await users.get(tx, add.by)
    if row is None or user is None:
        raise Refused("not_permitted", "The sequence, or the user who adds, is gone.")
    try:
        check(user, "enroll", await ties.to_sequence(tx, user, row))
    except Refused as refusal:
        raise Refused("not_permitted", refusal.sentence) from None
    if row.archived:
        raise Refused("sequence_archived", f"The sequence {row.name!r} is archived; it takes no new contacts.")
    return user


async def _all_refused(tx: AsyncSession, wanted: Sequence[Wanted], refusal: Refused) -> list[Answer]:
    meant = await _meant(tx, wanted)
    said = refusal.code, refusal.sentence
    return [NotEnrolled(one.named, *said, _only(ids)) for one, ids in zip(wanted, meant, strict=True)]


async def _judged(tx: AsyncSession, add: Add, user: User, wanted: Sequence[Wanted], *, lock: bool) -> list[Answer]:
    meant = await _meant(tx, wanted)
    ids = sorted({ids[0] for ids in meant if len(ids) == 1})
    if lock:
        await _lock(tx, ids)
    cases = await _cases(tx, add.sequence_id, user, ids)
    asked = await terms(tx, add.sequence_id)
    judged: list[Answer] = []
    taken: set[int] = set()
    for one, ids_of_one in zip(wanted, meant, strict=True):
        try:
            case = _the_one(one.named, ids_of_one, cases)
            admit(replace(case, in_it=case.in_it or case.contact.id in taken), asked)
        except Refused as refusal:
            judged.append(NotEnrolled(one.named, refusal.code, refusal.sentence, _only(ids_of_one)))
            continue
        taken.add(case.contact.id)
        missing = lack(case.contact, asked)
        judged.append(Enrolled(one.named, case.contact.id, None, None, case.was_in_it_before, missing))
    return judged


def _only(ids: Sequence[int]) -> int | None:
    return ids[0] if len(ids) == 1 else None


def _the_one(named: str, ids: Sequence[int], cases: dict[int, Case]) -> Case:
    if len(ids) > 1:
        raise Refused("ambiguous_contact", f"{quoted(named)} fits several contacts: {', '.join(map(str, ids))}.")
    case = cases.get(ids[0]) if ids else None
    if case is None:
        raise Refused("unknown_contact", f"There is no contact {quoted(named)}.")
    return case


async def _meant(tx: AsyncSession, wanted: Sequence[Wanted]) -> list[list[int]]:
    """For each, the ids of the contacts who may be meant by an id, an external id or an email address."""
    names = {one.named.strip() for one in wanted if one.contact_id is None}
    names = {name for name in names if name.isprintable() and len(name) <= LONGEST_NAME}
    numbers = {int(name) for name in names if _is_number(name)}
    found: defaultdict[str, set[int]] = defaultdict(set)
    by_address: defaultdict[str, set[int]] = defaultdict(set)
    if names:
        either = or_(ContactRow.external_id.in_(names), ContactRow.id.in_(numbers))
        for contact_id, external_id in await tx.execute(select(ContactRow.id, ContactRow.external_id).where(either)):
            found[external_id or ""].add(contact_id)
            found[str(contact_id)].add(contact_id)
        addresses = select(EmailAddressRow.contact_id, EmailAddressRow.address)
        lowered = {name.lower() for name in names}
        for contact_id, address in await tx.execute(addresses.where(EmailAddressRow.address.in_(lowered))):
            by_address[address].add(contact_id)

    def fitting(named: str) -> list[int]:
        name = named.strip()
        number = str(int(name)) if _is_number(name) else ""
        return sorted(found[name] | found[number] | by_address[name.lower()])

    return [fitting(one.named) if one.contact_id is None else [one.contact_id] for one in wanted]


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 10


async def _lock(tx: AsyncSession, ids: Sequence[int]) -> None:
    """In the order of ids, so that two adds of the same contacts queue up and never wait for each other."""
    rows = select(ContactRow.id).where(ContactRow.id.in_(ids)).order_by(ContactRow.id)
    await tx.execute(rows.with_for_update(key_share=True))


async def _cases(tx: AsyncSession, sequence_id: int, user: User, ids: Sequence[int]) -> dict[int, Case]:
    people = await contacts.some(tx, ids)
    opened = select(EnrollmentRow.contact_id).where(EnrollmentRow.contact_id.in_(ids), EnrollmentRow.status.in_(OPEN))
    in_it = set(await tx.scalars(opened.where(EnrollmentRow.sequence_id == sequence_id)))
    before = await _were_in_it(tx, sequence_id, ids)
    elsewhere = await _elsewhere(tx, user, EnrollmentRow.contact_id.in_(ids), sequence_id)
    suppressed = await _suppressed(tx, list(people.values()))
    return {
        one: Case(contact, one in in_it, one in before, elsewhere.get(one), suppressed)
        for one, contact in people.items()
    }


async def _were_in_it(tx: AsyncSession, sequence_id: int, ids: Sequence[int]) -> set[int]:
    """Who was in the sequence at any time, removed ones included."""
    here = select(EnrollmentRow.contact_id).where(
        EnrollmentRow.contact_id.in_(ids), EnrollmentRow.sequence_id == sequence_id
    )
    gone = select(RemovalRow.contact_id).where(RemovalRow.contact_id.in_(ids), RemovalRow.sequence_id == sequence_id)
    return set(await tx.scalars(here.union(gone)))


async def _elsewhere(tx: AsyncSession, user: User, among: ColumnElement[bool], sequence_id: int) -> dict[int, str]:
    """The name of another sequence each is in: one that the user sees where there is one, else an empty name."""
    rows = select(EnrollmentRow.contact_id, SequenceRow.name, shown_to(user)).join(
        SequenceRow, SequenceRow.id == EnrollmentRow.sequence_id
    )
    others = rows.where(among, EnrollmentRow.status.in_(OPEN), EnrollmentRow.sequence_id != sequence_id)
    named: dict[int, str] = {}
    for contact_id, name, shown in await tx.execute(others):
        named[contact_id] = name if shown else named.get(contact_id, "")
    return named


async def _suppressed(tx: AsyncSession, people: Sequence[Contact]) -> frozenset[str]:
    targets = {address.lower() for one in people for _, address in one.emails}
    targets |= {one.mobile for one in people if one.mobile}
    return frozenset(await suppressions.among(tx, targets))


async def _be_born(tx: AsyncSession, born: Sequence[Enrollment]) -> set[str]:
    """The ids of those that were written; the index, not a look, decides who is in the sequence already."""
    if not born:
        return set()
    rows = upsert(tx, ENROLLMENTS).on_conflict_do_nothing().returning(ENROLLMENTS.c.id)
    values = [{name: getattr(one, name) for name in COLUMNS} for one in born]
    written = set((await tx.execute(rows, values)).scalars())
    events = [
        {
            "enrollment_id": one.id,
            "at": one.enrolled_at,
            "what": What.enrolled,
            "by": one.enrolled_by,
            "step": 1,
            "status": Status.active,
            "details": put_off(one),
        }
        for one in born
        if one.id in written
    ]
    if events:
        await tx.execute(insert(EVENTS), events)
    return written


def _with_ids(one: Enrolled, born: dict[int, Enrollment]) -> Answer:
    enrollment = born.get(one.contact_id)
    if enrollment is None:
        refusal = already_in()
        return NotEnrolled(one.contact, refusal.code, refusal.sentence, one.contact_id)
    return replace(one, enrollment_id=enrollment.id, workflow_id=enrollment.workflow_id)
