"""An email or text as one contact would get it, shown or sent to oneself."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from starter import previews
from store.sequences import numbered
from web.acting import At, By
from web.api.words import Body, Named, Number, Text
from web.areas import Area
from web.once import Once

router = Area(tags=["sequences"], route_class=Once)


class Wanted(Body):
    """Which step, for whom: a contact by id, external id or email."""

    step: Annotated[int, Field(ge=1, le=1000)]
    contact: Named


class TestMail(Wanted):
    """`to`: another user's email instead of yours."""

    to: Text = ""


class Preview(Body):
    """A message as it would leave now; with a `reason` it would not, and its step would pause.

    `cost` says of a text how many the network makes of it: `1 segment (GSM-7, 42 of 160)`.
    """

    contact: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    reason: str | None
    missing: list[str]
    cost: str


class Sent(Body):
    """Where a test went."""

    to: str


@router.post("/sequences/{id}/previews")
async def preview(door: At, by: By, id: Number, wanted: Wanted) -> Preview:
    """What that contact would get."""
    found = await previews.preview(door, numbered(id), wanted.step, wanted.contact, by.email)
    return Preview(**{**asdict(found), "missing": list(found.missing)})


@router.post("/sequences/{id}/test-mails")
async def test_mail(door: At, by: By, id: Number, wanted: TestMail) -> Sent:
    """Sends it, marked as a test; nothing is recorded as sent."""
    return Sent(to=await previews.send_test(door, numbered(id), wanted.step, wanted.contact, by.email, wanted.to))
