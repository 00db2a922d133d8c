"""Contacts with their addresses, numbers and companies."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, String, bindparam, cast, delete, literal, select, union, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing import search_words
from sequencing.people import AddressType, Company, Contact, Opportunity, PhoneType
from store import contact_words
from store.naming import fits
from store.people_tables import CompanyRow, ContactRow, EmailAddressRow, OpportunityRow, PhoneNumberRow

IDS: BindParameter[list[int]] = bindparam("ids", expanding=True)
CONTACTS = (
    select(
        *(ContactRow.id, ContactRow.first_name, ContactRow.last_name, ContactRow.kind, ContactRow.title),
        *(ContactRow.owner_id, ContactRow.time_zone, ContactRow.do_not_contact, ContactRow.external_id),
        *(CompanyRow.id.label("company_id"), CompanyRow.name.label("company_name")),
        *(CompanyRow.owner_id.label("company_owner"), CompanyRow.external_id.label("company_external_id")),
    )
    .outerjoin(CompanyRow, CompanyRow.id == ContactRow.company_id)
    .where(ContactRow.id.in_(IDS))
)
_EMAIL, _NUMBER = EmailAddressRow, PhoneNumberRow
_EMAILS = select(
    literal(True).label("is_email"),
    _EMAIL.id,
    _EMAIL.contact_id,
    cast(_EMAIL.type, String).label("type"),
    _EMAIL.address,
).where(_EMAIL.contact_id.in_(IDS))
_NUMBERS = select(literal(False), _NUMBER.id, _NUMBER.contact_id, _NUMBER.type, _NUMBER.number).where(
    _NUMBER.contact_id.in_(IDS)
)
REACH = union_all(_EMAILS, _NUMBERS).order_by("id")
"""Addresses and numbers in the order in which they were given."""


async def get(tx: AsyncSession, contact_id: int) -> Contact | None:
    """The contact, if there is one."""
    return (await some(tx, [contact_id])).get(contact_id)


async def some(tx: AsyncSession, ids: Collection[int]) -> dict[int, Contact]:
    """Those contacts that exist, by id, in two statements however many they are."""
    wanted = {"ids": list(set(ids))}
    rows = (await tx.execute(CONTACTS, wanted)).all()
    emails: defaultdict[int, list[tuple[AddressType, str]]] = defaultdict(list)
    numbers: defaultdict[int, list[tuple[PhoneType, str]]] = defaultdict(list)
    for is_email, _, contact_id, kind, target in await tx.execute(REACH, wanted):
        if is_email:
            emails[contact_id].append((AddressType(kind), target))
        else:
            numbers[contact_id].append((PhoneType(kind), target))
    return {row.id: _value(row, emails[row.id], numbers[row.id]) for row in rows}


async def names(tx: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """What those contacts are called, in one statement: for lists that show no more."""
    rows = select(ContactRow.id, ContactRow.first_name, ContactRow.last_name).where(ContactRow.id.in_(IDS))
    found = await tx.execute(rows, {"ids": list(set(ids))})
    return {row.id: f"{row.first_name} {row.last_name}".strip() for row in found}


async def matching(tx: AsyncSession, name: str) -> list[int]:
    """Ids of the contacts a person may mean by an id, an external id or an email address."""
    wanted = name.strip()
    by_address = select(EmailAddressRow.contact_id).where(EmailAddressRow.address == wanted.lower())
    by_name = [select(ContactRow.id).where(one) for one in fits(ContactRow, name)]
    return sorted(await tx.scalars(union(by_address, *by_name)))


async def add(tx: AsyncSession, contact: Contact) -> int:
    """The number of a new contact. Raises IntegrityError where another one has the external id."""
    row = ContactRow()
    _write(row, contact)
    tx.add(row)
    await tx.flush()
    _reach(tx, row.id, contact)
    await tx.flush()
    await contact_words.write(tx, {row.id: search_words.entries(contact)})
    return row.id


async def change(tx: AsyncSession, contact: Contact) -> None:
    """Keeps the contact as given. Raises IntegrityError where another one has the external id."""
    _write(await tx.get_one(ContactRow, contact.id), contact)
    await tx.flush()
    await tx.execute(delete(EmailAddressRow).where(EmailAddressRow.contact_id == contact.id))
    await tx.execute(delete(PhoneNumberRow).where(PhoneNumberRow.contact_id == contact.id))
    tx.expunge_all()
    _reach(tx, contact.id, contact)
    await tx.flush()
    await contact_words.write(tx, {contact.id: search_words.entries(contact)})


def _write(row: ContactRow, contact: Contact) -> None:
    plain = ("external_id", "kind", "first_name", "last_name", "title", "owner_id", "time_zone", "do_not_contact")
    for name in plain:
        setattr(row, name, getattr(contact, name))
    row.company_id = contact.company.id if contact.company else None


def _reach(tx: AsyncSession, contact_id: int, contact: Contact) -> None:
    tx.add_all(EmailAddressRow(contact_id=contact_id, type=kind, address=address) for kind, address in contact.emails)
    tx.add_all(PhoneNumberRow(contact_id=contact_id, type=kind, number=number) for kind, number in contact.numbers)


async def opportunity(tx: AsyncSession, opportunity_id: int | None) -> Opportunity | None:
    """The opportunity, if there is one."""
    row = await tx.get(OpportunityRow, opportunity_id) if opportunity_id else None
    return None if row is None else Opportunity(row.id, row.title, row.owner_id, row.company_id, row.external_id)


def _value(row: Any, emails: list[tuple[AddressType, str]], numbers: list[tuple[PhoneType, str]]) -> Contact:
    mobiles = (number for kind, number in numbers if kind is PhoneType.mobile)
    return Contact(
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        kind=row.kind,
        title=row.title,
        emails=tuple(emails),
        mobile=next(mobiles, None),
        owner_id=row.owner_id,
        company=None
        if row.company_id is None
        else Company(row.company_id, row.company_name, row.company_owner, row.company_external_id),
        time_zone=row.time_zone,
        do_not_contact=row.do_not_contact,
        external_id=row.external_id,
        numbers=tuple(numbers),
    )
