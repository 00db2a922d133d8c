"""Who does what: foreseeable, by weight, and by what an address says."""

from collections import Counter

import pytest

from simulator.personas import (
    PERSON,
    SPANS,
    TEXT_WEIGHTS,
    WEIGHTS,
    Act,
    Behaviour,
    TextBehaviour,
    chance_of,
    deeds,
    other_address,
    persona_of,
    refusal,
    text_behaviour,
    text_deeds,
    told_by,
)
from simulator.running import foreseen

MANY = 4_000
PEOPLES_ACTS = {Act.open, Act.open_through_proxy, Act.click, Act.unsubscribe_on_page}


def people() -> list[str]:
    return [f"person{number}@example.com" for number in range(MANY)]


def test_the_same_seed_and_address_is_the_same_person_and_another_seed_another_one() -> None:
    def crowd(seed: str) -> list[str]:
        return [persona_of(one, chance_of(seed, one)).behaviour for one in people()[:200]]

    assert crowd("1") == crowd("1") != crowd("2")


def test_what_a_person_does_does_not_depend_on_how_the_address_is_written() -> None:
    small, large = (persona_of(one, chance_of("1", one)) for one in ("ann@example.com", "Ann@Example.COM"))

    assert (small.behaviour, small.language, small.program) == (large.behaviour, large.language, large.program)


def test_behaviours_are_as_frequent_as_their_weights() -> None:
    found = Counter(persona_of(one, chance_of("7", one)).behaviour for one in people())

    assert sum(WEIGHTS.values()) == 100
    assert set(found) == set(Behaviour)
    for behaviour, weight in WEIGHTS.items():
        assert abs(found[behaviour] / MANY - weight / 100) < 0.02, behaviour


def test_behaviours_with_texts_are_as_frequent_as_their_weights() -> None:
    numbers = [f"+49151{number:07}" for number in range(10_000, 10_000 + MANY)]
    found = Counter(text_behaviour(one, chance_of("7", one)) for one in numbers if not one[-4:].startswith("700"))

    for behaviour, weight in TEXT_WEIGHTS.items():
        assert abs(found[behaviour] / MANY - weight / 100) < 0.03, behaviour


@pytest.mark.parametrize("behaviour", Behaviour)
def test_an_address_says_what_its_owner_does(behaviour: Behaviour) -> None:
    assert told_by(f"ann+{behaviour}@example.com") is behaviour
    assert told_by(f"{behaviour}-ann@example.com") is behaviour
    assert told_by(f"ann-{behaviour}@example.com") is told_by(f"ann+{behaviour}ly@example.com") is None
    assert persona_of(f"ann+{behaviour}@example.com", chance_of("1", "x")).acts_on == 1


@pytest.mark.parametrize(
    ("number", "behaviour"),
    [
        ("+4915110007000", TextBehaviour.silent),
        ("+4915110007001", TextBehaviour.answers),
        ("+4915110007002", TextBehaviour.stops),
        ("+4915110007003", TextBehaviour.restarts),
    ],
)
def test_a_number_says_what_its_owner_does(number: str, behaviour: TextBehaviour) -> None:
    assert text_behaviour(number, chance_of("1", number)) is behaviour


def test_only_who_bounces_is_refused_for_ever_and_who_is_deferred_the_first_time_alone() -> None:
    said = {one: _said(one) for one in Behaviour}

    assert {one: codes for one, codes in said.items() if any(codes)} == {
        Behaviour.bounces: ["550 5.1.1", "550 5.1.1", "550 5.1.1"],
        Behaviour.deferred: ["451 4.2.1", None, None],
    }


@pytest.mark.parametrize("behaviour", Behaviour)
def test_deeds_follow_each_other_and_no_person_is_as_fast_as_a_machine(behaviour: Behaviour) -> None:
    address = f"ann+{behaviour}@example.com"
    chance = chance_of("1", address)

    planned = deeds(persona_of(address, chance), 1, chance)

    assert [deed.act for deed in planned] == [span.act for span in SPANS[behaviour]]
    assert [deed.after for deed in planned] == sorted(deed.after for deed in planned)
    assert all(deed.never_within >= PERSON for deed in planned if deed.act in PEOPLES_ACTS)


def test_who_acts_on_the_second_mail_only_opens_the_first() -> None:
    address = next(one for one in people() if _acts_on_second(one))
    chance = chance_of("1", address)
    persona = persona_of(address, chance)

    first, second = (deeds(persona, nth, chance) for nth in (1, 2))

    assert [deed.act for deed in first] == [Act.open]
    assert [deed.act for deed in second] == [Act.open, Act.reply]


def test_a_notice_of_absence_is_sent_once_for_each_sender() -> None:
    chance = chance_of("1", "ann")
    persona = persona_of("ann+away@example.com", chance)

    assert [len(deeds(persona, nth, chance)) for nth in (1, 2, 3)] == [1, 0, 0]


def test_who_starts_again_has_stopped_before() -> None:
    acts = [deed.act for deed in text_deeds(TextBehaviour.restarts, 1, chance_of("1", "x"))]

    assert acts == [Act.text_stop, Act.text_start]


def test_the_other_address_of_a_person_is_at_home() -> None:
    assert other_address("ann+replies-elsewhere@example.com") == "ann+replies-elsewhere@home.example.com"


def test_what_is_foreseen_is_what_is_planned() -> None:
    said = [foreseen("1", who) for who in ("ann+away@example.com", "+4915110007002")]

    assert [line.partition(",")[0] for line in said] == ["ann+away@example.com: away", "+4915110007002: stops"]


def _said(behaviour: Behaviour) -> list[str | None]:
    persona = persona_of(f"ann+{behaviour}@example.com", chance_of("1", "x"))
    answers = [refusal(persona, asked) for asked in (1, 2, 3)]
    return [answer and answer[:9] for answer in answers]


def _acts_on_second(address: str) -> bool:
    persona = persona_of(address, chance_of("1", address))
    return persona.behaviour is Behaviour.replies and persona.acts_on == 2
