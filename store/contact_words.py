"""What contacts are found by: written with them, and read in the order of the words, a page at a time."""

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, insert, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from sequencing import search_words
from store.people_tables import CompanyRow, ContactRow, ContactWordRow, EmailAddressRow, PhoneNumberRow

AT_ONCE = 500
WORDS = ContactWordRow.metadata.tables[ContactWordRow.__tablename__]
OTHER = aliased(ContactWordRow)


async def write(tx: AsyncSession, entries: Mapping[int, Set[str]]) -> None:
    """These contacts are found by these words, and by no others."""
    await tx.execute(delete(WORDS).where(WORDS.c.contact_id.in_(list(entries))))
    rows = [{"word": word, "contact_id": of} for of, words in entries.items() for word in words]
    if rows:
        await tx.execute(insert(WORDS), rows)


async def renew(tx: AsyncSession, ids: Collection[int]) -> None:
    """These contacts are found by what the database says of them, in five statements for each 500."""
    for some in _portions(ids):
        names = select(ContactRow.id, ContactRow.first_name, ContactRow.last_name, CompanyRow.name.label("company"))
        names = names.outerjoin(CompanyRow, CompanyRow.id == ContactRow.company_id).where(ContactRow.id.in_(some))
        emails, numbers = EmailAddressRow, PhoneNumberRow
        addresses = await _by_contact(tx, select(emails.contact_id, emails.address).where(emails.contact_id.in_(some)))
        phones = await _by_contact(tx, select(numbers.contact_id, numbers.number).where(numbers.contact_id.in_(some)))
        entries = {
            row.id: search_words.of_parts(
                f"{row.first_name} {row.last_name}",
                row.company or "",
                addresses.get(row.id, ()),
                phones.get(row.id, ()),
            )
            for row in await tx.execute(names)
        }
        await write(tx, entries)


async def renew_of_company(tx: AsyncSession, company_id: int) -> None:
    """Whoever works there is found by its present name."""
    await renew(tx, list(await tx.scalars(select(ContactRow.id).where(ContactRow.company_id == company_id))))


async def _by_contact(tx: AsyncSession, rows: Select[int, str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for contact_id, value in await tx.execute(rows):
        found.setdefault(contact_id, []).append(value)
    return found


def _portions(ids: Collection[int]) -> Iterator[list[int]]:
    listed = list(ids)
    return (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))


@dataclass(frozen=True, slots=True)
class Look:
    """A typed text that was looked up: the beginning of the words that are read, of which other words each contact has
    one, and behind which word and contact the page begins.
    """

    beginning: str
    others: tuple[str, ...]
    after: tuple[str, int] | None


async def look_up(tx: AsyncSession, text: str, after: int = 0) -> Look:
    """Whether somebody is found by the text as a whole; else it is taken word by word. One statement.

    `after` is the last contact of the page before. Where he is not found by the text any more, it begins anew: better
    seen twice than never.
    """
    whole, words = search_words.asked(text), search_words.each_asked(text)
    if not whole:
        return Look("", (), None)
    longest = words[0] if words else whole
    lowest = select(func.min(ContactWordRow.word)).where(_begins(ContactWordRow, whole)).scalar_subquery()
    found = select(lowest, _first_of(whole, after), _first_of(longest, after))
    one, behind_whole, behind_longest = (await tx.execute(found)).one()
    if one is not None or len(words) < 2:
        return Look(whole, (), None if behind_whole is None else (behind_whole, after))
    return Look(longest, tuple(words[1:]), None if behind_longest is None else (behind_longest, after))


def in_order(look: Look) -> Select[Any]:
    """The ids of whom it finds, each once, in the order of the first of his words that begins so."""
    earlier = exists().where(
        OTHER.contact_id == ContactWordRow.contact_id, OTHER.word >= look.beginning, OTHER.word < ContactWordRow.word
    )
    if not look.beginning:
        return select(ContactWordRow.contact_id).where(false())
    rows = select(ContactWordRow.contact_id).where(_begins(ContactWordRow, look.beginning), ~earlier)
    rows = rows.where(*(_has(word) for word in look.others))
    if look.after is not None:
        place = tuple_(ContactWordRow.word, ContactWordRow.contact_id)
        rows = rows.where(place > tuple_(*(literal(part) for part in look.after)))
    return rows.order_by(ContactWordRow.word, ContactWordRow.contact_id)


def _has(beginning: str) -> ColumnElement[bool]:
    return exists().where(OTHER.contact_id == ContactWordRow.contact_id, _begins(OTHER, beginning))


def _first_of(beginning: str, contact_id: int) -> Any:
    his = ContactWordRow.contact_id == contact_id, _begins(ContactWordRow, beginning)
    return select(func.min(ContactWordRow.word)).where(*his).scalar_subquery()


def _begins(row: Any, beginning: str) -> ColumnElement[bool]:
    return and_(row.word >= beginning, row.word < search_words.end(beginning))
