"""/health: whether this process works, and whether it reaches Temporal and the database."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from temporalio.client import Client
from temporalio.service import RPCError

from starter.hearing import hearing
from starter.mail_server import shut_out
from store.database import Database


@dataclass
class Health:
    """What /health tells. `client`: Temporal's, once the worker polls."""

    database: Database
    client: Client | None = None
    stopping: bool = False

    async def reaches_temporal(self) -> bool:
        """Whether Temporal says within two seconds that it serves."""
        if self.client is None:
            return False
        try:
            return await self.client.service_client.check_health(timeout=timedelta(seconds=2))
        except RPCError:
            return False

    async def reaches_database(self) -> bool:
        """Whether a statement goes through within two seconds."""
        try:
            async with asyncio.timeout(2), self.database.reading() as tx:
                await tx.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    async def journal(self) -> str:
        """`off`, `heard`, `silent` (emails left, and for 24 hours no mail came), `unknown` where nobody answers."""
        try:
            async with asyncio.timeout(2), self.database.reading() as tx:
                now = await hearing(tx, datetime.now(UTC))
        except (SQLAlchemyError, OSError, TimeoutError):
            return "unknown"
        return "off" if not now.on else "silent" if now.silent_since else "heard"

    async def mail_server(self) -> str:
        """`shut_out`: emails wait because the server refuses us itself; else `open`, or `unknown`."""
        try:
            async with asyncio.timeout(2), self.database.reading() as tx:
                return "shut_out" if await shut_out(tx, datetime.now(UTC)) else "open"
        except (SQLAlchemyError, OSError, TimeoutError):
            return "unknown"


def health_app(health: Health) -> Starlette:
    """GET /health answers 200 when all is well, else 503; both say what is and what is not.

    A silent journal, and a mail server that does not let us in, are said and are no 503: the worker works, and ending
    it would help nobody.
    """

    async def answer(request: Request) -> JSONResponse:
        temporal, database, journal, mail_server = await asyncio.gather(
            health.reaches_temporal(), health.reaches_database(), health.journal(), health.mail_server()
        )
        working = health.client is not None and not health.stopping
        said = {"worker": working, "temporal": temporal, "database": database}
        return JSONResponse(
            {**said, "journal": journal, "mail_server": mail_server}, status_code=200 if all(said.values()) else 503
        )

    return Starlette(routes=[Route("/health", answer)])
