"""The crowd of the examples: every one of them says what he does, and the product can take them in."""

import csv
from pathlib import Path

import yaml

from sequencing.sequences import Action
from simulator.personas import TOLD_BY_NUMBER, Behaviour, other_address, told_by

EXAMPLES = Path(__file__).parents[2] / "examples"


def crowd() -> list[dict[str, str]]:
    with (EXAMPLES / "crowd.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_everybody_in_the_crowd_says_what_he_does_and_no_two_share_a_number_or_an_address() -> None:
    people = crowd()

    assert all(told_by(one["work_email"]) and one["mobile"][-4:] in TOLD_BY_NUMBER for one in people)
    assert len({one["work_email"] for one in people}) == len({one["mobile"] for one in people}) == len(people)


def test_who_replies_from_elsewhere_has_that_address_as_his_own() -> None:
    others = [one for one in crowd() if told_by(one["work_email"]) is Behaviour.replies_elsewhere]

    assert others
    assert all(one["personal_email"] == other_address(one["work_email"]) for one in others)


def test_the_sequence_for_the_crowd_sends_mails_and_a_text_and_asks_for_nobody() -> None:
    steps = yaml.safe_load((EXAMPLES / "crowd.yaml").read_text())["steps"]

    assert [step["action"] for step in steps] == [Action.automatic_email, Action.text, Action.automatic_email]
