"""Many contacts at once, in statements that do not grow with each line."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.contact_lines import Known
from store import name_words
from store.database import upsert
from store.people_tables import CompanyRow, ContactRow, EmailAddressRow, PhoneNumberRow

AT_ONCE = 1000
TAKING_IN = 0x5E900ADD
"""Number of the advisory lock under which addresses are looked up and contacts made of what is not found."""
CONTACTS = ContactRow.metadata.tables[ContactRow.__tablename__]


async def alone(tx: AsyncSession) -> None:
    """Until the transaction ends nobody else makes contacts of addresses or companies of names. SQLite writes alone."""
    if tx.get_bind().dialect.name == "postgresql":
        await tx.execute(text(f"SELECT pg_advisory_xact_lock({TAKING_IN})"))


async def lock(tx: AsyncSession, ids: Collection[int]) -> None:
    """Keeps these contacts as they are until the transaction ends. Who closes the gate of claims does this before, as
    whoever unsubscribes does: else each would wait for the other.
    """
    if tx.get_bind().dialect.name != "postgresql":
        return
    for some in _portions(sorted(ids)):
        rows = select(ContactRow.id).where(ContactRow.id.in_(some)).order_by(ContactRow.id)
        await tx.execute(rows.with_for_update(key_share=True))


async def by_external_id(tx: AsyncSession, external_ids: Collection[str]) -> dict[str, int]:
    """Ids of the contacts that have those external ids."""
    columns = select(ContactRow.external_id, ContactRow.id)
    return {
        external_id: contact_id
        for some in _portions(external_ids)
        for external_id, contact_id in await tx.execute(columns.where(ContactRow.external_id.in_(some)))
        if external_id is not None
    }


async def by_address(tx: AsyncSession, addresses: Collection[str]) -> dict[str, list[Known]]:
    """Who has each of those addresses."""
    found: dict[str, list[Known]] = defaultdict(list)
    columns = select(EmailAddressRow.address, ContactRow.id, ContactRow.external_id).join(
        ContactRow, ContactRow.id == EmailAddressRow.contact_id
    )
    for some in _portions(addresses):
        for address, contact_id, external_id in await tx.execute(columns.where(EmailAddressRow.address.in_(some))):
            found[address].append(Known(contact_id, external_id))
    return found


async def companies(tx: AsyncSession, external_ids: Collection[str], names: Collection[str]) -> dict[str, int]:
    """Ids of companies, by `id:EXTERNAL_ID` and by `name:NAME`; of those with one name the oldest."""
    columns, found = select(CompanyRow.id, CompanyRow.external_id, CompanyRow.name), {}
    for some in _portions(external_ids):
        for row in await tx.execute(columns.where(CompanyRow.external_id.in_(some))):
            found[f"id:{row.external_id}"] = row.id
    for some in _portions(names):
        for row in await tx.execute(columns.where(CompanyRow.name.in_(some)).order_by(CompanyRow.id.desc())):
            found[f"name:{row.name}"] = row.id
    return found


async def add_companies(tx: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """New companies; who has a known external id is left as it is."""
    for some in _portions(rows):
        new = upsert(tx, CompanyRow).on_conflict_do_nothing().returning(CompanyRow.id, CompanyRow.name)
        made = (await tx.execute(new, some)).all()
        await name_words.write(tx, name_words.COMPANIES, {row.id: row.name for row in made})


async def create(tx: AsyncSession, rows: list[dict[str, Any]]) -> list[int]:
    """The ids of new contacts, in the order of the rows; rows that say the same may have each other's.

    An insert that answers in order would be a statement for each row on SQLite.
    """
    if not rows:
        return []
    columns = list(rows[0])
    new = insert(CONTACTS).returning(CONTACTS.c.id, *(CONTACTS.c[name] for name in columns))
    ids: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for contact_id, *values in await (await tx.connection()).execute(new, rows):
        ids[tuple(values)].append(contact_id)
    return [ids[tuple(row[name] for name in columns)].pop() for row in rows]


async def change(tx: AsyncSession, rows: Mapping[int, dict[str, Any]]) -> None:
    """Writes the given columns of each contact."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for of, row in rows.items():
        alike[tuple(row)].append({"of": of, **{f"new_{name}": value for name, value in row.items()}})
    for columns, values in alike.items():
        changed = update(CONTACTS).where(CONTACTS.c.id == bindparam("of"))
        changed = changed.values({name: bindparam(f"new_{name}") for name in columns})
        await (await tx.connection()).execute(changed, values)


async def replace(
    tx: AsyncSession,
    table: type[EmailAddressRow | PhoneNumberRow],
    types: Collection[str],
    contact_ids: Collection[int],
    rows: list[dict[str, Any]],
) -> None:
    """These contacts have these addresses (or numbers) of those types, and no other ones."""
    for some in _portions(contact_ids):
        await tx.execute(delete(table).where(table.contact_id.in_(some), table.type.in_(list(types))))
    for portion in _portions(rows):
        await tx.execute(upsert(tx, table).on_conflict_do_nothing(), portion)


def _portions(things: Iterable[Any]) -> Iterator[list[Any]]:
    listed = list(things)
    return (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))
