"""`sequencing attention`, as it is typed."""

import json
import re

from tests.commands import Place


def test_a_hold_stands_there_as_one_line_beside_what_is_paused(place: Place) -> None:
    waiting = place.names["waiting"]
    since = "'2026-03-02 11:00:00.000000'"  # the same day in every zone that the house may have
    place.sql(
        f"INSERT INTO holds SELECT 'sequence-' || sequence_id, 2, {since} FROM enrollments WHERE id = '{waiting}'"
    )
    place.sql("UPDATE sequences SET name = 'Spring ' || id")
    before = json.loads(place.run("attention", "--json").out)
    place.sql(f"UPDATE enrollments SET why = 'held', due_at = NULL WHERE id = '{waiting}'")

    told, as_json = place.run("attention"), json.loads(place.run("attention", "--json").out)

    assert [line["enrollment"] for line in before] == [place.names["paused"]]
    assert (told.code, told.err, len(told.out.splitlines())) == (0, "", 3)
    assert "Spring " in told.out
    held = r"held by you since Mon 2 Mar 2026, \d\d:00 \([\w/+-]+\): 1 due message waits; release it, or cancel"
    assert re.search(held, told.out)
    assert [(line["enrollment"], line["cause"], line["due"]) for line in as_json] == [
        (None, "held", 1),
        (place.names["paused"], "no_email_address", None),
    ]
