"""Broken documents are refused with their place; `test_commands.py` shows that a command says so, changes nothing."""

import pytest

from sequencing.contact_lines import SHEET, unidentified
from sequencing.documents import read_sequence
from sequencing.errors import Refused
from sequencing.lines import BadLine, BadLines, read_lines


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Line 1, column 1: the column 'first_name' is missing"),
        ("external_id,first_name\n1,", "Line 2, column 2: first_name: it must not be empty"),
        ("external_id,first_name\n1,A\n1,B", "Line 3, column 1: external_id: '1' stands in line 2 already"),
        ("external_id,first_name,work_email\n1,A,nobody", "Line 2, column 3: work_email: 'nobody' is no email address"),
        ("external_id,first_name,title,first_name\n1,A,B,C", "Line 1, column 4: the column 'first_name' appears twice"),
        ('external_id,first_name,title\n1,"A"B,C', "Line 2, column 2: after a closing quotation mark only a comma"),
        ('external_id,first_name\n1,"A\nB"\n2,\n', "Line 2, column 2"),
        (
            "external_id,first_name,kind\n1,A,robot",
            "Line 2, column 3: kind: 'robot' is none of candidate",
        ),
        ("external_id,first_name,mobile\n1,A,0301", "Line 2, column 3: mobile"),
        ("first_name,title\nA,B", "Line 2, column 1: external_id: it needs an external id or an email address"),
        ("external_id,first_name,work_phone_2\n1,A,12", "Line 2, column 3: work_phone_2: '12' is no number"),
        ("external_id,first_name,time_zone\n1,A,Berlin", "Line 2, column 3: time_zone"),
    ],
)
def test_a_broken_csv_is_refused_with_line_and_column(text: str, says: str) -> None:
    try:
        lines = list(read_lines(text, SHEET))
    except BadLines as refused:
        lines = list(refused.lines)
    bad = [line if isinstance(line, BadLine) else unidentified(line) for line in lines]

    assert says in next(line for line in bad if line is not None).sentence


EMAIL = {"action": "automatic_email", "subject": "S", "body": "B"}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (None, "mapping"),
        ({"name": "N", "steps": []}, "steps"),
        ({"name": "N", "steps": [EMAIL], "colour": "red"}, "Unknown key: colour"),
        ({"steps": [EMAIL]}, "Missing: name"),
        ({"name": "N", "steps": [{"action": "dance"}]}, "step 1, action"),
        ({"name": "N", "steps": [{**EMAIL, "delay": "5 seconds"}]}, "seconds"),
        ({"name": "N", "steps": [{**EMAIL, "body": "{{ contact.first_name "}]}, "Step 1"),
        ({"name": "N", "steps": [{**EMAIL, "body": "{{ ''.__class__.__mro__ }}"}]}, "Step 1"),
        ({"name": "N", "steps": [{**EMAIL, "format": "rtf"}]}, "step 1, format"),
        ({"name": "N", "steps": [{**EMAIL, "format": "html", "body": "<a href="}]}, "Step 1: Line 1 of the HTML"),
        ({"name": "N", "steps": [{"action": "text", "body": "B", "format": "html"}]}, "only for an email"),
        ({"name": "N", "steps": [{"action": "automatic_email", "template": "T", "format": "html"}]}, "of its own"),
    ],
)
def test_a_broken_sequence_document_is_refused_with_its_place(document: object, says: str) -> None:
    with pytest.raises(Refused) as refused:
        read_sequence(document, seconds_allowed=False)

    assert says in refused.value.sentence
