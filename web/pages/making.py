"""Forms that make something: however often one is sent, by a second click or from two windows, it is made once."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused
from starter.door import Door
from store import answers
from web.once import KEPT
from web.pages.frame import Form

LONGEST = 80


async def made_once(door: Door, form: Form, what: str, act: Callable[[Door], Awaitable[int | str]]) -> int | str:
    """What the act makes; sent again with the same words from the same page, what it made the first time.

    `what` tells the forms of one page apart. The act tells its door what it has made: the key of the form is taken in
    that transaction, so neither is there without the other. Raises Refused as the act does.
    """
    if not form.text("once").isalnum():
        return await act(door)
    key = f"{form.text('once')[:40]} {what}"[:LONGEST]
    asked = sha256(repr(sorted((name, form.many(name)) for name in form.several)).encode(errors="replace")).hexdigest()

    async def keep(tx: AsyncSession, made: int | str) -> None:
        await answers.forget(tx, door.now() - KEPT)
        if not await answers.begin(tx, form.user.id, key, asked, door.now()):
            raise _SentAgain
        await answers.keep(tx, form.user.id, key, 303, json.dumps(made))

    try:
        return await _made(door, form, key, asked) or await act(replace(door, made=keep))
    except _SentAgain:
        return await _made(door, form, key, asked) or await act(door)
    except Refused:
        if made := await _made(door, form, key, asked):
            return made
        raise


async def _made(door: Door, form: Form, key: str, asked: str) -> int | str | None:
    async with door.database.reading() as tx:
        kept = await answers.get(tx, form.user.id, key)
    if kept is None or kept.request != asked or not kept.body:
        return None
    made: int | str = json.loads(kept.body)
    return made


class _SentAgain(Exception):  # noqa: N818 - it rolls back what was made a second time
    """The key of the form is taken."""
