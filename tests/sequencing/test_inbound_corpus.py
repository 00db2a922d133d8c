"""Every message of the corpus is what tests/sequencing/inbound/expected.yaml says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sequencing.inbound import Inbound, counts_as_reply, our_ids, read_mail

CORPUS = Path(__file__).parent / "inbound"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # written in C, where there is one: a tenth of the time
EXPECTED: dict[str, dict[str, Any]] = yaml.load((CORPUS / "expected.yaml").read_text(), LOADER)
DOMAIN = "agency.test"


def seen(mail: Inbound) -> dict[str, Any]:
    ours = our_ids(mail)
    return {
        "kind": mail.kind.value,
        "why": mail.why,
        "from": mail.sender,
        "senders": [one.address for one in mail.senders],
        "name": mail.senders[0].name if mail.senders else "",
        "to": list(mail.recipients),
        "message_id": mail.message_id,
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "lists": list(mail.lists),
        "calendar": mail.calendar,
        "ours": list(ours),
        "reply": counts_as_reply(mail, answers_ours=bool(ours), our_domains=[DOMAIN]),
        "reports": [[one.recipient, one.kind.value, one.status] for one in mail.reports],
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_each_message_of_the_corpus_is_what_is_expected(name: str) -> None:
    expected = {key: value for key, value in EXPECTED[name].items() if key not in ("line_ends", "wanted")}

    mail = seen(read_mail((CORPUS / f"{name}.eml").read_bytes()))

    assert {key: mail[key] for key in expected} == expected


@pytest.mark.parametrize("name", [name for name, one in EXPECTED.items() if one.get("line_ends") != "fixed"])
def test_a_message_is_the_same_with_the_line_ends_of_smtp(name: str) -> None:
    raw = (CORPUS / f"{name}.eml").read_bytes()

    assert read_mail(raw.replace(b"\n", b"\r\n")) == read_mail(raw)


def test_every_message_of_the_corpus_has_its_expectation_and_there_are_at_least_ninety() -> None:
    assert {path.stem for path in CORPUS.glob("*.eml")} == set(EXPECTED)
    assert len(EXPECTED) >= 90


def test_the_page_names_every_exception_and_no_other() -> None:
    page = (CORPUS.parents[2] / "docs" / "inbound.md").read_text()

    named = set(re.findall(r"`(exception_\w+)`", page))

    assert named == {name for name, one in EXPECTED.items() if "wanted" in one}


def test_the_corpus_has_each_kind() -> None:
    from sequencing.mail_kinds import Kind

    assert {one["kind"] for one in EXPECTED.values()} == set(Kind)
