"""Enrolling, and every act on an enrollment."""

from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from sequencing.enrollments import Status
from sequencing.errors import Unchanged
from sequencing.happenings import Happening, Settlement, What
from sequencing.todos import Outcome
from starter import enrollments as acts
from starter.door import Door, acting_user
from starter.enrollments import Enrolled, NotEnrolled, Receipt
from starter.hearing import heard
from starter.timeline import story
from store import contacts, sequences
from store import enrollments as rows
from web.acting import At, By
from web.api.words import After, Body, Done, Id, Limit, Named, Number, Standing, Standings
from web.areas import Area
from web.once import Once

router = Area(tags=["enrollments"], route_class=Once)
AT_ONCE = 1000


class Adding(Body):
    """Whom to add, each named by id, external id or email; more than 1,000 go by a bulk add.

    A number without quotes is an id alone.
    """

    contacts: list[Named] = Field(min_length=1, max_length=AT_ONCE)
    opportunity_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class Added(BaseModel):
    """A contact that is in the sequence now; on a dry run without ids."""

    contact: str
    contact_id: int
    enrollment_id: str | None
    workflow_id: str | None
    status: str
    was_in_it_before: bool
    remark: str | None


class NotAdded(BaseModel):
    """A contact that was refused, and why. `contact_id` is empty where nobody, or more than one, fits."""

    contact: str
    contact_id: int | None
    code: str
    message: str


class Answers(BaseModel):
    """An answer for each contact; `notices` say whether replies will pause them."""

    enrolled: list[Added]
    refused: list[NotAdded]
    notices: list[str]


@router.post("/sequences/{id}/enrollments")
async def enroll(door: At, by: By, id: Number, wanted: Adding, dry_run: bool = False) -> Answers:
    """Enrolls contacts; one that is refused never stops the rest. `dry_run` only says what would happen."""
    answers = await acts.enroll(
        door, sequences.numbered(id), wanted.contacts, by.email, opportunity_id=wanted.opportunity_id, dry_run=dry_run
    )
    status = "would_be_enrolled" if dry_run else Status.active
    refused = [_refused(answer) for answer in answers if isinstance(answer, NotEnrolled)]
    enrolled = [added(one, status) for one in answers if isinstance(one, Enrolled)]
    return Answers(enrolled=enrolled, refused=refused, notices=(await heard(door, by.time_zone)).notices)


def added(one: Enrolled, status: str) -> Added:
    """How the API tells of whoever is enrolled, or would be."""
    return Added(
        contact=one.contact,
        contact_id=one.contact_id,
        enrollment_id=one.enrollment_id,
        workflow_id=one.workflow_id,
        status=status,
        was_in_it_before=one.was_in_it_before,
        remark=one.remark,
    )


def _refused(answer: NotEnrolled) -> NotAdded:
    return NotAdded(contact=answer.contact, contact_id=answer.contact_id, code=answer.code, message=answer.sentence)


@router.get("/enrollments")
async def listed(
    door: At,
    by: By,
    sequence: Annotated[str, Query(max_length=120, description="Only of this one, by number or name.")] = "",
    status: Status | None = None,
    contact_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    after: After = "",
    limit: Limit = 100,
) -> Standings:
    """The enrollments you see, in the order in which they began."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by.email)
        only = (await sequences.find(tx, sequence, user)).id if sequence else None
        wanted = rows.Filter(sequence_id=only, contact_id=contact_id, status=status, after=after, limit=limit + 1)
        found = await rows.listed(tx, user, wanted)
        people = await contacts.some(tx, [one.contact_id for one in found])
    page = found[:limit]
    items = [Standing.of(one, people.get(one.contact_id)) for one in page]
    return Standings(items=items, next=page[-1].id if len(found) > limit else None)


@router.get("/enrollments/{id}")
async def shown(door: At, by: By, id: Id) -> dict[str, Any]:
    """Where it stands, what is next, when, why not yet, and everything that has happened."""
    return (await story(door, id, by.email)).as_json()


class Bypassing(Body):
    """Which wait is meant: with `step`, a bypass that comes late or twice never ends the wait of a later one."""

    step: Annotated[int, Field(ge=1, le=10_000)] | None = None


@router.post("/enrollments/{id}/bypass")
async def bypass(door: At, by: By, id: Id, said: Bypassing | None = None) -> Done:
    """Ends the current wait's delay; the send window stands. `step`, if said, must be the one that waits now."""
    return await act(door, by.email, id, Happening(What.bypass, step=said.step if said else None))


@router.post("/enrollments/{id}/pause")
async def pause(door: At, by: By, id: Id) -> Done:
    """Nothing more happens until it is resumed."""
    return await act(door, by.email, id, Happening(What.pause))


@router.post("/enrollments/{id}/resumption")
async def resume(door: At, by: By, id: Id) -> Done:
    """Goes on, with the wait that was left."""
    return await act(door, by.email, id, Happening(What.resume))


@router.post("/enrollments/{id}/cancellation")
async def cancel(door: At, by: By, id: Id) -> Done:
    """Stops it; it can be reactivated."""
    return await act(door, by.email, id, Happening(What.cancel))


@router.post("/enrollments/{id}/reactivation")
async def reactivate(door: At, by: By, id: Id) -> Done:
    """Takes a canceled one up again where it stopped."""
    return await act(door, by.email, id, Happening(What.reactivate))


class Conclusion(Body):
    """How it ended."""

    outcome: Outcome


@router.post("/enrollments/{id}/conclusion")
async def conclude(door: At, by: By, id: Id, said: Conclusion) -> Done:
    """Ends it with an outcome."""
    return await act(door, by.email, id, Happening(What.conclude, outcome=said.outcome))


class Delivery(Body):
    """What became of the message nobody knows about. `step` and `copy_number`, as `GET /attention` tells them, say
    which one is meant: what comes late or twice then settles no other.
    """

    settlement: Settlement
    step: Annotated[int, Field(ge=1, le=10_000)] | None = None
    copy_number: Annotated[int, Field(ge=1, le=10_000)] | None = None


@router.post("/enrollments/{id}/delivery")
async def settle(door: At, by: By, id: Id, said: Delivery) -> Done:
    """Says of a message nobody knows about that it left, or that it shall be sent again."""
    happening = Happening(What.settle, settlement=said.settlement, step=said.step, copy=said.copy_number)
    return await act(door, by.email, id, happening)


@router.delete("/enrollments/{id}")
async def remove(door: At, by: By, id: Id) -> Done:
    """Deletes it and its history beyond recovery; completed actions stay in the contact's history."""
    return await act(door, by.email, id, Happening(What.remove))


async def act(door: Door, by: str, enrollment_id: str, happening: Happening) -> Done:
    """What came of an act on an enrollment."""
    return await done(acts.act(door, enrollment_id, happening, by))


async def done(acting: Awaitable[Receipt]) -> Done:
    """What came of an act, also where it was so already."""
    try:
        return Done.by(await acting)
    except Unchanged as unchanged:
        return Done.before(unchanged)
