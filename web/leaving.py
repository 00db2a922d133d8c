"""What takes long is not done for somebody who has left."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

from sequencing.errors import Refused

T = TypeVar("T")


async def while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work brings; it is cancelled when whoever asked hangs up. The body of the request has been read."""
    working, gone = asyncio.ensure_future(work), asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return await working
        raise Refused("nobody_waits", "Whoever asked for it has left.")
    finally:
        for one in (working, gone):
            one.cancel()
        await asyncio.wait({working, gone})


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
