"""What contacts are found by: written with them, and read in the order of the words, a page at a time."""

from collections.abc import Collection, Iterator, Mapping, Set
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing import search_words
from store import words
from store.people_tables import CompanyRow, ContactRow, ContactWordRow, EmailAddressRow, PhoneNumberRow
from store.words import Index, Look

AT_ONCE = 500
CONTACTS = Index(ContactWordRow, "contact_id")


async def write(tx: AsyncSession, entries: Mapping[int, Set[str]]) -> None:
    """These contacts are found by these words, and by no others."""
    await words.write(tx, CONTACTS, entries)


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


async def look_up(tx: AsyncSession, text: str, after: int = 0) -> Look:
    """Whom a typed text means; `after` is the last contact of the page before. One statement."""
    return await words.look_up(tx, CONTACTS, search_words.asked(text), search_words.each_asked(text), after)


def in_order(look: Look) -> Select[Any]:
    """The ids of whom it finds, each once, in the order of the first of his words that begins so."""
    return words.in_order(CONTACTS, look)
