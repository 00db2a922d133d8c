"""Bad input gets one clear sentence, and nothing is changed."""

from pathlib import Path

import pytest

from sequencing.documents import read_sequence
from sequencing.errors import Refused
from starter.contacts import import_contacts, read_csv
from starter.sequences import read_yaml
from store import contacts
from tests.house import HEADER, RITA, House


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the column 'external_id' is missing"),
        ("external_id,first_name,shoe\n1,A,42", "line 1, column 3: unknown column 'shoe'"),
        ("external_id,first_name\n1,A\n2,B,C", "line 3, column 3: 3 cells, where the header has 2"),
        ("external_id,first_name\n1,", "line 2, column 2: first_name: must not be empty"),
        ('external_id,first_name\n1,"A', "line 2"),
        ("external_id,first_name\n1,A\n1,B", "stands in line 2 already"),
        ("external_id,first_name,work_email\n1,A,nobody", "line 2, column 3: work_email: 'nobody' is no email address"),
        ("external_id,first_name,mobile\n1,A,0301", "line 2, column 3: mobile"),
        ("external_id,first_name,time_zone\n1,A,Berlin", "line 2, column 3: time_zone"),
        ("external_id,first_name\n1,A\x00B", "line 2"),
        ("external_id,first_name\n1," + "A" * 200_000, "line 2"),
    ],
)
def test_a_broken_csv_is_refused_with_line_and_column(text: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        list(read_csv(text))

    assert says in refused.value.sentence


async def test_a_csv_with_one_bad_line_imports_nothing(house: House) -> None:
    text = f"{HEADER}\nnew,New,Name,,,nobody@example.org,,,\n"

    with pytest.raises(Refused, match="owner"):
        await import_contacts(house.door, text, RITA)

    async with house.database.reading() as tx:
        assert await contacts.matching(tx, "new") == []


EMAIL = {"action": "automatic_email", "subject": "S", "body": "B"}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (None, "mapping"),
        ({"name": "N", "steps": []}, "steps"),
        ({"name": "N", "steps": [EMAIL], "colour": "red"}, "Unknown key: colour"),
        ({"name": "N", "steps": [{**EMAIL, "when": "now"}]}, "Unknown key: step 1, when"),
        ({"steps": [EMAIL]}, "Missing: name"),
        ({"name": "N", "steps": [{"action": "automatic_email"}]}, "Step 1: an email needs a template"),
        ({"name": "N", "steps": [{"action": "dance"}]}, "step 1, action"),
        ({"name": "N", "steps": [{**EMAIL, "delay": "-1 days"}]}, "Step 1"),
        ({"name": "N", "steps": [{**EMAIL, "delay": "366 days"}]}, "365"),
        ({"name": "N", "steps": [{**EMAIL, "delay": "5 seconds"}]}, "seconds"),
        ({"name": "N", "steps": [{**EMAIL, "body": "{{ contact.first_name "}]}, "Step 1"),
        ({"name": "N", "steps": [{**EMAIL, "body": "{% for x in range(9) %}{% endfor %}"}]}, "Step 1"),
        ({"name": "N", "steps": [{**EMAIL, "body": "{{ ''.__class__.__mro__ }}"}]}, "Step 1"),
        ({"name": "N", "steps": [EMAIL] * 51}, "steps"),
    ],
)
def test_a_broken_sequence_document_is_refused_with_its_place(document: object, says: str) -> None:
    with pytest.raises(Refused) as refused:
        read_sequence(document, seconds_allowed=False)

    assert says in refused.value.sentence


def test_broken_yaml_is_refused_with_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: x\nsteps: [\n")

    with pytest.raises(Refused) as refused:
        read_yaml(path)

    assert "line 3, column 1" in refused.value.sentence
