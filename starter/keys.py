"""Keys to the doors: passwords, sessions of the pages, tokens of the API. Of each only a hash is kept."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from math import ceil
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, TooSoon, Unchanged
from sequencing.people import User
from sequencing.permissions import Tie, check, not_found
from sequencing.tries import ADDRESS, USER
from sequencing.wording import check_name
from starter.door import Door, acting_user
from store import keys, tries, users

R = TypeVar("R")
SESSION_LASTS = timedelta(hours=12)
PASSWORD_LENGTHS = range(10, 201)
HASHER = PasswordHasher()
AT_ONCE = asyncio.Semaphore(4)
"""How many passwords are compared at the same time; each takes 64 MiB and a core."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, at the only moment in which it can be shown."""

    id: int
    token: str


async def set_password(door: Door, email: str, password: str, by: str) -> None:
    """Gives a user a password and ends his sessions. Raises Refused."""
    check_password(password)
    hashed = await _in_a_thread(_hash, password)
    async with door.database.writing() as tx:
        user = await acting_user(tx, by)
        known = await keys.password_of(tx, email)
        if known is None:
            check(user, "password", Tie())
            raise not_found()
        check(user, "password", Tie(own=known[0].id == user.id))
        await keys.set_password(tx, known[0].id, hashed)


def check_password(password: str) -> None:
    """Raises Refused(`invalid_password`)."""
    if len(password) not in PASSWORD_LENGTHS:
        shortest, longest = PASSWORD_LENGTHS[0], PASSWORD_LENGTHS[-1]
        raise Refused("invalid_password", f"A password has {shortest} to {longest} characters.")


async def sign_in(door: Door, email: str, password: str, address: str = "") -> str:
    """The secret of a new session; `address` is where the try comes from.

    Raises Refused(`not_signed_in`), whatever was wrong, after the same time; TooSoon(`too_many_tries`) after many wrong
    ones, whether or not there is such a user, and then no password is looked at.
    """
    whose, whence = digest(f"user {email.strip().lower()}"), digest(f"address {address}") if address else None
    async with door.database.writing() as tx:
        bounds = {whose: USER} | ({whence: ADDRESS} if whence else {})
        wait = await tries.take(tx, bounds, door.now())
        known = await keys.password_of(tx, email)
    if wait:
        raise _too_soon(wait)
    user, kept = known or (None, None)
    fits = await _in_a_thread(_fits, kept or nobody_s(), password[: PASSWORD_LENGTHS.stop])
    if user is None or kept is None or not fits or not user.active:
        raise Refused("not_signed_in", "That address and that password do not belong together; try again.")
    async with door.database.writing() as tx:
        await tries.give_back(tx, whose, whence)
        return await _open_session(tx, door, user.id)


async def _open_session(tx: AsyncSession, door: Door, user_id: int) -> str:
    secret = secrets.token_urlsafe(32)
    await keys.open_session(tx, digest(secret), user_id, door.now() + SESSION_LASTS, door.now())
    return secret


def _too_soon(wait: timedelta) -> TooSoon:
    seconds = ceil(wait.total_seconds())
    until = f"{seconds} second{'s' * (seconds != 1)}" if seconds < 120 else f"{ceil(seconds / 60)} minutes"
    return TooSoon("too_many_tries", f"Too many wrong passwords. Try again in {until}.", seconds)


async def sign_in_locally(door: Door, user_id: int) -> str:
    """The secret of a new session without a password; the caller knows that this is local mode. Raises Refused."""
    async with door.database.writing() as tx:
        user = await users.get(tx, user_id)
        if user is None or not user.active:
            raise not_found()
        return await _open_session(tx, door, user.id)


async def change_password(door: Door, email: str, present: str, new: str, address: str = "") -> str:
    """Another password for who knows the present one, or has none; the secret of a new session, all others end.

    Raises Refused(`wrong_password`, `invalid_password`), TooSoon.
    """
    check_password(new)
    async with door.database.reading() as tx:
        known = await keys.password_of(tx, email)
    if known is not None and known[1] is not None:
        try:
            await sign_out(door, await sign_in(door, email, present, address))
        except TooSoon:
            raise
        except Refused:
            raise Refused("wrong_password", "That is not your present password.") from None
    await set_password(door, email, new, email)
    async with door.database.writing() as tx:
        return await _open_session(tx, door, (await users.by_email(tx, email)).id)


async def has_password(door: Door, email: str) -> bool:
    """Whether the user can sign in by a password."""
    async with door.database.reading() as tx:
        known = await keys.password_of(tx, email)
    return known is not None and known[1] is not None


async def sign_out(door: Door, secret: str) -> None:
    """Ends a session; one that is over already stays so."""
    async with door.database.writing() as tx:
        await keys.close_session(tx, digest(secret))


async def signed_in(door: Door, secret: str) -> User | None:
    """Who shows that session, if it lasts and he is active."""
    async with door.database.reading() as tx:
        user = await keys.session_user(tx, digest(secret), door.now())
    return user if user and user.active else None


async def add_token(door: Door, name: str, by: str) -> NewToken:
    """A token with the rights of the user who makes it. Raises Refused."""
    check_name("The token's name", name, 80)
    secret = f"seq_{secrets.token_urlsafe(32)}"
    async with door.database.writing() as tx:
        user = await acting_user(tx, by)
        check(user, "tokens", Tie(own=True))
        return NewToken(await keys.add_token(tx, user.id, name, digest(secret), door.now()), secret)


async def tokens(door: Door, by: str) -> list[tuple[keys.Token, str]]:
    """The tokens the user may revoke, his own or everybody's, each with its user's address."""
    async with door.database.reading() as tx:
        user = await acting_user(tx, by)
        found = await keys.tokens(tx, None if _may_all(user) else user.id)
        owners = await users.some(tx, {token.user_id for token in found})
    return [(token, owners[token.user_id].email) for token in found]


async def revoke_token(door: Door, token_id: int, by: str) -> None:
    """Ends a token. Raises Refused, or Unchanged where it has ended already."""
    async with door.database.writing() as tx:
        user = await acting_user(tx, by)
        token = await keys.token(tx, token_id) if token_id < 2**31 else None
        if token is None:
            raise not_found()
        check(user, "tokens", Tie(own=token.user_id == user.id))
        if not await keys.revoke_token(tx, token_id, door.now()):
            raise Unchanged("unchanged", f"Token {token_id} has been revoked already.")


async def bearer(door: Door, token: str) -> User | None:
    """Whose token that is, if it is valid and he is active."""
    async with door.database.reading() as tx:
        user = await keys.token_user(tx, digest(token))
    return user if user and user.active else None


@cache
def nobody_s() -> str:
    """What the password of an unknown user is compared with, so that the answer takes as long as for a known one."""
    return HASHER.hash(secrets.token_hex())


def digest(secret: str) -> str:
    """What is kept of a secret. It is random and long, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _may_all(user: User) -> bool:
    try:
        check(user, "tokens", Tie())
    except Refused:
        return False
    return True


def _hash(password: str) -> str:
    return HASHER.hash(password.encode(errors="replace"))


def _fits(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password.encode(errors="replace"))
    except (VerificationError, InvalidHashError):
        return False


async def _in_a_thread(work: Callable[..., R], *words: str) -> R:
    async with AT_ONCE:
        return await asyncio.to_thread(work, *words)
