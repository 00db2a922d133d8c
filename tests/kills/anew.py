"""A play whose point was missed, because the machine stood still, is played anew; one that ended wrongly is not."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from traceback import extract_tb
from typing import TypeVar

TRIES = 10
T = TypeVar("T")


class Missed(Exception):  # noqa: N818  # as what it says of a play
    """It does not stand where it was to be killed: nothing can be said of the product."""


@contextmanager
def standing() -> Iterator[None]:
    """What is asserted in here has to be so before the kill. Raises Missed."""
    try:
        yield
    except AssertionError as error:
        raise Missed(extract_tb(error.__traceback__)[-1].line) from error


async def anew(play: Callable[[int], Awaitable[T]]) -> T:
    """What the first play answers that did not miss its point; each is told how many were before it."""
    for number in range(TRIES - 1):
        try:
            return await play(number)
        except Missed as missed:
            print(f"played anew: {missed}")
    return await play(TRIES - 1)
