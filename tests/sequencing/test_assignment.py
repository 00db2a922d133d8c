"""Who does a step: four rules, and what happens when a rule finds nobody."""

from dataclasses import replace

import pytest

from sequencing.assignment import Assignment, assign
from sequencing.people import Company, Contact, Level, User
from sequencing.sequences import Action, OwnerRule, Step
from sequencing.timing import Delay, Unit

ALICE, BOB, CHARLIE, DORA, ADMIN = (
    User(id=number, email=f"{name}@example.com", name=name, level=level)
    for number, (name, level) in enumerate(
        [("alice", Level.use), ("bob", Level.use), ("charlie", Level.none), ("dora", Level.view), ("ed", Level.manage)],
        start=1,
    )
)
USERS = {user.id: user for user in (ALICE, BOB, CHARLIE, DORA, ADMIN)}

CONTACT = Contact(
    id=1, first_name="Carla", last_name="Doe", owner_id=CHARLIE.id, company=Company(1, "Acme", owner_id=DORA.id)
)
NAMED = {
    OwnerRule.enroller: ALICE,
    OwnerRule.user: BOB,
    OwnerRule.contact_owner: CHARLIE,
    OwnerRule.company_owner: DORA,
}


def step(rule: OwnerRule) -> Step:
    return Step(1, Action.call, Delay(0, Unit.minutes), owner=rule, user_id=BOB.id)


def without(*gone: User) -> dict[int, User]:
    """All users, some of them deactivated."""
    return USERS | {user.id: replace(user, active=False) for user in gone}


@pytest.mark.parametrize("rule", OwnerRule)
def test_the_rule_names_who_does_the_step(rule: OwnerRule) -> None:
    assignment = assign(step(rule), CONTACT, ALICE.id, USERS, ADMIN)

    assert assignment == Assignment(NAMED[rule], fallback=False)


@pytest.mark.parametrize("rule", [OwnerRule.user, OwnerRule.contact_owner, OwnerRule.company_owner])
def test_who_enrolled_does_the_step_of_a_deactivated_user_and_it_says_so(rule: OwnerRule) -> None:
    assignment = assign(step(rule), CONTACT, ALICE.id, without(NAMED[rule]), ADMIN)

    assert assignment == Assignment(ALICE, fallback=True)


@pytest.mark.parametrize(
    ("rule", "contact"),
    [
        (OwnerRule.contact_owner, replace(CONTACT, owner_id=None)),
        (OwnerRule.company_owner, replace(CONTACT, company=None)),
        (OwnerRule.company_owner, replace(CONTACT, company=Company(1, "Acme"))),
        (OwnerRule.contact_owner, replace(CONTACT, owner_id=99)),
    ],
    ids=["nobody owns the contact", "no company", "nobody owns the company", "an owner who is gone"],
)
def test_who_enrolled_does_the_step_where_the_rule_finds_nobody(rule: OwnerRule, contact: Contact) -> None:
    assignment = assign(step(rule), contact, ALICE.id, USERS, ADMIN)

    assert assignment == Assignment(ALICE, fallback=True)


def test_a_step_that_names_no_user_falls_to_who_enrolled() -> None:
    unnamed = replace(step(OwnerRule.user), user_id=None)

    assert assign(unnamed, CONTACT, ALICE.id, USERS, ADMIN) == Assignment(ALICE, fallback=True)


@pytest.mark.parametrize("rule", [OwnerRule.enroller, OwnerRule.user])
def test_an_admin_does_the_step_when_who_enrolled_is_deactivated_too(rule: OwnerRule) -> None:
    assignment = assign(step(rule), CONTACT, ALICE.id, without(ALICE, BOB), ADMIN)

    assert assignment == Assignment(ADMIN, fallback=True)


def test_an_admin_does_the_step_when_who_enrolled_is_gone() -> None:
    assignment = assign(step(OwnerRule.enroller), CONTACT, 99, USERS, ADMIN)

    assert assignment == Assignment(ADMIN, fallback=True)


def test_where_no_active_user_is_left_there_is_no_assignee() -> None:
    assert assign(step(OwnerRule.user), CONTACT, ALICE.id, without(ALICE, BOB), admin=None) is None


def test_whoever_sent_the_first_email_sends_the_next_ones_too() -> None:
    assert assign(step(OwnerRule.contact_owner), CONTACT, ALICE.id, USERS, ADMIN, [BOB.id, DORA.id]) == Assignment(
        BOB, fallback=False
    )


def test_after_a_deactivated_sender_the_next_one_stays() -> None:
    senders = [BOB.id, DORA.id]

    assert assign(step(OwnerRule.enroller), CONTACT, ALICE.id, without(BOB), ADMIN, senders) == Assignment(
        DORA, fallback=False
    )


def test_where_all_senders_are_deactivated_the_rule_says_who_and_it_says_instead_of_whom() -> None:
    found = assign(step(OwnerRule.contact_owner), CONTACT, ALICE.id, without(BOB), ADMIN, [BOB.id])

    assert found == Assignment(CHARLIE, fallback=False, instead_of=BOB.id)
