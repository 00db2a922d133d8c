"""What every act at the door shares: who acts, by which clock, on which database, through which engine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, quoted
from sequencing.people import User
from sequencing.permissions import check_level
from store import users
from store.database import Database
from transports.outgoing import Transport

if TYPE_CHECKING:  # Temporal's SDK takes a short command as long to load as all else
    from starter.client import Runs


class Reached(StrEnum):
    """What became of a call to the engine."""

    yes = "yes"
    closing = "closing"
    no_such_run = "no_such_run"
    unreachable = "unreachable"


Made = Callable[[AsyncSession, int | str], Awaitable[None]]


async def nothing_more(tx: AsyncSession, made: int | str) -> None:
    """Where nobody wants to write anything down with it."""


@dataclass(frozen=True, slots=True)
class Door:
    """`now` and `new_id` bring clock and chance in; instants are aware UTC. `outbox` is where messages are kept, and
    `emails` makes the way by which tests leave.

    `made` is told what an act has made, in the same transaction: what would be made twice if the act were repeated.
    """

    database: Database
    runs: "Runs"
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    outbox: Path | None = None
    emails: Callable[[], Transport] | None = None
    mail_domain: str = "sequencing.localhost"
    made: Made = nothing_more


async def acting_user(tx: AsyncSession, email: str) -> User:
    """The user who acts. Raises Refused."""
    if not email:
        raise Refused("nobody_acts", "Say who acts: --as EMAIL, or SEQUENCING_USER.")
    user = await users.by_email(tx, email)
    if not user.active:
        raise Refused("not_permitted", f"The user {quoted(user.email)} is deactivated.")
    return user


async def permitted(tx: AsyncSession, email: str, act: str) -> User:
    """The user who acts, if he may do what regards nothing in particular. Raises Refused."""
    user = await acting_user(tx, email)
    check_level(user, act)
    return user
