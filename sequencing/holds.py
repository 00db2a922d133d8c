"""Holds: who sees to one, so that what it keeps waiting is on somebody's list."""

from collections.abc import Iterator, Sequence

from sequencing.people import User
from sequencing.permissions import Tie, may


def keeper(holder: User | None, owner: User | None, admin: User | None, *, everything: bool) -> User | None:
    """Who sees to a hold: who holds it, else the owner of its sequence, the first who may still release it; else the
    admin. `everything`: it is on all sending, and has no owner.
    """
    return next(_able([holder, owner], owner, "hold_all" if everything else "hold"), admin)


def _able(users: Sequence[User | None], owner: User | None, act: str) -> Iterator[User]:
    for user in users:
        if user is not None and may(user, act, Tie(own=user == owner)):
            yield user
