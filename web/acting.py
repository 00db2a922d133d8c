"""Who acts by HTTP: at the API whoever's token it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPBearer
from starlette.requests import Request

from sequencing.errors import Refused
from sequencing.people import User
from starter import keys
from starter.door import Door

SCHEME = HTTPBearer(auto_error=False, description="A token of `sequencing tokens add NAME`.")


async def bearer_user(request: Request) -> User:
    """The user of the bearer token. Raises Refused(`not_signed_in`)."""
    known: User | None = getattr(request.state, "user", None)
    if known is not None:
        return known
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    user = await keys.bearer(door_of(request), token.strip()) if scheme.lower() == "bearer" and token else None
    if user is None:
        raise Refused("not_signed_in", "Send a valid token: `Authorization: Bearer …`, from `sequencing tokens add`.")
    request.state.user = user
    return user


def door_of(request: Request) -> Door:
    """The door that the app was built on; for a page that is looked at, with one session for all its reading."""
    door: Door = getattr(request.state, "looking", None) or request.app.state.door
    return door


@asynccontextmanager
async def looking(request: Request) -> AsyncIterator[None]:
    """While a page is made that changes nothing."""
    door: Door = request.app.state.door
    async with door.database.looking() as database:
        request.state.looking = replace(door, database=database)
        yield


def lasting_door(request: Request) -> Door:
    """The same, for an answer that is still being made when the page is done: a file that comes piece by piece."""
    door: Door = request.app.state.door
    return door


By = Annotated[User, Depends(bearer_user)]
At = Annotated[Door, Depends(door_of)]
Lasting = Annotated[Door, Depends(lasting_door)]
