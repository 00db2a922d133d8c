"""Keys to the doors: passwords, sessions and tokens, of which only hashes are kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.people import User
from store import users
from store.people_tables import SessionRow, TokenRow, UserRow

BY_SESSION = (
    select(UserRow)
    .join(SessionRow, SessionRow.user_id == UserRow.id)
    .where(SessionRow.digest == bindparam("digest"), SessionRow.expires_at > bindparam("now"))
)
BY_TOKEN = (
    select(UserRow)
    .join(TokenRow, TokenRow.user_id == UserRow.id)
    .where(TokenRow.digest == bindparam("digest"), TokenRow.revoked_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Token:
    """What may be shown of a token: never the token itself."""

    id: int
    user_id: int
    name: str
    created_at: datetime
    revoked_at: datetime | None


async def password_of(tx: AsyncSession, email: str) -> tuple[User, str | None] | None:
    """The user with that address and the hash of his password, if he has one."""
    row = await tx.scalar(select(UserRow).where(UserRow.email == email.strip().lower()))
    return None if row is None else (users.value(row), row.password_hash)


async def set_password(tx: AsyncSession, user_id: int, password_hash: str) -> None:
    """Keeps another password's hash; whoever was signed in with the old one is signed out."""
    await tx.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))
    await tx.execute(delete(SessionRow).where(SessionRow.user_id == user_id))


async def open_session(tx: AsyncSession, digest: str, user_id: int, expires_at: datetime, now: datetime) -> None:
    """Keeps a session, and lets go of those that are over."""
    await tx.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.expires_at <= now))
    await tx.execute(insert(SessionRow).values(digest=digest, user_id=user_id, expires_at=expires_at))


async def session_user(tx: AsyncSession, digest: str, now: datetime) -> User | None:
    """Whose session that is, while it lasts."""
    row = await tx.scalar(BY_SESSION, {"digest": digest, "now": now})
    return None if row is None else users.met(tx, users.value(row))


async def close_session(tx: AsyncSession, digest: str) -> None:
    """Ends a session."""
    await tx.execute(delete(SessionRow).where(SessionRow.digest == digest))


async def add_token(tx: AsyncSession, user_id: int, name: str, digest: str, now: datetime) -> int:
    """Keeps a token; its number."""
    row = TokenRow(user_id=user_id, name=name, digest=digest, created_at=now)
    tx.add(row)
    await tx.flush()
    return row.id


async def token_user(tx: AsyncSession, digest: str) -> User | None:
    """Whose token that is, unless it was revoked."""
    row = await tx.scalar(BY_TOKEN, {"digest": digest})
    return None if row is None else users.met(tx, users.value(row))


async def tokens(tx: AsyncSession, user_id: int | None) -> list[Token]:
    """A user's tokens (None: everybody's), oldest first."""
    rows = select(TokenRow).order_by(TokenRow.id)
    if user_id is not None:
        rows = rows.where(TokenRow.user_id == user_id)
    return [_token(row) for row in await tx.scalars(rows)]


async def token(tx: AsyncSession, token_id: int) -> Token | None:
    """The token of that number."""
    row = await tx.get(TokenRow, token_id)
    return None if row is None else _token(row)


async def revoke_token(tx: AsyncSession, token_id: int, now: datetime) -> bool:
    """Ends a token; False where it had ended before."""
    ended = update(TokenRow).where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None)).values(revoked_at=now)
    return (await tx.scalar(ended.returning(TokenRow.id))) is not None


def _token(row: TokenRow) -> Token:
    return Token(row.id, row.user_id, row.name, row.created_at, row.revoked_at)
