"""What is said of an add beforehand."""

import pytest

from sequencing.adds import LEFT_OUT, Answer, Demand, Enrolled, Lack, NotEnrolled, Terms, in_sum, lack, told_later
from sequencing.people import AddressType, Contact
from sequencing.sequences import Action

WORK, PERSONAL, ANY = AddressType.work, AddressType.personal, AddressType.any
NOBODY = Contact(1, "Ann", "Abel")
AT_WORK = Contact(1, "Ann", "Abel", emails=((WORK, "ann@example.com"),))
ON_THE_PHONE = Contact(1, "Ann", "Abel", mobile="+4915112340001")


@pytest.mark.parametrize(
    ("contact", "steps", "expected"),
    [
        (NOBODY, [(Action.call, ANY)], None),
        (NOBODY, [(Action.call, ANY), (Action.automatic_email, ANY)], Lack("email address", 2)),
        (NOBODY, [(Action.manual_email, WORK)], Lack("work email address", 1)),
        (AT_WORK, [(Action.automatic_email, WORK)], None),
        (AT_WORK, [(Action.automatic_email, ANY)], None),
        (AT_WORK, [(Action.automatic_email, ANY), (Action.manual_email, PERSONAL)], Lack("personal email address", 2)),
        (AT_WORK, [(Action.text, ANY)], Lack("mobile number", 1)),
        (ON_THE_PHONE, [(Action.text, ANY)], None),
    ],
)
def test_the_first_step_is_named_at_which_an_address_or_number_will_be_missing(
    contact: Contact, steps: list[tuple[Action, AddressType]], expected: Lack | None
) -> None:
    terms = Terms(tuple(Demand(step, action, kind) for step, (action, kind) in enumerate(steps, 1)))

    assert lack(contact, terms) == expected


@pytest.mark.parametrize("code", LEFT_OUT)
def test_a_refusal_is_told_long_after_in_a_sentence_of_its_own(code: str) -> None:
    said = told_later(code, "ann@example.com")

    assert said.endswith(".")
    assert "refused:" not in said
    assert ("ann@example.com" in said) == (code in ("unknown_contact", "ambiguous_contact"))


def test_many_contacts_are_told_in_a_few_sentences() -> None:
    work = Lack("work email address", 1)
    answers: list[Answer] = [Enrolled("a", number, None, None, number < 9, work) for number in range(12)]
    answers += [Enrolled("b", number, None, None, False) for number in range(63)]
    answers += [NotEnrolled("c", "unsubscribed", "…")] * 5

    told = in_sum(answers, Terms(()), dry_run=True)

    assert told == [
        "75 of 80 would be enrolled.",
        "12 of 80 have no work email address: they will pause at step 1.",
        "5 unsubscribed: left out.",
        "9 were in it before.",
    ]


def test_the_sum_says_how_many_segments_each_text_has() -> None:
    demands = (
        Demand(1, Action.automatic_email, AddressType.any),
        Demand(2, Action.text, AddressType.any, "Hi {{ contact.first_name }}"),
        Demand(4, Action.text, AddressType.any, "ж" * 80),
    )

    told = in_sum([], Terms(demands), dry_run=True)

    assert told[1:] == [
        "The text of step 2 has 1 segment (GSM-7, 3 of 160), its fields not counted.",
        "The text of step 4 has 2 segments (UCS-2, 80 of 134).",
    ]
