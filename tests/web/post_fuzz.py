"""Whatever is posted where the provider of texts posts: never an error of ours, and nothing of it unless it is signed.

python -m tests.web.post_fuzz SECONDS FOUND    posts what atheris makes up; what fails is kept there

A post is a line that says where to and whether it is signed (`status signed of=…`), and then its body.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import httpx2
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

if __name__ == "__main__":
    import atheris

    watched = atheris.instrument_imports(include=["web.texts", "starter.texts", "sequencing"])
else:
    watched = nullcontext()
with watched:  # atheris sees where what is posted leads
    from sequencing.texts import signature
    from store import schema
    from store.database import Database
    from store.tables import NewsRow, SuppressionRow
    from store.text_tables import IncomingTextRow
    from tests.house import TEXT, House
    from web.app import web_app
    from web.texts import Signed

POSTS = Path(__file__).parent / "posts"
"""What was posted: seeds, and what once failed."""
TOKEN, PUBLIC = "the provider's", "https://mail.example.org"
ALLOWED = frozenset({200, 400, 403, 404, 413})


class BrokenError(AssertionError):
    """What must not happen."""


@dataclass
class Provider:
    """A house whose contacts have numbers, and somebody who posts to it."""

    house: House
    http: httpx2.AsyncClient

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator["Provider"]:
        database = Database(f"sqlite:///{folder / 'posts.db'}")
        await schema.migrate(database)
        nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
        async with House.open(database, nowhere, folder / "outbox", working=False) as house:
            house.door.runs.patience = 0.01
            await house.enroll("ann", {**TEXT, "delay": "1 day"})
            app = web_app(house.door, Signed(TOKEN, PUBLIC))
            inside = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=inside, base_url=PUBLIC) as http:
                yield cls(house, http)
        await database.close()

    async def posts(self, said: bytes) -> None:
        """Posts it, and holds what comes of it against the rules."""
        head, _, body = said.partition(b"\n")
        words = head.decode("ascii", errors="replace").split()
        where = "incoming" if "incoming" in words else "status"
        query = next((word for word in words if word.startswith("of=") and word.isprintable()), "")
        path = f"/texts/{where}{'?' + query if query else ''}"
        signed = "signed" in words
        before = await self._counts()
        request = self.http.build_request("POST", path, content=body)
        request.headers["content-type"] = "application/x-www-form-urlencoded"
        request.headers["x-twilio-signature"] = _signed(str(request.url), body) if signed else "AAAA"
        answer = await self.http.send(request)
        if answer.status_code not in ALLOWED:
            raise BrokenError(f"answered with {answer.status_code}")
        if answer.status_code != 200 and await self._counts() != before:
            raise BrokenError("something was recorded of what was refused")
        if not signed and answer.status_code == 200:
            raise BrokenError("believed without a signature")

    async def _counts(self) -> list[int]:
        async with self.house.database.reading() as tx:
            tables = (IncomingTextRow, NewsRow, SuppressionRow)
            return [await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]


def _signed(url: str, body: bytes) -> str:
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True)
    except ValueError:
        fields = []
    return signature(TOKEN, url, fields)


def seeds() -> Iterator[Path]:
    """What is posted again in every run."""
    return iter(sorted(POSTS.iterdir()))


def main() -> None:
    """Fuzzes for so many seconds."""
    seconds, found = int(sys.argv[1]), Path(sys.argv[2])
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        opening = Provider.open(Path(folder))
        provider = loop.run_until_complete(opening.__aenter__())

        def one(data: bytes) -> None:
            loop.run_until_complete(provider.posts(data))

        options = [f"-max_total_time={seconds}", "-max_len=8000", "-timeout=30", f"-artifact_prefix={found}/"]
        atheris.Setup([sys.argv[0], *options, str(found), str(POSTS)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
