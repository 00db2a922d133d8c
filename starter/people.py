"""Contacts one by one: adding, changing, showing, finding them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.addresses import check_email, check_number
from sequencing.errors import Refused, Unchanged, quoted
from sequencing.lines import LONGEST_CELL, check_id
from sequencing.people import AddressType, Contact, ContactKind, PhoneType, User
from sequencing.timing import check_zone
from sequencing.wording import check_line, check_name
from starter import zones
from starter.contacts import ERASED
from starter.door import Door, permitted
from starter.enrollments import one_contact
from store import (
    companies,
    contact_histories,
    contact_imports,
    contact_lists,
    contacts,
    selections,
    sequences,
    stages,
    suppressions,
    users,
)
from store.contact_histories import Line
from store.contact_lists import Been, Wanted
from store.holds import close_gate
from store.selections import Selection


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a contact; None leaves it as it is, empty takes it away. Pairs are (type, address)."""

    first_name: str | None = None
    last_name: str | None = None
    kind: ContactKind | None = None
    title: str | None = None
    company: str | None = None
    owner: str | None = None
    time_zone: str | None = None
    do_not_contact: bool | None = None
    external_id: str | None = None
    emails: Sequence[tuple[AddressType, str]] | None = None
    numbers: Sequence[tuple[PhoneType, str]] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The contact's number, and what is to be known of the addresses and numbers."""

    id: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """Everything about one contact that the user may see."""

    contact: Contact
    owner: str | None
    sequences: list[Been]
    workflows: list[tuple[int, str]]
    suppressed: list[str]


async def add(door: Door, said: Said, by: str) -> Kept:
    """A new contact, owned by who adds him unless told otherwise.

    Raises Refused(`contact_exists`) where another one has the external id, or an address as its own.
    """
    _check(said)
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "change_contacts")
        await contact_imports.alone(tx)
        await _check_new(tx, said)
        nobody = Contact(id=0, first_name="", last_name="", owner_id=user.id)
        contact = await _said_of(tx, nobody, said)
        check_name("The first name", contact.first_name, LONGEST_CELL)
        number = await contacts.add(tx, contact)
        await door.made(tx, number)
        return Kept(number, await _remarks(tx, contact))


async def change(door: Door, name: str | int, said: Said, by: str) -> Kept:
    """Changes what is said. Raises Refused, Unchanged."""
    _check(said)
    async with door.database.writing() as tx:
        await permitted(tx, by, "change_contacts")
        await contact_imports.alone(tx)
        before = await one_contact(tx, name)
        after = await _said_of(tx, before, said)
        check_name("The first name", after.first_name, LONGEST_CELL)
        if after == before:
            raise Unchanged("unchanged", "The contact says so already; nothing was changed.")
        if after.external_id and after.external_id != before.external_id:
            await _check_id_free(tx, after.external_id)
        await contact_imports.lock(tx, [before.id])
        await close_gate(tx)
        await contacts.change(tx, after)
        kept = Kept(after.id, await _remarks(tx, after))
    if after.time_zone != before.time_zone:
        await zones.follow(door, [after.id])
    return kept


async def card(door: Door, name: str | int, by: str) -> Card:
    """The contact, and all sequences he has been in. Raises Refused."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        contact = await one_contact(tx, name)
        owner = await users.get(tx, contact.owner_id) if contact.owner_id else None
        targets = [target for _, target in (*contact.emails, *contact.numbers)]
        return Card(
            contact,
            owner.email if owner else None,
            await contact_lists.been_in(tx, user, contact.id),
            [(row.opportunity_id, stage) for row, stage in await stages.of_contact(tx, contact.id)],
            [target for target in targets if await suppressions.is_suppressed(tx, target)],
        )


async def history(door: Door, name: str | int, by: str) -> list[Line]:
    """What was done with the contact, newest first, as far as the user sees it. Raises Refused."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        return await contact_histories.of_contact(tx, user, await one_contact(tx, name))


async def find(
    door: Door,
    wanted: Wanted,
    by: str,
    *,
    owner: str = "",
    company: str = "",
    sequence: str = "",
    opportunity: str = "",
    stage: str = "",
) -> list[Contact]:
    """The contacts that are wanted, by id. Raises Refused for what nobody knows."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        if owner:
            wanted = replace(wanted, owner_id=(await users.by_email(tx, owner)).id)
        if company:
            wanted = replace(wanted, company_id=(await companies.find(tx, company)).id)
        if sequence:
            wanted = replace(wanted, sequence_id=(await sequences.find(tx, sequence, user)).id)
        if opportunity or stage:
            workflow = await selections.wanted(tx, user, Selection(opportunity=opportunity, stage=stage))
            wanted = replace(wanted, opportunity_id=workflow.opportunity_id, stage_id=workflow.stage_id)
        return await _of(tx, user, wanted)


async def search(door: Door, selection: Selection, by: str, *, after: int = 0, limit: int = 1000) -> list[Contact]:
    """The contacts that the selection finds, by id from `after` on. Raises Refused where a part of it names nothing."""
    async with door.database.reading() as tx:
        user = await permitted(tx, by, "see")
        wanted = replace(await selections.wanted(tx, user, selection), after=after, limit=limit)
        return await _of(tx, user, wanted)


async def _of(tx: AsyncSession, user: User, wanted: Wanted) -> list[Contact]:
    found = await contact_lists.ids(tx, user, wanted)
    people = await contacts.some(tx, found)
    return [people[one] for one in found if one in people]


def _check(said: Said) -> None:
    for what, text in (("The last name", said.last_name), ("The title", said.title)):
        check_line(what, text or "", LONGEST_CELL)
    if said.external_id:
        check_id("The external id", said.external_id)
    if said.time_zone:
        check_zone(said.time_zone)
    for _, address in said.emails or ():
        check_email(address)
    for _, number in said.numbers or ():
        check_number(number)


async def _said_of(tx: AsyncSession, before: Contact, said: Said) -> Contact:
    """The contact with what is said of him."""
    plain: dict[str, Any] = {
        name: value
        for name in ("first_name", "last_name", "kind", "title", "do_not_contact")
        if (value := getattr(said, name)) is not None
    }
    plain |= {
        name: getattr(said, name) or None for name in ("time_zone", "external_id") if getattr(said, name) is not None
    }
    after = replace(before, **plain)
    if said.owner is not None:
        after = replace(after, owner_id=(await users.by_email(tx, said.owner)).id if said.owner else None)
    if said.company is not None:
        after = replace(after, company=await companies.find(tx, said.company) if said.company else None)
    if said.emails is not None:
        after = replace(after, emails=tuple({a.lower(): (kind, a.lower()) for kind, a in said.emails if a}.values()))
    if said.numbers is not None:
        numbers = tuple({number: (kind, number) for kind, number in said.numbers}.values())
        mobile = next((number for kind, number in numbers if kind is PhoneType.mobile), None)
        after = replace(after, numbers=numbers, mobile=mobile)
    return after


async def _check_new(tx: AsyncSession, said: Said) -> None:
    if said.external_id:
        await _check_id_free(tx, said.external_id)
    found = await contact_imports.by_address(tx, [address.lower() for _, address in said.emails or ()])
    for address, known in found.items():
        if not (said.external_id and known[0].external_id):
            raise Refused(
                "contact_exists", f"Contact {known[0].id} has the address {quoted(address)} already; change that one."
            )


async def _check_id_free(tx: AsyncSession, external_id: str) -> None:
    """The lock on making contacts is held, and the constraint stands behind it."""
    known = await contact_imports.by_external_id(tx, [external_id])
    if known:
        of = known[external_id]
        raise Refused("contact_exists", f"Contact {of} has the external id {quoted(external_id)} already.")


async def _remarks(tx: AsyncSession, contact: Contact) -> tuple[str, ...]:
    targets = [target for _, target in (*contact.emails, *contact.numbers)]
    erased = await suppressions.erased_among(tx, targets)
    return tuple(f"{target} {ERASED}." for target in targets if target in erased)
