"""Who sees a sequence, and whose it is."""

from typing import Annotated

from pydantic import Field

from sequencing.sequences import Sharing
from starter.sharing import hand_over, share
from store.sequences import numbered
from web.acting import At, By
from web.api.templates import Heir
from web.api.words import Body, Done, Number, Text, changed
from web.areas import Area
from web.once import Once

router = Area(tags=["sequences"], route_class=Once)


class Wanted(Body):
    """`users` are named by their emails with `users`, and nobody is with `private` or `everyone`."""

    sharing: Sharing
    users: list[Annotated[Text, Field(max_length=320)]] = Field(default=[], max_length=1000)


@router.put("/sequences/{id}/sharing")
async def put_sharing(door: At, by: By, id: Number, wanted: Wanted) -> Done:
    """Lets nobody else, these users, or everyone see it and enroll in it; never edit it."""
    return await changed(share(door, numbered(id), wanted.sharing, wanted.users, by.email))


@router.put("/sequences/{id}/owner")
async def put_owner(door: At, by: By, id: Number, heir: Heir) -> Done:
    """Gives it another owner, who must be able to edit it."""
    return await changed(hand_over(door, numbered(id), heir.to, by.email))
