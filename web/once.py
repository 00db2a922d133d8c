"""Idempotency-Key: a write that is repeated with its key is answered as it was the first time."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from sequencing.errors import Refused
from starter.door import Door
from store import answers
from web import problems
from web.acting import bearer_user, door_of, looking

KEPT = timedelta(hours=24)
GIVEN_UP = timedelta(seconds=60)
"""After that long somebody who began to answer has died; whoever repeats it then acts.

Acts bear repetition; those that would make a second thing keep their answer with the first (`Making`)."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_KEY = 80


class Once(APIRoute):
    """A route whose refusals are problems, and whose writes are answered once for a key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that FastAPI calls."""
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                async with looking(request) if request.method == "GET" else nullcontext():
                    return await handler(request)
            except Exception as error:
                if problems.refusal(error) is None:
                    raise
                return problems.answer(error)

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is None or request.method in READING:
                return await answered(request)
            try:
                return await _Repeatable(request, key).answer(answered)
            except Exception as error:
                if problems.refusal(error) is None:
                    raise
                return problems.answer(error)

        return once


def making(request: Request) -> Door:
    """A door for acts that make something: with a key, their answer is kept in the act's own transaction."""
    repeatable: _Repeatable | None = getattr(request.state, "repeatable", None)
    door = door_of(request)
    return door if repeatable is None else replace(door, made=repeatable.keep_with)


class _Repeatable:
    """One request with its key."""

    def __init__(self, request: Request, key: str) -> None:
        self.request, self.key = request, key
        self.door: Door = request.app.state.door

    async def answer(self, act: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
        """The kept answer, or that of the act, which is kept."""
        if not (1 <= len(self.key) <= LONGEST_KEY and self.key.isascii() and self.key.isprintable()):
            raise Refused("invalid_key", f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")
        self.user_id = (await bearer_user(self.request)).id
        self.request.state.repeatable = self
        kept = await self._begin(await self._digest())
        if kept is not None:
            return kept
        try:
            response = await act(self.request)
        except BaseException:
            await asyncio.shield(self._free())
            raise
        await asyncio.shield(self._keep(response))
        return response

    async def _digest(self) -> str:
        asked = f"{self.request.method} {self.request.url.path}?{self.request.url.query}\n"
        return sha256(asked.encode() + await self.request.body()).hexdigest()

    async def _begin(self, asked: str) -> Response | None:
        now = self.door.now()
        async with self.door.database.writing() as tx:
            await answers.forget(tx, now - KEPT)
            if await answers.begin(tx, self.user_id, self.key, asked, now):
                return None
            before = await answers.get(tx, self.user_id, self.key)
            if before is None or before.request != asked:
                raise Refused("key_used_otherwise", "This Idempotency-Key was used for another request.")
            if before.status is not None:
                return _again(before.status, before.body or "")
            if await answers.take_over(tx, self.user_id, self.key, now - GIVEN_UP, now):
                return None
        raise Refused("being_answered", "The same request is being answered just now; repeat it in a moment.")

    async def keep_with(self, tx: AsyncSession, made: int | str) -> None:
        """Keeps the answer with what was made, so that neither is there without the other."""
        status = self.request.scope["route"].status_code
        await answers.keep(tx, self.user_id, self.key, status, json.dumps({"id": made}))

    async def _keep(self, response: Response) -> None:
        if response.status_code >= 500:
            await self._free()
            return
        body = bytes(response.body).decode()
        async with self.door.database.writing() as tx:
            await answers.keep(tx, self.user_id, self.key, response.status_code, body)

    async def _free(self) -> None:
        async with self.door.database.writing() as tx:
            await answers.give_up(tx, self.user_id, self.key)


Making = Annotated[Door, Depends(making)]


def _again(status: int, body: str) -> Response:
    media_type = problems.MEDIA_TYPE if status >= 400 else "application/json"
    return Response(body or None, status, {"Idempotency-Replayed": "true"}, media_type if body else None)
