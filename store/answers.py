"""What a request with an Idempotency-Key was answered, so that its repetition is answered the same."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from store.database import upsert
from store.people_tables import AnswerRow


@dataclass(frozen=True, slots=True)
class Answer:
    """`request` is the digest of what was asked; `status` and `body` are empty while it is being answered."""

    request: str
    status: int | None
    body: str | None
    at: datetime


async def begin(tx: AsyncSession, user_id: int, key: str, request: str, now: datetime) -> bool:
    """Takes the key for this request; False when it is taken (the index decides, not a look)."""
    taken = upsert(tx, AnswerRow).values(user_id=user_id, key=key, request=request, at=now)
    return (await tx.scalar(taken.on_conflict_do_nothing().returning(AnswerRow.key))) is not None


async def get(tx: AsyncSession, user_id: int, key: str) -> Answer | None:
    """What the key was used for."""
    row = await tx.get(AnswerRow, (user_id, key), populate_existing=True)
    return None if row is None else Answer(row.request, row.status, row.body, row.at)


async def take_over(tx: AsyncSession, user_id: int, key: str, before: datetime, now: datetime) -> bool:
    """Takes an unanswered key from somebody who began before that instant; one of several succeeds."""
    unanswered = AnswerRow.user_id == user_id, AnswerRow.key == key, AnswerRow.status.is_(None), AnswerRow.at < before
    taken = update(AnswerRow).where(*unanswered).values(at=now).returning(AnswerRow.key)
    return (await tx.scalar(taken)) is not None


async def keep(tx: AsyncSession, user_id: int, key: str, status: int, body: str) -> None:
    """Keeps the answer."""
    row = update(AnswerRow).where(AnswerRow.user_id == user_id, AnswerRow.key == key)
    await tx.execute(row.values(status=status, body=body))


async def give_up(tx: AsyncSession, user_id: int, key: str) -> None:
    """Frees the key: the request was not carried out."""
    await tx.execute(delete(AnswerRow).where(AnswerRow.user_id == user_id, AnswerRow.key == key))


async def forget(tx: AsyncSession, before: datetime) -> None:
    """Lets go of what was asked before that instant."""
    await tx.execute(delete(AnswerRow).where(AnswerRow.at < before))
