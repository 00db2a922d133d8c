"""/health: whether this process works, and whether it reaches the database."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from store.database import Database


@dataclass
class Health:
    """What /health tells. `working`: connected to Temporal and polling."""

    database: Database
    working: bool = False
    stopping: bool = False

    async def reaches_database(self) -> bool:
        """Whether a statement goes through within two seconds."""
        try:
            async with asyncio.timeout(2), self.database.reading() as tx:
                await tx.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True


def health_app(health: Health) -> Starlette:
    """GET /health answers 200 when all is well, else 503; both say what is and what is not."""

    async def answer(request: Request) -> JSONResponse:
        said = {"worker": health.working and not health.stopping, "database": await health.reaches_database()}
        return JSONResponse(said, status_code=200 if all(said.values()) else 503)

    return Starlette(routes=[Route("/health", answer)])
