"""The shapes in which the API answers, and the words that paths and queries may hold."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from sequencing.enrollments import Enrollment, Status
from sequencing.errors import Refused, Unchanged, quoted
from sequencing.people import Contact
from sequencing.wording import check_text
from starter.enrollments import Receipt
from web.problems import Problem


def _text(said: str) -> str:
    check_text("It", said)
    return said


LARGEST_ID = 2**31 - 1
Text = Annotated[str, AfterValidator(_text)]
Named = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)] | Annotated[Text, Field(max_length=320)]
"""A contact: in quotes by id, external id or email; without, by id alone, since an external id may be a number too."""
Id = Annotated[str, Path(max_length=40)]
Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
After = Annotated[str, Query(max_length=80, description="`next` of the page before; empty: the first page.")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words}
    for status, words in {
        400: "The body cannot be read",
        401: "No valid token",
        403: "Seen, but a level is missing",
        404: "Not there, or not shown to you",
        409: "It does not fit how things stand",
        413: "The body is too large",
        422: "The request cannot be understood or carried out",
        503: "The database cannot be reached, or does too much just now",
    }.items()
}


class Body(BaseModel):
    """What is sent: no other keys."""

    model_config = ConfigDict(extra="forbid")


class Done(BaseModel):
    """What came of an act. `changed` is false where it was so already; then `message` says that."""

    changed: bool
    message: str | None = None
    enrollment_id: str | None = None
    status: str | None = None
    reason: str | None = None
    outcome: str | None = None
    step: int | None = None
    takes_effect: str | None = None

    @classmethod
    def by(cls, receipt: Receipt) -> Self:
        """Of an accepted act."""
        one = receipt.enrollment
        return cls(
            changed=True,
            enrollment_id=one.id,
            status=one.status,
            reason=one.reason,
            outcome=one.outcome,
            step=one.step,
            takes_effect=receipt.takes_effect,
        )

    @classmethod
    def before(cls, unchanged: Unchanged) -> Self:
        """Of an act that found it done."""
        return cls(changed=False, message=unchanged.sentence)


async def changed(acting: Awaitable[object]) -> Done:
    """What came of an act that answers nothing, also where it was so already."""
    try:
        await acting
    except Unchanged as unchanged:
        return Done.before(unchanged)
    return Done(changed=True)


def behind(after: str, first: int) -> int:
    """The number behind which a list goes on; `first` where nothing is said. Raises Refused(`invalid_cursor`)."""
    if not after:
        return first
    if not (after.isascii() and after.isdecimal() and len(after) < 10):
        raise Refused("invalid_cursor", f"{quoted(after)} is no cursor; take `next` of an earlier answer.")
    return int(after)


class Created(BaseModel):
    """The number of what was made."""

    id: int


class Standing(BaseModel):
    """An enrollment in a list."""

    id: str
    workflow_id: str
    sequence_id: int
    contact_id: int
    contact: str
    status: Status
    state: str | None
    reason: str | None
    outcome: str | None
    step: int
    todo: str | None
    due: datetime | None
    why: str | None
    since: datetime | None

    @classmethod
    def of(cls, one: Enrollment, contact: Contact | None) -> Self:
        """The enrollment, with its contact's name."""
        return cls(
            id=one.id,
            workflow_id=one.workflow_id,
            sequence_id=one.sequence_id,
            contact_id=one.contact_id,
            contact=contact.name if contact else "?",
            status=one.status,
            state=one.state if one.status is Status.active else None,
            reason=one.reason,
            outcome=one.outcome,
            step=one.step,
            todo=one.todo,
            due=one.due_at,
            why=one.why,
            since=one.since,
        )


class Standings(BaseModel):
    """A page of enrollments. `next` is the cursor of the next page; null: this was the last."""

    items: list[Standing]
    next: str | None


class Instant(Body):
    """An instant with its zone."""

    until: AwareDatetime = Field(description="2026-12-01T09:00+01:00")
