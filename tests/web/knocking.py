"""Knocking at the doors that are open by HTTP, as a service with a token and as a person with a browser."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self
from urllib.parse import unquote

import httpx2
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.datastructures import State

from starter import keys
from starter.door import Door
from store import keys as key_rows
from store import users
from tests.house import ADA, BOB, RITA, House
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.web import promises
from web.texts import Signed

PASSWORD = "a long enough word"


def app_at(door: Door, signed_texts: Signed | None = None) -> FastAPI:
    """The application at that door."""
    app = copy(promises.app_of_all())
    app.state = State({**app.state._state, "door": door, "texts": signed_texts})
    return app


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address at which a real server serves the app."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@dataclass
class Knocking:
    """A house, and clients of it."""

    house: House
    address: str
    tokens: dict[str, str]
    api: httpx2.AsyncClient
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def at(cls, house: House, address: str, tokens: dict[str, str]) -> AsyncIterator[Self]:
        """With a client that sends Rita's token, and holds every answer against the API's description."""
        hooks = {"response": [promises.check_read]}
        async with httpx2.AsyncClient(
            base_url=f"{address}/api", headers=bearer(tokens[RITA]), timeout=PATIENCE, event_hooks=hooks, verify=False
        ) as api:  # over plain HTTP: to read all certificates for each client would take longer than most tests
            opened = cls(house, address, tokens, api)
            yield opened
            for client in opened.clients:
                await client.aclose()

    async def ask(self, method: str, path: str, by: str = RITA, **said: Any) -> tuple[int, Any]:
        """Status and body of a request to the API."""
        headers = bearer(self.tokens[by]) | said.pop("headers", {})
        answer = await self.api.request(method, path, headers=headers, **said)
        return answer.status_code, answer.json()

    def browser(self) -> "Browser":
        """One in which nobody is signed in yet."""
        client = httpx2.AsyncClient(base_url=self.address, timeout=PATIENCE, verify=False)
        self.clients.append(client)
        return Browser(client)

    async def signed_in(self, email: str = RITA) -> "Browser":
        """A browser in which somebody is signed in."""
        browser = self.browser()
        answer = await browser.sign_in(email, PASSWORD)
        assert answer.status_code == 303, answer.text
        return browser


@dataclass
class Browser:
    """Loads pages, and sends forms with the word that the page before gave it."""

    client: httpx2.AsyncClient
    word: str = ""

    async def get(self, path: str) -> httpx2.Response:
        """A page; redirects are not followed."""
        answer = await self.client.get(path)
        found = re.search(r'name="form" value="(\w*)"', answer.text)
        self.word = found[1] if found else self.word
        return answer

    async def post(self, path: str, **fields: str | list[str]) -> httpx2.Response:
        """A form as the last page would send it."""
        return await self.client.post(path, data={"form": self.word, **fields})

    async def sign_in(self, email: str, password: str, wanted: str = "/todos") -> httpx2.Response:
        """The form for signing in, filled in and sent; then the first page, which has the word of the session."""
        await self.get("/sign-in")
        answer = await self.post("/sign-in", email=email, password=password, next=wanted)
        if answer.status_code == 303:
            await self.get("/todos")
        return answer

    def said(self) -> str:
        """The sentence that the next page will say."""
        return unquote((self.client.cookies.get("sequencing_said") or "").strip('"'))


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def knocking_at(house: House, address: str) -> AsyncIterator[Knocking]:
    """Ada, Rita and Bob, each with a password and a token."""
    async with house.database.writing() as tx:
        for email in (ADA, RITA, BOB):
            await key_rows.set_password(tx, (await users.by_email(tx, email)).id, _hashed())
    tokens = {email: (await keys.add_token(house.door, "tests", email)).token for email in (ADA, RITA, BOB)}
    async with Knocking.at(house, address, tokens) as opened:
        yield opened


@cache
def _hashed() -> str:
    """Quick to compare, by parameters that stand in the hash; ours make it take long on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
