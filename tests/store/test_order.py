"""What forbids a message and what claims one are in one order, by commit; so are planning a wait and a new timing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.enrollments import Enrollment
from sequencing.people import AddressType, Contact, Level
from sequencing.sequences import Sharing
from store import contact_imports, contacts, holds, messages, sequences, suppressions, users
from store.database import Database
from store.people_tables import ContactRow, EmailAddressRow
from store.tables import SequenceRow
from tests.patience import PATIENCE

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ANN = "ann@example.com"
Act = Callable[[AsyncSession], Awaitable[object]]


async def furnish(database: Database) -> None:
    async with database.writing() as tx:
        ada = await users.add(tx, "ada@example.org", "Ada", Level.manage)
        made = {"owner_id": ada.id, "sharing": Sharing.private, "archived": False, "created_at": NOW}
        tx.add(SequenceRow(id=1, name="First", **made))
        await contacts.add(tx, Contact(0, "Ann", "", emails=((AddressType.work, ANN),)))


async def claims(tx: AsyncSession) -> object:
    """Answers what forbids it."""
    gate = await holds.pass_gate(tx, 1, 1, ANN, suppressions.forms(tx, ANN))
    return gate.held, gate.suppressed, gate.still_his


async def hold_it(tx: AsyncSession) -> object:
    return await holds.hold(tx, 1, 1, NOW)


async def hold_all(tx: AsyncSession) -> object:
    return await holds.hold(tx, None, 1, NOW)


async def suppress(tx: AsyncSession) -> object:
    return await suppressions.add(tx, ANN, "test", 1, NOW)


async def unsubscribe(tx: AsyncSession) -> object:
    await suppressions.unsubscribe(tx, ANN, NOW)
    return True


async def suppress_domain(tx: AsyncSession) -> object:
    return await suppressions.add(tx, "@example.com", "test", 1, NOW)


async def release_it(tx: AsyncSession) -> object:
    return await holds.release(tx, 1)


async def looks(tx: AsyncSession) -> object:
    """Answers whether it is held, before a message is written."""
    return await holds.is_held(tx, 1)


async def ends(tx: AsyncSession) -> object:
    """How a claim ends, in whatever way; here there is none."""
    return await messages.release(tx, Enrollment("none", 1, 1, 1, NOW, NOW), "nobody")


async def take_address(tx: AsyncSession) -> object:
    await holds.close_gate(tx)
    await tx.execute(delete(EmailAddressRow))
    return True


async def forbid_contact(tx: AsyncSession) -> object:
    await holds.close_gate(tx)
    await tx.execute(update(ContactRow).values(do_not_contact=True))
    return True


async def plan(tx: AsyncSession) -> object:
    """Answers with which version."""
    return (await sequences.course(tx, 1)).version


async def edit(tx: AsyncSession) -> object:
    row = await sequences.locked(tx, 1)
    row.version += 1
    return row.version


async def one_after_the_other(
    database: Database, first: Act, second: Act, *, within: float = 0.5
) -> tuple[object, bool]:
    """What the second answers that begins while the first one's transaction is open; and whether it waited for it:
    whether it was not done in so many seconds.
    """
    begun = asyncio.Event()

    async def then() -> object:
        await begun.wait()
        async with database.writing() as tx:
            return await second(tx)

    later = asyncio.create_task(then())
    async with database.writing() as tx:
        await first(tx)
        begun.set()
        done, _ = await asyncio.wait([later], timeout=within)
    return await later, not done


FORBIDDING = [
    (hold_it, (True, False, True)),
    (hold_all, (True, False, True)),
    (suppress, (False, True, True)),
    (suppress_domain, (False, True, True)),
    (unsubscribe, (False, True, True)),
    (forbid_contact, (False, True, True)),
    (take_address, (False, False, False)),
]


@pytest.mark.parametrize(("forbidding", "forbidden"), FORBIDDING)
async def test_a_claim_that_comes_while_something_forbids_it_waits_and_sees_it(
    database: Database, forbidding: Act, forbidden: object
) -> None:
    await furnish(database)

    assert await one_after_the_other(database, forbidding, claims) == (forbidden, True)


@pytest.mark.parametrize("forbidding", [hold_it, hold_all, suppress, suppress_domain, unsubscribe])
async def test_what_forbids_messages_waits_for_the_claims_that_were_before_it(
    database: Database, forbidding: Act
) -> None:
    await furnish(database)

    assert await one_after_the_other(database, claims, forbidding) == (True, True)


@pytest.mark.parametrize("forbidding", [hold_it, hold_all, suppress])
async def test_no_claim_ends_while_something_forbids_it_so_it_is_known_which_were_leaving(
    database: Database, forbidding: Act
) -> None:
    await furnish(database)

    assert await one_after_the_other(database, forbidding, ends) == (False, True)


@pytest.mark.parametrize("forbidding", [hold_it, hold_all, suppress])
async def test_what_forbids_messages_waits_for_the_claims_that_are_just_ending(
    database: Database, forbidding: Act
) -> None:
    await furnish(database)

    assert await one_after_the_other(database, ends, forbidding) == (True, True)


async def test_a_release_waits_for_whoever_saw_the_hold_and_so_leaves_nobody_waiting_for_ever(
    database: Database,
) -> None:
    await furnish(database)
    async with database.writing() as tx:
        await hold_it(tx)

    assert await one_after_the_other(database, looks, release_it) == (True, True)


async def test_a_wait_that_is_planned_while_the_timing_changes_is_planned_with_the_new_one(database: Database) -> None:
    await furnish(database)
    async with database.reading() as tx:
        await plan(tx)

    assert await one_after_the_other(database, edit, plan) == (2, True)


async def test_a_new_timing_waits_for_the_waits_that_are_being_planned_with_the_old_one(database: Database) -> None:
    await furnish(database)

    assert await one_after_the_other(database, plan, edit) == (2, True)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("act", [claims, ends, plan])
async def test_claims_and_plans_do_not_wait_for_each_other(database: Database, act: Act) -> None:
    await furnish(database)

    _, waited = await one_after_the_other(database, act, act, within=PATIENCE)

    assert not waited


async def test_who_looks_contacts_up_for_an_import_holds_up_no_claim(database: Database) -> None:
    async with database.writing() as tx, database.reading() as claiming:
        await contact_imports.alone(tx)

        async with asyncio.timeout(PATIENCE):
            await holds.stand_in_line(claiming)
