"""What is found by the beginning of its words: they are read in their order, a page at a time, each thing once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, insert, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from sequencing import search_words


@dataclass(frozen=True)
class Index:
    """A table of words, and the name of its column for what each finds: the number of a contact, of a company."""

    row: Any
    finds: str

    @property
    def of(self) -> Any:
        """That column."""
        return getattr(self.row, self.finds)

    @cached_property
    def other(self) -> "Index":
        """The same table, asked once more."""
        return Index(aliased(self.row), self.finds)


@dataclass(frozen=True, slots=True)
class Look:
    """A typed text that was looked up: the beginning of the words that are read, of which other words each thing has
    one, and behind which word and number the page begins.
    """

    beginning: str
    others: tuple[str, ...]
    after: tuple[str, int] | None


async def write(tx: AsyncSession, index: Index, entries: Mapping[int, Iterable[str]]) -> None:
    """These are found by these words, and by no others."""
    table = index.row.__table__
    await tx.execute(delete(table).where(table.c[index.finds].in_(list(entries))))
    rows = [{"word": word, index.finds: of} for of, words in entries.items() for word in words]
    if rows:
        await tx.execute(insert(table), rows)


async def look_up(tx: AsyncSession, index: Index, whole: str, words: Sequence[str], after: int = 0) -> Look:
    """Whether anything is found by the text as a whole; else it is taken word by word, the longest first.

    One statement. `after` is the last one of the page before. Where it is not found by the text any more, it begins
    anew: better seen twice than never.
    """
    if not whole:
        return Look("", (), None)
    longest = words[0] if words else whole
    lowest = select(func.min(index.row.word)).where(_begins(index, whole)).scalar_subquery()
    found = select(lowest, _first_of(index, whole, after), _first_of(index, longest, after))
    one, behind_whole, behind_longest = (await tx.execute(found)).one()
    if one is not None or len(words) < 2:
        return Look(whole, (), None if behind_whole is None else (behind_whole, after))
    return Look(longest, tuple(words[1:]), None if behind_longest is None else (behind_longest, after))


def in_order(index: Index, look: Look) -> Select[Any]:
    """The numbers of what it finds, each once, in the order of the first of its words that begins so."""
    word, other = index.row.word, index.other
    earlier = exists().where(other.of == index.of, other.row.word >= look.beginning, other.row.word < word)
    if not look.beginning:
        return select(index.of).where(false())
    first, behind = look.beginning, []
    if look.after is not None:
        first, _ = look.after  # said by itself: SQLite goes from the one bound or the other
        behind = [tuple_(word, index.of) > tuple_(*(literal(part) for part in look.after))]
    rows = select(index.of).where(word >= first, word < search_words.end(look.beginning), *behind, ~earlier)
    rows = rows.where(*(exists().where(other.of == index.of, _begins(other, one)) for one in look.others))
    return rows.order_by(word, index.of)


def _first_of(index: Index, beginning: str, number: int) -> Any:
    its = index.of == number, _begins(index, beginning)
    return select(func.min(index.row.word)).where(*its).scalar_subquery()


def _begins(index: Index, beginning: str) -> ColumnElement[bool]:
    return and_(index.row.word >= beginning, index.row.word < search_words.end(beginning))
