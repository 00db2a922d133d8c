"""Tokens: which there are, and ending one. None is made here: who has stolen one could make himself another."""

from datetime import datetime

from pydantic import BaseModel

from starter import keys
from web.acting import At, By
from web.api.words import Done, Number, changed
from web.areas import Area
from web.once import Once

router = Area(tags=["users"], route_class=Once)


class TokenShown(BaseModel):
    """What may be shown of a token. `user` is an email."""

    id: int
    user: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


class Tokens(BaseModel):
    """The tokens that you may revoke: your own; everybody's for those who manage."""

    items: list[TokenShown]


@router.get("/tokens")
async def listed(door: At, by: By) -> Tokens:
    """The tokens that there are or were; never the secrets themselves."""
    found = await keys.tokens(door, by.email)
    return Tokens(
        items=[
            TokenShown(id=one.id, user=email, name=one.name, created_at=one.created_at, revoked_at=one.revoked_at)
            for one, email in found
        ]
    )


@router.delete("/tokens/{id}")
async def revoke(door: At, by: By, id: Number) -> Done:
    """It opens nothing any more, this one included if it is the one that was sent."""
    return await changed(keys.revoke_token(door, id, by.email))
